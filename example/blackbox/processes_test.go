package blackbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// login is somebody who is signing in.
type login struct {
	c      *http.Client
	w      exampletest.Wallet
	answer string // to the challenge
	times  atomic.Int32
	status atomic.Int32 // of the first answer; 0 is none
}

// send posts the wallet's answer and counts the times that it signed in.
func (l *login) send(c *http.Client, p *exampletest.Process) int {
	res, _, err := ask(c, "POST", p.URL+"/auth/verify", l.answer, fromSite, asJSON)
	status := statusOf(res, err)
	if status == 200 {
		l.times.Add(1)
	}
	return status
}

// logins are n people with a challenge of a's each.
func (s *site) logins(n int) []*login {
	s.t.Helper()
	all := make([]*login, n)
	for i := range all {
		l := &login{}
		l.c, l.w = s.person(numbered(i))
		l.answer = s.a.Signed(l.c, l.w)
		all[i] = l
	}
	return all
}

// T57: kill -9 of A while 200 people are signing in there, and a new A on the
// same Redis, ten times with -full. No challenge signs in twice, whoever was told
// to be signed in is, sessions live on, and those at B notice nothing.
func TestT57KillUnderLogins(t *testing.T) {
	// Not parallel: it is all of the machine, and others would run into time limits.
	rounds := 1
	if *full {
		rounds = 10
	}
	for i := range rounds {
		t.Run(fmt.Sprint(i), killUnderLogins) // one after the other: they are all of the machine
	}
}

func killUnderLogins(t *testing.T) {
	s := onRedis(t)
	early, w := s.signedIn("early.testnet")
	visits, stop := keepAsking(s.b, "/api/me", early)
	defer stop()
	all := s.logins(200)
	s.killUnder(all)

	a2 := start(t, s.flags...)
	var again sync.WaitGroup
	atOnce := make(chan struct{}, 20)
	for _, l := range all {
		for _, p := range []*exampletest.Process{a2, s.b} {
			again.Go(func() {
				atOnce <- struct{}{}
				defer func() { <-atOnce }()
				if status := l.send(l.c, p); status != 200 && status != 400 {
					t.Errorf("%s, again: %d", l.w.Account, status)
				}
			})
		}
	}
	again.Wait()
	lost := 0
	for _, l := range all {
		if n := l.times.Load(); n > 1 {
			t.Errorf("%s signed in %d times with one challenge", l.w.Account, n)
		} else if n == 0 {
			lost++ // the answer went down with A, after the challenge was taken
		}
		if l.status.Load() == 200 {
			res, body := s.b.Do(l.c, "GET", "/api/me", "")
			exampletest.Expect(t, "who was told so", res, body, 200, l.w.Account)
		}
	}
	t.Logf("%d of 200 have to sign again", lost)
	res, body := a2.Do(early, "GET", "/api/me", "")
	exampletest.Expect(t, "a session from before", res, body, 200, w.Account)
	// One for each challenge at most, the one from before, and the site's epoch.
	if n := len(s.redisKeys('s')); n > 202 {
		t.Errorf("%d session records", n)
	}
	stop()
	if n, _ := visits.next(); !only(n, 200) {
		t.Errorf("at B: %v\n%s", n, errorsIn(s.b))
	}
	for _, l := range all[:20] {
		res, body := a2.SignIn(l.c, l.w)
		exampletest.Expect(t, "once more", res, body, 200, l.w.Account)
	}
}

// T57 in memory: sessions and challenges die with the process, which is what
// memory means. No challenge of the dead one is worth anything to the next.
func TestT57KillInMemory(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	early, _ := s.signedIn("early.testnet")
	all := s.logins(200)
	s.killUnder(all)
	a2 := start(t, s.flags...)
	for _, l := range all {
		if status := l.send(l.c, a2); status != 400 {
			t.Errorf("%s, again: %d, want 400", l.w.Account, status)
		}
	}
	res, body := a2.Do(early, "GET", "/api/me", "")
	exampletest.Expect(t, "a session from before", res, body, 401, "unauthenticated")
	res, body = a2.SignIn(all[0].c, all[0].w)
	exampletest.Expect(t, "from the beginning", res, body, 200, all[0].w.Account)
}

// killUnder has all sign in at once at A, and kills A when a quarter has.
func (s *site) killUnder(all []*login) {
	s.t.Helper()
	s.node.Fault(nearrpctest.Only("query", func(http.ResponseWriter, *http.Request) bool {
		time.Sleep(rand.N(300 * time.Millisecond)) // so that they are everywhere on their way
		return false
	}))
	var answered, broken atomic.Int32
	enough := make(chan struct{})
	var wg sync.WaitGroup
	for _, l := range all {
		wg.Go(func() {
			status := l.send(l.c, s.a)
			l.status.Store(int32(status))
			if status == 0 {
				broken.Add(1)
				return
			}
			if status != 200 && status != 503 { // more at once than Redis answers in time
				s.t.Errorf("%s: %d", l.w.Account, status)
			}
			if answered.Add(1) == int32(len(all)/4) {
				close(enough)
			}
		})
	}
	<-enough
	s.a.Kill()
	wg.Wait()
	s.node.Fault(nil)
	s.t.Logf("%d had their answer, %d had not", answered.Load(), broken.Load())
	if broken.Load() == 0 {
		s.t.Error("nobody was in the middle")
	}
}

// T58: SIGTERM while people are using the site and others sign in. What is under
// way ends well, nothing is a 500, nothing new is begun, and the process exits
// with 0 in less than ten seconds.
func TestT58Terminate(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		var people []*http.Client
		for i := range 8 {
			c, _ := s.signedIn(fmt.Sprint("visitor-", i, ".testnet"))
			c.Transport = browserAt("127.0.0.1").Transport
			defer hangUp(c)
			people = append(people, c)
		}
		visits, stop := keepAsking(s.a, "/api/me", people...)
		defer stop()
		all := s.logins(20)
		var asked atomic.Int32
		terminate := make(chan struct{})
		s.node.Fault(nearrpctest.Only("query", func(http.ResponseWriter, *http.Request) bool {
			if asked.Add(1) == int32(len(all)) {
				close(terminate)
			}
			time.Sleep(time.Second)
			return false
		}))
		var wg sync.WaitGroup
		for _, l := range all {
			wg.Go(func() { l.status.Store(int32(l.send(l.c, s.a))) })
		}
		<-terminate
		begun := time.Now()
		_, err := s.a.Stop()
		if took := time.Since(begun); err != nil || took > 10*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		wg.Wait()
		for _, l := range all {
			if status := l.status.Load(); status != 200 {
				t.Errorf("%s was on the way: %d", l.w.Account, status)
			}
			if s.redis != nil {
				res, body := s.b.Do(l.c, "GET", "/api/me", "")
				exampletest.Expect(t, "signed in on the way", res, body, 200, l.w.Account)
			}
		}
		stop()
		if n, _ := visits.next(); !only(n, 0, 200) {
			t.Errorf("visitors: %v", n)
		}
		if _, _, err := ask(exampletest.Browser(), "GET", s.a.URL+"/healthz", ""); err == nil || !strings.Contains(err.Error(), syscall.ECONNREFUSED.Error()) {
			t.Errorf("a new connection: %v", err)
		}
		if log := said(s.a); strings.Contains(log, "level=ERROR") {
			t.Errorf("the log: %s", log)
		}
	})
}
