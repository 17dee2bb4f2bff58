package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

// Each code of the contract's table that these endpoints have, provoked.
func TestErrorCatalogue(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) {
		c.Policy = func(a store.Account) error {
			if a.ID == "denied.testnet" {
				return errors.New("on the list of denied")
			}
			return nil
		}
	})
	w := r.person("alice.testnet")
	fc := newWallet("alice.testnet")
	_ = r.node.AddFunctionCallKey(fc.account, fc.key(), "app.testnet")
	verify := func(w wallet) response { return r.browser().signIn(w) }
	post := func(path, body string, header ...string) response {
		return r.browser().do("POST", path, body, header...)
	}
	large := `{"x":"` + strings.Repeat("a", 16<<10) + `"}`
	for _, c := range []struct {
		name   string
		res    response
		status int
		code   string
	}{
		{"malformed", post("/auth/challenge", "{"), 400, "invalid_request"},
		{"unknown scope", r.browser().do("POST", "/auth/logout?scope=everything", nil), 400, "invalid_request"},
		{"empty scope", r.browser().do("POST", "/auth/logout?scope=", nil), 400, "invalid_request"},
		{"two scopes", r.browser().do("POST", "/auth/logout?scope=all&scope=others", nil), 400, "invalid_request"},
		{"unknown chain", post("/auth/challenge", `{"chain":"eip155:1"}`), 400, "unsupported_chain"},
		{"key type", func() response {
			b := r.browser()
			answer := w.answer(b.challenge(nil))
			answer["publicKey"] = "ml-dsa-65:" + base58.Encode([]byte(strings.Repeat("k", 1952)))
			return b.do("POST", "/auth/verify", answer)
		}(), 400, "unsupported_key_type"},
		{"no cookie", post("/auth/verify", "{}"), 400, "cookie_missing"},
		{"unknown challenge", func() response {
			b := r.browser()
			answer := w.answer(b.challenge(nil))
			answer["nonce"] = strings.Repeat("A", 43)
			return b.do("POST", "/auth/verify", answer)
		}(), 400, "challenge_invalid"},
		{"another wallet's signature", func() response {
			b := r.browser()
			answer := w.answer(b.challenge(nil))
			answer["publicKey"] = newWallet("alice.testnet").key()
			return b.do("POST", "/auth/verify", answer)
		}(), 401, "invalid_signature"},
		{"another account", func() response {
			b := r.browser()
			return b.do("POST", "/auth/verify", w.answer(b.challenge(map[string]any{"accountId": "bob.testnet"})))
		}(), 401, "account_mismatch"},
		{"unknown key", verify(newWallet("alice.testnet")), 401, "key_not_found"},
		{"function-call key", verify(fc), 401, "key_not_full_access"},
		{"nobody", r.browser().do("GET", "/private", nil), 401, "unauthenticated"},
		{"cross origin", post("/auth/challenge", "", "Origin", "https://evil.example"), 403, "cross_origin"},
		{"cross site", post("/auth/logout", "", "Origin", "", "Sec-Fetch-Site", "cross-site"), 403, "cross_origin"},
		{"policy", verify(r.person("denied.testnet")), 403, "account_denied"},
		{"no such endpoint", r.browser().do("GET", "/auth/nothing", nil), 404, "not_found"},
		{"trailing slash", r.browser().do("POST", "/auth/challenge/", nil), 404, "not_found"},
		{"root", r.browser().do("GET", "/auth/", nil), 404, "not_found"},
		{"method", r.browser().do("GET", "/auth/challenge", nil), 405, "method_not_allowed"},
		{"method", r.browser().do("GET", "/auth/verify", nil), 405, "method_not_allowed"},
		{"sign-out by a link", r.browser().do("GET", "/auth/logout", nil), 405, "method_not_allowed"},
		{"method", r.browser().do("PUT", "/auth/session", nil), 405, "method_not_allowed"},
		{"override", post("/auth/session", "", "X-HTTP-Method-Override", "GET"), 405, "method_not_allowed"},
		{"large", post("/auth/verify", large), 413, "body_too_large"},
		{"large, length not stated", r.browser().do("POST", "/auth/verify", unsized{strings.NewReader(large)}), 413, "body_too_large"},
		{"text", post("/auth/verify", "{}", "Content-Type", "text/plain"), 415, "unsupported_media_type"},
		{"form", post("/auth/verify", "a=b", "Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported_media_type"},
		{"no type", post("/auth/verify", "{}", "Content-Type", ""), 415, "unsupported_media_type"},
		{"charset", post("/auth/verify", "{}", "Content-Type", "application/json; charset=utf-16"), 415, "unsupported_media_type"},
		{"compressed", post("/auth/verify", "{}", "Content-Encoding", "gzip"), 415, "unsupported_media_type"},
		{"logout text", post("/auth/logout", "{}", "Content-Type", "text/plain"), 415, "unsupported_media_type"},
		{"chain down", func() response {
			b := r.browser()
			answer := w.answer(b.challenge(nil))
			r.node.Fault(nearrpctest.Down())
			defer r.node.Fault(nil)
			return b.do("POST", "/auth/verify", answer)
		}(), 503, "chain_unavailable"},
		{"store down", func() response {
			r.store.fail(errors.New("connection refused"), nil)
			defer r.store.fail(nil, nil)
			return post("/auth/challenge", "")
		}(), 503, "store_unavailable"},
	} {
		r.browser().expect(c.name, c.res, c.status, c.code)
		h := c.res.Header
		if strings.HasPrefix(c.res.Request.URL.Path, "/auth/") {
			if h.Get("Cache-Control") != "no-store" || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Cookie") {
				t.Errorf("%s: Cache-Control %q, Vary %q", c.name, h.Values("Cache-Control"), h.Values("Vary"))
			}
		}
		if h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: Content-Type %q", c.name, h.Get("Content-Type"))
		}
		if (c.status == 405) != (h.Get("Allow") != "") || (c.status == 503) != (h.Get("Retry-After") != "") ||
			(c.code == "unauthenticated") != (h.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: Allow %q, Retry-After %q, WWW-Authenticate %q", c.name, h.Get("Allow"), h.Get("Retry-After"), h.Get("WWW-Authenticate"))
		}
		if strings.Contains(c.res.body, "refused") || strings.Contains(c.res.body, "list of") {
			t.Errorf("%s: the client sees the cause: %s", c.name, c.res.body)
		}
	}
	h := http.StripPrefix("/x/", r.auth)
	rec := httptest.NewRecorder()
	if h.ServeHTTP(rec, httptest.NewRequest("GET", "/x/session", nil)); rec.Code != 200 {
		t.Errorf("a prefix stripped with its slash: %d", rec.Code)
	}
	if allow := r.browser().do("DELETE", "/auth/session", nil).Header.Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow %q", allow)
	}
}

