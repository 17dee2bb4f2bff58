package middleware_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

const origin = "https://my-app.example"

var alice = store.Account{Chain: "near:testnet", ID: "alice.testnet", PublicKey: "ed25519:1"}

// site is a guard, its sessions, and a store that can be made to fail.
type site struct {
	t        *testing.T
	guard    *middleware.Guard
	sessions *scs.SessionManager
	store    *flaky
	log      bytes.Buffer
}

type flaky struct {
	*store.Memory
	find, write, touch error
	finds, touches     int
}

func (f *flaky) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	f.finds++
	if f.find != nil {
		return nil, f.find
	}
	return f.Memory.FindSession(ctx, k)
}

func (f *flaky) CreateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	if f.write != nil {
		return f.write
	}
	return f.Memory.CreateSession(ctx, k, b, e)
}

func (f *flaky) UpdateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	if f.write != nil {
		return f.write
	}
	return f.Memory.UpdateSession(ctx, k, b, e)
}

func (f *flaky) TouchSession(ctx context.Context, k store.Key, o int, p []byte, e time.Time) error {
	f.touches++
	if f.touch != nil {
		return f.touch
	}
	return f.Memory.TouchSession(ctx, k, o, p, e)
}

func newSite(t *testing.T, change ...func(*middleware.Config)) *site {
	t.Helper()
	s := &site{t: t, store: &flaky{Memory: store.NewMemory()}}
	var err error
	if s.sessions, err = store.NewSessions(s.store, store.SessionsConfig{Origin: origin}); err != nil {
		t.Fatal(err)
	}
	c := middleware.Config{
		Origin: origin, Sessions: s.sessions, Chains: []string{"near:testnet"},
		Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
	}
	for _, f := range change {
		f(&c)
	}
	if s.guard, err = middleware.New(c); err != nil {
		t.Fatal(err)
	}
	return s
}

// signIn returns the cookie of a session of a.
func (s *site) signIn(a store.Account) *http.Cookie {
	s.t.Helper()
	ctx, err := s.sessions.Load(context.Background(), "")
	if err == nil {
		_, err = store.SignIn(ctx, s.sessions, a, store.Client{})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Cookie{Name: s.sessions.Cookie.Name, Value: s.sessions.Token(ctx)}
}

// do sends one request; what is "Cookie" goes as it is.
func do(h http.Handler, method, target string, cookie *http.Cookie, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func code(w *httptest.ResponseRecorder) string {
	var e struct{ Error, Code string }
	_ = json.Unmarshal(w.Body.Bytes(), &e)
	return e.Code
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	account, ok := middleware.AccountFrom(r.Context())
	fmt.Fprintf(w, "hello %s %v", account.ID, ok)
})

func TestRequireAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(alice)
	h := s.guard.RequireAccount(hello)

	w := do(h, "GET", "/private", cookie)
	if w.Code != 200 || w.Body.String() != "hello alice.testnet true" {
		t.Errorf("signed in: %d %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := w.Header().Get("Vary"); got != "Cookie" {
		t.Errorf("Vary %q", got)
	}
	if len(w.Result().Cookies()) != 0 {
		t.Error("reading a session sets a cookie")
	}
	for name, cookie := range map[string]*http.Cookie{
		"no cookie":      nil,
		"invented token": {Name: s.sessions.Cookie.Name, Value: strings.Repeat("A", 43)},
		"empty token":    {Name: s.sessions.Cookie.Name, Value: ""},
		"huge token":     {Name: s.sessions.Cookie.Name, Value: strings.Repeat("A", 10_000)},
	} {
		w := do(h, "GET", "/private", cookie)
		if w.Code != 401 || code(w) != "unauthenticated" || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	two := do(h, "GET", "/private", cookie, "Cookie", cookie.Name+"=other")
	if two.Code != 401 {
		t.Errorf("two session cookies: %d", two.Code)
	}
}

func TestSessionOfAnotherChainIsNone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(store.Account{Chain: "near:demo", ID: "alice.demo"})
	if w := do(s.guard.RequireAccount(hello), "GET", "/", cookie); w.Code != 401 {
		t.Errorf("a session of a chain that is not configured: %d", w.Code)
	}
}

func TestPublicPagesDoNotTouchTheStore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	h := s.guard.OptionalAccount(hello)
	if w := do(h, "GET", "/", nil); w.Code != 200 || w.Body.String() != "hello  false" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if s.store.finds != 0 {
		t.Errorf("a visitor without a cookie cost %d reads", s.store.finds)
	}
	if w := do(h, "GET", "/", s.signIn(alice)); w.Body.String() != "hello alice.testnet true" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestStoreDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(alice)
	s.store.find = errors.New("connection refused by secret-host")
	for name, h := range map[string]http.Handler{
		"RequireAccount": s.guard.RequireAccount(hello), "OptionalAccount": s.guard.OptionalAccount(hello),
		"under LoadAndSave": s.sessions.LoadAndSave(s.guard.RequireAccount(hello)),
	} {
		w := do(h, "GET", "/", cookie)
		if w.Code != 503 || code(w) != "store_unavailable" || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if len(w.Result().Cookies()) != 0 {
			t.Errorf("%s: the cookie was not left alone", name)
		}
		if strings.Contains(w.Body.String(), "secret-host") {
			t.Errorf("%s: the client sees the cause", name)
		}
	}
	if !strings.Contains(s.log.String(), "secret-host") || strings.Contains(s.log.String(), cookie.Value) {
		t.Errorf("the log must have the cause and not the token: %s", s.log.String())
	}
	if w := do(s.sessions.LoadAndSave(hello), "GET", "/", cookie); w.Code != 200 {
		t.Errorf("a public page under LoadAndSave: %d", w.Code)
	}
	s.store.find = nil
	if w := do(s.guard.RequireAccount(hello), "GET", "/", cookie); w.Code != 200 {
		t.Errorf("after the store is back: %d", w.Code)
	}

	s = newSite(t, func(c *middleware.Config) { c.AnonymousWhenStoreDown = true })
	cookie = s.signIn(alice)
	s.store.find = errors.New("down")
	if w := do(s.guard.OptionalAccount(hello), "GET", "/", cookie); w.Body.String() != "hello  false" {
		t.Errorf("AnonymousWhenStoreDown: %d %s", w.Code, w.Body)
	}
	if w := do(s.guard.RequireAccount(hello), "GET", "/", cookie); w.Code != 503 {
		t.Errorf("AnonymousWhenStoreDown must not open protected routes: %d", w.Code)
	}
}

