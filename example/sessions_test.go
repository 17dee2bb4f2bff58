package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// listed is GET /auth/sessions as a front end reads it.
type listed struct {
	Sessions []struct {
		ID      string
		Current bool
	}
}

func list(t *testing.T, p *exampletest.Process, c *http.Client) (l listed) {
	t.Helper()
	res, body := p.Do(c, "GET", "/auth/sessions", "")
	exampletest.Expect(t, "list", res, body, 200, `"sessions":[`)
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// What is ended on one instance has ended on the other at the next request:
// one session by its id, all others, and all.
func TestSessionsEndOnBothInstances(t *testing.T) {
	t.Parallel()
	node, _, instances := exampletest.OnRedis(t, 2)
	a, b := instances[0], instances[1]
	w := exampletest.NewWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.Account, w.Key())
	people := make([]*http.Client, 5)
	for i := range people {
		people[i] = exampletest.Browser()
		res, body := instances[i%2].SignIn(people[i], w)
		exampletest.Expect(t, "sign in", res, body, 200, "alice.testnet")
	}
	me := func(p *exampletest.Process, i, status int) {
		t.Helper()
		res, body := p.Do(people[i], "GET", "/api/me", "")
		exampletest.Expect(t, fmt.Sprint("person ", i), res, body, status, "")
	}
	var ids [5]string
	for i := range people {
		for _, s := range list(t, b, people[i]).Sessions {
			if s.Current {
				ids[i] = s.ID
			}
		}
	}
	me(b, 1, 200)
	res, body := a.Do(people[0], "DELETE", "/auth/sessions/"+ids[1], "")
	exampletest.Expect(t, "revoke one", res, body, 204, "")
	me(b, 1, 401)
	me(a, 1, 401)
	res, body = a.Do(people[0], "DELETE", "/auth/sessions/"+ids[1], "")
	exampletest.Expect(t, "revoke it again", res, body, 404, "session_not_found")
	if n := len(list(t, b, people[0]).Sessions); n != 4 {
		t.Errorf("%d sessions listed", n)
	}
	res, body = a.Do(people[2], "POST", "/auth/logout?scope=others", "")
	exampletest.Expect(t, "logout of the others", res, body, 204, "")
	for i, status := range []int{401, 401, 200, 401, 401} {
		me(b, i, status)
	}
	a.SignIn(people[0], w)
	res, body = b.Do(people[0], "POST", "/auth/logout?scope=all", "")
	exampletest.Expect(t, "logout of all", res, body, 204, "")
	me(a, 0, 401)
	me(a, 2, 401)
}

// Two instances under load, sessions revoked on one: no request that begins on
// the other a tenth of a second later is served.
func TestRevokedUnderLoad(t *testing.T) {
	node, _, instances := exampletest.OnRedis(t, 2)
	a, b := instances[0], instances[1]
	w := exampletest.NewWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.Account, w.Key())
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	var served, late atomic.Int64
	for range rounds {
		person, admin := exampletest.Browser(), exampletest.Browser()
		a.SignIn(person, w)
		a.SignIn(admin, w)
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
					res, _ := b.Do(person, "GET", "/api/me", "")
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
		res, body := a.Do(admin, "POST", "/auth/logout?scope=others", "")
		revoked.Store(time.Now().UnixNano())
		exampletest.Expect(t, "revoke", res, body, 204, "")
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
	node, _, instances := exampletest.OnRedis(t, 2, "-recheck", interval.String(), "-recheck-grace", grace.String())
	a, b := instances[0], instances[1]
	alice, bob := exampletest.NewWallet("alice.testnet"), exampletest.NewWallet("bob.testnet")
	_ = node.AddFullAccessKey(alice.Account, alice.Key())
	_ = node.AddFullAccessKey(bob.Account, bob.Key())
	one, two, other := exampletest.Browser(), exampletest.Browser(), exampletest.Browser()
	for _, s := range []struct {
		p *exampletest.Process
		c *http.Client
		w exampletest.Wallet
	}{{a, one, alice}, {b, two, alice}, {a, other, bob}} {
		res, body := s.p.SignIn(s.c, s.w)
		exampletest.Expect(t, "sign in", res, body, 200, "")
	}
	node.DeleteKey(alice.Account, alice.Key())
	time.Sleep(interval + interval/5 + 100*time.Millisecond)
	a.Do(one, "GET", "/api/me", "") // the request beside which the chain is asked
	time.Sleep(500 * time.Millisecond)
	for p, c := range map[*exampletest.Process]*http.Client{a: one, b: two} {
		res, body := p.Do(c, "GET", "/api/me", "")
		exampletest.Expect(t, "after the key is gone", res, body, 401, "unauthenticated")
	}
	res, body := a.Do(other, "GET", "/api/me", "")
	exampletest.Expect(t, "another account", res, body, 200, "bob.testnet")
	time.Sleep(300 * time.Millisecond) // its question has been answered by now

	node.Fault(nearrpctest.Hang())
	time.Sleep(interval + interval/5 + 100*time.Millisecond)
	var over time.Time // when the grace was over
	served := 0
	for begun := time.Now(); time.Since(begun) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
		asked := time.Now()
		res, body = a.Do(other, "GET", "/api/me", "")
		if res.StatusCode != 200 {
			over = time.Now()
			break
		}
		served++
		if took := time.Since(asked); took > time.Second {
			t.Errorf("a request within the grace took %v", took)
		}
	}
	exampletest.Expect(t, "after the grace", res, body, 503, "chain_unavailable")
	if over.IsZero() || served < 20 || res.Header.Get("Retry-After") == "" || len(res.Cookies()) != 0 {
		t.Errorf("%d requests served within the grace, then %v", served, res.Header)
	}
	node.Fault(nil)
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(100 * time.Millisecond) {
		if res, body = a.Do(other, "GET", "/api/me", ""); res.StatusCode == 200 {
			break
		}
		exampletest.Expect(t, "until the chain is asked again", res, body, 503, "chain_unavailable")
	}
	exampletest.Expect(t, "after the chain is back", res, body, 200, "bob.testnet")
}

