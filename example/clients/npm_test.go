package clients

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// missing skips a test for want of something, unless everything is required.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("NEARAUTH_TEST_REQUIRE") == "all" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// absent is why the libraries cannot be had here. It is no failure of theirs.
type absent string

func (a absent) Error() string { return string(a) }

// libraries installs, once, what package-lock.json names.
var libraries = sync.OnceValue(func() error {
	if err := nodeVersion(); err != nil {
		return err
	}
	// Whoever else runs these tests waits: npm empties the folder first.
	lock, err := os.Open("package-lock.json")
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if installed() {
		return nil
	}
	return npmCI()
})

// nodeVersion says what is wrong with Node: its libraries need version 20.
func nodeVersion() error {
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		return absent("node is not installed: apt-get install nodejs npm")
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < 20 {
		return absent("node 20 or later is needed, this is " + strings.TrimSpace(string(out)))
	}
	return nil
}

// installed reports whether node_modules is what the lock says. npm writes its
// own copy of the lock when everything else is there.
func installed() bool {
	lock, err := os.Stat("package-lock.json")
	if err != nil {
		return false
	}
	done, err := os.Stat("node_modules/.package-lock.json")
	return err == nil && !done.ModTime().Before(lock.ModTime())
}

// npmCode is the code of an error of npm, in the words of versions to 9 and
// from 10.
var npmCode = regexp.MustCompile(`(?m)^npm (?:ERR!|error) code (\S+)`)

// unreachable are the codes that say nothing about the lock: no network, or a
// registry that does not answer, or refuses.
var unreachable = regexp.MustCompile(`^(ENOTFOUND|EAI_AGAIN|ECONN\w+|E\w*TIMEDOUT|E\w*UNREACH|ERR_SOCKET_TIMEOUT|ERR_STREAM_PREMATURE_CLOSE|ENOTCACHED|E[45]\d\d|\w*CERT\w*)$`)

func npmCI() error {
	if _, err := exec.LookPath("npm"); err != nil {
		return absent("npm is not installed: apt-get install npm")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	// One more attempt soon, instead of two within a minute or so.
	cmd := command(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts",
		"--fetch-retries=1", "--fetch-retry-mintimeout=2000", "--fetch-timeout=30000")
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	code := npmCode.FindSubmatch(out)
	switch {
	case ctx.Err() != nil:
		return absent("npm ci did not come to an end: is there a registry?")
	case code != nil && unreachable.Match(code[1]):
		return absent("npm ci cannot have the packages: " + string(code[1]))
	}
	return fmt.Errorf("npm ci: %w\n%s", err, out)
}

// command is a process that goes when ctx is done, and with the test process,
// also when that is killed.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second
	return cmd
}

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
	cmd := command(ctx, "node", args...)
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
