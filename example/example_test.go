package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	exampletest.Clean()
	os.Exit(code)
}

// The whole line on the demo chain, against the process that a user starts.
func TestDemo(t *testing.T) {
	t.Parallel()
	p := exampletest.Start(t)
	b, w := exampletest.Browser(), exampletest.NewWallet("alice.demo")
	res, body := p.Do(b, "GET", "/", "")
	exampletest.Expect(t, "home", res, body, 200, "For development only")
	res, body = p.Do(b, "GET", "/healthz", "")
	exampletest.Expect(t, "health", res, body, 200, "ok")
	res, body = p.Do(b, "GET", "/api/me", "")
	exampletest.Expect(t, "nobody", res, body, 401, "unauthenticated")

	res, body = p.SignIn(b, w)
	exampletest.Expect(t, "an account that is not on the chain", res, body, 401, "key_not_found")
	account, _ := json.Marshal(map[string]string{"accountId": w.Account, "publicKey": w.Key()})
	res, body = p.Do(b, "POST", "/demo/account", string(account))
	exampletest.Expect(t, "make it", res, body, 201, "alice.demo")
	taken, _ := json.Marshal(map[string]string{"accountId": w.Account, "publicKey": exampletest.NewWallet("").Key()})
	res, body = p.Do(b, "POST", "/demo/account", string(taken))
	exampletest.Expect(t, "make it again", res, body, 409, "taken")
	res, body = p.SignIn(b, w)
	exampletest.Expect(t, "sign in", res, body, 200, `"near:demo:alice.demo"`)

	for _, method := range []string{"GET", "POST"} {
		res, body = p.Do(b, method, "/api/me", strings.Repeat(" ", 100))
		exampletest.Expect(t, method, res, body, 200, `"accountId":"alice.demo"`)
	}
	res, body = p.Do(b, "GET", "/private", "")
	exampletest.Expect(t, "private page", res, body, 200, "Hello, alice.demo")
	res, body = p.Do(b, "POST", "/auth/logout", "")
	exampletest.Expect(t, "logout", res, body, 204, "")
	res, body = p.Do(b, "GET", "/api/me", "")
	exampletest.Expect(t, "after logout", res, body, 401, "unauthenticated")

	stdout, err := p.Stop()
	if err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if len(stdout) != 1 {
		t.Errorf("more than one line: %q", stdout)
	}
	if !strings.Contains(p.Log(), "For development only.") {
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
	p := exampletest.Start(t, "-network", "testnet", "-rpc", server.URL, "-recipient", "app.example", "-challenge-ttl", "1m")
	w, b := exampletest.NewWallet("alice.testnet"), exampletest.Browser()
	_ = node.AddFullAccessKey(w.Account, w.Key())
	res, body := p.SignIn(b, w)
	exampletest.Expect(t, "sign in", res, body, 200, `"near:testnet:alice.testnet"`)
	res, body = p.Do(b, "POST", "/demo/account", "{}")
	exampletest.Expect(t, "the faucet of the demo chain", res, body, 404, "")
	// The page shows beforehand what the wallet will be asked to sign.
	asked := p.Challenge(b)
	res, body = p.Do(b, "GET", "/", "")
	for _, text := range []string{asked.Message, asked.Recipient} {
		exampletest.Expect(t, "the page", res, body, 200, "<dd>"+text+"</dd>")
	}
	node.Fault(nearrpctest.Down())
	res, body = p.SignIn(exampletest.Browser(), w)
	exampletest.Expect(t, "chain down", res, body, 503, "chain_unavailable")
	if _, err := p.Stop(); err != nil {
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
	p := exampletest.Start(t, "-network", "testnet", "-rpc", server.URL)
	w := exampletest.NewWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.Account, w.Key())
	done := make(chan int)
	go func() {
		res, _ := p.SignIn(exampletest.Browser(), w)
		done <- res.StatusCode
	}()
	<-asked
	if _, err := p.Stop(); err != nil {
		t.Error(err)
	}
	if status := <-done; status != 200 {
		t.Errorf("the sign-in under way: %d", status)
	}
}

func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	path, err := exampletest.Binary()
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

// The demo wallet's own code, in Node: what the page does, without the page.
func TestDemoWalletInNode(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		exampletest.Missing(t, "node is not installed: apt-get install nodejs")
	}
	p := exampletest.Start(t)
	cmd := exec.Command(node, "testdata/sign-in.mjs", p.URL)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "signed in as node.demo, and out") {
		t.Errorf("%v\n%s", err, out)
	}
}
