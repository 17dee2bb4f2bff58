package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/store"
)

// ledger is a Memory that notes what is written, and fails where it is told to.
// It does nothing for a request that has gone.
type ledger struct {
	*store.Memory
	mu               sync.Mutex
	creates, updates int
	challengeKeys    []store.Key
	failCreate       int // creations that fail before one succeeds
	failDelete       error
}

func newLedger() *ledger { return &ledger{Memory: store.NewMemory()} }

func (l *ledger) CreateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	if len(b) == 8 { // the epoch of the site is no session
		return l.Memory.CreateSession(ctx, k, b, e)
	}
	l.mu.Lock()
	l.creates++
	fail := l.creates <= l.failCreate
	l.mu.Unlock()
	if fail {
		return errors.New("OOM")
	}
	return l.Memory.CreateSession(ctx, k, b, e)
}

func (l *ledger) UpdateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	l.mu.Lock()
	l.updates++
	l.mu.Unlock()
	return l.Memory.UpdateSession(ctx, k, b, e)
}

func (l *ledger) DeleteSession(ctx context.Context, k store.Key) ([]byte, error) {
	if l.failDelete != nil {
		return nil, l.failDelete
	}
	return l.Memory.DeleteSession(ctx, k)
}

func (l *ledger) PutChallenge(ctx context.Context, k store.Key, c string, b []byte, e time.Time) error {
	l.mu.Lock()
	l.challengeKeys = append(l.challengeKeys, k)
	l.mu.Unlock()
	return l.Memory.PutChallenge(ctx, k, c, b, e)
}

func (l *ledger) TakeChallenge(ctx context.Context, k store.Key) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return l.Memory.TakeChallenge(ctx, k)
}

// confirming is a chain that confirms as the test says.
type confirming struct {
	handlers.Chain
	confirm func(context.Context, store.Account) error
}

func (c confirming) Confirm(ctx context.Context, a store.Account) error { return c.confirm(ctx, a) }

// A chain that panics or says two things at once signs nobody in and
// refuses nobody; and the signature is still good.
func TestChainsThatMisbehave(t *testing.T) {
	t.Parallel()
	var confirm func(context.Context, store.Account) error
	r := newRig(t, func(c *handlers.Config) {
		inner := c.Chains[0]
		c.Chains = []handlers.Chain{confirming{inner, func(ctx context.Context, a store.Account) error {
			if confirm != nil {
				return confirm(ctx, a)
			}
			return inner.Confirm(ctx, a)
		}}}
	})
	w, b := r.person("alice.testnet"), r.browser()
	answer := w.answer(b.challenge(nil))
	for name, f := range map[string]func(context.Context, store.Account) error{
		"panics":           func(context.Context, store.Account) error { panic("boom") },
		"an unknown error": func(context.Context, store.Account) error { return errors.New("?") },
		"an outage and a no": func(context.Context, store.Account) error {
			return errors.Join(handlers.ErrUnavailable, handlers.ErrKeyNotFound)
		},
		"an outage with a moment": func(context.Context, store.Account) error {
			return &handlers.UnavailableError{RetryAfter: 7 * time.Second, Err: handlers.ErrKeyNotFullAccess}
		},
	} {
		confirm = f
		res := b.do("POST", "/auth/verify", answer)
		b.expect(name, res, 503, "chain_unavailable")
		if len(res.Cookies()) != 0 || b.account() != "" || strings.Contains(res.body, "boom") {
			t.Errorf("%s: %v %s", name, res.Cookies(), res.body)
		}
		if got, want := res.Header.Get("Retry-After"), map[bool]string{true: "7", false: "2"}[name == "an outage with a moment"]; got != want {
			t.Errorf("%s: Retry-After %q, want %q", name, got, want)
		}
	}
	confirm = nil
	b.expect("the same signature", b.do("POST", "/auth/verify", answer), 200, "")
}

