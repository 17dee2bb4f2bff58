package handlers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

// listed is one session of GET /auth/sessions.
type listed struct {
	ID, UserAgent, IP, PublicKey     string
	Current                          bool
	CreatedAt, LastSeenAt, ExpiresAt time.Time
}

func (b *browser) sessions() []listed {
	b.t.Helper()
	res := b.do("GET", "/auth/sessions", nil)
	b.expect("sessions", res, 200, "")
	var answer struct{ Sessions []listed }
	mustDecode(b.t, res.body, &answer)
	return answer.Sessions
}

// id is that of the browser's own session.
func (b *browser) id() string {
	b.t.Helper()
	for _, s := range b.sessions() {
		if s.Current {
			return s.ID
		}
	}
	b.t.Fatal("no session is the current one")
	return ""
}

// proxied makes the test's own machine a declared proxy, so that clients have
// addresses.
func proxied(c *handlers.Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// signInFrom is signIn of a client at an address, with a user agent.
func (b *browser) signInFrom(w wallet, ip, agent string) {
	b.t.Helper()
	res := b.do("POST", "/auth/verify", w.answer(b.challenge(nil)), "X-Forwarded-For", ip, "User-Agent", agent)
	b.expect("sign in", res, 200, "")
}

// The list is what a person recognises their sessions by, and nothing that
// opens one.
func TestListSessions(t *testing.T) {
	t.Parallel()
	r := newRig(t, proxied)
	w := r.person("alice.testnet")
	var browsers []*browser
	for i, ip := range []string{"203.0.113.77", "2001:DB8:aBcd:1:2:3:4:5", "198.51.100.9"} {
		b := r.browser()
		b.signInFrom(w, ip, fmt.Sprint("Browser/", i))
		browsers = append(browsers, b)
		time.Sleep(3 * time.Millisecond) // of which sign-ins are ordered by
	}
	stranger := r.browser()
	stranger.signIn(r.person("bob.testnet"))

	for i, b := range browsers {
		list := b.sessions()
		if len(list) != 3 {
			t.Fatalf("%d sessions", len(list))
		}
		ids := map[string]bool{}
		for j, s := range list {
			ids[s.ID] = true
			if s.Current != (j == 2-i) {
				t.Errorf("browser %d: session %d, current %v", i, j, s.Current)
			}
			if s.UserAgent != fmt.Sprint("Browser/", 2-j) || s.IP != []string{"198.51.100.0/24", "2001:db8:abcd::/48", "203.0.113.0/24"}[j] || s.PublicKey != w.key() {
				t.Errorf("session %d: %+v", j, s)
			}
			if age := time.Since(s.CreatedAt); age < 0 || age > time.Minute || s.LastSeenAt.Before(s.CreatedAt) || time.Until(s.ExpiresAt) < 6*24*time.Hour {
				t.Errorf("session %d: %+v", j, s)
			}
			if j > 0 && s.CreatedAt.After(list[j-1].CreatedAt) {
				t.Errorf("session %d is not the newest of the rest", j)
			}
			if res := r.browser().do("GET", "/private", nil, "Cookie", "__Host-nearauth="+s.ID); res.StatusCode != 401 {
				t.Errorf("the id opens the session: %d", res.StatusCode)
			}
		}
		if len(ids) != 3 {
			t.Errorf("%d different ids", len(ids))
		}
	}
	res := browsers[0].do("GET", "/auth/sessions", nil)
	var raw struct{ Sessions []map[string]json.RawMessage }
	mustDecode(t, res.body, &raw)
	for _, s := range raw.Sessions {
		var names []string
		for name := range s {
			names = append(names, name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != "createdAt current expiresAt id ip lastSeenAt publicKey userAgent" {
			t.Errorf("members %q", got)
		}
	}
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Vary") != "Cookie" || len(res.Cookies()) != 0 {
		t.Errorf("%v", res.Header)
	}
	stranger.expect("HEAD", stranger.do("HEAD", "/auth/sessions", nil), 200, "")
	if n := len(stranger.sessions()); n != 1 {
		t.Errorf("a stranger sees %d sessions", n)
	}
}

// Without a session there is no list, and without a store no answer.
func TestListSessionsRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.browser()
	res := b.do("GET", "/auth/sessions", nil)
	b.expect("nobody", res, 401, "unauthenticated")
	if res.Header.Get("WWW-Authenticate") == "" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", res.Header)
	}
	b.signIn(r.person("alice.testnet"))
	b.expect("POST", b.do("POST", "/auth/sessions", nil), 405, "method_not_allowed")
	r.store.fail(nil, errors.New("down"))
	res = b.do("GET", "/auth/sessions", nil)
	b.expect("store down", res, 503, "store_unavailable")
	if res.Header.Get("Retry-After") == "" || len(res.Cookies()) != 0 {
		t.Errorf("%v", res.Header)
	}
	id := strings.Repeat("A", 22)
	b.expect("store down", b.do("DELETE", "/auth/sessions/"+id, nil), 503, "store_unavailable")
	r.store.fail(nil, nil)
	if b.account() != alice {
		t.Error("the outage has ended the session")
	}
}

