package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// onRedis starts n instances of the example as one site on one Redis.
func onRedis(t *testing.T, n int, flags ...string) (*nearrpctest.Node, *redistest.Server, []*process) {
	t.Helper()
	redis := redistest.Start(t)
	node := nearrpctest.NewNode("testnet")
	chain, err := nearrpctest.Serve(node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = chain.Close() })
	var instances []*process
	for range n {
		p := start(t, append([]string{"-origin", "http://localhost:8080", "-network", "testnet", "-rpc", chain.URL, "-redis", redis.URL(), "-rate-limit", "off"}, flags...)...)
		instances = append(instances, p)
	}
	return node, redis, instances
}

// Two instances on one Redis are one site: a session of one is one of the
// other, and its end too.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	node, _, instances := onRedis(t, 2)
	a, b := instances[0], instances[1]
	w, person := newWallet("alice.testnet"), browser()
	_ = node.AddFullAccessKey(w.account, w.key())
	res, body := a.signIn(person, w)
	expect(t, "sign in", res, body, 200, "alice.testnet")
	res, body = b.do(person, "GET", "/api/me", "")
	expect(t, "the other instance", res, body, 200, `{"accountId":"alice.testnet"}`)
	res, body = b.do(person, "POST", "/auth/logout?scope=all", "")
	expect(t, "logout there", res, body, 204, "")
	res, body = a.do(person, "GET", "/api/me", "")
	expect(t, "here again", res, body, 401, "unauthenticated")
}

// With Redis hanging nothing succeeds, nothing is a 500, everything answers
// within a second or so, and afterwards the session lives.
func TestRedisHangs(t *testing.T) {
	t.Parallel()
	node, redis, instances := onRedis(t, 1)
	p, w, person := instances[0], newWallet("alice.testnet"), browser()
	_ = node.AddFullAccessKey(w.account, w.key())
	res, body := p.signIn(person, w)
	expect(t, "sign in", res, body, 200, "")
	other := browser()
	p.signIn(other, w)
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
			res, body := p.do(person, c.method, c.path, "")
			took = min(took, time.Since(begun))
			expect(t, c.path, res, body, c.status, c.code)
			if len(res.Cookies()) != 0 {
				t.Errorf("%s sets a cookie", c.path)
			}
		}
		if took > time.Second {
			t.Errorf("%s took %v", c.path, took)
		}
	}
	res, body = p.do(other, "POST", "/auth/verify", `{"accountId":"alice.testnet"}`)
	expect(t, "verify", res, body, 503, "store_unavailable")
	res, body = p.do(other, "POST", "/auth/logout", "")
	expect(t, "logout", res, body, 503, "store_unavailable")
	if got := res.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "nearauth=;") {
		t.Errorf("logout does not clear the cookie: %q", got)
	}
	redis.Resume()
	time.Sleep(50 * time.Millisecond)
	res, body = p.do(person, "GET", "/api/me", "")
	expect(t, "after the hang", res, body, 200, "alice.testnet")
}

func site(t *testing.T, p *process) *url.URL {
	t.Helper()
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// What Redis holds opens no session and redeems no challenge, and all of it
// goes by itself.
func TestNoSecretInRedis(t *testing.T) {
	t.Parallel()
	node, redis, instances := onRedis(t, 1)
	p, w, person := instances[0], newWallet("alice.testnet"), browser()
	_ = node.AddFullAccessKey(w.account, w.key())
	p.signIn(person, w)
	_, body := p.do(person, "POST", "/auth/challenge", "")
	var c struct{ Nonce string }
	_ = json.Unmarshal([]byte(body), &c)
	secrets := []string{c.Nonce, strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(c.Nonce), "=")}
	for _, cookie := range person.Jar.Cookies(site(t, p)) {
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
		dump := string(k.([]byte)) + string(redis.Do(t, "DUMP", k).([]byte)) + p.stderr.String()
		for i, s := range secrets {
			if strings.Contains(dump, s) {
				t.Errorf("%s or the log holds secret %d", k, i)
			}
		}
	}
}