// unsized hides the length of a body.
type unsized struct{ r *strings.Reader }

func (s unsized) Read(b []byte) (int, error) { return s.r.Read(b) }

// Success answers carry the headers too.
func TestHeaders(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b, w := r.browser(), r.person("alice.testnet")
	for _, res := range []response{
		b.do("POST", "/auth/challenge", nil), b.signIn(w), b.do("GET", "/auth/session", nil), b.do("HEAD", "/auth/session", nil), b.do("POST", "/auth/logout", nil),
	} {
		h := res.Header
		if res.StatusCode >= 300 || len(h.Values("Cache-Control")) != 1 || h.Get("Cache-Control") != "no-store" || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Cookie") {
			t.Errorf("%s: %d, Cache-Control %q, Vary %q", res.Request.URL, res.StatusCode, h.Values("Cache-Control"), h.Values("Vary"))
		}
	}
}

func TestTrustedOrigin(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, b := r.person("alice.testnet"), r.browser()
	from := []string{"Origin", trusted, "Sec-Fetch-Site", "same-site"}
	res := b.do("OPTIONS", "/auth/verify", nil, "Origin", trusted, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
	if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != trusted || res.Header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("preflight: %d %v", res.StatusCode, res.Header)
	}
	res = b.do("POST", "/auth/challenge", nil, from...)
	b.expect("challenge", res, 200, "")
	if res.Header.Get("Access-Control-Allow-Origin") != trusted {
		t.Errorf("%v", res.Header)
	}
	b.expect("verify", b.do("POST", "/auth/verify", w.answer(b.challenge(nil)), from...), 200, "")
	res = b.do("POST", "/auth/challenge", nil, "Origin", "https://evil.example")
	if res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("CORS for everyone: %v", res.Header)
	}
	res = b.do("OPTIONS", "/auth/verify", nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	b.expect("preflight of another origin", res, 405, "method_not_allowed")
}

