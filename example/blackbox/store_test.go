package blackbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// patience is how long an answer may take while a dependency hangs. The limits
// of the kit are shorter (a second, for Redis); this machine may be busy.
const patience = 4 * time.Second

// T50: Redis is killed between challenge and verify, and comes back empty. There
// is nothing to run in memory: a store that dies takes its process with it.
// Where the table says 401 at the end, our contract says 400.
func TestT50RedisKilledBetweenChallengeAndVerify(t *testing.T) {
	t.Parallel()
	s := onRedis(t)
	c, w := s.person("alice.testnet")
	answer := s.a.Signed(c, w)
	s.redis.Kill()
	for range 3 {
		begun := time.Now()
		res, body := s.a.Do(c, "POST", "/auth/verify", answer)
		unavailable(t, "verify", res, body, "store_unavailable")
		if took := time.Since(begun); took > patience {
			t.Errorf("verify took %v", took)
		}
	}
	s.restart()
	for _, p := range []*exampletest.Process{s.a, s.b} {
		res, body := p.Do(c, "POST", "/auth/verify", answer)
		exampletest.Expect(t, "the challenge that Redis has lost", res, body, 400, "challenge_invalid")
		s.within(5*time.Second, "from the beginning", func() bool { return signsIn(p, c, w) })
	}
}

// T50: the connection dies in the middle of a verify, after each number of bytes
// to or from Redis: before the challenge is taken, between that and the session,
// and after it. Whatever the person gets told is so. Redis only.
func TestT50RedisLostInTheMiddleOfVerify(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	line := wireTo(t, server.Addr)
	s := onServer(t, server, "redis://"+line.addr())
	outcomes := map[string]int{}
	for bytes := 0; bytes <= 600; bytes += 12 {
		for _, stream := range []string{"upstream", "downstream"} {
			outcomes[s.verifyCutOff(line, stream, bytes)]++
		}
	}
	t.Log(outcomes)
	if len(outcomes) != 3 {
		t.Errorf("not every moment was hit: %v", outcomes)
	}
}

// verifyCutOff signs in while the line breaks once the chain has been asked, and
// says what became of it.
func (s *site) verifyCutOff(line *wire, stream string, bytes int) string {
	s.t.Helper()
	what := fmt.Sprint(bytes, " bytes ", stream)
	c, w := s.person(fmt.Sprint(stream, "-", bytes, ".testnet"))
	var ch exampletest.Challenge
	s.within(5*time.Second, what+", a challenge", func() (ok bool) {
		ch, ok = challenge(s.a, c)
		return ok
	})
	answer := w.Sign(ch)
	s.node.Fault(nearrpctest.Only("query", func(http.ResponseWriter, *http.Request) bool {
		line.cut(stream, bytes)
		return false
	}))
	res, body := s.a.Do(c, "POST", "/auth/verify", answer)
	s.node.Fault(nil)
	line.heal()
	if res.StatusCode == 200 {
		res, body = s.b.Do(c, "GET", "/api/me", "")
		exampletest.Expect(s.t, what+", the session", res, body, 200, w.Account)
		return "signed in"
	}
	unavailable(s.t, what, res, body, "store_unavailable")
	// B has had no part in this, but its connections were as bad.
	s.within(5*time.Second, what+", again", func() bool {
		res, body = s.b.Do(c, "POST", "/auth/verify", answer)
		return res.StatusCode != 503
	})
	if res.StatusCode == 200 {
		return "not taken"
	}
	exampletest.Expect(s.t, what+", again", res, body, 400, "challenge_invalid")
	s.within(5*time.Second, what+", from the beginning", func() bool { return signsIn(s.b, c, w) })
	return "taken, and no session"
}