func TestTouch(t *testing.T) {
	t.Parallel()
	m := &flaky{Memory: store.NewMemory()}
	sessions, err := store.NewSessions(m, store.SessionsConfig{Origin: origin, Idle: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *middleware.Config) { c.Sessions = sessions })
	s.sessions, s.store = sessions, m
	cookie, h := s.signIn(alice), s.guard.RequireAccount(hello)
	for range 20 {
		do(h, "GET", "/", cookie)
	}
	if m.touches != 0 {
		t.Errorf("%d writes for 20 reads at once", m.touches)
	}
	time.Sleep(150 * time.Millisecond)
	m.touch = errors.New("read-only replica")
	if w := do(h, "GET", "/", cookie); w.Code != 200 || m.touches != 1 {
		t.Errorf("touching must fail open: %d after %d touches", w.Code, m.touches)
	}
	m.touch = store.ErrGone
	if w := do(h, "GET", "/", cookie); w.Code != 401 {
		t.Errorf("a session that ends at the touch: %d", w.Code)
	}
}

func TestLoginPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *middleware.Config) { c.LoginPage = "/login" })
	h := http.StripPrefix("/app", s.guard.RequireAccount(hello))
	for _, c := range []struct {
		method, target string
		header         []string
		status         int
		location       string
	}{
		{"GET", "/app/private?a=1&b=2", []string{"Sec-Fetch-Mode", "navigate"}, 303, "/login?next=%2Fapp%2Fprivate%3Fa%3D1%26b%3D2"},
		{"HEAD", "/app/private", []string{"Accept", "text/html,*/*"}, 303, "/login?next=%2Fapp%2Fprivate"},
		{"GET", "/app/private", []string{"Sec-Fetch-Mode", "cors", "Accept", "text/html"}, 401, ""},
		{"GET", "/app/private", []string{"Accept", "application/json"}, 401, ""},
		{"POST", "/app/private", []string{"Sec-Fetch-Mode", "navigate"}, 401, ""},
		{"GET", "/app//evil.example/x", []string{"Sec-Fetch-Mode", "navigate"}, 303, "/login"},
	} {
		w := do(h, c.method, c.target, nil, c.header...)
		if w.Code != c.status || w.Header().Get("Location") != c.location {
			t.Errorf("%s %s %v: %d %q, want %d %q", c.method, c.target, c.header, w.Code, w.Header().Get("Location"), c.status, c.location)
		}
	}
}

