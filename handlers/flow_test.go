package handlers_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
)

const alice = "near:testnet:alice.testnet"

func TestSignInEndToEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b, w := r.browser(), r.person("alice.testnet")
	if got := b.account(); got != "" {
		t.Fatalf("signed in before: %q", got)
	}
	if res := b.do("GET", "/auth/session", nil); res.StatusCode != 200 || strings.TrimSpace(res.body) != "null" {
		t.Errorf("session: %d %s", res.StatusCode, res.body)
	}

	c := b.challenge(map[string]any{"accountId": "alice.testnet", "chain": "near:testnet"})
	nonce, err := base64.StdEncoding.DecodeString(c.Nonce)
	switch {
	case err != nil || len(nonce) != 32 || c.Challenge != c.Nonce:
		t.Errorf("nonce %q, challenge %q", c.Nonce, c.Challenge)
	case c.Chain != "near:testnet" || c.Network != "testnet" || c.Message != "Sign in to example.com" || c.Recipient != "example.com":
		t.Errorf("challenge %+v", c)
	case c.ExpiresIn != 300 || c.ExpiresAt.Sub(c.IssuedAt) != 5*time.Minute || time.Until(c.ExpiresAt) > 5*time.Minute:
		t.Errorf("times %+v", c)
	case c.CallbackURL != "" || c.State != "":
		t.Errorf("a callback that was not asked for: %+v", c)
	}

	res := b.do("POST", "/auth/verify", w.answer(c))
	b.expect("verify", res, 200, "")
	var s map[string]any
	if err := json.Unmarshal([]byte(res.body), &s); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"account": alice, "accountId": "alice.testnet", "chain": "near:testnet", "network": "testnet", "publicKey": w.key(),
	} {
		if s[name] != want {
			t.Errorf("verify: %s is %v, want %v", name, s[name], want)
		}
	}
	expires, err := time.Parse(time.RFC3339, s["expiresAt"].(string))
	if err != nil || time.Until(expires).Round(time.Hour) != 7*24*time.Hour {
		t.Errorf("expiresAt %v", s["expiresAt"])
	}
	if _, err := time.Parse(time.RFC3339, s["signedInAt"].(string)); err != nil {
		t.Error(err)
	}
	session := cookie(t, res, "__Host-nearauth")
	if !session.Secure || !session.HttpOnly || session.Path != "/" || session.Domain != "" ||
		session.SameSite != http.SameSiteLaxMode || session.MaxAge < 29*24*3600 || len(session.Value) != 43 {
		t.Errorf("session cookie %+v", session)
	}
	if len(res.Cookies()) != 1 {
		t.Errorf("verify sets %d cookies", len(res.Cookies()))
	}
	if strings.Contains(res.body, session.Value) {
		t.Error("the body holds the token")
	}
	if got := b.account(); got != alice {
		t.Errorf("private: %q", got)
	}
	res = b.do("GET", "/auth/session", nil)
	if !strings.Contains(res.body, `"keyCheckedAt"`) || !strings.Contains(res.body, alice) || len(res.Cookies()) != 0 {
		t.Errorf("session: %s %v", res.body, res.Cookies())
	}

	res = b.do("POST", "/auth/logout", nil)
	b.expect("logout", res, 204, "")
	if c := cookie(t, res, "__Host-nearauth"); c.MaxAge >= 0 || c.Value != "" || !c.Secure || c.Path != "/" {
		t.Errorf("the cookie is not cleared: %+v", c)
	}
	old := r.browser()
	old.client.Jar.SetCookies(res.Request.URL, []*http.Cookie{session})
	if b.account() != "" || old.account() != "" {
		t.Error("still signed in after logout")
	}
}

func cookie(t *testing.T, res response, name string) *http.Cookie {
	t.Helper()
	var found *http.Cookie
	for _, c := range res.Cookies() {
		if c.Name == name {
			if found != nil {
				t.Errorf("two cookies %s", name)
			}
			found = c
		}
	}
	if found == nil {
		t.Fatalf("no cookie %s: %v", name, res.Header["Set-Cookie"])
	}
	return found
}