// A sign-in is one creation, and a logout none.
func TestSignInIsOneWrite(t *testing.T) {
	t.Parallel()
	l := newLedger()
	r := newRig(t, func(c *handlers.Config) { c.Store = l })
	w, b := r.person("alice.testnet"), r.browser()
	b.expect("sign in", b.signIn(w), 200, "")
	if l.creates != 1 || l.updates != 0 {
		t.Errorf("%d creations and %d updates, want one creation", l.creates, l.updates)
	}
	b.expect("again", b.signIn(w), 200, "")
	if l.creates != 2 || l.updates != 0 {
		t.Errorf("%d creations and %d updates, want two creations", l.creates, l.updates)
	}
	b.expect("logout", b.do("POST", "/auth/logout", nil), 204, "")
	if l.creates != 2 || l.updates != 0 {
		t.Errorf("%d creations and %d updates with the logout", l.creates, l.updates)
	}
}

// A sign-in that could not be stored is an error and nothing else: nothing of
// the session is stored with the error, and no cookie goes out.
func TestFailedSignInStoresNothing(t *testing.T) {
	t.Parallel()
	l := newLedger()
	r := newRig(t, func(c *handlers.Config) { c.Store = l })
	w, b := r.person("alice.testnet"), r.browser()
	l.failCreate = 1
	res := b.signIn(w)
	b.expect("sign in", res, 503, "store_unavailable")
	if l.creates != 1 || l.updates != 0 || slices.ContainsFunc(res.Cookies(), func(c *http.Cookie) bool { return c.Name == "__Host-nearauth" }) {
		t.Errorf("%d creations and %d updates, cookies %v", l.creates, l.updates, res.Cookies())
	}
	b.expect("again", b.signIn(w), 200, "")
}

// A logout that failed says so, clears the cookie, and stores nothing of the
// session, whatever the application had put into it on the way.
func TestFailedLogoutStoresNothing(t *testing.T) {
	t.Parallel()
	l := newLedger()
	r := newRig(t, func(c *handlers.Config) { c.Store = l })
	session := cookie(t, r.browser().signIn(r.person("alice.testnet")), "__Host-nearauth")
	l.failDelete = errors.New("READONLY")
	h := r.auth.OptionalAccount(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.auth.Sessions.Put(req.Context(), "last", req.URL.Path)
		r.auth.Logout().ServeHTTP(w, req)
	}))
	req := httptest.NewRequest("POST", origin+"/logout", nil)
	req.AddCookie(session)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	cookies := w.Result().Cookies()
	if w.Code != 503 || l.updates != 0 || len(cookies) != 1 || cookies[0].MaxAge >= 0 || cookies[0].Value != "" {
		t.Errorf("%d %s, %d updates, cookies %v", w.Code, w.Body, l.updates, cookies)
	}
}

// Ending the others is not said to have worked when nobody knows whose they are.
func TestLogoutOfOthersWithTheStoreDown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, down := r.person("alice.testnet"), errors.New("connection refused")
	for _, scope := range []string{"?scope=others", "?scope=all", ""} {
		b := r.browser()
		r.store.fail(nil, nil)
		b.signIn(w)
		r.store.fail(down, down)
		res := b.do("POST", "/auth/logout"+scope, nil)
		b.expect(scope, res, 503, "store_unavailable")
		if cleared := len(res.Cookies()) == 1 && res.Cookies()[0].MaxAge < 0; cleared != (scope != "?scope=others") {
			t.Errorf("%q: cookies %v", scope, res.Cookies())
		}
	}
}

// flapping fails to read sessions once.
type flapping struct {
	store.Store
	fail atomic.Bool
}

func (f *flapping) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	if f.fail.Swap(false) {
		return nil, errors.New("connection reset")
	}
	return f.Store.FindSession(ctx, k)
}

// Nor when the store could not be read for a moment only.
func TestLogoutOfAllWithTheStoreDownForAMoment(t *testing.T) {
	t.Parallel()
	f := &flapping{Store: store.NewMemory()}
	r := newRig(t, func(c *handlers.Config) { c.Store = f })
	w := r.person("alice.testnet")
	b, thief := r.browser(), r.browser()
	b.signIn(w)
	thief.signIn(w)
	f.fail.Store(true)
	b.expect("all", b.do("POST", "/auth/logout?scope=all", nil), 503, "store_unavailable")
	if thief.account() == "" {
		t.Error("the other session has ended after all: what is tested here?")
	}
}

