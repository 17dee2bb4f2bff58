package handlers_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/store"
)

// Ending everything can be tried again when it failed: the session that asked
// for it is there until the others have ended.
func TestLogoutOfAllFailsAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	broken := &noIndex{Memory: store.NewMemory()}
	r := newRig(t, func(c *handlers.Config) { c.Store = broken })
	w := r.person("alice.testnet")
	one, two := r.browser(), r.browser()
	one.signIn(w)
	two.signIn(w)
	for _, scope := range []string{"all", "others"} {
		broken.err = errors.New("READONLY")
		res := one.do("POST", "/auth/logout?scope="+scope, nil)
		one.expect(scope, res, 503, "store_unavailable")
		if len(res.Cookies()) != 0 || one.account() != alice {
			t.Errorf("%s: cannot be tried again: %v", scope, res.Cookies())
		}
	}
	broken.err = nil
	one.expect("again", one.do("POST", "/auth/logout?scope=all", nil), 204, "")
	if one.account() != "" || two.account() != "" {
		t.Error("still signed in")
	}
}

type noIndex struct {
	*store.Memory
	err error
}

func (n *noIndex) IndexedSessions(ctx context.Context, owner store.Key) ([]store.Key, error) {
	if n.err != nil {
		return nil, n.err
	}
	return n.Memory.IndexedSessions(ctx, owner)
}

// A session that cannot be read can still be ended.
func TestLogoutWhenOnlyReadingFails(t *testing.T) {
	t.Parallel()
	broken := &noFind{Memory: store.NewMemory()}
	r := newRig(t, func(c *handlers.Config) { c.Store = broken })
	b := r.browser()
	token := cookie(t, b.signIn(r.person("alice.testnet")), "__Host-nearauth")
	broken.err = errors.New("WRONGTYPE")
	b.expect("logout", b.do("POST", "/auth/logout", nil), 204, "")
	broken.err = nil
	other := r.browser()
	if res := other.do("GET", "/private", nil, "Cookie", token.Name+"="+token.Value); res.StatusCode != 401 {
		t.Errorf("the token is alive: %d", res.StatusCode)
	}
}

type noFind struct {
	*store.Memory
	err error
}

func (n *noFind) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	if n.err != nil {
		return nil, n.err
	}
	return n.Memory.FindSession(ctx, k)
}

// On plain http a sibling host can add a cookie of the session's name. A
// logout then ends whatever the names stand for.
func TestLogoutWithTwoCookies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.browser()
	token := cookie(t, b.signIn(r.person("alice.testnet")), "__Host-nearauth")
	other := r.browser()
	pair := "__Host-nearauth=planted; " + token.Name + "=" + token.Value
	other.expect("logout", other.do("POST", "/auth/logout", nil, "Cookie", pair), 204, "")
	if b.account() != "" {
		t.Error("still signed in")
	}
	// What was planted may be a session, too: the planter's own.
	planter := r.browser()
	for range 2 {
		mine := cookie(t, b.signIn(r.person("alice.testnet")), "__Host-nearauth")
		planted := cookie(t, planter.signIn(r.person("mallory.testnet")), "__Host-nearauth")
		pair := planted.Name + "=" + planted.Value + "; " + mine.Name + "=" + mine.Value
		other.expect("logout", other.do("POST", "/auth/logout", nil, "Cookie", pair), 204, "")
		if b.account() != "" || planter.account() != "" {
			t.Error("still signed in, beside a planted session")
		}
		b, planter = planter, b // and the other way round
	}
	// An application's own LoadAndSave has loaded the first of them already.
	mine := cookie(t, b.signIn(r.person("alice.testnet")), "__Host-nearauth")
	planted := cookie(t, planter.signIn(r.person("mallory.testnet")), "__Host-nearauth")
	request := httptest.NewRequest("POST", origin+"/logout", nil)
	request.Header.Set("Cookie", planted.Name+"="+planted.Value+"; "+mine.Name+"="+mine.Value)
	answer := httptest.NewRecorder()
	r.auth.Sessions.LoadAndSave(r.auth).ServeHTTP(answer, request)
	if answer.Code != 204 || b.account() != "" || planter.account() != "" {
		t.Errorf("%d, and still signed in", answer.Code)
	}
	w := r.person("bob.testnet")
	token = cookie(t, b.signIn(w), "__Host-nearauth")
	second := r.browser()
	second.signIn(w)
	pair = "__Host-nearauth=planted; " + token.Name + "=" + token.Value
	other.expect("others", other.do("POST", "/auth/logout?scope=others", nil, "Cookie", pair), 400, "invalid_request")
	if b.account() == "" || second.account() == "" {
		t.Error("a request that was refused ended a session")
	}
	other.expect("all", other.do("POST", "/auth/logout?scope=all", nil, "Cookie", pair), 204, "")
	if b.account() != "" || second.account() != "" {
		t.Error("all: still signed in")
	}
}

