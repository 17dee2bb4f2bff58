// Package redistest starts real redis-servers for tests: one, one with replicas,
// a set that sentinels watch, a cluster. They are on loopback ports, and gone
// when the test ends, or the test process.
package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Server is a redis-server of one test, on a loopback port, without
// persistence unless the arguments say so.
type Server struct {
	Addr string // "127.0.0.1:port"
	args []string
	conf string // of a sentinel, which keeps what it learns there
	dir  string
	cmd  *exec.Cmd
	log  bytes.Buffer
}

// URL is the server's address for redis.Open.
func (s *Server) URL() string { return "redis://" + s.Addr }

// Start starts a server with further arguments of its command line, and stops
// it when the test ends. Without redis-server it skips the test, or fails it if
// the environment has NEARAUTH_TEST_REQUIRE=all.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	needed(t)
	s := &Server{Addr: freeAddr(t), args: args, dir: t.TempDir()}
	s.start(t)
	return s
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	err := s.Run()
	for range 3 {
		if err == nil || s.conf != "" || !strings.Contains(err.Error(), "Address already in use") {
			break
		}
		s.Addr = freeAddr(t) // another process was quicker
		err = s.Run()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
}

func needed(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		const why = "redis-server is not installed: apt-get install redis-server"
		if os.Getenv("NEARAUTH_TEST_REQUIRE") == "all" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
}

// freeAddr finds a port below those that the system gives to outgoing
// connections: one of these would be taken again before a server listens.
func freeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("redistest: no free port")
	return ""
}

func (s *Server) port() string {
	_, port, _ := net.SplitHostPort(s.Addr)
	return port
}

// commandLine is what redis-server is started with.
func (s *Server) commandLine() []string {
	if s.conf != "" {
		return []string{s.conf, "--sentinel"}
	}
	return append([]string{"--bind", "127.0.0.1", "--port", s.port(), "--dir", s.dir, "--save", "", "--appendonly", "no", "--daemonize", "no"}, s.args...)
}

// Run starts the server again after Kill, on the same address and with the same
// files.
func (s *Server) Run() error {
	s.cmd = exec.Command("redis-server", s.commandLine()...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	// It goes with the test process, also when that is killed.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for range 200 {
		if s.ready() {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.Kill()
	return fmt.Errorf("redistest: not ready: %s", s.log.String())
}

func (s *Server) ready() bool {
	_, err := s.ask("PING")
	var said redis.Error // NOAUTH is an answer too
	return err == nil || errors.As(err, &said) && !strings.HasPrefix(string(said), "LOADING")
}

// Kill ends the server at once.
func (s *Server) Kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

// Pause makes the server hang: it accepts connections and answers nothing.
func (s *Server) Pause() { _ = s.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume() { _ = s.cmd.Process.Signal(syscall.SIGCONT) }

// ask runs one command on a connection of its own, of a server that may be gone.
func (s *Server) ask(command string, args ...any) (any, error) {
	c, err := redis.Dial("tcp", s.Addr, redis.DialConnectTimeout(time.Second), redis.DialReadTimeout(time.Second))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Do(command, args...)
}

// Do runs one command on a connection of its own.
func (s *Server) Do(t testing.TB, command string, args ...any) any {
	t.Helper()
	c, err := redis.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	reply, err := c.Do(command, args...)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return reply
}

// eventually waits until something is so. What takes a set of servers seconds
// may take a busy machine many.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < 60*time.Second; time.Sleep(30 * time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatalf("redistest: waited in vain: %s", what)
}
