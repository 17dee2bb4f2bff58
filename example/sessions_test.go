package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// listed is GET /auth/sessions as a front end reads it.
type listed struct {
	Sessions []struct {
		ID      string
		Current bool
	}
}

func (p *process) list(c *http.Client) (l listed) {
	p.t.Helper()
	res, body := p.do(c, "GET", "/auth/sessions", "")
	expect(p.t, "list", res, body, 200, `"sessions":[`)
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		p.t.Fatal(err)
	}
	return l
}

// What is ended on one instance has ended on the other at the next request:
// one session by its id, all others, and all.
func TestSessionsEndOnBothInstances(t *testing.T) {
	t.Parallel()
	node, _, instances := onRedis(t, 2)
	a, b := instances[0], instances[1]
	w := newWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.account, w.key())
	people := make([]*http.Client, 5)
	for i := range people {
		people[i] = browser()
		res, body := instances[i%2].signIn(people[i], w)
		expect(t, "sign in", res, body, 200, "alice.testnet")
	}
	me := func(p *process, i, status int) {
		t.Helper()
		res, body := p.do(people[i], "GET", "/api/me", "")
		expect(t, fmt.Sprint("person ", i), res, body, status, "")
	}
	var ids [5]string
	for i := range people {
		for _, s := range b.list(people[i]).Sessions {
			if s.Current {
				ids[i] = s.ID
			}
		}
	}
	me(b, 1, 200)
	res, body := a.do(people[0], "DELETE", "/auth/sessions/"+ids[1], "")
	expect(t, "revoke one", res, body, 204, "")
	me(b, 1, 401)
	me(a, 1, 401)
	res, body = a.do(people[0], "DELETE", "/auth/sessions/"+ids[1], "")
	expect(t, "revoke it again", res, body, 404, "session_not_found")
	if n := len(b.list(people[0]).Sessions); n != 4 {
		t.Errorf("%d sessions listed", n)
	}
	res, body = a.do(people[2], "POST", "/auth/logout?scope=others", "")
	expect(t, "logout of the others", res, body, 204, "")
	for i, status := range []int{401, 401, 200, 401, 401} {
		me(b, i, status)
	}
	a.signIn(people[0], w)
	res, body = b.do(people[0], "POST", "/auth/logout?scope=all", "")
	expect(t, "logout of all", res, body, 204, "")
	me(a, 0, 401)
	me(a, 2, 401)
}

// Two instances under load, sessions revoked on one: no request that begins on
// the other a tenth of a second later is served.
func TestRevokedUnderLoad(t *testing.T) {
	node, _, instances := onRedis(t, 2)
	a, b := instances[0], instances[1]
	w := newWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.account, w.key())
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	var served, late atomic.Int64
	for range rounds {
		person, admin := browser(), browser()
		a.signIn(person, w)
		a.signIn(admin, w)
		var revoked atomic.Int64 // Unix nanoseconds; 0 is not yet
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					begun, since := time.Now(), revoked.Load()
					res, _ := b.do(person, "GET", "/api/me", "")
					if res.StatusCode != 200 {
						continue
					}
					served.Add(1)
					if since != 0 && begun.UnixNano()-since > int64(100*time.Millisecond) {
						late.Add(1)
					}
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		res, body := a.do(admin, "POST", "/auth/logout?scope=others", "")
		revoked.Store(time.Now().UnixNano())
		expect(t, "revoke", res, body, 204, "")
		time.Sleep(300 * time.Millisecond)
		close(stop)
		wg.Wait()
	}
	t.Logf("%d requests served before, %d after", served.Load(), late.Load())
	if served.Load() < 100 || late.Load() != 0 {
		t.Errorf("%d requests served, %d of them 100 ms after the revocation", served.Load(), late.Load())
	}
}

// A key that leaves the chain ends its sessions within the interval and one
// request. A chain that hangs slows nobody down within the grace; after it the
// answer is 503; and when the chain is back the session lives.
func TestKeyRemovedFromTheChain(t *testing.T) {
	t.Parallel()
	const interval, grace = 2 * time.Second, 3 * time.Second
	node, _, instances := onRedis(t, 2, "-recheck", interval.String(), "-recheck-grace", grace.String())
	a, b := instances[0], instances[1]
	alice, bob := newWallet("alice.testnet"), newWallet("bob.testnet")
	_ = node.AddFullAccessKey(alice.account, alice.key())
	_ = node.AddFullAccessKey(bob.account, bob.key())
	one, two, other := browser(), browser(), browser()
	for _, s := range []struct {
		p *process
		c *http.Client
		w wallet
	}{{a, one, alice}, {b, two, alice}, {a, other, bob}} {
		res, body := s.p.signIn(s.c, s.w)
		expect(t, "sign in", res, body, 200, "")
	}
	node.DeleteKey(alice.account, alice.key())
	time.Sleep(interval + interval/5 + 100*time.Millisecond)
	a.do(one, "GET", "/api/me", "") // the request beside which the chain is asked
	time.Sleep(500 * time.Millisecond)
	for p, c := range map[*process]*http.Client{a: one, b: two} {
		res, body := p.do(c, "GET", "/api/me", "")
		expect(t, "after the key is gone", res, body, 401, "unauthenticated")
	}
	res, body := a.do(other, "GET", "/api/me", "")
	expect(t, "another account", res, body, 200, "bob.testnet")
	time.Sleep(300 * time.Millisecond) // its question has been answered by now

	node.Fault(nearrpctest.Hang())
	time.Sleep(interval + interval/5 + 100*time.Millisecond)
	var over time.Time // when the grace was over
	served := 0
	for begun := time.Now(); time.Since(begun) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
		asked := time.Now()
		res, body = a.do(other, "GET", "/api/me", "")
		if res.StatusCode != 200 {
			over = time.Now()
			break
		}
		served++
		if took := time.Since(asked); took > time.Second {
			t.Errorf("a request within the grace took %v", took)
		}
	}
	expect(t, "after the grace", res, body, 503, "chain_unavailable")
	if over.IsZero() || served < 20 || res.Header.Get("Retry-After") == "" || len(res.Cookies()) != 0 {
		t.Errorf("%d requests served within the grace, then %v", served, res.Header)
	}
	node.Fault(nil)
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(100 * time.Millisecond) {
		if res, body = a.do(other, "GET", "/api/me", ""); res.StatusCode == 200 {
			break
		}
		expect(t, "until the chain is asked again", res, body, 503, "chain_unavailable")
	}
	expect(t, "after the chain is back", res, body, 200, "bob.testnet")
}