func TestChallengeCookie(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.browser()
	res := b.do("POST", "/auth/challenge", nil)
	first := cookie(t, res, "__Host-nearauth-login")
	if !first.Secure || !first.HttpOnly || first.Path != "/" || first.Domain != "" || first.SameSite != http.SameSiteLaxMode || first.MaxAge != 300 {
		t.Errorf("%+v", first)
	}
	secret, nonce, _ := strings.Cut(first.Value, ".")
	var c challenge
	_ = json.Unmarshal([]byte(res.body), &c)
	if n := c.nonce(); len(secret) != 43 || nonce != base64.RawURLEncoding.EncodeToString(n[:]) {
		t.Errorf("cookie %q, nonce %q", first.Value, c.Nonce)
	}
	second := cookie(t, b.do("POST", "/auth/challenge", nil), "__Host-nearauth-login")
	if again, n, _ := strings.Cut(second.Value, "."); again != secret || n == nonce {
		t.Errorf("the browser's half must be kept, and the nonce new: %q, %q", first.Value, second.Value)
	}
	for name, value := range map[string]string{
		"short": "abc.def", "no dot": strings.Repeat("A", 87), "bad alphabet": strings.Repeat("+", 43) + "." + nonce,
		"trailing bits": secret[:42] + "B." + nonce, "long": first.Value + "A",
		"two": first.Value + "; __Host-nearauth-login=" + first.Value,
	} {
		fresh := r.browser()
		got := cookie(t, fresh.do("POST", "/auth/challenge", nil, "Cookie", "__Host-nearauth-login="+value), "__Host-nearauth-login")
		if s, _, _ := strings.Cut(got.Value, "."); s == secret || strings.HasPrefix(value, s) {
			t.Errorf("%s: kept %q", name, got.Value)
		}
		fresh.client.Jar = nil
		fresh.expect(name, fresh.do("POST", "/auth/verify", map[string]any{"nonce": c.Nonce}, "Cookie", "__Host-nearauth-login="+value), 400, "cookie_missing")
	}
}

// What a client sends changes nothing of what is signed.
func TestTheServerOwnsTheChallenge(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.browser()
	c := b.challenge(map[string]any{"message": "evil", "recipient": "evil.example", "nonce": strings.Repeat("A", 43), "ttl": 9e9})
	if c.Message != "Sign in to example.com" || c.Recipient != "example.com" || strings.HasPrefix(c.Nonce, "AAAA") || c.ExpiresIn != 300 {
		t.Errorf("%+v", c)
	}
	res := b.do("POST", "/auth/challenge", nil, "Host", "evil.example", "X-Forwarded-Host", "evil.example")
	if strings.Contains(res.body, "evil") {
		t.Error(res.body)
	}
	seen := map[string]bool{}
	for range 500 {
		n := b.challenge(nil).Nonce
		if seen[n] {
			t.Fatal("a nonce came twice")
		}
		seen[n] = true
	}
}

// Signatures over anything but the issued challenge are refused, and take
// nothing: the right one still signs in.
func TestInvalidSignatures(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, other := r.person("alice.testnet"), newWallet("alice.testnet")
	for name, spoil := range map[string]func(c *challenge){
		"another message":   func(c *challenge) { c.Message += "." },
		"another recipient": func(c *challenge) { c.Recipient = "evil.example" },
		"another nonce":     func(c *challenge) { c.Nonce = base64.StdEncoding.EncodeToString(make([]byte, 32)) },
	} {
		b := r.browser()
		c := b.challenge(nil)
		wrong := c
		spoil(&wrong)
		answer := w.answer(c)
		answer["signature"] = base64.StdEncoding.EncodeToString(w.sign(wrong))
		b.expect(name, b.do("POST", "/auth/verify", answer), 401, "invalid_signature")
		b.expect(name+", then right", b.do("POST", "/auth/verify", w.answer(c)), 200, "")
	}
	b := r.browser()
	c := b.challenge(nil)
	answer := w.answer(c)
	answer["signature"] = base64.StdEncoding.EncodeToString(other.sign(c))
	b.expect("another key's signature", b.do("POST", "/auth/verify", answer), 401, "invalid_signature")
	answer = w.answer(c, callback)
	b.expect("a callback that was not asked for", b.do("POST", "/auth/verify", answer), 401, "invalid_signature")
	if n := r.node.Queries(); n != 3 {
		t.Errorf("the chain was asked %d times, want once for each valid signature, 3", n)
	}
}

