// Package exampletest runs the example as a user would, as a process, and
// signs in to it as a browser and a wallet would.
package exampletest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

const module = "github.com/nearauth/nearauth"

// Build builds a main package of this repository and returns the path of the
// program, which is there until Clean. It builds each only once.
func Build(pkg string) (string, error) {
	builds.Lock()
	defer builds.Unlock()
	if path, done := builds.paths[pkg]; done {
		return path, nil
	}
	// In its own module, with the versions of that.
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		return "", fmt.Errorf("exampletest: no package %s: %w", pkg, err)
	}
	out, err := os.MkdirTemp("", "nearauth-example")
	if err != nil {
		return "", err
	}
	path := filepath.Join(out, "example")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = strings.TrimSpace(string(dir))
	if said, err := build.CombinedOutput(); err != nil {
		_ = os.RemoveAll(out)
		return "", fmt.Errorf("exampletest: %w\n%s", err, said)
	}
	if builds.paths == nil {
		builds.paths = make(map[string]string)
	}
	builds.paths[pkg] = path
	return path, nil
}

// Binary is the example that users are shown, built.
func Binary() (string, error) { return Build(module + "/example") }

var builds struct {
	sync.Mutex
	paths map[string]string
}

// Clean removes what Build has built. It is for TestMain.
func Clean() {
	builds.Lock()
	defer builds.Unlock()
	for _, path := range builds.paths {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	builds.paths = nil
}

// Process is the example, running.
type Process struct {
	URL    string // where it listens: "http://127.0.0.1:12345"
	Origin string // what browsers take the site for

	t      testing.TB
	cmd    *exec.Cmd
	stdout []string
	stderr output
	exited chan struct{}
	err    error // of the process, once it has exited
}

// output collects what a process says while it runs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Start starts the example with these flags, on a port of its own unless they
// say otherwise, waits until it serves, and kills it when the test ends.
func Start(t testing.TB, flags ...string) *Process {
	t.Helper()
	path, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	return Run(t, path, flags...)
}

// Run is Start for another program that has the example's flags.
func Run(t testing.TB, path string, flags ...string) *Process {
	t.Helper()
	p := &Process{t: t, cmd: exec.Command(path, append([]string{"-addr", "127.0.0.1:0"}, flags...)...), exited: make(chan struct{})}
	p.cmd.Stderr = &p.stderr
	// It goes with the test process, also when that is killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Env = append(os.Environ(), "GOTRACEBACK=all")
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	lines := bufio.NewScanner(out)
	ready := lines.Scan()
	p.stdout = append(p.stdout, lines.Text())
	go func() {
		for lines.Scan() {
			p.stdout = append(p.stdout, lines.Text())
		}
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	if !ready {
		<-p.exited
		t.Fatalf("no line: %v\n%s", p.err, p.Log())
	}
	_, p.URL, _ = strings.Cut(p.stdout[0], " ready at ")
	p.Origin = p.URL
	if i := slices.Index(flags, "-origin"); i >= 0 {
		p.Origin = flags[i+1]
	}
	return p
}

// Log is what the process has written to stderr so far.
func (p *Process) Log() string { return p.stderr.String() }

// Stop ends the process gently and returns what it has written to stdout, and
// how it went.
func (p *Process) Stop() ([]string, error) {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
		return p.stdout, p.err
	case <-time.After(10 * time.Second):
		return nil, errors.New("exampletest: it does not stop")
	}
}

// Kill ends the process at once, as kill -9 does.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// Pause stops the process where it stands; Resume lets it go on from there.
func (p *Process) Pause() { p.Signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (p *Process) Resume() { p.Signal(syscall.SIGCONT) }

// Signal sends the process a signal.
func (p *Process) Signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// Goroutines ends the process and returns the stacks that it had.
func (p *Process) Goroutines() []string {
	p.t.Helper()
	before := len(p.Log())
	p.Signal(syscall.SIGQUIT)
	select {
	case <-p.exited:
	case <-time.After(10 * time.Second):
		p.t.Fatal("exampletest: no stacks")
	}
	stacks := strings.Split(p.Log()[before:], "\n\n")
	return slices.DeleteFunc(stacks, func(s string) bool { return !goroutine.MatchString(s) })
}

var goroutine = regexp.MustCompile(`(?m)^goroutine [1-9]\d* .*\[.*\]:$`)

// Memory is what the process holds in memory, in bytes: its resident set.
func (p *Process) Memory() int64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	rest, _, _ = strings.Cut(rest, "kB")
	n, err := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return n << 10
}

// Chain serves a fake NEAR node until the test ends.
func Chain(t testing.TB) (*nearrpctest.Node, *nearrpctest.Server) {
	t.Helper()
	node := nearrpctest.NewNode("testnet")
	server, err := nearrpctest.Serve(node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return node, server
}

// Site is what all instances of one site browsers take it for.
const Site = "http://localhost:8080"

// OnRedis starts n instances of the example as one site on one Redis, without
// rate limits.
func OnRedis(t testing.TB, n int, flags ...string) (*nearrpctest.Node, *redistest.Server, []*Process) {
	t.Helper()
	redis := redistest.Start(t)
	node, chain := Chain(t)
	var instances []*Process
	for range n {
		instances = append(instances, Start(t, append([]string{"-origin", Site, "-network", "testnet", "-rpc", chain.URL, "-redis", redis.URL(), "-rate-limit", "off"}, flags...)...))
	}
	return node, redis, instances
}

// Missing skips a test for want of a tool, or fails it if the environment has
// NEARAUTH_TEST_REQUIRE=all.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("NEARAUTH_TEST_REQUIRE") == "all" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Expect fails the test unless the answer has this status, and a body that
// contains the text.
func Expect(t testing.TB, what string, res *http.Response, body string, status int, contains string) {
	t.Helper()
	if res.StatusCode != status || !strings.Contains(body, contains) {
		t.Errorf("%s: %d %s, want %d %s", what, res.StatusCode, body, status, contains)
	}
}
