package nearrpc_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
)

func TestNew(t *testing.T) {
	t.Parallel()
	good := []nearrpc.Endpoint{{URL: "https://rpc.example.com/"}}
	two := func(a, b nearrpc.Endpoint) []nearrpc.Endpoint { return []nearrpc.Endpoint{a, b} }
	tests := []struct {
		name   string
		config nearrpc.Config
		want   string // "" for no error
	}{
		{"least", nearrpc.Config{ChainID: "mainnet", Endpoints: good}, ""},
		{"no chain", nearrpc.Config{Endpoints: good}, "ChainID is required"},
		{"no endpoint", nearrpc.Config{ChainID: "mainnet"}, "Endpoints is required"},
		{"negative Agree", nearrpc.Config{ChainID: "mainnet", Endpoints: good, Agree: -1}, "Agree is negative"},
		{"negative timeout", nearrpc.Config{ChainID: "mainnet", Endpoints: good, Timeout: -1}, "negative"},
		{"attempt longer than all", nearrpc.Config{ChainID: "mainnet", Endpoints: good, AttemptTimeout: 6 * time.Second}, "AttemptTimeout is longer"},
		{"short budget alone", nearrpc.Config{ChainID: "mainnet", Endpoints: good, Timeout: time.Second}, ""},

		{"more to agree than operators", nearrpc.Config{ChainID: "mainnet", Endpoints: good, Agree: 2}, "Agree is 2, but the endpoints have 1"},
		{"one operator by name", nearrpc.Config{ChainID: "mainnet", Agree: 2, Endpoints: two(
			nearrpc.Endpoint{URL: "https://a.example", Operator: "Acme"}, nearrpc.Endpoint{URL: "https://b.example", Operator: " acme "})}, "1 distinct"},
		{"one operator by host", nearrpc.Config{ChainID: "mainnet", Agree: 2, Endpoints: two(
			nearrpc.Endpoint{URL: "https://a.example/1"}, nearrpc.Endpoint{URL: "https://A.example.:8443/2"})}, "1 distinct"},
		{"one operator by name and host", nearrpc.Config{ChainID: "mainnet", Agree: 2, Endpoints: two(
			nearrpc.Endpoint{URL: "https://a.example"}, nearrpc.Endpoint{URL: "https://b.example", Operator: "a.example"})}, "1 distinct"},
		{"two operators", nearrpc.Config{ChainID: "mainnet", Agree: 2, Endpoints: two(
			nearrpc.Endpoint{URL: "https://a.example"}, nearrpc.Endpoint{URL: "https://b.example"})}, ""},

		{"http", endpoint("http://rpc.example.com"), "must be https"},
		{"http that looks local", endpoint("http://localhost.example.com"), "must be https"},
		{"http that looks like loopback", endpoint("http://127.0.0.1.example.com"), "must be https"},
		{"http on the LAN", endpoint("http://192.168.1.5:3030"), "must be https"},
		{"http on localhost", endpoint("http://localhost:3030"), ""},
		{"http on 127.0.0.1", endpoint("http://127.0.0.1:3030"), ""},
		{"http on ::1", endpoint("http://[::1]:3030"), ""},
		{"no scheme", endpoint("rpc.example.com"), "not absolute"},
		{"no host", endpoint("https:///path"), "not absolute"},
		{"other scheme", endpoint("ws://127.0.0.1"), "must be https"},
		{"empty", endpoint(""), "not absolute"},
		{"garbage", endpoint("https://a b"), "cannot be parsed"},
		{"header", nearrpc.Config{ChainID: "mainnet", Endpoints: []nearrpc.Endpoint{
			{URL: "https://a.example", Header: http.Header{"Authorization": {"Bearer x\r\n"}}}}}, "control character"},
	}
	for _, test := range tests {
		client, err := nearrpc.New(test.config)
		switch {
		case (client == nil) == (err == nil):
			t.Errorf("%s: got %v and %v", test.name, client, err)
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
		for line := range strings.Lines(errText(err)) {
			if !strings.HasPrefix(line, "nearrpc: ") {
				t.Errorf("%s: %q has no prefix", test.name, line)
			}
		}
	}
}

func endpoint(url string) nearrpc.Config {
	return nearrpc.Config{ChainID: "mainnet", Endpoints: []nearrpc.Endpoint{{URL: url}}}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestNewReportsEverything(t *testing.T) {
	t.Parallel()
	_, err := nearrpc.New(nearrpc.Config{Agree: -1, Timeout: -1, Endpoints: []nearrpc.Endpoint{{}, {URL: "http://x.example"}}})
	if n := strings.Count(errText(err), "\n") + 1; n != 5 {
		t.Errorf("%d complaints, want 5:\n%v", n, err)
	}
}

func TestInsecureHTTP(t *testing.T) {
	t.Parallel()
	config := endpoint("http://node.internal:3030")
	config.InsecureHTTP = true
	if _, err := nearrpc.New(config); err != nil {
		t.Error(err)
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	if !nearrpc.Mainnet().Public() || !nearrpc.Testnet().Public() {
		t.Error("the ready clients are on public endpoints")
	}
	if newClient(t, endpoint("https://rpc.example.com")).Public() {
		t.Error("an endpoint of one's own is not public")
	}
	// Listing a public endpoint oneself does not make it one's own.
	config := endpoint("https://rpc.example.com")
	config.Endpoints = append(config.Endpoints, nearrpc.Endpoint{URL: "https://1rpc.io/near", Operator: "me"})
	if !newClient(t, config).Public() {
		t.Error("a public endpoint as the spare one is public")
	}
}

// The environment must not decide who is asked for the chain.
func TestNoProxyFromEnvironment(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	var asked string
	config := endpoint("http://node.internal")
	config.InsecureHTTP = true
	config.Timeout = 200 * time.Millisecond
	err := newClient(t, config).FullAccess(t.Context(), alice, aliceKey)
	asked = errText(err)
	if strings.Contains(asked, "refused") {
		t.Errorf("asked the proxy: %v", err)
	}
}