// A client cannot choose under which name it is counted, unless it is a proxy
// that was declared.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	p := start(t, "-rate-limit", "5")
	forge := func(i int) http.Header {
		h := http.Header{}
		for name, values := range map[string][]string{
			"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", i), "::ffff:203.0.113.9", "2001:DB8::" + fmt.Sprint(i)},
			"X-Real-Ip":       {fmt.Sprintf("203.0.113.%d", i)},
			"Forwarded":       {fmt.Sprintf("for=203.0.113.%d", i)},
		} {
			h[name] = values[i%len(values) : i%len(values)+1]
		}
		return h
	}
	counts := map[int]int{}
	for i := range 20 {
		res, body := p.send("POST", "/auth/challenge", forge(i))
		counts[res.StatusCode]++
		if res.StatusCode == 429 && (!strings.Contains(body, "rate_limited") || res.Header.Get("Retry-After") == "" || res.Header.Get("Cache-Control") != "no-store") {
			t.Errorf("429 %s %v", body, res.Header)
		}
	}
	if counts[200] != 5 || counts[429] != 15 {
		t.Errorf("challenges: %v", counts)
	}
	if res, body := p.send("POST", "/auth/verify", nil); res.StatusCode != 400 {
		t.Errorf("verify has a count of its own: %d %s", res.StatusCode, body)
	}

	// Behind a declared proxy each client has its own count, in whatever form
	// its address is written.
	p = start(t, "-rate-limit", "5", "-trusted-proxy", "127.0.0.0/8")
	for name, forms := range map[string][]string{
		"IPv4": {"203.0.113.7", "::ffff:203.0.113.7", "::FFFF:203.0.113.7", "1.2.3.4, 203.0.113.7"},
		"/64":  {"2001:db8:1:2::1", "2001:DB8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:0db8:0001:0002:0:0:0:9"},
	} {
		counts := map[int]int{}
		for i := range 20 {
			res, _ := p.send("POST", "/auth/challenge", http.Header{"X-Forwarded-For": {forms[i%len(forms)]}})
			counts[res.StatusCode]++
		}
		if counts[200] != 5 || counts[429] != 15 {
			t.Errorf("%s: %v", name, counts)
		}
	}

	p = start(t, "-rate-limit", "off")
	for range 100 {
		if res, body := p.send("POST", "/auth/challenge", nil); res.StatusCode != 200 {
			t.Fatalf("off: %d %s", res.StatusCode, body)
		}
	}
}

// send makes a request without cookies.
func (p *process) send(method, path string, h http.Header) (*http.Response, string) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.url+path, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	for name, values := range h {
		r.Header[name] = values
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res, string(b)
}

// At most so many sessions an account: the oldest sign-in ends. And bad flags
// are told at start.
func TestSessionFlags(t *testing.T) {
	t.Parallel()
	node, _, instances := onRedis(t, 1, "-max-sessions", "2")
	p, w := instances[0], newWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.account, w.key())
	people := []*http.Client{browser(), browser(), browser()}
	for _, c := range people {
		p.signIn(c, w)
		time.Sleep(5 * time.Millisecond)
	}
	for i, status := range []int{401, 200, 200} {
		res, body := p.do(people[i], "GET", "/api/me", "")
		expect(t, fmt.Sprint("person ", i), res, body, status, "")
	}
	res, body := p.do(people[1], "GET", "/readyz", "")
	expect(t, "ready", res, body, 200, `{"chain":"ok","store":"ok"}`)
	node.Fault(nearrpctest.Down())
	time.Sleep(1100 * time.Millisecond)
	res, body = p.do(people[1], "GET", "/readyz", "")
	expect(t, "without the chain", res, body, 200, `{"chain":"unavailable","store":"ok"}`)
	for _, c := range []struct {
		ok   bool
		args []string
	}{
		{true, []string{"-rate-limit", "off", "-trusted-proxy", "10.0.0.0/8", "-trusted-proxy", "::1", "-max-sessions", "3", "-recheck", "15m"}},
		{false, []string{"-rate-limit", "0"}}, {false, []string{"-rate-limit", "many"}},
		{false, []string{"-trusted-proxy", "nowhere"}}, {false, []string{"-trusted-proxy", "0.0.0.0/0"}},
		{false, []string{"-max-sessions", "-1"}}, {false, []string{"-recheck", "-1s"}},
	} {
		s, err := parseSettings(append(c.args, "-origin", "http://localhost:8080"), func(string) string { return "" }, &output{})
		if err == nil {
			var a *app
			if a, err = newApp(s, slog.New(slog.DiscardHandler)); err == nil {
				a.close()
			}
		}
		if (err == nil) != c.ok {
			t.Errorf("%v: %v", c.args, err)
		}
	}
}
