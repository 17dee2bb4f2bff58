package exampletest

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Libraries installs what package-lock.json in the test's folder names, once,
// and skips where that cannot be had.
func Libraries(t testing.TB) {
	t.Helper()
	needNode(t)
	// Whoever else runs this waits: npm empties the folder first.
	lock, err := os.Open("package-lock.json")
	if err != nil {
		t.Fatal("exampletest: to be run in the folder of the lock: ", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if !installed() {
		npmCI(t)
	}
}

// needNode skips without Node 20, which the libraries need.
func needNode(t testing.TB) {
	t.Helper()
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		Missing(t, "node is not installed: apt-get install nodejs npm")
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < 20 {
		Missing(t, "node 20 or later is needed, this is "+strings.TrimSpace(string(out)))
	}
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

func npmCI(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		Missing(t, "npm is not installed: apt-get install npm")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	// One more attempt soon, instead of two within a minute or so.
	out, err := Command(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts",
		"--fetch-retries=1", "--fetch-retry-mintimeout=2000", "--fetch-timeout=30000").CombinedOutput()
	if err == nil {
		return
	}
	code := npmCode.FindSubmatch(out)
	switch {
	case ctx.Err() != nil:
		Missing(t, "npm ci did not come to an end: is there a registry?")
	case code != nil && unreachable.Match(code[1]):
		Missing(t, "npm ci cannot have the packages: "+string(code[1]))
	}
	t.Fatalf("npm ci: %v\n%s", err, out)
}

// Command is a process that goes when ctx is done, and with the test process,
// also when that is killed.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second
	return cmd
}
