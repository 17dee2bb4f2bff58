package blackbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// moreMemory is what a flood may cost a process that holds back nearly all of
// it: buffers, connections and what the collector has not taken yet.
const moreMemory = 48 << 20

// T44: one client asks for a thousand challenges a second, for 60 s (5 s
// without -full). It gets those of its rate, and others get theirs.
func TestT44FloodFromOneAddress(t *testing.T) {
	// Not parallel: it is all of the machine, and others would run into time limits.
	onBoth(t, func(t *testing.T, s *site) {
		attacker, other := browserAt("127.0.0.1"), browserAt("127.0.0.2")
		defer hangUp(attacker)
		defer hangUp(other)
		before := s.a.Memory()
		var l tally
		var badRetry atomic.Int64
		begun := time.Now()
		challenge := func(c *http.Client) (*http.Response, error) {
			res, _, err := ask(c, "POST", s.a.URL+"/auth/challenge", "", fromSite)
			return res, err
		}
		sent := flood(1000, short(5*time.Second, time.Minute), func(i int) {
			res, err := challenge(attacker)
			l.add(statusOf(res, err), 0)
			if err == nil && res.StatusCode == 429 {
				if wait, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 {
					badRetry.Add(1)
				}
			}
			if i%1000 == 999 {
				res, err := challenge(other)
				if statusOf(res, err) != 200 {
					t.Errorf("the other client: %v, %v", statusOf(res, err), err)
				}
			}
		})
		n, _ := l.next()
		allowed := 60 + int(time.Since(begun)/time.Second) + 2
		if strings.Contains(said(s.a), "counted by this process alone") {
			allowed *= 2 // Redis did not keep up for a moment, and then the process has a count of its own
		}
		t.Logf("%d sent: %v", sent, n)
		if sent < 1000 || !only(n, 200, 429) || n[200] < 60 || n[200] > allowed {
			t.Errorf("%d sent, of which at most %d may be answered 200: %v", sent, allowed, n)
		}
		if badRetry.Load() > 0 {
			t.Errorf("%d times 429 without a Retry-After that helps", badRetry.Load())
		}
		if more := s.a.Memory() - before; more > moreMemory {
			t.Errorf("%d MB more memory", more>>20)
		}
		// The challenges, and the counters of two clients and of the site.
		if keys := s.keys(); keys > allowed+sent/1000+6 {
			t.Errorf("%d keys in Redis", keys)
		}
	}, "-rate-limit", "60")
}

// T45: the same from 10,000 addresses, none of which asks for much. The site as
// a whole has a rate too; what it lets through is what is stored. Who has signed
// in notices nothing, and who has a challenge already can redeem it.
func TestT45FloodFromManyAddresses(t *testing.T) {
	// Not parallel: it is all of the machine, and others would run into time limits.
	addresses := 2000
	if *full {
		addresses = 10_000
	}
	onBoth(t, func(t *testing.T, s *site) {
		signedIn, _ := s.signedIn("alice.testnet")
		late, w := s.person("bob.testnet")
		answer := s.a.Signed(late, w)
		attacker := browserAt("127.0.0.1")
		defer hangUp(attacker)
		before := s.a.Memory()
		visits, stop := keepAsking(s.a, "/api/me", signedIn)
		defer stop()
		var l tally
		begun := time.Now()
		sent := flood(1000, short(4*time.Second, time.Minute), func(i int) {
			from := fmt.Sprintf("X-Forwarded-For: 203.%d.%d.%d", 1+i%addresses>>16, i%addresses>>8&255, i%addresses&255)
			res, _, err := ask(attacker, "POST", s.a.URL+"/auth/challenge", "", fromSite, from)
			l.add(statusOf(res, err), 0)
		})
		n, _ := l.next()
		allowed := 600 + 10*int(time.Since(begun)/time.Second) + 20
		if strings.Contains(said(s.a), "counted by this process alone") {
			allowed *= 2
		}
		t.Logf("%d sent: %v", sent, n)
		if sent < min(addresses, 1000) || !only(n, 200, 429) || n[200] < 300 || n[200] > allowed {
			t.Errorf("%d sent, of which at most %d may be answered 200: %v", sent, allowed, n)
		}
		res, body := s.a.Do(late, "POST", "/auth/verify", answer)
		exampletest.Expect(t, "a challenge from before", res, body, 200, w.Account)
		stop()
		if n, _ := visits.next(); !only(n, 200) {
			t.Errorf("who has signed in: %v", n)
		}
		if more := s.a.Memory() - before; more > moreMemory {
			t.Errorf("%d MB more memory", more>>20)
		}
		// A challenge and a counter each, and a few of those who are people.
		if keys := s.keys(); keys > 2*allowed+20 {
			t.Errorf("%d keys in Redis", keys)
		}
	}, "-rate-limit", "6", "-trusted-proxy", "127.0.0.0/8")
}