// T51: Redis hangs for 10 s (3 s without -full) while people use the site.
// Everything is 503 in time, nobody is signed out, nothing piles up, and when
// Redis goes on so does the site. Redis only: memory does not hang.
func TestT51RedisHangsUnderLoad(t *testing.T) {
	t.Parallel()
	s := onRedis(t)
	var people []*http.Client
	for i := range 12 {
		c := browserAt("127.0.0.1")
		w := exampletest.NewWallet(numbered(i))
		if err := s.node.AddFullAccessKey(w.Account, w.Key()); err != nil {
			t.Fatal(err)
		}
		res, body := s.a.SignIn(c, w)
		exampletest.Expect(t, "sign in", res, body, 200, w.Account)
		people = append(people, c)
	}
	visits, stop := keepAsking(s.a, "/api/me", people...)
	defer stop()
	time.Sleep(300 * time.Millisecond)
	if n, _ := visits.next(); !only(n, 200) {
		t.Errorf("before: %v", n)
	}
	s.redis.Pause()
	c, w := s.person("late.testnet")
	for end := time.Now().Add(short(3*time.Second, 10*time.Second)); time.Now().Before(end); {
		res, body := s.a.Do(c, "POST", "/auth/challenge", "")
		unavailable(t, "challenge", res, body, "store_unavailable")
		res, body = s.a.Do(people[0], "GET", "/auth/session", "")
		unavailable(t, "session", res, body, "store_unavailable")
		res, body = s.a.Do(c, "GET", "/", "")
		exampletest.Expect(t, "a public page", res, body, 200, "")
	}
	s.redis.Resume()
	n, worst := visits.next()
	t.Logf("while it hung: %v, the slowest took %v", n, worst)
	// A few had their answer before it hung, or got it when it went on.
	if !only(n, 200, 503) || n[200] > 3*len(people) || worst > patience {
		t.Errorf("while it hung: %v, the slowest took %v", n, worst)
	}
	s.within(5*time.Second, "recovery", func() bool {
		time.Sleep(200 * time.Millisecond)
		n, _ := visits.next()
		return only(n, 200)
	})
	// B has done nothing all the time but what both do now.
	for _, p := range []*exampletest.Process{s.a, s.b} {
		res, body := p.SignIn(c, w)
		exampletest.Expect(t, "a sign-in afterwards", res, body, 200, w.Account)
	}
	stop()
	for _, c := range people {
		hangUp(c)
	}
	hangUpDefault()
	time.Sleep(time.Second)
	if loaded, quiet := goroutines(s.a), goroutines(s.b); len(loaded) > len(quiet)+3 {
		t.Errorf("%d goroutines are left, %d in the quiet twin: %q", len(loaded), len(quiet), loaded)
	}
}

// T51: Redis is slow, cuts connections, or swallows what it is sent. 100 ms more
// is slow and works; a second more is an outage. Redis only.
func TestT51RedisSlow(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	line := wireTo(t, server.Addr)
	s := onServer(t, server, "redis://"+line.addr())
	c, w := s.signedIn("alice.testnet")
	// What works is slow, and on a busy machine now and then too slow.
	for _, fault := range []struct {
		kind, attribute string
		value           int
		works           bool
	}{
		{"latency", "latency", 100, true},
		{"latency", "latency", 1000, false},
		{"timeout", "timeout", 0, false},
		{"reset_peer", "timeout", 0, false},
		{"slicer", "average_size", 1, true},
	} {
		what := fmt.Sprint(fault.kind, " ", fault.value)
		line.spoil(fault.kind, fault.attribute, fault.value)
		sees := func() bool {
			res, _ := s.a.Do(c, "GET", "/api/me", "")
			return res.StatusCode == 200
		}
		if fault.works {
			s.within(10*time.Second, what, sees)
			s.within(10*time.Second, what+", a sign-in", func() bool { return signsIn(s.a, exampletest.Browser(), w) })
		}
		for i := 0; i < 3 && !fault.works; i++ {
			begun := time.Now()
			res, body := s.a.Do(c, "GET", "/api/me", "")
			unavailable(t, what, res, body, "store_unavailable")
			res, body = s.a.Do(exampletest.Browser(), "POST", "/auth/challenge", "")
			unavailable(t, what+", challenge", res, body, "store_unavailable")
			if took := time.Since(begun); took > 2*patience {
				t.Errorf("%s: %v", what, took)
			}
		}
		line.heal()
		s.within(5*time.Second, what+", afterwards", sees)
		s.within(5*time.Second, what+", a sign-in afterwards", func() bool { return signsIn(s.a, exampletest.Browser(), w) })
	}
}