// What OnSignIn is given is not yet the account's session, and what it does
// cannot end up in another account's.
func TestOnSignInHasNoSession(t *testing.T) {
	t.Parallel()
	var r *rig
	r = newRig(t, func(c *handlers.Config) {
		c.OnSignIn = func(ctx context.Context, _ store.Account) (err error) {
			defer func() {
				if recover() == nil {
					err = errors.New("the session is there")
				}
			}()
			r.auth.Sessions.Put(ctx, "user", "alice") // scs panics: nothing is loaded
			return nil
		}
	})
	b := r.browser()
	b.expect("sign in", b.signIn(r.person("alice.testnet")), 200, "")
}

// A chain that names no account signs nobody in.
func TestChainThatNamesNoAccount(t *testing.T) {
	t.Parallel()
	for _, a := range []store.Account{{}, {ID: "alice.testnet"}, {PublicKey: "k"}} {
		r := newRig(t, func(c *handlers.Config) { c.Chains = []handlers.Chain{careless{c.Chains[0], a}} })
		b := r.browser()
		res := b.signIn(newWallet("alice.testnet"))
		b.expect(a.ID, res, 401, "invalid_signature")
		if len(res.Cookies()) != 0 {
			t.Errorf("%+v: %v", a, res.Cookies())
		}
	}
}

type careless struct {
	handlers.Chain
	account store.Account
}

func (c careless) Verify(handlers.Challenge, handlers.Proof) (store.Account, error) {
	return c.account, nil
}

func (careless) Confirm(context.Context, store.Account) error { return nil }

// Case rules hold wherever a value is read.
func TestCaseRulesInside(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, b := r.person("alice.testnet"), r.browser()
	c := b.challenge(nil)
	for _, nested := range []map[string]any{
		{"signedMessage": map[string]any{"Message": "evil"}}, {"signedMessage": map[string]any{"NONCE": "x"}},
		{"payload": map[string]any{"AccountId": "bob.testnet"}}, {"signed_message": map[string]any{"State": "x"}},
	} {
		answer := w.answer(c)
		for k, v := range nested {
			answer[k] = v
		}
		b.expect("nested case", b.do("POST", "/auth/verify", answer), 400, "invalid_request")
	}
	answer := w.answer(b.challenge(map[string]any{"callbackUrl": callback}))
	answer["callbackUrl"] = ""
	b.expect("an empty callback where one is bound", b.do("POST", "/auth/verify", answer), 400, "invalid_request")
}

// Clients of one declared proxy are told apart: one that asks for a thousand
// challenges takes nobody else's.
func TestBehindAProxy(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) {
		c.Store = &store.Memory{MaxChallengesPerClient: 5}
		c.TrustedProxies = prefixes("127.0.0.0/8", "::1/128")
	})
	w, b := r.person("alice.testnet"), r.browser()
	res := b.do("POST", "/auth/challenge", nil, "X-Forwarded-For", "198.51.100.7")
	b.expect("challenge", res, 200, "")
	flood := r.browser()
	for range 20 {
		flood.do("POST", "/auth/challenge", nil, "X-Forwarded-For", "203.0.113.9")
	}
	var c challenge
	mustDecode(t, res.body, &c)
	b.expect("verify", b.do("POST", "/auth/verify", w.answer(c), "X-Forwarded-For", "198.51.100.7"), 200, "")
	// And the flood is held to its own share.
	first := r.browser()
	res = first.do("POST", "/auth/challenge", nil, "X-Forwarded-For", "203.0.113.9")
	mustDecode(t, res.body, &c)
	for range 5 {
		flood.do("POST", "/auth/challenge", nil, "X-Forwarded-For", "203.0.113.9")
	}
	first.expect("its own oldest", first.do("POST", "/auth/verify", w.answer(c), "X-Forwarded-For", "203.0.113.9"), 400, "challenge_invalid")
}

