package frontend

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	exampletest.Clean()
	os.Exit(code)
}

// site is the example with pages of a test before it. It has two names, which
// are two sites to a browser: origin is the application, and wallet is where a
// wallet may be.
type site struct {
	origin, wallet string
	node           *nearrpctest.Node
	chain          string // URL of the NEAR node

	mu       sync.Mutex
	files    map[string]string // by path
	outcomes chan string
}

func newSite(t *testing.T) *site {
	t.Helper()
	node, chain := exampletest.Chain(t)
	s := &site{node: node, chain: chain.URL}
	s.start(t, "-network", "testnet", "-rpc", chain.URL)
	return s
}

// newDemo is a site with every chain, and with the wallets of the demo.
func newDemo(t *testing.T) *site {
	t.Helper()
	s := &site{}
	s.start(t, "-ethereum", "-stellar")
	return s
}

// start runs the example with these flags, and the pages before it.
func (s *site) start(t *testing.T, flags ...string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s.origin, s.wallet = "http://localhost:"+port, "http://127.0.0.1:"+port
	s.files, s.outcomes = make(map[string]string), make(chan string, 1)
	p := exampletest.Start(t, append([]string{"-origin", s.origin, "-callback", s.origin + "/", "-rate-limit", "off"}, flags...)...)
	server := &http.Server{Handler: s.handler(p.URL)}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
}

func (s *site) handler(example string) http.Handler {
	to, _ := url.Parse(example)
	proxy := httputil.NewSingleHostReverseProxy(to)
	mux := http.NewServeMux()
	mux.Handle("/auth/", proxy)
	mux.Handle("/api/me", proxy)
	mux.Handle("/demo/", proxy)
	mux.HandleFunc("POST /faucet", s.faucet)
	mux.HandleFunc("POST /outcome", s.outcome)
	mux.HandleFunc("/", s.file)
	return mux
}

// faucet gives an account a full-access key, as test networks do. Pages and
// scripts make their own keys, so that no key is in any file.
func (s *site) faucet(w http.ResponseWriter, r *http.Request) {
	var account struct{ AccountID, PublicKey string }
	err := json.NewDecoder(r.Body).Decode(&account)
	if err == nil {
		err = s.node.AddFullAccessKey(account.AccountID, account.PublicKey)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// outcome is told by the page what has become of it.
func (s *site) outcome(_ http.ResponseWriter, r *http.Request) {
	var said string
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		said = err.Error()
	}
	select {
	case s.outcomes <- said:
	default: // the first counts
	}
}

// serve has a file served under a path.
func (s *site) serve(path, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = content
}

func (s *site) file(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	content, ok := s.files[r.URL.Path]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	kind := "text/html; charset=utf-8"
	if strings.HasSuffix(r.URL.Path, ".js") {
		kind = "text/javascript; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write([]byte(content))
}

// read returns a file of this folder.
func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
