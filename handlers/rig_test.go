package handlers_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/handlers/nep413"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

const (
	origin   = "https://example.com" // which httptest's client leads to the server
	trusted  = "https://admin.example.com"
	callback = "https://example.com/callback"
)

// rig is a site with the kit in it, over real HTTP and TLS, and a chain.
type rig struct {
	t      *testing.T
	auth   *handlers.Auth
	server *httptest.Server
	node   *nearrpctest.Node
	store  *flaky
	log    syncBuffer

	mu     sync.Mutex
	events []handlers.Event
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newRig(t *testing.T, change ...func(*handlers.Config)) *rig {
	t.Helper()
	return newRigRPC(t, nearrpc.Config{}, change...)
}

// newRigRPC is newRig with time limits for the chain.
func newRigRPC(t *testing.T, rpc nearrpc.Config, change ...func(*handlers.Config)) *rig {
	t.Helper()
	r := &rig{t: t, node: nearrpctest.NewNode("testnet"), store: &flaky{Memory: store.NewMemory()}}
	chainServer, err := nearrpctest.Serve(r.node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = chainServer.Close() })
	rpc.Endpoints = []nearrpc.Endpoint{{URL: chainServer.URL}}
	chain := testnet(t, rpc)
	c := handlers.Config{
		Origin: origin, Store: r.store, Chains: []handlers.Chain{chain},
		Callbacks: []string{callback}, TrustedOrigins: []string{trusted}, RateLimit: -1,
		Logger: slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnEvent: func(_ context.Context, e handlers.Event) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, e)
		},
	}
	for _, f := range change {
		f(&c)
	}
	if r.auth, err = handlers.New(c); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", r.auth))
	mux.Handle("/private", r.auth.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, _ := middleware.AccountFrom(r.Context())
		fmt.Fprint(w, a.String())
	})))
	mux.HandleFunc("/public", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "public") })
	r.server = httptest.NewTLSServer(mux)
	r.server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 100
	t.Cleanup(r.server.Close)
	return r
}

func testnet(t *testing.T, c nearrpc.Config) *near.Chain {
	t.Helper()
	c.ChainID = "testnet"
	rpc, err := nearrpc.New(c)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := near.New(near.Config{Network: "testnet", RPC: rpc})
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// flaky is a Memory that can be made to fail.
type flaky struct {
	*store.Memory
	mu                   sync.Mutex
	challenges, sessions error
	createOnly           error
}

func (f *flaky) fail(challenges, sessions error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.challenges, f.sessions = challenges, sessions
}

func (f *flaky) errs() (challenges, sessions error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.challenges, f.sessions
}

func (f *flaky) PutChallenge(ctx context.Context, k store.Key, c string, b []byte, e time.Time) error {
	if err, _ := f.errs(); err != nil {
		return err
	}
	return f.Memory.PutChallenge(ctx, k, c, b, e)
}

func (f *flaky) GetChallenge(ctx context.Context, k store.Key) ([]byte, error) {
	if err, _ := f.errs(); err != nil {
		return nil, err
	}
	return f.Memory.GetChallenge(ctx, k)
}

func (f *flaky) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	if _, err := f.errs(); err != nil {
		return nil, err
	}
	return f.Memory.FindSession(ctx, k)
}

func (f *flaky) CreateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	if _, err := f.errs(); err != nil {
		return err
	}
	if f.createOnly != nil {
		return f.createOnly
	}
	return f.Memory.CreateSession(ctx, k, b, e)
}

func (f *flaky) DeleteSession(ctx context.Context, k store.Key) ([]byte, error) {
	if _, err := f.errs(); err != nil {
		return nil, err
	}
	return f.Memory.DeleteSession(ctx, k)
}

// wallet is an account and a key that may or may not be on it.
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

// person is a wallet whose key has full access on the rig's chain.
func (r *rig) person(account string) wallet {
	r.t.Helper()
	w := newWallet(account)
	if err := r.node.AddFullAccessKey(account, w.key()); err != nil {
		r.t.Fatal(err)
	}
	return w
}

// challenge is the answer of /auth/challenge.
type challenge struct {
	Chain, Network, Nonce, Challenge, Message, Recipient, CallbackURL, State string
	IssuedAt, ExpiresAt                                                      time.Time
	ExpiresIn                                                                int
}

func (c challenge) nonce() (n [32]byte) {
	b, _ := base64.StdEncoding.DecodeString(c.Nonce)
	copy(n[:], b)
	return n
}

// sign returns the wallet's signature; with a callback as on a full redirect.
func (w wallet) sign(c challenge, callback ...string) []byte {
	p := nep413.Payload{Message: c.Message, Nonce: c.nonce(), Recipient: c.Recipient}
	if len(callback) > 0 {
		p.CallbackURL = &callback[0]
	}
	hash, err := p.Hash()
	if err != nil {
		panic(err)
	}
	return ed25519.Sign(w.private, hash[:])
}

// answer is the canonical verify request.
func (w wallet) answer(c challenge, callback ...string) map[string]any {
	return map[string]any{
		"accountId": w.account, "publicKey": w.key(), "nonce": c.Nonce,
		"signature": base64.StdEncoding.EncodeToString(w.sign(c, callback...)),
	}
}

// browser is one browser: it keeps cookies, and says where its requests come from.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

func (r *rig) browser() *browser {
	jar, _ := cookiejar.New(nil)
	client := *r.server.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{r.t, origin, &client}
}

// response is an answer read to its end.
type response struct {
	*http.Response
	body string
}

func (r response) code() string {
	var e struct{ Error, Code string }
	_ = json.Unmarshal([]byte(r.body), &e)
	if e.Error == "" {
		return ""
	}
	return e.Code
}

func (b *browser) do(method, path string, body any, header ...string) response {
	b.t.Helper()
	var reader io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(v)
	case io.Reader:
		reader = v
	default:
		j, err := json.Marshal(v)
		if err != nil {
			b.t.Fatal(err)
		}
		reader = bytes.NewReader(j)
	}
	req, err := http.NewRequest(method, b.base+path, reader)
	if err != nil {
		b.t.Fatal(err)
	}
	if method != "GET" && method != "HEAD" {
		req.Header.Set("Origin", origin)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		if header[i+1] == "" {
			req.Header.Del(header[i])
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return response{res, string(text)}
}

func (b *browser) challenge(request any) challenge {
	b.t.Helper()
	res := b.do("POST", "/auth/challenge", request)
	if res.StatusCode != 200 {
		b.t.Fatalf("challenge: %d %s", res.StatusCode, res.body)
	}
	var c challenge
	if err := json.Unmarshal([]byte(res.body), &c); err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *browser) signIn(w wallet) response {
	b.t.Helper()
	return b.do("POST", "/auth/verify", w.answer(b.challenge(nil)))
}

// account returns who the server says is signed in, by the protected route.
func (b *browser) account() string {
	b.t.Helper()
	res := b.do("GET", "/private", nil)
	if res.StatusCode == 401 {
		return ""
	}
	if res.StatusCode != 200 {
		b.t.Fatalf("/private: %d %s", res.StatusCode, res.body)
	}
	return res.body
}

func (b *browser) expect(what string, res response, status int, code string) {
	b.t.Helper()
	if res.StatusCode != status || res.code() != code {
		b.t.Errorf("%s: %d %s, want %d %s", what, res.StatusCode, strings.TrimSpace(res.body), status, code)
	}
}

func mustDecode(t *testing.T, body string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), to); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
}

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, s := range texts {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}
