package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

const every = 15 * time.Minute

// otherKey is another key of the same account.
var otherKey = store.Account{Chain: alice.Chain, ID: alice.ID, PublicKey: "ed25519:2"}

var errDown = errors.New("the chain is down")

// outage is a Memory that can be made to fail while requests are under way.
type outage struct {
	*store.Memory
	finding, deleting atomic.Bool
	writes            atomic.Int32
}

func newOutage() *outage { return &outage{Memory: store.NewMemory()} }

func (o *outage) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	if o.finding.Load() {
		return nil, errors.New("down")
	}
	return o.Memory.FindSession(ctx, k)
}

func (o *outage) UpdateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	o.writes.Add(1)
	return o.Memory.UpdateSession(ctx, k, b, e)
}

func (o *outage) TouchSession(ctx context.Context, k store.Key, offset int, p []byte, e time.Time) error {
	o.writes.Add(1)
	return o.Memory.TouchSession(ctx, k, offset, p, e)
}

func (o *outage) DeleteSession(ctx context.Context, k store.Key) ([]byte, error) {
	o.writes.Add(1)
	if o.deleting.Load() {
		return nil, errors.New("read-only replica")
	}
	return o.Memory.DeleteSession(ctx, k)
}

// chain is what the guards ask: it answers yes, unless it is told otherwise.
type chain struct {
	mu     sync.Mutex
	answer func(context.Context, store.Account) error
	asked  []question
}

type question struct {
	account store.Account
	at      time.Time
}

func (c *chain) check(ctx context.Context, a store.Account) error {
	c.mu.Lock()
	c.asked = append(c.asked, question{a, time.Now()})
	answer := c.answer
	c.mu.Unlock()
	if answer == nil {
		return nil
	}
	return answer(ctx, a)
}

func (c *chain) says(answer func(context.Context, store.Account) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

// fails makes the chain answer with err; nil is yes.
func (c *chain) fails(err error) {
	c.says(func(context.Context, store.Account) error { return err })
}

// questions waits for what is under way and returns what has been asked.
func (c *chain) questions() []question {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]question(nil), c.asked...)
}

func hang(ctx context.Context, _ store.Account) error {
	<-ctx.Done()
	return ctx.Err()
}

func refuse(context.Context, store.Account) error {
	return fmt.Errorf("%w: not on the account", middleware.ErrKeyRefused)
}

// newSiteOn is newSite with another store, which sites can share.
func newSiteOn(t *testing.T, backend store.Sessions, change ...func(*middleware.Config)) *site {
	t.Helper()
	sessions, err := store.NewSessions(backend, store.SessionsConfig{Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, append(change, func(c *middleware.Config) { c.Sessions = sessions })...)
	s.sessions = sessions
	return s
}

// asks makes a guard ask c again.
func asks(c *chain) func(*middleware.Config) {
	return func(config *middleware.Config) { config.CheckKey, config.Recheck = c.check, every }
}

// status is that of a request to a protected route.
func (s *site) status(cookie *http.Cookie) int {
	return do(s.guard.RequireAccount(hello), "GET", "/", cookie).Code
}

// want is status with an error that says when.
func (s *site) want(what string, cookie *http.Cookie, status int) {
	s.t.Helper()
	if got := s.status(cookie); got != status {
		s.t.Errorf("%s: %d, want %d", what, got, status)
	}
}

// Sessions are asked about when they are due: not all at once, never early, and
// none of them late.
func TestRecheckInterval(t *testing.T) {
	t.Parallel()
	c := new(chain)
	s := newSiteOn(t, newOutage(), asks(c))
	synctest.Test(t, func(t *testing.T) {
		cookies, begun := make([]*http.Cookie, 20), time.Now()
		for i := range cookies {
			// One account each: those of one would be asked about together.
			cookies[i] = s.signIn(store.Account{Chain: alice.Chain, ID: fmt.Sprint("a", i, ".testnet"), PublicKey: "k"})
		}
		for time.Since(begun) < every*6/5+time.Second {
			for i, cookie := range cookies {
				s.want(fmt.Sprint(i), cookie, 200)
			}
			time.Sleep(10 * time.Second)
		}
		asked := c.questions()
		if len(asked) != len(cookies) {
			t.Errorf("%d questions for %d sessions", len(asked), len(cookies))
		}
		first, last := every*2, time.Duration(0)
		for _, q := range asked {
			first, last = min(first, q.at.Sub(begun)), max(last, q.at.Sub(begun))
		}
		if first < every*4/5 || last > every*6/5+10*time.Second {
			t.Errorf("asked from %v to %v", first, last)
		}
		if last-first < time.Minute {
			t.Errorf("all of them were asked about within %v", last-first)
		}
	})
}

// A site that has not turned it on asks nothing, however old a session is.
func TestNoRecheckByDefault(t *testing.T) {
	t.Parallel()
	c := new(chain)
	s := newSiteOn(t, newOutage(), func(config *middleware.Config) { config.CheckKey = c.check })
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		for range 20 {
			time.Sleep(24 * time.Hour)
			s.want("used every day", cookie, 200)
		}
		if n := len(c.questions()); n != 0 {
			t.Errorf("%d questions", n)
		}
	})
}

