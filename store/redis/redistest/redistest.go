// Package redistest starts a real redis-server for tests.
package redistest

import (
	"bytes"
	"errors"
	"fmt"
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
	if _, err := exec.LookPath("redis-server"); err != nil {
		const why = "redis-server is not installed: apt-get install redis-server"
		if os.Getenv("NEARAUTH_TEST_REQUIRE") == "all" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	s := &Server{Addr: freeAddr(t), args: args, dir: t.TempDir()}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	return s
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Run starts the server again after Kill, on the same address and with the same
// files.
func (s *Server) Run() error {
	_, port, _ := net.SplitHostPort(s.Addr)
	args := append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--save", "", "--appendonly", "no", "--daemonize", "no"}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
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
	c, err := redis.Dial("tcp", s.Addr, redis.DialConnectTimeout(time.Second), redis.DialReadTimeout(time.Second))
	if err != nil {
		return false
	}
	defer c.Close()
	_, err = c.Do("PING")
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
		t.Fatal(err)
	}
	return reply
}
