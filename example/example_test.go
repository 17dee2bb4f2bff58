package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers/nep413"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// binary builds the example once, as a user would run it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "nearauth-example")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "example")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is the example, running.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	origin string
	stdout []string
	stderr output
	exited chan error
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

func start(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(path, append([]string{"-addr", "127.0.0.1:0"}, args...)...), exited: make(chan error, 1)}
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("no line: %v\n%s", p.cmd.Wait(), p.stderr.String())
	}
	p.stdout = append(p.stdout, lines.Text())
	_, p.url, _ = strings.Cut(lines.Text(), " ready at ")
	p.origin = p.url
	if i := slices.Index(args, "-origin"); i >= 0 {
		p.origin = args[i+1]
	}
	go func() {
		for lines.Scan() {
			p.stdout = append(p.stdout, lines.Text())
		}
		p.exited <- p.cmd.Wait()
	}()
	return p
}

// stop ends the process gently and returns how it went.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.exited:
		return err
	case <-time.After(10 * time.Second):
		return errors.New("it does not stop")
	}
}

func browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (p *process) do(c *http.Client, method, path, body string) (*http.Response, string) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == "POST" {
		r.Header.Set("Origin", p.origin)
	}
	res, err := c.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res, string(b)
}

type wallet struct {
	account string
	private ed25519.PrivateKey
}

func newWallet(account string) wallet {
	_, private, _ := ed25519.GenerateKey(nil)
	return wallet{account, private}
}

func (w wallet) key() string {
	return "ed25519:" + base58.Encode(w.private.Public().(ed25519.PublicKey))
}

// signed asks for a challenge and returns what to verify.
func (p *process) signed(c *http.Client, w wallet) string {
	p.t.Helper()
	res, body := p.do(c, "POST", "/auth/challenge", "")
	var ch struct{ Message, Recipient, Nonce string }
	if err := json.Unmarshal([]byte(body), &ch); err != nil || res.StatusCode != 200 {
		p.t.Fatalf("challenge: %d %s", res.StatusCode, body)
	}
	nonce, _ := base64.StdEncoding.DecodeString(ch.Nonce)
	hash, _ := nep413.Payload{Message: ch.Message, Nonce: [32]byte(nonce), Recipient: ch.Recipient}.Hash()
	answer, _ := json.Marshal(map[string]string{
		"accountId": w.account, "publicKey": w.key(), "nonce": ch.Nonce,
		"signature": base64.StdEncoding.EncodeToString(ed25519.Sign(w.private, hash[:])),
	})
	return string(answer)
}

func (p *process) signIn(c *http.Client, w wallet) (*http.Response, string) {
	p.t.Helper()
	return p.do(c, "POST", "/auth/verify", p.signed(c, w))
}

func expect(t *testing.T, what string, res *http.Response, body string, status int, contains string) {
	t.Helper()
	if res.StatusCode != status || !strings.Contains(body, contains) {
		t.Errorf("%s: %d %s, want %d %s", what, res.StatusCode, body, status, contains)
	}
}

// The whole line on the demo chain, against the process that a user starts.
func TestDemo(t *testing.T) {
	t.Parallel()
	p := start(t)
	b, w := browser(), newWallet("alice.demo")
	res, body := p.do(b, "GET", "/", "")
	expect(t, "home", res, body, 200, "For development only")
	res, body = p.do(b, "GET", "/healthz", "")
	expect(t, "health", res, body, 200, "ok")
	res, body = p.do(b, "GET", "/api/me", "")
	expect(t, "nobody", res, body, 401, "unauthenticated")

	res, body = p.signIn(b, w)
	expect(t, "an account that is not on the chain", res, body, 401, "key_not_found")
	account, _ := json.Marshal(map[string]string{"accountId": w.account, "publicKey": w.key()})
	res, body = p.do(b, "POST", "/demo/account", string(account))
	expect(t, "make it", res, body, 201, "alice.demo")
	taken, _ := json.Marshal(map[string]string{"accountId": w.account, "publicKey": newWallet("").key()})
	res, body = p.do(b, "POST", "/demo/account", string(taken))
	expect(t, "make it again", res, body, 409, "taken")
	res, body = p.signIn(b, w)
	expect(t, "sign in", res, body, 200, `"near:demo:alice.demo"`)

	for _, method := range []string{"GET", "POST"} {
		res, body = p.do(b, method, "/api/me", strings.Repeat(" ", 100))
		expect(t, method, res, body, 200, `{"accountId":"alice.demo"}`)
	}
	res, body = p.do(b, "GET", "/private", "")
	expect(t, "private page", res, body, 200, "Hello, alice.demo")
	res, body = p.do(b, "POST", "/auth/logout", "")
	expect(t, "logout", res, body, 204, "")
	res, body = p.do(b, "GET", "/api/me", "")
	expect(t, "after logout", res, body, 401, "unauthenticated")

	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if len(p.stdout) != 1 {
		t.Errorf("more than one line: %q", p.stdout)
	}
	if !strings.Contains(p.stderr.String(), banner) {
		t.Error("no banner")
	}
}