// What is remembered of the browser is coarse, unless the site says otherwise,
// and never anything that is not to be shown.
func TestClientDetail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	for _, c := range []struct {
		detail    handlers.ClientDetail
		ip, agent string
		wantIP    string
		wantAgent string
	}{
		{handlers.CoarseClient, "203.0.113.77", "Mozilla/5.0 (X11)", "203.0.113.0/24", "Mozilla/5.0 (X11)"},
		{handlers.CoarseClient, "::ffff:203.0.113.77", long, "203.0.113.0/24", long[:160]},
		{handlers.CoarseClient, "2001:db8:1:2::9", "caf\u00e9\t\x80<b>\u202e", "2001:db8:1::/48", "caf<b>"},
		{handlers.FullClient, "203.0.113.77", long, "203.0.113.77", long[:512]},
		{handlers.FullClient, "2001:DB8:0:0::9", "x", "2001:db8::9", "x"},
		{handlers.NoClient, "203.0.113.77", "Mozilla/5.0", "", ""},
	} {
		r := newRig(t, proxied, func(config *handlers.Config) { config.ClientDetail = c.detail })
		b := r.browser()
		b.signInFrom(r.person("alice.testnet"), c.ip, c.agent)
		list := b.sessions()
		if len(list) != 1 || list[0].IP != c.wantIP || list[0].UserAgent != c.wantAgent {
			t.Errorf("%d, %s: %+v", c.detail, c.ip, list)
		}
	}
	_, err := handlers.New(handlers.Config{Origin: origin, Store: store.NewMemory(), Chains: []handlers.Chain{fakeChain("near:testnet")}, ClientDetail: 3})
	if err == nil {
		t.Error("a ClientDetail that is none")
	}
}

