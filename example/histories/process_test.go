package histories

import (
	"bufio"
	"errors"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// running is a child process. It reads requests from stdin, if it takes any,
// and writes lines.
type running struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ready string        // its first line
	ended chan struct{} // closed when it writes no more
}

// readyWithin is how long a child has for its first line, on a busy machine.
const readyWithin = 30 * time.Second

// launch starts a child, waits for its first line, and hands the others to
// line, which may be nil.
func launch(cmd *exec.Cmd, line func([]byte)) (*running, error) {
	// It goes with the test process, also when that is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r := &running{cmd: cmd, ended: make(chan struct{})}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	r.stdin = stdin
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	first := make(chan string, 1)
	go func() {
		defer close(r.ended)
		lines := bufio.NewScanner(stdout)
		if lines.Scan() {
			first <- lines.Text()
		}
		for lines.Scan() {
			if line != nil {
				line(lines.Bytes())
			}
		}
	}()
	late := time.NewTimer(readyWithin)
	defer late.Stop()
	select {
	case r.ready = <-first:
		return r, nil
	case <-r.ended:
		// It may have said something all the same, but it is over.
	case <-late.C:
	}
	r.kill()
	return nil, errors.New("a process did not start: " + cmd.String())
}

// kill ends the process at once, also a paused one, and waits for its end.
// What it had answered before is read.
func (r *running) kill() {
	_ = r.cmd.Process.Kill()
	<-r.ended
	_ = r.cmd.Wait()
}

// process is a child that is started again after it was killed.
type process struct {
	t     testing.TB
	start func() (*running, error)

	mu  sync.RWMutex
	now *running
}

func newProcess(t testing.TB, start func() (*running, error)) *process {
	t.Helper()
	r, err := start()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, start: start, now: r}
	t.Cleanup(func() { p.current().kill() })
	return p
}

// current is the child of the moment. While it is being replaced this waits:
// clients that find nobody there learn nothing, and would fill the history
// with it. A child that has ended by itself fails the test.
func (p *process) current() *running {
	p.mu.RLock()
	defer p.mu.RUnlock()
	select {
	case <-p.now.ended:
		p.t.Error("a process has ended by itself")
	default:
	}
	return p.now
}

// restart kills the child with -9 and starts another.
func (p *process) restart() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.kill()
	r, err := p.start()
	if err != nil {
		p.t.Error(err)
		return
	}
	p.now = r
}

// pause stops the child where it stands; resume lets it go on from there.
func (p *process) pause()  { p.signal(syscall.SIGSTOP) }
func (p *process) resume() { p.signal(syscall.SIGCONT) }

func (p *process) signal(s syscall.Signal) { _ = p.current().cmd.Process.Signal(s) }
