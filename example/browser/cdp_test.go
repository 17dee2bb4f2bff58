package browser

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// chromium is a browser that is spoken to by a pipe (--remote-debugging-pipe):
// JSON messages that end with a zero byte.
type chromium struct {
	cmd *exec.Cmd
	in  *os.File
	dir string

	mu     sync.Mutex
	id     int
	calls  map[int]chan reply
	events map[string]func(method string, params json.RawMessage) // by session
	gone   error
}

type reply struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// binaries are the names under which a Chromium may be installed, what is
// quickest coming first.
var binaries = []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"}

func findChromium() string {
	if path := os.Getenv("CHROME_BIN"); path != "" {
		return path
	}
	for _, name := range binaries {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

var shared = sync.OnceValues(launch)

// browser returns the one browser of the run.
func browser(t testing.TB) *chromium {
	t.Helper()
	if findChromium() == "" {
		exampletest.Missing(t, "no Chromium is installed: apt-get install chromium-headless-shell")
	}
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func launch() (*chromium, error) {
	dir, err := os.MkdirTemp("", "nearauth-browser")
	if err != nil {
		return nil, err
	}
	args := []string{
		"--headless", "--remote-debugging-pipe", "--user-data-dir=" + dir, "--no-first-run", "--disable-gpu",
		"--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio", "--disable-background-networking",
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // it refuses to be root otherwise
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := &chromium{cmd: exec.Command(findChromium(), args...), in: in, dir: dir, calls: map[int]chan reply{}, events: map[string]func(string, json.RawMessage){}}
	c.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	_, _ = theirIn.Close(), theirOut.Close()
	go c.listen(out)
	return c, nil
}

func (c *chromium) close() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	_ = os.RemoveAll(c.dir)
}

// listen hands out what the browser says.
func (c *chromium) listen(out *os.File) {
	var rest []byte
	chunk := make([]byte, 64<<10)
	for {
		n, err := out.Read(chunk)
		rest = append(rest, chunk[:n]...)
		for {
			message, after, whole := bytes.Cut(rest, []byte{0})
			if !whole {
				break
			}
			c.heard(message)
			rest = after
		}
		if err != nil {
			c.lost(err)
			return
		}
	}
}

func (c *chromium) heard(message []byte) {
	var m struct {
		ID        int
		Method    string
		SessionID string
		Params    json.RawMessage
		reply
	}
	if json.Unmarshal(message, &m) != nil {
		return
	}
	c.mu.Lock()
	call, event := c.calls[m.ID], c.events[m.SessionID]
	delete(c.calls, m.ID)
	c.mu.Unlock()
	switch {
	case call != nil:
		call <- m.reply
	case m.Method != "" && event != nil:
		event(m.Method, m.Params)
	}
}

func (c *chromium) lost(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = fmt.Errorf("the browser is gone: %w", err)
	for _, call := range c.calls {
		call <- reply{Error: &struct{ Message string }{c.gone.Error()}}
	}
	clear(c.calls)
}

// call runs one command, in a session or (with "") of the browser.
func (c *chromium) call(session, method string, params, result any) error {
	c.mu.Lock()
	if c.gone != nil {
		defer c.mu.Unlock()
		return c.gone
	}
	c.id++
	id, answer := c.id, make(chan reply, 1)
	c.calls[id] = answer
	message, err := json.Marshal(struct {
		ID        int    `json:"id"`
		Method    string `json:"method"`
		SessionID string `json:"sessionId,omitempty"`
		Params    any    `json:"params,omitempty"`
	}{id, method, session, params})
	if err == nil {
		_, err = c.in.Write(append(message, 0))
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	r := <-answer
	if r.Error != nil {
		return errors.New(method + ": " + r.Error.Message)
	}
	if result != nil {
		return json.Unmarshal(r.Result, result)
	}
	return nil
}
