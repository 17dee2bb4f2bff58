package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// strictWriter shows what net/http hides: every status and every byte that
// reaches the connection, also those that come too late.
type strictWriter struct {
	header   http.Header
	statuses []int
	sent     []http.Header // with each status
	body     strings.Builder
	flushed  int
}

func newStrictWriter() *strictWriter { return &strictWriter{header: http.Header{}} }

func (w *strictWriter) Header() http.Header { return w.header }
func (w *strictWriter) Flush()              { w.flushed++ }
func (w *strictWriter) WriteHeader(status int) {
	w.statuses = append(w.statuses, status)
	w.sent = append(w.sent, w.header.Clone())
}
func (w *strictWriter) Write(b []byte) (int, error) { return w.body.Write(b) }

// counting counts what is written.
type counting struct {
	*flaky
	creates, updates, deletes int
}

func (c *counting) CreateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	if len(b) != 8 { // the epoch of the site is no session
		c.creates++
	}
	return c.flaky.CreateSession(ctx, k, b, e)
}

func (c *counting) UpdateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	c.updates++
	return c.flaky.UpdateSession(ctx, k, b, e)
}

func (c *counting) DeleteSession(ctx context.Context, k store.Key) ([]byte, error) {
	c.deletes++
	return c.flaky.DeleteSession(ctx, k)
}

func newCounting(t *testing.T) (*site, *counting) {
	t.Helper()
	c := &counting{flaky: &flaky{Memory: store.NewMemory()}}
	sessions, err := store.NewSessions(c, store.SessionsConfig{Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(config *middleware.Config) { config.Sessions = sessions })
	s.sessions, s.store = sessions, c.flaky
	return s, c
}

func request(cookie *http.Cookie) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	return r
}

// With the guard alone, as under LoadAndSave: the answer of a request that was
// under way during a logout goes out whole, without a cookie, and revives nothing.
func TestLateAnswerGoesOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(alice)
	w := do(s.guard.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := store.RevokeAll(context.Background(), s.sessions, alice); err != nil {
			t.Error(err)
		}
		s.sessions.Put(r.Context(), "k", "v")
		w.Header().Set("ETag", `"x"`)
		fmt.Fprint(w, "late answer")
	})), "GET", "/", cookie)
	if w.Code != 200 || w.Body.String() != "late answer" || w.Header().Get("Etag") == "" || len(w.Result().Cookies()) != 0 {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	if w := do(s.guard.RequireAccount(hello), "GET", "/", cookie); w.Code != 401 {
		t.Errorf("the session is back: %d", w.Code)
	}
}

// Behind an error in its place nothing of the answer goes out: no second
// status, no byte, no flush.
func TestNothingBehindAnError(t *testing.T) {
	t.Parallel()
	type unregistered struct{ X int }
	for _, c := range []struct {
		value  any
		status int
		code   string
	}{{"v", 503, "store_unavailable"}, {unregistered{1}, 500, "internal"}} {
		s := newSite(t)
		cookie := s.signIn(alice)
		s.store.write = errors.New("OOM")
		w := newStrictWriter()
		s.guard.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.sessions.Put(r.Context(), "k", c.value)
			w.WriteHeader(http.StatusCreated)
			if n, err := fmt.Fprint(w, "secret success"); n != 14 || err != nil {
				t.Errorf("the handler is told %d, %v", n, err)
			}
			_ = http.NewResponseController(w).Flush()
			w.(http.Flusher).Flush()
		})).ServeHTTP(w, request(cookie))
		if len(w.statuses) != 1 || w.statuses[0] != c.status || w.flushed != 0 || strings.Contains(w.body.String(), "secret") || !strings.Contains(w.body.String(), c.code) {
			t.Errorf("%v %s, %d flushes", w.statuses, w.body.String(), w.flushed)
		}
		if w.header.Get("Set-Cookie") != "" || w.header.Get("Content-Length") != fmt.Sprint(w.body.Len()) {
			t.Errorf("%v", w.header)
		}
	}
}

