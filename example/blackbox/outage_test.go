package blackbox

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// outage is a Redis that answers, and refuses.
type outage struct {
	args   []string // of redis-server
	begin  func(t *testing.T, s *site) (end func())
	reads  []int // what a protected page may answer meanwhile: the last of these, or others
	logout int   // what a sign-out answers
}

var outages = map[string]outage{
	"OOM": {
		args: []string{"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"},
		begin: func(t *testing.T, s *site) func() {
			fill(t, s)
			// And not a byte more, whatever its own connections give back.
			s.redis.Do(t, "CONFIG", "SET", "maxmemory", "1")
			return func() {
				s.redis.Do(t, "EVAL", "for _, k in ipairs(redis.call('KEYS', 'filler*')) do redis.call('DEL', k) end", 0)
				s.redis.Do(t, "CONFIG", "SET", "maxmemory", "3mb")
			}
		},
		reads: []int{200}, logout: 204, // neither needs memory
	},
	"READONLY": {
		begin: func(t *testing.T, s *site) func() {
			s.redis.Do(t, "REPLICAOF", "127.0.0.1", "1")
			return func() { s.redis.Do(t, "REPLICAOF", "NO", "ONE") }
		},
		reads: []int{200, 503}, logout: 503, // 200 until a connection has noticed
	},
	"NOAUTH": {
		begin: func(t *testing.T, s *site) func() {
			c, err := redis.Dial("tcp", s.redis.Addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			do := func(command string, args ...any) {
				if _, err := c.Do(command, args...); err != nil {
					t.Fatal(err)
				}
			}
			do("CONFIG", "SET", "requirepass", "a new password")
			do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") // those who were there before may stay
			return func() { do("CONFIG", "SET", "requirepass", "") }
		},
		reads: []int{503}, logout: 503,
	},
	"LOADING": {
		// A millisecond for each key, and answers between them.
		args: []string{"--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"},
		begin: func(t *testing.T, s *site) func() {
			s.redis.Do(t, "EVAL", "for i = 1, 2000 do redis.call('SET', 'filler' .. i, string.rep('x', 1000)) end", 0)
			s.redis.Do(t, "SAVE")
			s.redis.Kill()
			loaded := make(chan error)
			go func() { loaded <- s.redis.Run() }()
			s.within(5*time.Second, "LOADING", func() bool {
				c, err := redis.Dial("tcp", s.redis.Addr, redis.DialReadTimeout(time.Second))
				if err != nil {
					return false
				}
				defer c.Close()
				_, err = c.Do("PING")
				return err != nil && strings.HasPrefix(err.Error(), "LOADING")
			})
			return func() {
				if err := <-loaded; err != nil {
					t.Fatal(err)
				}
			}
		},
		reads: []int{503}, logout: 503,
	},
}

// T53: Redis answers that it has no memory left, is a replica now, wants a
// password, or is loading. What needs it is 503, cookies stay, the process
// lives; a sign-out counts; and when the cause has gone all is as before.
// Redis only.
func TestT53RedisRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range outages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t, o.args...)
			o.run(t, onServer(t, server, server.URL()))
		})
	}
}

func (o outage) run(t *testing.T, s *site) {
	c, w := s.signedIn("alice.testnet")
	leaving, _ := s.signedIn("bob.testnet")
	old := cookieHeader(s, leaving)
	late, lw := s.person("late.testnet")
	answer := s.a.Signed(late, lw)
	before, begun := len(s.a.Log()), time.Now()
	end := o.begin(t, s)

	for range 3 {
		res, body := s.a.Do(c, "GET", "/api/me", "")
		if !only(map[int]int{res.StatusCode: 1}, o.reads...) && res.StatusCode != o.reads[0] {
			t.Errorf("a protected page: %d %s, want %d", res.StatusCode, body, o.reads)
		}
		if len(res.Cookies()) != 0 {
			t.Errorf("a protected page sets %v", res.Cookies())
		}
		res, body = s.a.Do(exampletest.Browser(), "POST", "/auth/challenge", "")
		unavailable(t, "challenge", res, body, "store_unavailable")
		res, body = s.a.Do(c, "GET", "/", "")
		exampletest.Expect(t, "a public page", res, body, 200, "")
	}
	res, body := s.a.Do(late, "POST", "/auth/verify", answer)
	unavailable(t, "verify", res, body, "store_unavailable")
	res, body = s.a.Do(leaving, "POST", "/auth/logout", "")
	exampletest.Expect(t, "logout", res, body, o.logout, "")
	if got := res.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "nearauth=;") {
		t.Errorf("logout does not clear the cookie: %q", got)
	}
	notServed(t, s.a, "meanwhile", old)
	loggedSeldom(t, said(s.a)[before:], time.Since(begun))

	end()
	notServed(t, s.a, "afterwards", old)
	s.within(5*time.Second, "recovery", func() bool {
		res, _ := s.a.Do(c, "GET", "/api/me", "")
		return res.StatusCode == 200
	})
	s.within(5*time.Second, "the sign-out, on the other instance", func() bool {
		res, _, err := ask(exampletest.Browser(), "GET", s.b.URL+"/api/me", "", "Cookie: "+old)
		return statusOf(res, err) == 401
	})
	res, body = s.b.Do(c, "GET", "/api/me", "")
	exampletest.Expect(t, "who stayed", res, body, 200, w.Account)
	res, body = s.a.SignIn(late, lw)
	exampletest.Expect(t, "a sign-in afterwards", res, body, 200, lw.Account)
}

