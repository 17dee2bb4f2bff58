package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// Two instances on one Redis are one site: a session of one is one of the
// other, and its end too.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	node, _, instances := exampletest.OnRedis(t, 2)
	a, b := instances[0], instances[1]
	w, person := exampletest.NewWallet("alice.testnet"), exampletest.Browser()
	_ = node.AddFullAccessKey(w.Account, w.Key())
	res, body := a.SignIn(person, w)
	exampletest.Expect(t, "sign in", res, body, 200, "alice.testnet")
	res, body = b.Do(person, "GET", "/api/me", "")
	exampletest.Expect(t, "the other instance", res, body, 200, `"accountId":"alice.testnet"`)
	res, body = b.Do(person, "POST", "/auth/logout?scope=all", "")
	exampletest.Expect(t, "logout there", res, body, 204, "")
	res, body = a.Do(person, "GET", "/api/me", "")
	exampletest.Expect(t, "here again", res, body, 401, "unauthenticated")
}

// With Redis hanging nothing succeeds, nothing is a 500, everything answers
// within a second or so, and afterwards the session lives.
func TestRedisHangs(t *testing.T) {
	t.Parallel()
	node, redis, instances := exampletest.OnRedis(t, 1)
	p, w, person := instances[0], exampletest.NewWallet("alice.testnet"), exampletest.Browser()
	_ = node.AddFullAccessKey(w.Account, w.Key())
	res, body := p.SignIn(person, w)
	exampletest.Expect(t, "sign in", res, body, 200, "")
	other := exampletest.Browser()
	p.SignIn(other, w)
	time.Sleep(1100 * time.Millisecond) // so that idle connections are looked at
	redis.Pause()
	for _, c := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/api/me", 503, "store_unavailable"},
		{"GET", "/private", 503, "store_unavailable"},
		{"GET", "/auth/session", 503, "store_unavailable"},
		{"POST", "/auth/challenge", 503, "store_unavailable"},
		{"GET", "/", 200, "Sign in with NEAR"},
		{"GET", "/healthz", 200, "ok"},
	} {
		took := time.Hour
		for range 3 { // the best of three: the machine may be busy
			begun := time.Now()
			res, body := p.Do(person, c.method, c.path, "")
			took = min(took, time.Since(begun))
			exampletest.Expect(t, c.path, res, body, c.status, c.code)
			if len(res.Cookies()) != 0 {
				t.Errorf("%s sets a cookie", c.path)
			}
		}
		if took > time.Second {
			t.Errorf("%s took %v", c.path, took)
		}
	}
	res, body = p.Do(other, "POST", "/auth/verify", `{"accountId":"alice.testnet"}`)
	exampletest.Expect(t, "verify", res, body, 503, "store_unavailable")
	res, body = p.Do(other, "POST", "/auth/logout", "")
	exampletest.Expect(t, "logout", res, body, 503, "store_unavailable")
	if got := res.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "nearauth=;") {
		t.Errorf("logout does not clear the cookie: %q", got)
	}
	redis.Resume()
	time.Sleep(50 * time.Millisecond)
	res, body = p.Do(person, "GET", "/api/me", "")
	exampletest.Expect(t, "after the hang", res, body, 200, "alice.testnet")
}

// What Redis holds opens no session and redeems no challenge, and all of it
// goes by itself.
func TestNoSecretInRedis(t *testing.T) {
	t.Parallel()
	node, redis, instances := exampletest.OnRedis(t, 1)
	p, w, person := instances[0], exampletest.NewWallet("alice.testnet"), exampletest.Browser()
	_ = node.AddFullAccessKey(w.Account, w.Key())
	p.SignIn(person, w)
	_, body := p.Do(person, "POST", "/auth/challenge", "")
	var c struct{ Nonce string }
	_ = json.Unmarshal([]byte(body), &c)
	secrets := []string{c.Nonce, strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(c.Nonce), "=")}
	for _, cookie := range p.Cookies(person) {
		secrets = append(secrets, strings.Split(cookie.Value, ".")...)
	}
	if len(secrets) != 5 {
		t.Fatalf("%d secrets to look for", len(secrets))
	}
	keys := redis.Do(t, "KEYS", "*").([]any)
	if len(keys) != 4 { // a session, its account's index, a challenge, the site's epoch
		t.Errorf("%d keys: %s", len(keys), keys)
	}
	for _, k := range keys {
		if ttl := redis.Do(t, "PTTL", k).(int64); ttl <= 0 {
			t.Errorf("%s: time to live %d", k, ttl)
		}
		dump := string(k.([]byte)) + string(redis.Do(t, "DUMP", k).([]byte)) + p.Log()
		for i, s := range secrets {
			if strings.Contains(dump, s) {
				t.Errorf("%s or the log holds secret %d", k, i)
			}
		}
	}
}