// The session is stored, and its cookie set, before the status of whatever ends
// the answer; an informational one does not end it.
func TestSessionIsStoredBeforeTheStatus(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, statuses := range [][]int{{200}, {204}, {304}, {500}, {101}, {103, 200}, {100, 103, 204}} {
		w := newStrictWriter()
		s.guard.OptionalAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for i, status := range statuses {
				if i == len(statuses)-1 {
					s.sessions.Put(r.Context(), "k", "v")
				}
				w.WriteHeader(status)
			}
		})).ServeHTTP(w, request(nil))
		if fmt.Sprint(w.statuses) != fmt.Sprint(statuses) {
			t.Errorf("%v: %v goes out", statuses, w.statuses)
		}
		for i, h := range w.sent {
			if last := i == len(w.sent)-1; (h.Get("Set-Cookie") != "") != last {
				t.Errorf("%v: cookie %q with status %d", statuses, h.Get("Set-Cookie"), w.statuses[i])
			}
		}
	}
}

// wrapped is a writer of a middleware in between, as http.ResponseController
// wants it.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A handler that gives up on the session stores nothing of it, also from behind
// a middleware's writer.
func TestAbandon(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(http.ResponseWriter) http.ResponseWriter{
		"plain":   func(w http.ResponseWriter) http.ResponseWriter { return w },
		"wrapped": func(w http.ResponseWriter) http.ResponseWriter { return wrapped{wrapped{w}} },
	} {
		s, count := newCounting(t)
		w := httptest.NewRecorder()
		err := s.guard.Load(w, request(nil), func(w http.ResponseWriter, r *http.Request) {
			s.sessions.Put(r.Context(), "k", "v")
			s.guard.Abandon(wrap(w))
			fmt.Fprint(w, "given up")
		})
		if err != nil || w.Code != 200 || w.Body.String() != "given up" || len(w.Result().Cookies()) != 0 || count.creates+count.updates != 0 {
			t.Errorf("%s: %v, %d %s %v, %d writes", name, err, w.Code, w.Body, w.Header(), count.creates+count.updates)
		}
	}
}

// A sign-in that is stored is not stored again with the answer.
func TestSignedInIsStoredOnce(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(http.ResponseWriter) http.ResponseWriter{
		"plain":   func(w http.ResponseWriter) http.ResponseWriter { return w },
		"wrapped": func(w http.ResponseWriter) http.ResponseWriter { return wrapped{w} },
	} {
		s, count := newCounting(t)
		w := httptest.NewRecorder()
		err := s.guard.Load(w, request(nil), func(w http.ResponseWriter, r *http.Request) {
			if _, err := store.SignIn(r.Context(), s.sessions, alice, store.Client{}); err != nil {
				t.Error(err)
			}
			s.guard.SignedIn(wrap(w), r)
			s.guard.SignedIn(wrap(w), r)
			fmt.Fprint(w, "welcome")
		})
		cookies := w.Result().Cookies()
		if err != nil || len(cookies) != 1 || count.creates != 1 || count.updates != 0 {
			t.Fatalf("%s: %v, cookies %v, %d creations and %d updates", name, err, cookies, count.creates, count.updates)
		}
		if w := do(s.guard.RequireAccount(hello), "GET", "/", cookies[0]); w.Code != 200 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// Giving up on one site's session is nothing to another's around or inside it.
func TestAbandonIsOfOneManager(t *testing.T) {
	t.Parallel()
	outer, inner := newSite(t), newSite(t)
	inner.sessions.Cookie.Name = "__Host-inner"
	for _, give := range []*site{outer, inner} {
		w := httptest.NewRecorder()
		err := outer.guard.Load(w, request(nil), func(w http.ResponseWriter, r *http.Request) {
			err := inner.guard.Load(w, r, func(w http.ResponseWriter, r *http.Request) {
				outer.sessions.Put(r.Context(), "k", 1)
				inner.sessions.Put(r.Context(), "k", 2)
				give.guard.Abandon(w)
			})
			if err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*site{outer, inner} {
			stored := strings.Contains(strings.Join(w.Header().Values("Set-Cookie"), "\n"), s.sessions.Cookie.Name+"=")
			if stored == (s == give) {
				t.Errorf("%s: stored %v, given up %v", s.sessions.Cookie.Name, stored, s == give)
			}
		}
	}
}

// A session that the handler ends takes its cookie with it, in a form that
// browsers accept for a __Host- name.
func TestDestroyedSessionClearsItsCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(alice)
	w := do(s.guard.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.sessions.Destroy(r.Context()); err != nil {
			t.Error(err)
		}
	})), "GET", "/", cookie)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || cookies[0].Name != cookie.Name || cookies[0].MaxAge >= 0 || !cookies[0].Secure || cookies[0].Path != "/" || cookies[0].Domain != "" {
		t.Errorf("%v", w.Header())
	}
}