// T46: headers that claim another address. Nobody is believed but the proxies
// that are configured, and they only about who talked to them. Each group is
// one client, so of three requests the last is one too many.
func TestT46ForwardedAddresses(t *testing.T) {
	t.Parallel()
	anything := []string{"X-Forwarded-For: 203.0.113.%d", "X-Real-IP: 203.0.113.%d", "Forwarded: for=203.0.113.%d", "True-Client-IP: 203.0.113.%d", "CF-Connecting-IP: 203.0.113.%d", "X-Forwarded-For: 2001:db8:%d::1", "X-Client-IP: 203.0.113.%d", "Via: 1.1 203.0.113.%d"}
	t.Run("no proxy", func(t *testing.T) {
		onBoth(t, func(t *testing.T, s *site) {
			n := 0
			for i := range 20 {
				var headers []string
				for _, h := range anything {
					headers = append(headers, fmt.Sprintf(h, i))
				}
				res, _, err := ask(exampletest.Browser(), "POST", s.a.URL+"/auth/challenge", "", append(headers, fromSite)...)
				if status := statusOf(res, err); status == 200 {
					n++
				} else if status != 429 {
					t.Errorf("%d, %v", status, err)
				}
			}
			if n < 2 || n > 5 { // two at once, and what comes back in this time
				t.Errorf("%d of 20 answered 200", n)
			}
		}, "-rate-limit", "2")
	})
	groups := map[string][3][]string{
		"no header":                {{}, {}, {}},
		"its address":              {{"X-Forwarded-For: 198.51.100.1"}, {"X-Forwarded-For: 198.51.100.1"}, {"X-Forwarded-For: 198.51.100.1"}},
		"other headers beside":     {{"X-Forwarded-For: 198.51.100.2", "X-Real-IP: 1.1.1.1"}, {"X-Forwarded-For: 198.51.100.2", "Forwarded: for=1.1.1.2"}, {"X-Forwarded-For: 198.51.100.2", "X-Real-IP: 1.1.1.3"}},
		"invented hops before it":  {{"X-Forwarded-For: 1.1.1.1, 198.51.100.3"}, {"X-Forwarded-For: 1.1.1.2,1.1.1.3, 198.51.100.3"}, {"X-Forwarded-For: 1.1.1.4", "X-Forwarded-For: 198.51.100.3"}},
		"our own proxies after it": {{"X-Forwarded-For: 198.51.100.4, 127.0.0.9"}, {"X-Forwarded-For: 1.1.1.5, 198.51.100.4, 127.0.0.8, 127.0.0.7"}, {"X-Forwarded-For: 198.51.100.4"}},
		"one /64":                  {{"X-Forwarded-For: 2001:db8:1:1::1"}, {"X-Forwarded-For: 2001:DB8:1:1:ffff:ffff:ffff:ffff"}, {"X-Forwarded-For: 2001:0db8:0001:0001:0000:0000:0000:0abc"}},
		"brackets, port and zone":  {{"X-Forwarded-For: [2001:db8:2:2::1]"}, {"X-Forwarded-For: [2001:db8:2:2::2]:443"}, {"X-Forwarded-For: 2001:db8:2:2::3%eth0"}},
		"IPv4 as IPv6":             {{"X-Forwarded-For: ::ffff:198.51.100.5"}, {"X-Forwarded-For: ::FFFF:c633:6405"}, {"X-Forwarded-For: 198.51.100.5:1234"}},
	}
	t.Run("a proxy", func(t *testing.T) {
		onBoth(t, func(t *testing.T, s *site) {
			for what, group := range groups {
				begun := time.Now()
				for i, headers := range group {
					res, body, err := ask(exampletest.Browser(), "POST", s.a.URL+"/auth/challenge", "", append(headers, fromSite)...)
					if err != nil {
						t.Fatal(err)
					}
					want := 200
					if i == 2 {
						want = 429
					}
					// A minute has two, so within half of one none comes back.
					if time.Since(begun) < 25*time.Second && res.StatusCode != want {
						t.Errorf("%s, %d: %d %s, want %d", what, i, res.StatusCode, body, want)
					}
				}
			}
		}, "-rate-limit", "2", "-trusted-proxy", "127.0.0.0/8")
	})
}

// T47: somebody gets sign-ins wrong for another's account, to lock it out: with
// keys of his own, with bad signatures, with challenges for that account, as
// fast as the limits of ten addresses let him. There is nothing to lock.
func TestT47NoLockout(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("victim.testnet")
		c.Transport = browserAt("127.0.0.99").Transport
		mine := s.a.Signed(c, w) // before it begins
		wrong := 0
		for a := range 10 {
			attacker := browserAt(fmt.Sprint("127.0.0.", 10+a))
			for i := range 20 {
				res, body := s.a.Do(attacker, "POST", "/auth/challenge", `{"accountId":"victim.testnet"}`)
				exampletest.Expect(t, "a challenge", res, body, 200, "")
				forged := exampletest.NewWallet("victim.testnet")
				answer := s.a.Signed(attacker, forged)
				if i%2 == 0 { // the victim's own key, and no signature
					answer = strings.Replace(answer, forged.Key(), w.Key(), 1)
				}
				if res, _ := s.a.Do(attacker, "POST", "/auth/verify", answer); res.StatusCode == 401 {
					wrong++
				}
			}
			hangUp(attacker)
		}
		if wrong != 200 {
			t.Errorf("%d wrong sign-ins, want 200", wrong)
		}
		res, body := s.a.Do(c, "POST", "/auth/verify", mine)
		exampletest.Expect(t, "the challenge from before", res, body, 200, w.Account)
		res, body = s.b.SignIn(without(c), w)
		exampletest.Expect(t, "another sign-in", res, body, 200, w.Account)
		hangUp(c)
	}, "-rate-limit", "60")
}

// keys is how many keys there are in Redis; none in memory.
func (s *site) keys() int {
	s.t.Helper()
	if s.redis == nil {
		return 0
	}
	return int(s.redis.Do(s.t, "DBSIZE").(int64))
}