func TestApplicationValues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(alice)
	count := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.sessions.GetInt(r.Context(), "n") + 1
		s.sessions.Put(r.Context(), "n", n)
		fmt.Fprint(w, n)
	})
	for name, h := range map[string]http.Handler{
		"guard alone": s.guard.RequireAccount(count), "under LoadAndSave": s.sessions.LoadAndSave(s.guard.RequireAccount(count)),
	} {
		before := do(h, "GET", "/", cookie).Body.String()
		w := do(h, "GET", "/", cookie)
		if w.Body.String() <= before {
			t.Errorf("%s: %s after %s", name, w.Body, before)
		}
		if n := len(w.Result().Cookies()); n != 1 {
			t.Errorf("%s: %d cookies", name, n)
		}
	}
	w := do(s.guard.RequireAccount(count), "GET", "/", cookie)
	if got := w.Header().Values("Cache-Control"); len(got) != 1 || got[0] != "private, no-store" {
		t.Errorf("Cache-Control %q", got)
	}
}

// A session that cannot be stored is a 503, and nothing of what the handler
// said goes out, over a real connection.
func TestCommitFails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(alice)
	s.store.write = errors.New("OOM")
	server := httptest.NewServer(s.guard.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.sessions.Put(r.Context(), "n", 1)
		w.Header().Set("Content-Length", "14")
		w.Header().Set("ETag", `"x"`)
		fmt.Fprint(w, "secret success")
		_ = http.NewResponseController(w).Flush()
	})))
	defer server.Close()
	r, _ := http.NewRequest("GET", server.URL, nil)
	r.AddCookie(cookie)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode != 503 || err != nil || strings.Contains(string(body), "secret") || res.Header.Get("Etag") != "" {
		t.Errorf("%d %s, error %v, ETag %q", res.StatusCode, body, err, res.Header.Get("Etag"))
	}
}

func TestWriterBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(alice)
	serve := func(f http.HandlerFunc) *http.Response {
		server := httptest.NewServer(s.guard.RequireAccount(f))
		defer server.Close()
		r, _ := http.NewRequest("GET", server.URL, nil)
		r.AddCookie(cookie)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res
	}
	for name, f := range map[string]http.HandlerFunc{
		"nothing written": func(_ http.ResponseWriter, r *http.Request) { s.sessions.Put(r.Context(), "k", 1) },
		"flush": func(w http.ResponseWriter, r *http.Request) {
			s.sessions.Put(r.Context(), "k", 2)
			_ = http.NewResponseController(w).Flush()
		},
		"informational first": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			s.sessions.Put(r.Context(), "k", 3)
			w.WriteHeader(http.StatusNoContent)
		},
	} {
		if n := len(serve(f).Cookies()); n != 1 {
			t.Errorf("%s: %d cookies, want 1", name, n)
		}
	}
}

func TestHijack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	server := httptest.NewServer(s.guard.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
		_ = conn.Close()
	})))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n", s.signIn(alice))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || res.StatusCode != 200 {
		t.Errorf("%v %v", res, err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := func() middleware.Config {
		m, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: origin})
		if err != nil {
			t.Fatal(err)
		}
		return middleware.Config{Origin: origin, Sessions: m, Chains: []string{"near:mainnet"}}
	}
	if _, err := middleware.New(good()); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*middleware.Config){
		"no origin":           func(c *middleware.Config) { c.Origin = "" },
		"another origin":      func(c *middleware.Config) { c.Origin = "https://other.example" },
		"no sessions":         func(c *middleware.Config) { c.Sessions = nil },
		"stock scs":           func(c *middleware.Config) { c.Sessions = scs.New() },
		"scs idle timeout":    func(c *middleware.Config) { c.Sessions.IdleTimeout = time.Hour },
		"scs hashing":         func(c *middleware.Config) { c.Sessions.HashTokenInStore = true },
		"scs codec":           func(c *middleware.Config) { c.Sessions.Codec = scs.GobCodec{} },
		"cookie without host": func(c *middleware.Config) { c.Sessions.Cookie.Name = "session" },
		"cookie domain":       func(c *middleware.Config) { c.Sessions.Cookie.Domain = "my-app.example" },
		"cookie path":         func(c *middleware.Config) { c.Sessions.Cookie.Path = "/app" },
		"cookie not secure":   func(c *middleware.Config) { c.Sessions.Cookie.Secure = false },
		"cookie for scripts":  func(c *middleware.Config) { c.Sessions.Cookie.HttpOnly = false },
		"cookie any site":     func(c *middleware.Config) { c.Sessions.Cookie.SameSite = http.SameSiteNoneMode },
		"no chains":           func(c *middleware.Config) { c.Chains = nil },
		"foreign login page":  func(c *middleware.Config) { c.LoginPage = "//evil.example" },
		"bad trusted origin":  func(c *middleware.Config) { c.TrustedOrigins = []string{"https://*.example"} },
	} {
		c := good()
		spoil(&c)
		if _, err := middleware.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
