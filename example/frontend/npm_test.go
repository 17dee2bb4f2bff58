package frontend

import (
	"context"
	"errors"
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

	"github.com/nearauth/nearauth/example/exampletest"
)

// absent is why the libraries cannot be had here. It is no failure of theirs.
type absent string

func (a absent) Error() string { return string(a) }

// need skips a test that cannot have the libraries.
func need(t *testing.T) {
	t.Helper()
	var why absent
	if err := libraries(); errors.As(err, &why) {
		exampletest.Missing(t, string(why))
	} else if err != nil {
		t.Fatal(err)
	}
}

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

// nodeVersion says what is wrong with Node: the libraries need version 20.
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

// run runs a tool to its end and returns what it has said.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := command(ctx, name, args...).CombinedOutput()
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