// The host must stand in the message as a word.
func TestMessageNamesTheHost(t *testing.T) {
	t.Parallel()
	for message, ok := range map[string]bool{
		"Sign in to example.com": true, "example.com: welcome": true, "Sign in to example.com.": true, "(example.com)": true,
		"https://example.com/ wants you": true, "Sign in to notexample.com": false, "example.com.evil.org": false, "my-example.com": false, "Sign in": false,
	} {
		_, err := handlers.New(handlers.Config{Origin: origin, Store: store.NewMemory(), Chains: []handlers.Chain{fakeChain("near:testnet")}, Message: message})
		if (err == nil) != ok {
			t.Errorf("%q: %v", message, err)
		}
	}
	for _, o := range []string{"http://[::1]:8080", "http://localhost:8080", "https://a.example:8443"} {
		if _, err := handlers.New(handlers.Config{Origin: o, Store: store.NewMemory(), Chains: []handlers.Chain{fakeChain("near:testnet")}}); err != nil {
			t.Errorf("the default message of %s: %v", o, err)
		}
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	policy := handlers.AllowAccounts("near:mainnet:my_app.near", "near:mainnet:a%5Fb.near", "odd")
	for a, ok := range map[store.Account]bool{
		{Chain: "near:mainnet", ID: "my_app.near"}: true, {Chain: "near:mainnet", ID: "a_b.near"}: true,
		{Chain: "near:testnet", ID: "my_app.near"}: false, {Chain: "near:mainnet", ID: "x.my_app.near"}: false, {}: false,
	} {
		if err := policy(a); (err == nil) != ok {
			t.Errorf("%s: %v", a, err)
		}
	}
}

// lagging is a store that has done what it is told, but not everywhere.
type lagging struct {
	*store.Memory
	lags atomic.Bool
}

func (l *lagging) DeleteSession(ctx context.Context, k store.Key) ([]byte, error) {
	record, err := l.Memory.DeleteSession(ctx, k)
	if l.lags.Load() {
		return nil, errors.New("0 of 1 replicas have the write")
	}
	return record, err
}

// Nothing is found of a session whose end has not reached the replicas, and it
// may come back by a failover: so nothing is acknowledged before it has.
func TestLogoutTriedAgainBeforeTheReplicasHaveIt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		method, path string
		again        int // when all is well, the second time
		code         string
	}{
		"logout":     {"POST", "/auth/logout", 204, ""},
		"logout all": {"POST", "/auth/logout?scope=all", 204, ""},
		"revoke":     {"DELETE", "/auth/sessions/", 404, "session_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &lagging{Memory: store.NewMemory()}
			here := newRig(t, func(c *handlers.Config) { c.Store = l })
			elsewhere := newRig(t, func(c *handlers.Config) { c.Store = l })
			token := cookie(t, here.browser().signIn(here.person("alice.testnet")), "__Host-nearauth")
			target := token.Name + "=" + token.Value
			with := target
			path := end.path
			if end.method == "DELETE" {
				admin := cookie(t, here.browser().signIn(here.person("alice.testnet")), "__Host-nearauth")
				ctx, err := here.auth.Sessions.Load(t.Context(), token.Value)
				if err != nil {
					t.Fatal(err)
				}
				path += store.ID(ctx, here.auth.Sessions)
				with = admin.Name + "=" + admin.Value
			}
			l.lags.Store(true)
			for _, r := range []*rig{here, here, elsewhere} {
				r.browser().expect("not everywhere", r.browser().do(end.method, path, nil, "Cookie", with), 503, "store_unavailable")
			}
			l.lags.Store(false)
			for _, r := range []*rig{elsewhere, here} {
				r.browser().expect("again", r.browser().do(end.method, path, nil, "Cookie", with), end.again, end.code)
				if res := r.browser().do("GET", "/private", nil, "Cookie", target); res.StatusCode != 401 {
					t.Errorf("the session is served: %d", res.StatusCode)
				}
			}
		})
	}
}