// One session is ended from another one, at once, and nobody else's is.
func TestRevokeSession(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.person("alice.testnet")
	one, two, stranger := r.browser(), r.browser(), r.browser()
	one.signIn(w)
	two.signIn(w)
	stranger.signIn(r.person("bob.testnet"))
	id := two.id()

	for what, c := range map[string]struct {
		b      *browser
		method string
		path   string
		header []string
		status int
		code   string
	}{
		"somebody else's":     {stranger, "DELETE", id, nil, 404, "session_not_found"},
		"nobody":              {r.browser(), "DELETE", id, nil, 401, "unauthenticated"},
		"cross-site":          {one, "DELETE", id, []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403, "cross_origin"},
		"another origin":      {one, "DELETE", id, []string{"Origin", "https://evil.example.com", "Sec-Fetch-Site", "same-site"}, 403, "cross_origin"},
		"GET":                 {one, "GET", id, nil, 405, "method_not_allowed"},
		"POST":                {one, "POST", id, nil, 405, "method_not_allowed"},
		"unknown":             {one, "DELETE", strings.Repeat("A", 22), nil, 404, "session_not_found"},
		"part of it":          {one, "DELETE", id[:21], nil, 404, "session_not_found"},
		"none":                {one, "DELETE", "", nil, 404, "not_found"},
		"something before it": {one, "DELETE", "x/" + id, nil, 404, "not_found"},
		"something behind it": {one, "DELETE", id + "/x", nil, 404, "not_found"},
		"a slash behind it":   {one, "DELETE", id + "/", nil, 404, "not_found"},
		"an escaped path":     {one, "DELETE", "x%2f" + id, nil, 404, "not_found"},
	} {
		res := c.b.do(c.method, "/auth/sessions/"+c.path, nil, c.header...)
		c.b.expect(what, res, c.status, c.code)
		if res.Header.Get("Cache-Control") != "no-store" || len(res.Cookies()) != 0 {
			t.Errorf("%s: %v", what, res.Header)
		}
		if c.status == 405 && res.Header.Get("Allow") != "DELETE" {
			t.Errorf("%s: Allow %q", what, res.Header.Get("Allow"))
		}
	}
	if two.account() != alice {
		t.Fatal("a request that was refused has ended the session")
	}
	res := one.do("DELETE", "/auth/sessions/"+id, nil)
	one.expect("revoke", res, 204, "")
	if len(res.Cookies()) != 0 || one.account() != alice {
		t.Error("it signs out who asks for it")
	}
	if two.account() != "" || stranger.account() == "" {
		t.Error("it ends another one than it should")
	}
	one.expect("again", one.do("DELETE", "/auth/sessions/"+id, nil), 404, "session_not_found")

	res = one.do("DELETE", "/auth/sessions/"+one.id(), nil)
	one.expect("its own", res, 204, "")
	if c := cookie(t, res, "__Host-nearauth"); c.MaxAge >= 0 || !c.Secure || c.Path != "/" {
		t.Errorf("the cookie is not cleared: %v", c)
	}
	if one.account() != "" {
		t.Error("still signed in")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var ended []string
	for _, e := range r.events {
		if e.Kind == handlers.SignedOut {
			ended = append(ended, fmt.Sprint(e.Scope, " ", e.Ended, " ", e.Account.ID))
		}
	}
	if want := []string{"one 1 alice.testnet", " 1 alice.testnet"}; !slices.Equal(ended, want) {
		t.Errorf("events %q, want %q", ended, want)
	}
}

// A page of a trusted origin may list and end sessions too, preflight included.
func TestRevokeFromATrustedOrigin(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.person("alice.testnet")
	one, two := r.browser(), r.browser()
	one.signIn(w)
	two.signIn(w)
	path := "/auth/sessions/" + two.id()
	res := one.do("OPTIONS", path, nil, "Origin", trusted, "Access-Control-Request-Method", "DELETE", "Sec-Fetch-Site", "same-site")
	if res.StatusCode != 204 || !strings.Contains(res.Header.Get("Access-Control-Allow-Methods"), "DELETE") {
		t.Errorf("preflight: %d %v", res.StatusCode, res.Header)
	}
	res = one.do("DELETE", path, nil, "Origin", trusted, "Sec-Fetch-Site", "same-site")
	if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != trusted || two.account() != "" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

// A site that picks single endpoints mounts them under paths of its own.
func TestRevokePicked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	mux := http.NewServeMux()
	mux.Handle("/", r.server.Config.Handler)
	mux.Handle("GET /account/devices", r.auth.ListSessions())
	mux.Handle("DELETE /account/devices/{device}", r.auth.RevokeSession())
	r.server.Config.Handler = mux
	w := r.person("alice.testnet")
	one, two := r.browser(), r.browser()
	one.signIn(w)
	two.signIn(w)
	if res := one.do("GET", "/account/devices", nil); res.StatusCode != 200 || !strings.Contains(res.body, two.id()) {
		t.Errorf("%d %s", res.StatusCode, res.body)
	}
	one.expect("revoke", one.do("DELETE", "/account/devices/"+two.id(), nil), 204, "")
	if two.account() != "" || one.account() != alice {
		t.Error("not the other one is signed out")
	}
}

// Strangers can make a server work at two places: each has a limit for each
// client, which no account shares.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t, proxied, func(c *handlers.Config) { c.RateLimit = 0 })
	b := r.browser()
	for path, body := range map[string]any{"/auth/challenge": map[string]any{"accountId": "alice.testnet"}, "/auth/verify": map[string]any{"accountId": "alice.testnet"}} {
		passed := 0
		for range 80 {
			res := b.do("POST", path, body, "X-Forwarded-For", "203.0.113.7")
			if res.StatusCode != 429 {
				passed++
				continue
			}
			b.expect(path, res, 429, "rate_limited")
			if res.Header.Get("Retry-After") != "1" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Vary") != "Cookie" || len(res.Cookies()) != 0 {
				t.Errorf("%v", res.Header)
			}
		}
		// One more is due with each second that the requests took.
		if passed < 60 || passed > 70 {
			t.Errorf("%s: %d of 80 passed", path, passed)
		}
		if res := b.do("POST", path, body, "X-Forwarded-For", "203.0.113.8"); res.StatusCode == 429 {
			t.Errorf("%s: another client is refused for the same account", path)
		}
	}
	for range 80 {
		b.expect("session", b.do("GET", "/auth/session", nil, "X-Forwarded-For", "203.0.113.7"), 200, "")
	}
	for range 80 {
		b.expect("logout", b.do("POST", "/auth/logout", nil, "X-Forwarded-For", "203.0.113.7"), 204, "")
	}
}

func TestRateLimitOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, proxied, func(c *handlers.Config) { c.RateLimit = -1 })
	b := r.browser()
	for range 150 {
		b.expect("challenge", b.do("POST", "/auth/challenge", nil), 200, "")
	}
}

// Requests that are refused before they cost anything do not use a client's
// limit up: another site's page could otherwise make its visitors do so.
func TestCrossOriginRequestsAreNotCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t, proxied, func(c *handlers.Config) { c.RateLimit = 3 })
	b := r.browser()
	for range 20 {
		b.expect("cross-origin", b.do("POST", "/auth/challenge", nil, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403, "cross_origin")
	}
	b.expect("challenge", b.do("POST", "/auth/challenge", nil), 200, "")
}

// A key that is removed from the chain ends what it has opened; until then, and
// while the chain cannot tell, everybody stays.
func TestRemovedKeyEndsSessions(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(r *rig, w wallet){
		"removed": func(r *rig, w wallet) { r.node.DeleteKey(w.account, w.key()) },
		"downgraded": func(r *rig, w wallet) {
			r.node.DeleteKey(w.account, w.key())
			if err := r.node.AddFunctionCallKey(w.account, w.key(), "app.testnet", "vote"); err != nil {
				r.t.Error(err)
			}
		},
		"account deleted": func(r *rig, w wallet) { r.node.DeleteAccount(w.account) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigRPC(t, nearrpc.Config{AttemptTimeout: 100 * time.Millisecond, Timeout: 300 * time.Millisecond},
				func(c *handlers.Config) { c.Recheck = 20 * time.Millisecond })
			w, other := r.person("alice.testnet"), r.person("bob.testnet")
			one, two, stranger := r.browser(), r.browser(), r.browser()
			one.signIn(w)
			two.signIn(w)
			stranger.signIn(other)
			until(t, "asked again", func() bool { before := r.node.Queries(); one.account(); return r.node.Queries() > before })
			if one.account() != alice {
				t.Fatal("a key that is there has ended its session")
			}
			remove(r, w)
			until(t, "signed out", func() bool { return one.account() == "" })
			if two.account() != "" {
				t.Error("the key's other session lives")
			}
			until(t, "list", func() bool { return two.do("GET", "/auth/sessions", nil).StatusCode == 401 })
			if stranger.account() == "" {
				t.Error("somebody else is signed out")
			}
			r.node.Fault(nearrpctest.Down())
			for range 10 {
				if stranger.account() == "" {
					t.Fatal("the chain cannot tell, and a session is over")
				}
				time.Sleep(5 * time.Millisecond)
			}
			r.node.Fault(nil)
		})
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not %s within ten seconds", what)
}

// Each endpoint is observed once, under the code of its answer.
func TestObserve(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	r := newRig(t, func(c *handlers.Config) {
		c.Observe = func(_ context.Context, o middleware.Observation) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, o.Name+" "+o.Code)
		}
	})
	b := r.browser()
	b.signIn(r.person("alice.testnet"))
	b.account()
	b.do("GET", "/auth/session", nil)
	b.do("GET", "/auth/sessions", nil)
	b.do("DELETE", "/auth/sessions/x", nil)
	b.do("GET", "/auth/verify", nil)
	b.do("POST", "/auth/verify", "{")
	b.do("POST", "/auth/logout", nil)
	b.account()
	mu.Lock()
	defer mu.Unlock()
	want := []string{
		"challenge ok", "verify ok", "guard ok", "session ok", "sessions ok", "sessions session_not_found",
		"verify method_not_allowed", "verify invalid_request", "logout ok", "guard unauthenticated",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}

// What the chain said counts from when it was asked, and not from when the
// application had made up its mind: a later no is about this sign-in too.
func TestConfirmedWhenAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) {
		c.OnSignIn = func(context.Context, store.Account) error { time.Sleep(300 * time.Millisecond); return nil }
	})
	b := r.browser()
	b.signIn(r.person("alice.testnet"))
	var s struct{ SignedInAt, KeyCheckedAt time.Time }
	if err := json.Unmarshal([]byte(b.do("GET", "/auth/session", nil).body), &s); err != nil {
		t.Fatal(err)
	}
	if d := s.SignedInAt.Sub(s.KeyCheckedAt); d < 300*time.Millisecond {
		t.Errorf("signed in %v after the chain was asked", d)
	}
}