// A client cannot choose under which name it is counted, unless it is a proxy
// that was declared.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	p := exampletest.Start(t, "-rate-limit", "5")
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
		res, body := send(t, p, "POST", "/auth/challenge", forge(i))
		counts[res.StatusCode]++
		if res.StatusCode == 429 && (!strings.Contains(body, "rate_limited") || res.Header.Get("Retry-After") == "" || res.Header.Get("Cache-Control") != "no-store") {
			t.Errorf("429 %s %v", body, res.Header)
		}
	}
	if counts[200] != 5 || counts[429] != 15 {
		t.Errorf("challenges: %v", counts)
	}
	if res, body := send(t, p, "POST", "/auth/verify", nil); res.StatusCode != 400 {
		t.Errorf("verify has a count of its own: %d %s", res.StatusCode, body)
	}

	// Behind a declared proxy each client has its own count, in whatever form
	// its address is written.
	p = exampletest.Start(t, "-rate-limit", "5", "-trusted-proxy", "127.0.0.0/8")
	for name, forms := range map[string][]string{
		"IPv4": {"203.0.113.7", "::ffff:203.0.113.7", "::FFFF:203.0.113.7", "1.2.3.4, 203.0.113.7"},
		"/64":  {"2001:db8:1:2::1", "2001:DB8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:0db8:0001:0002:0:0:0:9"},
	} {
		counts := map[int]int{}
		for i := range 20 {
			res, _ := send(t, p, "POST", "/auth/challenge", http.Header{"X-Forwarded-For": {forms[i%len(forms)]}})
			counts[res.StatusCode]++
		}
		if counts[200] != 5 || counts[429] != 15 {
			t.Errorf("%s: %v", name, counts)
		}
	}

	p = exampletest.Start(t, "-rate-limit", "off")
	for range 100 {
		if res, body := send(t, p, "POST", "/auth/challenge", nil); res.StatusCode != 200 {
			t.Fatalf("off: %d %s", res.StatusCode, body)
		}
	}
}

// send makes a request without cookies.
func send(t *testing.T, p *exampletest.Process, method, path string, h http.Header) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, p.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range h {
		r.Header[name] = values
	}
	return p.Send(http.DefaultClient, r)
}

// At most so many sessions an account: the oldest sign-in ends.
func TestMaxSessions(t *testing.T) {
	t.Parallel()
	node, _, instances := exampletest.OnRedis(t, 1, "-max-sessions", "2")
	p, w := instances[0], exampletest.NewWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.Account, w.Key())
	people := []*http.Client{exampletest.Browser(), exampletest.Browser(), exampletest.Browser()}
	for _, c := range people {
		p.SignIn(c, w)
		time.Sleep(5 * time.Millisecond)
	}
	for i, status := range []int{401, 200, 200} {
		res, body := p.Do(people[i], "GET", "/api/me", "")
		exampletest.Expect(t, fmt.Sprint("person ", i), res, body, status, "")
	}
	res, body := p.Do(people[1], "GET", "/readyz", "")
	exampletest.Expect(t, "ready", res, body, 200, `{"chain":"ok","store":"ok"}`)
	node.Fault(nearrpctest.Down())
	time.Sleep(1100 * time.Millisecond)
	res, body = p.Do(people[1], "GET", "/readyz", "")
	exampletest.Expect(t, "without the chain", res, body, 200, `{"chain":"unavailable","store":"ok"}`)
}