func TestPolicyAndOnSignIn(t *testing.T) {
	t.Parallel()
	var seen []string
	var hook error
	r := newRig(t, func(c *handlers.Config) {
		c.Policy = handlers.AllowAccounts("near:testnet:boss.testnet", "near:mainnet:alice.testnet")
		c.OnSignIn = func(_ context.Context, a store.Account) error { seen = append(seen, a.String()); return hook }
	})
	boss, other := r.person("boss.testnet"), r.person("alice.testnet")

	// A stranger who claims to be the boss learns nothing about the list.
	b := r.browser()
	b.expect("claims to be listed", b.signIn(newWallet("boss.testnet")), 401, "key_not_found")
	b.expect("claims to be somebody else", b.signIn(newWallet("alice.testnet")), 401, "key_not_found")
	c := b.challenge(nil)
	b.expect("not listed", b.do("POST", "/auth/verify", other.answer(c)), 403, "account_denied")
	b.expect("its challenge is used up", b.do("POST", "/auth/verify", other.answer(c)), 400, "challenge_invalid")
	if len(seen) != 0 || b.account() != "" {
		t.Errorf("OnSignIn was called for %v", seen)
	}
	b.expect("listed", b.signIn(boss), 200, "")
	if len(seen) != 1 || seen[0] != "near:testnet:boss.testnet" {
		t.Errorf("OnSignIn: %v", seen)
	}
	b = r.browser()
	hook = errors.New("banned")
	c = b.challenge(nil)
	b.expect("refused by the application", b.do("POST", "/auth/verify", boss.answer(c)), 403, "account_denied")
	hook = errors.Join(handlers.ErrUnavailable, errors.New("database down"))
	b.expect("its challenge is used up", b.do("POST", "/auth/verify", boss.answer(c)), 400, "challenge_invalid")
	b.expect("the application cannot tell", b.signIn(boss), 503, "store_unavailable")
	if b.account() != "" {
		t.Error("signed in all the same")
	}
}

// With the store down nothing succeeds, nothing is a 500, and public pages live.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, b := r.person("alice.testnet"), r.browser()
	b.signIn(w)
	answer := w.answer(b.challenge(nil))
	down := errors.New("connection refused")

	r.store.fail(down, down)
	for name, res := range map[string]response{
		"challenge": b.do("POST", "/auth/challenge", nil), "verify": b.do("POST", "/auth/verify", answer),
		"session": b.do("GET", "/auth/session", nil), "private": b.do("GET", "/private", nil),
	} {
		b.expect(name, res, 503, "store_unavailable")
		if len(res.Cookies()) != 0 {
			t.Errorf("%s: cookies %v", name, res.Cookies())
		}
	}
	if res := b.do("GET", "/public", nil); res.StatusCode != 200 {
		t.Errorf("public page: %d", res.StatusCode)
	}
	r.store.fail(nil, nil)
	if b.account() != alice {
		t.Error("the session did not survive")
	}
	b.expect("the answer is still good", b.do("POST", "/auth/verify", answer), 200, "")

	// Down only for sessions: the challenge is taken, and a new one is needed.
	answer = w.answer(b.challenge(nil))
	r.store.createOnly = down
	res := b.do("POST", "/auth/verify", answer)
	b.expect("session not stored", res, 503, "store_unavailable")
	if strings.Contains(res.body, "alice") || len(res.Cookies()) != 0 {
		t.Errorf("a success body or cookie: %s %v", res.body, res.Cookies())
	}
	r.store.createOnly = nil
	b.expect("again", b.do("POST", "/auth/verify", answer), 400, "challenge_invalid")
	b.expect("with a new one", b.signIn(w), 200, "")

	r.store.fail(down, down)
	res = b.do("POST", "/auth/logout", nil)
	b.expect("logout", res, 503, "store_unavailable")
	if c := cookie(t, res, "__Host-nearauth"); c.MaxAge >= 0 {
		t.Errorf("the cookie is not cleared: %+v", c)
	}
	r.store.fail(nil, nil)
	if b.account() != "" {
		t.Error("the browser is still signed in")
	}
}