// A chain that hangs slows no request down, and is asked once.
func TestRecheckIsBesideTheRequest(t *testing.T) {
	t.Parallel()
	c := &chain{answer: hang}
	s := newSiteOn(t, newOutage(), asks(c))
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		time.Sleep(every * 6 / 5)
		begun := time.Now()
		for range 100 {
			s.want("due", cookie, 200)
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("the requests waited %v", took)
		}
		if n := len(c.questions()); n != 1 {
			t.Errorf("%d questions at once", n)
		}
		time.Sleep(time.Minute) // the bubble must not end with the question under way
	})
}

// The sessions of a key share one question; another key of the account has its
// own, because one can be removed and not the other.
func TestOneQuestionForAKey(t *testing.T) {
	t.Parallel()
	c := &chain{answer: func(context.Context, store.Account) error { time.Sleep(time.Second); return nil }}
	s := newSiteOn(t, newOutage(), asks(c))
	synctest.Test(t, func(t *testing.T) {
		var cookies []*http.Cookie
		for range 20 {
			cookies = append(cookies, s.signIn(alice), s.signIn(otherKey))
		}
		time.Sleep(every * 6 / 5)
		var wg sync.WaitGroup
		for _, cookie := range cookies {
			for range 3 {
				wg.Go(func() { s.want("due", cookie, 200) })
			}
		}
		wg.Wait()
		time.Sleep(2 * time.Second)
		for _, cookie := range cookies {
			s.want("answered", cookie, 200)
		}
		keys := map[store.Account]int{}
		for _, q := range c.questions() {
			keys[q.account]++
		}
		if len(keys) != 2 || keys[alice] != 1 || keys[otherKey] != 1 {
			t.Errorf("asked %v", keys)
		}
	})
}

// What the chain confirmed is in the record: an instance that has just started
// would otherwise ask about everybody again.
func TestConfirmationIsStored(t *testing.T) {
	t.Parallel()
	m, c, second := newOutage(), new(chain), new(chain)
	a, b := newSiteOn(t, m, asks(c)), newSiteOn(t, m, asks(second))
	synctest.Test(t, func(t *testing.T) {
		cookie := a.signIn(alice)
		time.Sleep(every * 6 / 5)
		a.want("asks", cookie, 200)
		if n := len(c.questions()); n != 1 {
			t.Fatalf("%d questions", n)
		}
		a.want("notes the answer", cookie, 200)
		time.Sleep(every / 2)
		b.want("another instance", cookie, 200)
		if n := len(second.questions()); n != 0 {
			t.Errorf("another instance asks %d times", n)
		}
		time.Sleep(every)
		b.want("due again", cookie, 200)
		if n := len(second.questions()); n != 1 {
			t.Errorf("due again: another instance has asked %d times", n)
		}
	})
}

// A refused key takes the sessions with it that it opened, on every instance,
// and no others.
func TestRefusedKey(t *testing.T) {
	t.Parallel()
	m := newOutage()
	release := make(chan chan struct{}, 1)
	c := &chain{answer: func(ctx context.Context, a store.Account) error {
		if a == otherKey {
			return nil
		}
		wait := make(chan struct{})
		release <- wait
		<-wait
		return refuse(ctx, a)
	}}
	a, b := newSiteOn(t, m, asks(c)), newSiteOn(t, m)
	synctest.Test(t, func(t *testing.T) {
		release = make(chan chan struct{}, 1)
		one, two, other := a.signIn(alice), b.signIn(alice), a.signIn(otherKey)
		time.Sleep(every * 6 / 5)
		a.want("other key", other, 200)
		young := b.signIn(alice)
		time.Sleep(time.Second)
		a.want("while the question is under way", one, 200)
		answer := <-release
		time.Sleep(time.Second)
		after := a.signIn(alice) // the key was added again
		close(answer)
		synctest.Wait()
		for what, cookie := range map[string]*http.Cookie{"the one asked about": one, "on another manager": two, "not yet due": young} {
			a.want(what, cookie, 401)
			b.want(what+", elsewhere", cookie, 401)
		}
		for what, cookie := range map[string]*http.Cookie{"of another key": other, "signed in after the question": after} {
			a.want(what, cookie, 200)
			b.want(what+", elsewhere", cookie, 200)
		}
		list, err := store.List(context.Background(), a.sessions, alice)
		if err != nil || len(list) != 2 {
			t.Errorf("%d sessions are left, %v", len(list), err)
		}
	})
}