// A session or a challenge of a chain that is not configured here is none, on
// every endpoint.
func TestChainsThatAreNotConfigured(t *testing.T) {
	t.Parallel()
	backend := store.NewMemory()
	both := newRig(t, func(c *handlers.Config) {
		c.Store = backend
		c.Chains = append(c.Chains, renamed{c.Chains[0], "near:other"})
	})
	one := newRig(t, func(c *handlers.Config) { c.Store = backend })
	w := both.person("alice.testnet")
	if err := one.node.AddFullAccessKey(w.account, w.key()); err != nil {
		t.Fatal(err)
	}
	b := both.browser()
	there := one.browser()
	there.client.Jar = b.client.Jar // one browser, and a deployment that has changed
	c := b.challenge(map[string]any{"chain": "near:other"})
	there.expect("a challenge", there.do("POST", "/auth/verify", w.answer(c)), 400, "challenge_invalid")
	b.expect("where it is configured", b.do("POST", "/auth/verify", w.answer(c)), 200, "")
	if res := there.do("GET", "/auth/session", nil); res.StatusCode != 200 || strings.TrimSpace(res.body) != "null" {
		t.Errorf("session: %d %s", res.StatusCode, res.body)
	}
	if there.account() != "" || b.account() != "near:other:alice.testnet" {
		t.Errorf("signed in as %q and %q", there.account(), b.account())
	}
}

// A state belongs to a redirect. Where none was asked for any state is wrong,
// the empty one too.
func TestStateWithoutACallback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, b := r.person("alice.testnet"), r.browser()
	answer := w.answer(b.challenge(nil))
	for _, state := range []string{"", "x"} {
		answer["state"] = state
		b.expect("state "+state, b.do("POST", "/auth/verify", answer), 400, "invalid_request")
	}
	answer["state"] = nil
	b.expect("null is none", b.do("POST", "/auth/verify", answer), 200, "")
}

// An application that cannot tell now is a 503: of the policy with the
// challenge kept, of OnSignIn with the challenge used up.
func TestApplicationsThatCannotTell(t *testing.T) {
	t.Parallel()
	var policy, hook error
	r := newRig(t, func(c *handlers.Config) {
		c.Policy = func(store.Account) error { return policy }
		c.OnSignIn = func(context.Context, store.Account) error { return hook }
	})
	w := r.person("alice.testnet")
	for _, unavailable := range []error{handlers.ErrUnavailable, store.ErrUnavailable} {
		b := r.browser()
		answer := w.answer(b.challenge(nil))
		policy = errors.Join(unavailable, errors.New("secret-host"))
		res := b.do("POST", "/auth/verify", answer)
		b.expect("policy", res, 503, "store_unavailable")
		if strings.Contains(res.body, "secret-host") || len(res.Cookies()) != 0 {
			t.Errorf("%s %v", res.body, res.Cookies())
		}
		policy, hook = nil, unavailable
		b.expect("the challenge is kept; OnSignIn", b.do("POST", "/auth/verify", answer), 503, "store_unavailable")
		b.expect("the challenge is used up", b.do("POST", "/auth/verify", answer), 400, "challenge_invalid")
		if b.account() != "" {
			t.Error("signed in")
		}
		hook = nil
	}
}

// Challenges lie in the realm of the site, like everything else.
func TestChallengesHaveARealm(t *testing.T) {
	t.Parallel()
	l := newLedger()
	r := newRig(t, func(c *handlers.Config) { c.Store = l })
	r.browser().challenge(nil)
	o, err := store.ParseOrigin(origin)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.challengeKeys) != 1 || l.challengeKeys[0].Realm != o.Realm() {
		t.Errorf("%x, want the realm %x", l.challengeKeys, o.Realm())
	}
}