// MyNearWallet signs the callback on a redirect and not in a popup.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.person("alice.testnet")
	ask := map[string]any{"callbackUrl": callback}

	b := r.browser()
	c := b.challenge(ask)
	if c.CallbackURL != callback || c.State == "" {
		t.Fatalf("%+v", c)
	}
	answer := w.answer(c, callback)
	answer["state"] = c.State
	b.expect("redirect", b.do("POST", "/auth/verify", answer), 200, "")
	c = b.challenge(ask)
	b.expect("popup, without state", b.do("POST", "/auth/verify", w.answer(c)), 200, "")

	c = b.challenge(ask)
	b.expect("another callback signed", b.do("POST", "/auth/verify", w.answer(c, "https://evil.example/")), 401, "invalid_signature")
	answer = w.answer(c, callback)
	answer["state"] = "other"
	b.expect("another state", b.do("POST", "/auth/verify", answer), 400, "invalid_request")
	answer = w.answer(c, callback)
	answer["callbackUrl"] = "https://example.com/other"
	b.expect("another callback sent", b.do("POST", "/auth/verify", answer), 400, "invalid_request")
	c = b.challenge(nil)
	answer = w.answer(c)
	answer["state"] = "x"
	b.expect("a state that was not issued", b.do("POST", "/auth/verify", answer), 400, "invalid_request")
	for _, u := range []string{"https://evil.example/callback", callback + "/", callback + "?a", strings.ToUpper(callback), "/callback"} {
		b.expect(u, b.do("POST", "/auth/challenge", map[string]any{"callbackUrl": u}), 400, "invalid_request")
	}
}

func TestRefusalsOfTheChain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_ = r.person("alice.testnet")
	fc, gasFC, gasFull := newWallet("alice.testnet"), newWallet("alice.testnet"), newWallet("alice.testnet")
	_ = r.node.AddFunctionCallKey("alice.testnet", fc.key(), "app.testnet", "FullAccess")
	_ = r.node.AddGasKeyFunctionCall("alice.testnet", gasFC.key(), "app.testnet")
	_ = r.node.AddGasKeyFullAccess("alice.testnet", gasFull.key())
	for _, c := range []struct {
		name   string
		w      wallet
		status int
		code   string
	}{
		{"key not on the account", newWallet("alice.testnet"), 401, "key_not_found"},
		{"no such account", newWallet("nobody.testnet"), 401, "key_not_found"},
		{"function-call key", fc, 401, "key_not_full_access"},
		{"gas key for functions", gasFC, 401, "key_not_full_access"},
		{"gas key with full access", gasFull, 200, ""},
	} {
		b := r.browser()
		ch := b.challenge(nil)
		b.expect(c.name, b.do("POST", "/auth/verify", c.w.answer(ch)), c.status, c.code)
		b.expect(c.name+", again", b.do("POST", "/auth/verify", c.w.answer(ch)), 400, "challenge_invalid")
	}
}

func TestAccountAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, bob := r.person("alice.testnet"), r.person("bob.testnet")
	b := r.browser()
	c := b.challenge(map[string]any{"accountId": "alice.testnet"})
	queries := r.node.Queries()
	b.expect("another account", b.do("POST", "/auth/verify", bob.answer(c)), 401, "account_mismatch")
	if r.node.Queries() != queries {
		t.Error("the chain was asked about another account than the one asked for")
	}
	b.expect("the account, then", b.do("POST", "/auth/verify", a.answer(c)), 200, "")
	for _, id := range []string{"Alice.testnet", "alice..testnet", "a", "system", "аlice.testnet", "alice.testnet\n", strings.Repeat("a", 65)} {
		b.expect(id, b.do("POST", "/auth/challenge", map[string]any{"accountId": id}), 400, "invalid_request")
	}
}