// The sessions of a refused key are over for this instance although the store
// cannot delete them, and are deleted once it can.
func TestRefusedWhileTheStoreCannotDelete(t *testing.T) {
	t.Parallel()
	m, c := newOutage(), &chain{answer: refuse}
	s, elsewhere := newSiteOn(t, m, asks(c)), newSiteOn(t, m)
	synctest.Test(t, func(t *testing.T) {
		old := s.signIn(alice)
		time.Sleep(every)
		young, other := s.signIn(alice), s.signIn(otherKey)
		time.Sleep(every / 5)
		m.deleting.Store(true)
		s.want("asks", old, 200)
		synctest.Wait()
		for range 3 {
			s.want("refused", old, 401)
			s.want("refused, though confirmed not long ago", young, 401)
			time.Sleep(time.Second)
		}
		s.want("another key", other, 200)
		elsewhere.want("still there", young, 200)
		m.deleting.Store(false)
		s.want("when the store is back", young, 401)
		time.Sleep(time.Second)
		elsewhere.want("ended", old, 401)
		elsewhere.want("ended", young, 401)
		if n := len(c.questions()); n != 1 {
			t.Errorf("%d questions, though one was definite", n)
		}
	})
}

// A chain that cannot tell ends no session: it is served for the grace, then
// answered 503 with its cookie, and lives when the chain is back.
func TestGrace(t *testing.T) {
	t.Parallel()
	const grace = 20 * time.Minute
	for name, answer := range map[string]func(context.Context, store.Account) error{
		"down":   func(context.Context, store.Account) error { return errDown },
		"panics": func(context.Context, store.Account) error { panic("nil map") },
		"half a no": func(context.Context, store.Account) error {
			return errors.New("key is not on the account, says one of two")
		},
		"store gone": func(context.Context, store.Account) error { return store.ErrGone },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &chain{answer: answer}
			s := newSiteOn(t, newOutage(), asks(c), func(config *middleware.Config) { config.RecheckGrace = grace })
			synctest.Test(t, func(t *testing.T) {
				cookie := s.signIn(alice)
				time.Sleep(every * 6 / 5)
				begun := time.Now() // of the first that cannot tell
				for time.Since(begun) < grace {
					s.want(fmt.Sprint(time.Since(begun)), cookie, 200)
					synctest.Wait()
					time.Sleep(5 * time.Second)
				}
				asked := c.questions()
				spaced(t, asked, 30*time.Second)
				if len(asked) < 20 {
					t.Errorf("in the grace the chain was asked %d times only", len(asked))
				}
				for range 30 {
					w := do(s.guard.RequireAccount(hello), "GET", "/", cookie)
					if w.Code != 503 || code(w) != "chain_unavailable" || w.Header().Get("Retry-After") == "" || len(w.Result().Cookies()) != 0 {
						t.Errorf("after the grace: %d %s %v", w.Code, w.Body, w.Header())
					}
					time.Sleep(100 * time.Millisecond)
				}
				late := c.questions()[len(asked):]
				spaced(t, late, time.Second)
				if len(late) < 3 || len(late) > 4 {
					t.Errorf("%d questions in three seconds", len(late))
				}
				c.fails(nil)
				time.Sleep(time.Second)
				s.want("the chain is back", cookie, 200)
				// And the next failure has a grace of its own.
				c.says(answer)
				time.Sleep(every * 6 / 5)
				s.want("asks", cookie, 200)
				time.Sleep(grace - time.Second)
				s.want("in the second grace", cookie, 200)
				synctest.Wait()
			})
		})
	}
}

func spaced(t *testing.T, asked []question, gap time.Duration) {
	t.Helper()
	for i := 1; i < len(asked); i++ {
		if d := asked[i].at.Sub(asked[i-1].at); d < gap {
			t.Errorf("question %d comes %v after the one before it", i, d)
		}
	}
}

