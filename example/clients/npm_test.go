package clients

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// line is one line of a script: an exchange with the server, or something the
// libraries said.
type line struct {
	Step   string
	Sent   json.RawMessage
	Status int
	Body   json.RawMessage
}

// node runs a script to its end and returns its lines.
func node(t *testing.T, args ...string) (lines []line) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exampletest.Command(ctx, "node", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", args[0], err, out, stderr.String())
	}
	if stderr.Len() > 0 {
		t.Logf("%s: %s", args[0], stderr.String())
	}
	for scan := bufio.NewScanner(bytes.NewReader(out)); scan.Scan(); {
		var l line
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			t.Fatalf("%s: %v: %s", args[0], err, scan.Text())
		}
		lines = append(lines, l)
	}
	return lines
}