func TestChains(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.browser()
	for chain, ok := range map[string]bool{
		"near": true, "near:testnet": true, "near:mainnet": false, "ethereum": false, "eip155:1": false,
		"NEAR": false, "near:": false, "n": false, "testnet": false,
	} {
		res := b.do("POST", "/auth/challenge", map[string]any{"chain": chain})
		if ok {
			b.expect(chain, res, 200, "")
		} else {
			b.expect(chain, res, 400, "unsupported_chain")
		}
	}
	// Two networks in one server; the same name on both is two accounts.
	two := newRig(t, func(c *handlers.Config) {
		second := *c
		c.Chains = append([]handlers.Chain{renamed{second.Chains[0], "near:other"}}, c.Chains...)
	})
	w := two.person("alice.testnet")
	for chain, want := range map[string]string{"": "near:other:alice.testnet", "near": "near:other:alice.testnet", "near:testnet": alice} {
		b := two.browser()
		b.expect(chain, b.do("POST", "/auth/verify", w.answer(b.challenge(map[string]any{"chain": chain}))), 200, "")
		if got := b.account(); got != want {
			t.Errorf("%q: signed in as %q, want %q", chain, got, want)
		}
	}
}

// renamed is a chain under another id.
type renamed struct {
	handlers.Chain
	id string
}

func (r renamed) ID() string { return r.id }

func TestExpiry(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) { c.ChallengeTTL = time.Second })
	w, b := r.person("alice.testnet"), r.browser()
	c := b.challenge(nil)
	if c.ExpiresIn != 1 {
		t.Errorf("expiresIn %d", c.ExpiresIn)
	}
	// The browser drops the cookie as well; a client that does not gets the
	// same answer as for any challenge that is not there.
	login := b.client.Jar.Cookies(b.do("GET", "/public", nil).Request.URL)
	time.Sleep(1100 * time.Millisecond)
	b.client.Jar = nil
	b.expect("expired", b.do("POST", "/auth/verify", w.answer(c), "Cookie", login[0].Name+"="+login[0].Value), 400, "challenge_invalid")
}

func TestReplay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, b := r.person("alice.testnet"), r.browser()
	answer := w.answer(b.challenge(nil))
	b.expect("first", b.do("POST", "/auth/verify", answer), 200, "")
	b.expect("second", b.do("POST", "/auth/verify", answer), 400, "challenge_invalid")
	b.do("POST", "/auth/logout", nil)
	b.expect("after logout", b.do("POST", "/auth/verify", answer), 400, "challenge_invalid")
	if b.account() != "" {
		t.Error("signed in by a replay")
	}
}

func TestTokenIsNew(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, bob := r.person("alice.testnet"), r.person("bob.testnet")
	b := r.browser()
	first := cookie(t, b.signIn(a), "__Host-nearauth")
	second := cookie(t, b.signIn(bob), "__Host-nearauth")
	if first.Value == second.Value || b.account() != "near:testnet:bob.testnet" {
		t.Error("the second sign-in did not replace the first")
	}
	old := r.browser()
	if res := old.do("GET", "/private", nil, "Cookie", first.Name+"="+first.Value); res.StatusCode != 401 {
		t.Errorf("the old token is alive: %d", res.StatusCode)
	}
	// Fixation: a token that an attacker has planted is not adopted.
	planted := r.browser()
	fixed := strings.Repeat("A", 43)
	planted.client.Jar.SetCookies(b.do("GET", "/public", nil).Request.URL, []*http.Cookie{{Name: first.Name, Value: fixed, Secure: true, Path: "/"}})
	if c := cookie(t, planted.signIn(a), first.Name); c.Value == fixed {
		t.Error("a planted token was adopted")
	}
}