// A real network is any NEAR JSON-RPC endpoint; here one of our own.
func TestOwnEndpoint(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	server, err := nearrpctest.Serve(node)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	p := start(t, "-network", "testnet", "-rpc", server.URL, "-recipient", "app.example", "-challenge-ttl", "1m")
	w, b := newWallet("alice.testnet"), browser()
	_ = node.AddFullAccessKey(w.account, w.key())
	res, body := p.signIn(b, w)
	expect(t, "sign in", res, body, 200, `"near:testnet:alice.testnet"`)
	res, body = p.do(b, "POST", "/demo/account", "{}")
	expect(t, "the faucet of the demo chain", res, body, 404, "")
	node.Fault(nearrpctest.Down())
	res, body = p.signIn(browser(), w)
	expect(t, "chain down", res, body, 503, "chain_unavailable")
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// What is under way when the process is told to stop is finished.
func TestStopsGently(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	asked := make(chan struct{}, 100)
	node.Fault(func(http.ResponseWriter, *http.Request) bool {
		asked <- struct{}{}
		time.Sleep(300 * time.Millisecond)
		return false
	})
	server, err := nearrpctest.Serve(node)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	p := start(t, "-network", "testnet", "-rpc", server.URL)
	w := newWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.account, w.key())
	done := make(chan int)
	go func() {
		res, _ := p.signIn(browser(), w)
		done <- res.StatusCode
	}()
	<-asked
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if status := <-done; status != 200 {
		t.Errorf("the sign-in under way: %d", status)
	}
}

func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		env  string
		want string
	}{
		"demo for everybody":       {args: []string{"-addr", "0.0.0.0:0"}, want: "this machine only"},
		"demo on https":            {args: []string{"-addr", "127.0.0.1:0", "-origin", "https://localhost"}, want: "this machine only"},
		"demo under another name":  {args: []string{"-addr", "127.0.0.1:0", "-origin", "http://app.example"}, want: "this machine only"},
		"demo on Redis":            {args: []string{"-addr", "127.0.0.1:0", "-redis", "redis://127.0.0.1:1"}, want: "this machine only"},
		"a URL not of Redis":       {args: []string{"-addr", "127.0.0.1:0", "-network", "testnet", "-redis", "http://127.0.0.1:1"}, want: "not a URL"},
		"demo with an endpoint":    {args: []string{"-addr", "127.0.0.1:0", "-rpc", "http://127.0.0.1:1"}, want: "its own endpoint"},
		"unknown network":          {args: []string{"-addr", "127.0.0.1:0", "-network", "main"}, want: "none of"},
		"http for everybody":       {args: []string{"-addr", "127.0.0.1:0", "-network", "testnet", "-origin", "http://app.example"}, want: "plain http"},
		"message without the host": {args: []string{"-addr", "127.0.0.1:0", "-message", "hello"}, want: "does not name the host"},
		"callback elsewhere":       {args: []string{"-addr", "127.0.0.1:0", "-callback", "https://evil.example/"}, want: "neither on this origin"},
		"argument":                 {args: []string{"testnet"}, want: "unexpected argument"},
		"bad variable":             {env: "NEARAUTH_SESSION_IDLE=soon", want: "NEARAUTH_SESSION_IDLE"},
		"variable":                 {args: []string{"-addr", "127.0.0.1:0"}, env: "NEARAUTH_NETWORK=main", want: `"main"`},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		cmd := exec.CommandContext(ctx, path, c.args...)
		cmd.Env = append(os.Environ(), c.env)
		out, err := cmd.CombinedOutput()
		cancel()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"NEARAUTH_RPC": "https://a.example, https://b.example", "NEARAUTH_CALLBACK": "https://c.example",
		"NEARAUTH_TRUSTED_ORIGIN": "https://d.example", "NEARAUTH_SESSION_IDLE": "1h", "NEARAUTH_ADDR": ":1",
	}
	s, err := parseSettings([]string{"-addr", ":2", "-callback", "https://e.example", "-callback=https://f.example"}, func(k string) string { return env[k] }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if s.rpc.String() != "https://a.example,https://b.example" || s.callbacks.String() != "https://e.example,https://f.example" ||
		s.trusts.String() != "https://d.example" || s.idle != time.Hour || s.addr != ":2" {
		t.Errorf("%+v", s)
	}
}

// The demo wallet's own code, in Node: what the page does, without the page.
func TestDemoWalletInNode(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed: apt-get install nodejs")
	}
	p := start(t)
	cmd := exec.Command(node, "testdata/sign-in.mjs", p.url)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "signed in as node.demo, and out") {
		t.Errorf("%v\n%s", err, out)
	}
}

// missing skips a test for want of a tool, unless everything is required.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("NEARAUTH_TEST_REQUIRE") == "all" {
		t.Fatal(why)
	}
	t.Skip(why)
}