func TestLogoutScopes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, bob := r.person("alice.testnet"), r.person("bob.testnet")
	one, two, three, bobs := r.browser(), r.browser(), r.browser(), r.browser()
	for _, b := range []*browser{one, two, three} {
		b.signIn(w)
	}
	bobs.signIn(bob)
	res := one.do("POST", "/auth/logout?scope=others", nil)
	one.expect("others", res, 204, "")
	if len(res.Cookies()) != 0 || one.account() != alice || two.account() != "" || three.account() != "" {
		t.Errorf("others: %v, %q %q %q", res.Cookies(), one.account(), two.account(), three.account())
	}
	two.signIn(w)
	two.expect("all", two.do("POST", "/auth/logout?scope=all", nil), 204, "")
	if one.account() != "" || two.account() != "" || bobs.account() == "" {
		t.Errorf("all: %q %q, bob %q", one.account(), two.account(), bobs.account())
	}
	nobody := r.browser()
	res = nobody.do("POST", "/auth/logout", nil)
	nobody.expect("nobody", res, 204, "")
	if c := cookie(t, res, "__Host-nearauth"); c.MaxAge >= 0 {
		t.Errorf("nobody: %+v", c)
	}
	nobody.expect("nobody, others", nobody.do("POST", "/auth/logout?scope=others", nil), 204, "")
	nobody.expect("nobody, all", nobody.do("POST", "/auth/logout?scope=all", nil), 204, "")
}