// Only what cannot change anything may come from anywhere (RFC 9110 §9.2.1 also
// has TRACE, which no page needs).
func TestSafeMethods(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for method, ok := range map[string]bool{
		"GET": true, "HEAD": true, "OPTIONS": true, "TRACE": false, "CONNECT": false, "POST": false, "PUT": false, "PATCH": false, "DELETE": false, "get": false, "QUERY": false,
	} {
		r := &http.Request{Method: method, Header: http.Header{"Sec-Fetch-Site": {"cross-site"}}, Host: "my-app.example"}
		if err := s.guard.CheckOrigin(r); (err == nil) != ok {
			t.Errorf("%s from another site: %v", method, err)
		}
	}
}

// CORS is for one trusted origin; a second one beside it is somebody's trick.
func TestCORSOfTwoOrigins(t *testing.T) {
	t.Parallel()
	const trusted = "https://admin.my-app.example"
	s := newSite(t, func(c *middleware.Config) { c.TrustedOrigins = []string{trusted} })
	h := s.guard.CORS(hello)
	for _, origins := range [][]string{{trusted, "https://evil.example"}, {"https://evil.example", trusted}, {trusted, trusted}, {trusted + ", https://evil.example"}, {}} {
		r := request(nil)
		r.Header["Origin"] = origins
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%v: %q", origins, got)
		}
		if !strings.Contains(strings.Join(w.Header().Values("Vary"), ","), "Origin") {
			t.Errorf("%v: Vary %v: a cache would hand the answer to a trusted origin", origins, w.Header().Values("Vary"))
		}
	}
}

// Errors are JSON for nobody to guess about, with a length that keeps the rest
// of the answer out, and without their cause.
func TestErrorsAreWhole(t *testing.T) {
	t.Parallel()
	w := newStrictWriter()
	middleware.WriteError(w, nil, middleware.StoreUnavailable(errors.New("secret-host")))
	for name, want := range map[string]string{
		"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Content-Length": fmt.Sprint(w.body.Len()),
	} {
		if got := w.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if strings.Contains(w.body.String(), "secret-host") {
		t.Errorf("the cause goes out: %s", w.body.String())
	}
}

// What would make every header, or anybody on the way, believed is refused.
func TestNewRefusesWhatEverybodyCouldUse(t *testing.T) {
	t.Parallel()
	plain, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: "http://my-app.example", InsecureHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	secure, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]middleware.Config{
		"every IPv4 peer a proxy":    {Origin: origin, Sessions: secure, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}},
		"every IPv6 peer a proxy":    {Origin: origin, Sessions: secure, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("::/0")}},
		"a proxy that is none":       {Origin: origin, Sessions: secure, TrustedProxies: []netip.Prefix{{}}},
		"plain http":                 {Origin: "http://my-app.example", Sessions: plain},
		"a login page of another":    {Origin: origin, Sessions: secure, LoginPage: "//evil.example"},
		"a login page of a fragment": {Origin: origin, Sessions: secure, LoginPage: "/#/login"},
	} {
		c.Chains = []string{"near:testnet"}
		if _, err := middleware.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	local, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: "http://localhost:8080"})
	if err != nil {
		t.Fatal(err)
	}
	c := middleware.Config{Origin: "http://localhost:8080", Sessions: local, Chains: []string{"near:testnet"}, TrustedOrigins: []string{"http://other.example"}}
	if _, err := middleware.New(c); err == nil {
		t.Error("anybody on the way can speak for a trusted origin")
	}
}

// No URL has these, wherever they stand; what reads them otherwise than we do
// is not given the chance.
func TestLocalPathRefusesWhatNoURLHas(t *testing.T) {
	t.Parallel()
	for _, next := range []string{`/a?b=\\evil.example`, `/a#\evil.example`, `/a?b=` + "\t", "/a#\x7f", "/a?b=\u00e9", "/a?b c"} {
		if got, ok := middleware.LocalPath(next); ok || got != "/" {
			t.Errorf("%q: %q", next, got)
		}
	}
}