// T53: a key of the session store holds something else (WRONGTYPE). Only that
// session is out of order: it is 503 and not an error page, the person can sign
// out and in again, and others notice nothing.
func TestT53WrongType(t *testing.T) {
	t.Parallel()
	s := onRedis(t)
	other, ow := s.signedIn("bob.testnet")
	before := s.redisKeys('s')
	c, w := s.signedIn("alice.testnet")
	spoilt := 0
	for _, k := range s.redisKeys('s') {
		if !strings.Contains(strings.Join(before, " "), k) {
			s.redis.Do(t, "DEL", k)
			s.redis.Do(t, "LPUSH", k, "x")
			spoilt++
		}
	}
	if spoilt != 1 {
		t.Fatalf("%d keys were spoilt", spoilt)
	}
	for _, path := range []string{"/api/me", "/private", "/auth/session", "/auth/sessions"} {
		res, body := s.a.Do(c, "GET", path, "")
		unavailable(t, path, res, body, "store_unavailable")
		res, body = s.a.Do(other, "GET", "/api/me", "")
		exampletest.Expect(t, "others", res, body, 200, ow.Account)
	}
	old := cookieHeader(s, c)
	res, body := s.a.Do(c, "POST", "/auth/logout", "")
	unavailable(t, "logout", res, body, "store_unavailable")
	if got := res.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "nearauth=;") {
		t.Errorf("logout does not clear the cookie: %q", got)
	}
	notServed(t, s.a, "after the sign-out", old)
	res, body = s.a.SignIn(c, w)
	exampletest.Expect(t, "sign in again", res, body, 200, w.Account)
	res, body = s.b.Do(c, "GET", "/api/me", "")
	exampletest.Expect(t, "the new session", res, body, 200, w.Account)
}

// notServed fails the test if cookies of an ended session open anything.
func notServed(t *testing.T, p *exampletest.Process, when, cookies string) {
	t.Helper()
	res, body, err := ask(&http.Client{}, "GET", p.URL+"/api/me", "", "Cookie: "+cookies)
	if status := statusOf(res, err); status != 401 && status != 503 {
		t.Errorf("the ended session, %s: %d %s %v", when, status, body, err)
	}
}

var failed = regexp.MustCompile(`level=(WARN|ERROR).*`)

// loggedSeldom fails the test if an outage that took so long made more than a
// line a second of each kind, or none.
func loggedSeldom(t *testing.T, log string, took time.Duration) {
	t.Helper()
	n := map[string]int{}
	for _, line := range failed.FindAllString(log, -1) {
		what, _, _ := strings.Cut(line, " error=")
		n[what]++
	}
	if len(n) == 0 {
		t.Error("nothing was logged")
	}
	for what, n := range n {
		if n > int(took/time.Second)+1 {
			t.Errorf("%d times in %v: %s", n, took, what)
		}
	}
}

// errorsIn is what a process has logged of failures.
func errorsIn(p *exampletest.Process) string {
	return strings.Join(failed.FindAllString(said(p), -1), "\n")
}

// fill writes until Redis has no memory left.
func fill(t *testing.T, s *site) {
	t.Helper()
	c, err := redis.Dial("tcp", s.redis.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := 0
	for _, size := range []int{10_000, 100} {
		for err = nil; err == nil; n++ {
			_, err = c.Do("SET", fmt.Sprint("filler", n), strings.Repeat("x", size))
		}
		if !strings.HasPrefix(err.Error(), "OOM") || n > 10_000 {
			t.Fatal(err, n)
		}
	}
}