// What is decided is carried out, also for a client that hangs up as soon as it
// knows: a refused challenge is used up.
func TestHangingUpDoesNotKeepAChallenge(t *testing.T) {
	t.Parallel()
	ctx, hangUp := context.WithCancel(context.Background())
	denied := errors.New("denied")
	r := newRig(t, func(c *handlers.Config) {
		c.Store = newLedger()
		c.Policy = func(store.Account) error { hangUp(); return denied }
	})
	w, b := r.person("alice.testnet"), r.browser()
	answer := w.answer(b.challenge(nil))
	req := httptest.NewRequestWithContext(ctx, "POST", origin+"/verify", strings.NewReader(mustJSON(answer)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Cookie", loginCookieOf(b))
	rec := httptest.NewRecorder()
	r.auth.ServeHTTP(rec, req)
	if rec.Code != 403 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	denied = nil
	b.expect("again", b.do("POST", "/auth/verify", answer), 400, "challenge_invalid")
}

// anything is a chain that accepts whatever it is given.
type anything struct{}

func (anything) ID() string { return "any:thing" }
func (anything) Challenge(r handlers.Request) (handlers.Challenge, error) {
	return handlers.Challenge{Request: r}, nil
}
func (anything) Verify(_ handlers.Challenge, p handlers.Proof) (store.Account, error) {
	return store.Account{ID: p.AccountID, PublicKey: p.PublicKey}, nil
}
func (anything) Confirm(context.Context, store.Account) error { return nil }

// Text that another reader would read otherwise does not even reach a chain
// that takes everything.
func TestTextThatIsNone(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) { c.Chains = []handlers.Chain{anything{}} })
	b := r.browser()
	c := b.challenge(map[string]any{"accountId": "al\u00efce"})
	for name, text := range map[string]string{
		"a lone surrogate": `a\ud800`, "half a pair": `\udc00a`, "a swapped pair": `\udc00\ud800`, "what stands for it": "a\ufffd", "the same, escaped": `a\ufffd`,
	} {
		b.expect(name, b.do("POST", "/auth/challenge", `{"accountId":"`+text+`"}`), 400, "invalid_request")
		b.expect(name, b.do("POST", "/auth/verify", `{"accountId":"`+text+`","publicKey":"k","signature":"s","nonce":"`+c.Nonce+`"}`), 400, "invalid_request")
	}
	b.expect("text", b.do("POST", "/auth/verify", `{"accountId":"al\u00efce","publicKey":"k","signature":"s"}`), 200, "")
}

// A body says once what it is, and is that.
func TestBodiesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	post := func(body string, header http.Header) *httptest.ResponseRecorder {
		req := httptest.NewRequest("POST", origin+"/challenge", strings.NewReader(body))
		req.Header = header
		w := httptest.NewRecorder()
		r.auth.ServeHTTP(w, req)
		return w
	}
	for _, c := range []struct {
		name   string
		header http.Header
		status int
	}{
		{"JSON", http.Header{"Content-Type": {"application/json"}}, 200},
		{"JSON in UTF-8", http.Header{"Content-Type": {`application/json; charset="UTF-8"`}}, 200},
		{"two types", http.Header{"Content-Type": {"application/json", "application/json"}}, 415},
		{"two types, differing", http.Header{"Content-Type": {"application/json", "text/plain"}}, 415},
		{"none", http.Header{}, 415},
		{"text", http.Header{"Content-Type": {"text/plain"}}, 415},
		{"a form", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415},
		{"JSON in Latin 1", http.Header{"Content-Type": {"application/json; charset=iso-8859-1"}}, 415},
		{"JSON in UTF-16", http.Header{"Content-Type": {"application/json; charset=utf-16"}}, 415},
		{"compressed", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, 415},
		{"like JSON", http.Header{"Content-Type": {"application/json-seq"}}, 415},
	} {
		if w := post("{}", c.header); w.Code != c.status {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
	w := post("{}", http.Header{"Content-Type": {"application/json"}})
	if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options %q", got)
	}
	// Without a length, too: chunked.
	req := httptest.NewRequest("POST", origin+"/challenge", strings.NewReader("{}"))
	req.ContentLength = -1
	w = httptest.NewRecorder()
	if r.auth.ServeHTTP(w, req); w.Code != 415 {
		t.Errorf("a body without a length or type: %d %s", w.Code, w.Body)
	}
}