// Signing out works without JavaScript.
func TestLogoutForm(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) { c.AfterLogout = "/goodbye" })
	b := r.browser()
	b.signIn(r.person("alice.testnet"))
	form := []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Mode", "navigate"}
	b.expect("form with fields", b.do("POST", "/auth/logout", "a=b", form...), 400, "invalid_request")
	res := b.do("POST", "/auth/logout", "", form...)
	if res.StatusCode != 303 || res.Header.Get("Location") != "/goodbye" || b.account() != "" {
		t.Errorf("%d %q", res.StatusCode, res.Header.Get("Location"))
	}
	b.expect("form by a script", b.do("POST", "/auth/logout", "", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Mode", "cors"), 204, "")
	b.expect("JSON", b.do("POST", "/auth/logout", "{}"), 204, "")
	b.expect("not an object", b.do("POST", "/auth/logout", "[]"), 400, "invalid_request")
}

// Under an outer LoadAndSave of scs everything works the same.
func TestUnderLoadAndSave(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	inner := r.server.Config.Handler
	r.server.Config.Handler = r.auth.Sessions.LoadAndSave(inner)
	b := r.browser()
	res := b.signIn(r.person("alice.testnet"))
	b.expect("verify", res, 200, "")
	cookie(t, res, "__Host-nearauth")
	if b.account() != alice {
		t.Error("not signed in")
	}
	down := errors.New("down")
	r.store.fail(down, down)
	b.expect("private", b.do("GET", "/private", nil), 503, "store_unavailable")
	if res := b.do("GET", "/public", nil); res.StatusCode != 200 {
		t.Errorf("public: %d %s", res.StatusCode, res.body)
	}
	res = b.do("POST", "/auth/logout", nil)
	b.expect("logout", res, 503, "store_unavailable")
	cookie(t, res, "__Host-nearauth")
	r.store.fail(nil, nil)
	b.signIn(r.person("bob.testnet"))
	res = b.do("POST", "/auth/logout", nil)
	b.expect("logout", res, 204, "")
	if b.account() != "" {
		t.Error("still signed in")
	}
}

func TestEventsAndLogHoldNoSecret(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, b := r.person("alice.testnet"), r.browser()
	c := b.challenge(map[string]any{"accountId": "alice.testnet"})
	login := loginCookieOf(b)
	answer := w.answer(c)
	bad := w.answer(c)
	bad["signature"] = strings.Repeat("A", 86)
	b.expect("bad", b.do("POST", "/auth/verify", bad), 401, "invalid_signature")
	res := b.do("POST", "/auth/verify", answer)
	token := cookie(t, res, "__Host-nearauth").Value
	b.do("POST", "/auth/logout", nil)

	var kinds []string
	for _, e := range r.events {
		kinds = append(kinds, string(e.Kind)+e.Code)
		if e.Chain != "near:testnet" {
			t.Errorf("%+v", e)
		}
	}
	if got, want := strings.Join(kinds, " "), "challenge_issued refusedinvalid_signature signed_in signed_out"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	log := r.log.String()
	_, login, _ = strings.Cut(login, "=")
	half, nonce, _ := strings.Cut(login, ".")
	for name, secret := range map[string]string{
		"token": token, "nonce": c.Nonce, "cookie": half, "nonce in the cookie": nonce,
		"signature": answer["signature"].(string), "bad signature": bad["signature"].(string),
	} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds the %s", name)
		}
	}
	if strings.Count(log, "nearauth signed_in") != 1 || strings.Count(log, "nearauth refused") != 1 {
		t.Errorf("one line for each decision:\n%s", log)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := func() handlers.Config {
		return handlers.Config{Origin: origin, Store: store.NewMemory(), Chains: []handlers.Chain{fakeChain("near:testnet")}}
	}
	if _, err := handlers.New(good()); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*handlers.Config){
		"no origin":           func(c *handlers.Config) { c.Origin = "" },
		"origin with path":    func(c *handlers.Config) { c.Origin = origin + "/" },
		"http":                func(c *handlers.Config) { c.Origin = "http://example.com" },
		"no store":            func(c *handlers.Config) { c.Store = nil },
		"no chains":           func(c *handlers.Config) { c.Chains = nil },
		"nil chain":           func(c *handlers.Config) { c.Chains = []handlers.Chain{nil} },
		"chain id":            func(c *handlers.Config) { c.Chains = []handlers.Chain{fakeChain("near")} },
		"chain twice":         func(c *handlers.Config) { c.Chains = append(c.Chains, c.Chains[0]) },
		"message elsewhere":   func(c *handlers.Config) { c.Message = "Sign in" },
		"message lines":       func(c *handlers.Config) { c.Message = "Sign in to example.com\nand more" },
		"message not ASCII":   func(c *handlers.Config) { c.Message = "Sign in to example.com ✓" },
		"message long":        func(c *handlers.Config) { c.Message = "example.com" + strings.Repeat("!", 400) },
		"recipient not ASCII": func(c *handlers.Config) { c.Recipient = "exämple.com" },
		"callback elsewhere":  func(c *handlers.Config) { c.Callbacks = []string{"https://evil.example/"} },
		"callback fragment":   func(c *handlers.Config) { c.Callbacks = []string{callback + "#x"} },
		"callback user":       func(c *handlers.Config) { c.Callbacks = []string{"https://a@example.com/"} },
		"callback script":     func(c *handlers.Config) { c.Callbacks = []string{"javascript:alert(1)"} },
		"challenge too short": func(c *handlers.Config) { c.ChallengeTTL = time.Millisecond },
		"challenge too long":  func(c *handlers.Config) { c.ChallengeTTL = 24 * time.Hour },
		"idle too short":      func(c *handlers.Config) { c.SessionIdle = time.Millisecond },
		"trusted origin":      func(c *handlers.Config) { c.TrustedOrigins = []string{"*"} },
		"after logout":        func(c *handlers.Config) { c.AfterLogout = "https://evil.example" },
		"login page":          func(c *handlers.Config) { c.LoginPage = "//evil.example" },
		"foreign sessions": func(c *handlers.Config) {
			c.Sessions, _ = store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: "https://other.example"})
		},
	} {
		c := good()
		spoil(&c)
		if _, err := handlers.New(c); err == nil {
			t.Errorf("%s: no error", name)
		} else if !strings.HasPrefix(err.Error(), "handlers: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, allow := range map[string]func(*handlers.Config){
		"insecure message":   func(c *handlers.Config) { c.Message, c.InsecureMessage = "Sign in", true },
		"insecure http":      func(c *handlers.Config) { c.Origin, c.InsecureHTTP = "http://example.com", true },
		"loopback":           func(c *handlers.Config) { c.Origin = "http://localhost:8080" },
		"trusted's callback": func(c *handlers.Config) { c.TrustedOrigins, c.Callbacks = []string{trusted}, []string{trusted + "/cb"} },
	} {
		c := good()
		allow(&c)
		if _, err := handlers.New(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Everything at once, so that nobody mends one mistake after the other.
	_, err := handlers.New(handlers.Config{Origin: origin, Message: "x", ChallengeTTL: 1})
	for _, part := range []string{"Store", "Chains", "Message", "ChallengeTTL"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not mention %s: %v", part, err)
		}
	}
}

// On plain http cookies have plain names and no Secure attribute.
func TestLoopbackCookies(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) { c.Origin, c.Callbacks, c.TrustedOrigins = "http://localhost:8080", nil, nil })
	res := r.browser().do("POST", "/auth/challenge", nil, "Origin", "http://localhost:8080")
	if c := cookie(t, res, "nearauth-login"); c.Secure {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(res.body, `"message":"Sign in to localhost:8080"`) {
		t.Error(res.body)
	}
}

// Errors look as the application wants.
func TestOwnErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) {
		c.Error = func(w http.ResponseWriter, _ *http.Request, e *middleware.Error) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(e.Status)
			_, _ = w.Write([]byte("own " + e.Code))
		}
	})
	for path, want := range map[string]string{"/private": "own unauthenticated", "/auth/x": "own not_found", "/auth/verify": "own method_not_allowed"} {
		if res := r.browser().do("GET", path, nil); res.body != want {
			t.Errorf("%s: %q", path, res.body)
		}
	}
}