// Once the grace is over a request waits for the chain, but not for long, and
// the chain is not asked by each of them.
func TestWaitOfARequest(t *testing.T) {
	t.Parallel()
	c := &chain{answer: hang}
	s := newSiteOn(t, newOutage(), asks(c))
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		time.Sleep(every * 6 / 5)
		s.want("asks", cookie, 200)
		time.Sleep(20 * time.Minute) // longer than the default grace
		before := len(c.questions())
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				begun := time.Now()
				s.want("hangs", cookie, 503)
				if took := time.Since(begun); took > 2*time.Second {
					t.Errorf("a request waited %v", took)
				}
			})
		}
		wg.Wait()
		if n := len(c.questions()) - before; n != 1 {
			t.Errorf("ten requests asked %d times", n)
		}
		// A client that gives up does not end the question for the others.
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		r := request(cookie).WithContext(ctx)
		begun := time.Now()
		s.guard.RequireAccount(hello).ServeHTTP(newStrictWriter(), r)
		if took := time.Since(begun); took != time.Millisecond {
			t.Errorf("who has given up waits %v", took)
		}
		c.fails(nil)
		time.Sleep(12 * time.Second)
		s.want("the chain is back", cookie, 200)
		s.want("and stays", cookie, 200)
	})
}

// A client that hangs up takes its question with it neither for the others nor
// into the grace.
func TestQuestionOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	c := &chain{answer: func(ctx context.Context, a store.Account) error {
		select {
		case <-time.After(time.Second):
			return refuse(ctx, a)
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	s := newSiteOn(t, newOutage(), asks(c))
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		time.Sleep(every * 6 / 5)
		ctx, cancel := context.WithCancel(context.Background())
		w := newStrictWriter()
		s.guard.RequireAccount(hello).ServeHTTP(w, request(cookie).WithContext(ctx))
		cancel()
		time.Sleep(2 * time.Second)
		s.want("answered", cookie, 401)
		if n := len(c.questions()); n != 1 {
			t.Errorf("%d questions", n)
		}
	})
}

// With every question hanging, one more is not one more goroutine without end.
func TestQuestionsAtOnce(t *testing.T) {
	t.Parallel()
	c := &chain{answer: hang}
	s := newSiteOn(t, newOutage(), asks(c))
	synctest.Test(t, func(t *testing.T) {
		var cookies []*http.Cookie
		for i := range 200 {
			cookies = append(cookies, s.signIn(store.Account{Chain: alice.Chain, ID: fmt.Sprint("a", i, ".testnet"), PublicKey: "k"}))
		}
		time.Sleep(every * 6 / 5)
		for _, cookie := range cookies {
			s.want("due", cookie, 200)
		}
		if n := len(c.questions()); n != 64 {
			t.Errorf("%d questions at once", n)
		}
		c.fails(nil)
		time.Sleep(time.Minute)
		for _, cookie := range cookies {
			s.want("again", cookie, 200)
		}
		if n := len(c.questions()); n < 128 {
			t.Errorf("%d questions: some were never asked", n)
		}
	})
}

// A chain that hangs keeps nobody of another chain from being asked about, and
// whoever owns contracts, and can have questions about them hang, nobody else.
func TestOneCrowdsQuestionsAreItsOwn(t *testing.T) {
	t.Parallel()
	const other = "eip155:1"
	for name, evidence := range map[string]string{"a chain": "", "contracts": "e"} {
		c := &chain{answer: func(ctx context.Context, a store.Account) error {
			if a.Chain == other && a.ID != "0xa" {
				return hang(ctx, a)
			}
			return nil
		}}
		s := newSiteOn(t, newOutage(), asks(c), func(m *middleware.Config) { m.Chains = append(m.Chains, other) })
		synctest.Test(t, func(t *testing.T) {
			var crowd []*http.Cookie
			for i := range 100 {
				crowd = append(crowd, s.signIn(store.Account{Chain: other, ID: fmt.Sprint("0x", i), PublicKey: fmt.Sprint("k", i), Evidence: evidence}))
			}
			people := []*http.Cookie{s.signIn(alice)}
			if evidence != "" {
				people = append(people, s.signIn(store.Account{Chain: other, ID: "0xa", PublicKey: "0xa"}))
			}
			time.Sleep(every * 6 / 5)
			for _, cookie := range append(crowd, people...) {
				s.want("due", cookie, 200)
			}
			if n := len(c.questions()); n != 64+len(people) {
				t.Errorf("%s: %d questions at once", name, n)
			}
			time.Sleep(time.Minute) // until all have given up
		})
	}
}
