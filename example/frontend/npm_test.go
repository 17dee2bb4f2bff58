package frontend

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// run runs a tool to its end and returns what it has said.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exampletest.Command(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// The lock names versions and hashes, never where somebody had them from, and
// package.json names each library by one version.
func TestLock(t *testing.T) {
	t.Parallel()
	for file, bad := range map[string]string{
		"package-lock.json": `"resolved"|registry|localhost|127\.0\.0\.1`,
		"package.json":      `": "[~^]|": "\*|registry`,
	} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(bad).Find(b); found != nil {
			t.Errorf("%s has %s", file, found)
		}
	}
}