// goroutines ends a process and returns what its goroutines were started by,
// those of the Go runtime left out.
func goroutines(p *exampletest.Process) (starts []string) {
	for _, stack := range p.Goroutines() {
		start := "main"
		if _, by, ok := strings.Cut(stack, "created by "); ok {
			start, _, _ = strings.Cut(by, " ")
		}
		if !strings.HasPrefix(start, "runtime.") {
			starts = append(starts, start)
		}
	}
	return starts
}

// onServer is onRedis with a Redis of the test's own making.
func onServer(t *testing.T, server *redistest.Server, url string, flags ...string) *site {
	t.Helper()
	s := &site{t: t, redis: server}
	s.node, s.chain = exampletest.Chain(t)
	s.flags = append([]string{"-origin", exampletest.Site, "-network", "testnet", "-rpc", s.chain.URL, "-redis", url, "-rate-limit", "off"}, flags...)
	s.a, s.b = start(t, s.flags...), start(t, s.flags...)
	return s
}

// signsIn reports whether a sign-in, from its beginning, goes well.
func signsIn(p *exampletest.Process, c *http.Client, w exampletest.Wallet) bool {
	ch, ok := challenge(p, c)
	if !ok {
		return false
	}
	res, _, err := ask(c, "POST", p.URL+"/auth/verify", w.Sign(ch), fromSite, asJSON)
	return statusOf(res, err) == 200
}

// challenge asks for a challenge, and reports whether there is one.
func challenge(p *exampletest.Process, c *http.Client) (ch exampletest.Challenge, ok bool) {
	res, body, err := ask(c, "POST", p.URL+"/auth/challenge", "", fromSite)
	return ch, statusOf(res, err) == 200 && json.Unmarshal([]byte(body), &ch) == nil
}

func (s *site) restart() {
	s.t.Helper()
	if err := s.redis.Run(); err != nil {
		s.t.Fatal(err)
	}
}

// within waits for something to become so.
func (s *site) within(limit time.Duration, what string, so func() bool) {
	s.t.Helper()
	for begun := time.Now(); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > limit {
			s.t.Errorf("%s: not within %v", what, limit)
			return
		}
	}
}

// unavailable fails the test unless the answer is the 503 of an outage: when to
// come back, no cookie, and nothing but a sentence and a code, which tell
// nothing of what is behind the site.
func unavailable(t *testing.T, what string, res *http.Response, body, code string) {
	t.Helper()
	var said map[string]string
	err := json.Unmarshal([]byte(body), &said)
	if res.StatusCode != 503 || err != nil || said["code"] != code || len(said) != 2 || res.Header.Get("Retry-After") == "" {
		t.Errorf("%s: %d %s, Retry-After %q, want 503 %s", what, res.StatusCode, body, res.Header.Get("Retry-After"), code)
	}
	for _, cookie := range res.Cookies() {
		if cookie.Value != "" { // a sign-out clears it
			t.Errorf("%s sets %s", what, cookie.Name)
		}
	}
	if strings.Contains(body, "127.0.0.1") || strings.Contains(strings.ToLower(body), "redis") || strings.Contains(body, "goroutine") {
		t.Errorf("%s tells too much: %s", what, body)
	}
}

// redisKeys are the keys of one kind: 's' for sessions, 'c' for challenges.
func (s *site) redisKeys(kind byte) []string {
	s.t.Helper()
	keys, err := redis.Strings(s.redis.Do(s.t, "KEYS", "*"), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return slices.DeleteFunc(keys, func(k string) bool { return !strings.Contains(k, fmt.Sprintf(":%c:", kind)) })
}
