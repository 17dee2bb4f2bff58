package middleware_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// A yes that was asked for longer ago than is wanted does not do: the question
// under way is waited for, and then another is asked.
func TestRequireKeyCheckWantsANewAnswer(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	begun, asked := time.Now(), 0
	c := &chain{answer: func(context.Context, store.Account) error {
		mu.Lock()
		asked++
		first := asked == 1
		mu.Unlock()
		if first {
			time.Sleep(7 * time.Second)
			return nil // as it was when it was asked
		}
		return middleware.ErrKeyRefused
	}}
	s := newSiteOn(t, store.NewMemory(), asks(c))
	synctest.Test(t, func(t *testing.T) {
		begun = time.Now()
		cookie := s.signIn(alice)
		time.Sleep(20 * time.Minute)
		s.want("while the question is under way", cookie, 200)
		time.Sleep(6500 * time.Millisecond)
		if w := do(s.guard.RequireKeyCheck(time.Second)(hello), "GET", "/", cookie); w.Code != 401 {
			t.Errorf("by an answer of 7 seconds ago: %d after %v", w.Code, time.Since(begun))
		}
		synctest.Wait()
	})
}

// Hooks and loggers that look for the account may do so while the question that
// a request began goes on beside it.
func TestHooksMayLookForTheAccount(t *testing.T) {
	t.Parallel()
	c := &chain{answer: func(ctx context.Context, _ store.Account) error { middleware.AccountFrom(ctx); return nil }}
	s := newSiteOn(t, store.NewMemory(), asks(c), func(config *middleware.Config) {
		config.Recheck = time.Nanosecond
		config.Observe = func(ctx context.Context, _ middleware.Observation) { middleware.AccountFrom(ctx) }
	})
	cookie := s.signIn(alice)
	for range 200 {
		s.want("every request", cookie, 200)
	}
}

// A hook that panics beside the request ends neither the process nor the
// questions.
func TestHookThatPanics(t *testing.T) {
	t.Parallel()
	c := &chain{answer: func(context.Context, store.Account) error { return nil }}
	s := newSiteOn(t, store.NewMemory(), asks(c), func(config *middleware.Config) {
		config.Logger = slog.New(slog.DiscardHandler)
		config.Observe = func(_ context.Context, o middleware.Observation) {
			if o.Name == "key_check" {
				panic("boom")
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		for range 3 {
			time.Sleep(time.Hour)
			s.want("served", cookie, 200)
			synctest.Wait()
		}
		if n := len(c.questions()); n != 3 {
			t.Errorf("asked %d times", n)
		}
	})
}

// A clock that was ahead when somebody signed in makes nothing fresh, or
// confirmed, for as long as it was ahead.
func TestTimesAhead(t *testing.T) {
	t.Parallel()
	c := &chain{answer: func(context.Context, store.Account) error { return nil }}
	backend := &keyed{Memory: store.NewMemory()}
	s := newSiteOn(t, backend, asks(c))
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		ahead := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(24*time.Hour).UnixMilli()))
		const checked, signedIn = 33, 41 // as in the layout of a record
		for _, offset := range []int{checked, signedIn} {
			if err := backend.Memory.TouchSession(t.Context(), backend.last, offset, ahead, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if w := do(s.guard.RequireFresh(time.Hour)(hello), "GET", "/", cookie); w.Code != 401 {
			t.Errorf("fresh: %d", w.Code)
		}
		if w := do(s.guard.RequireKeyCheck(time.Hour)(hello), "GET", "/", cookie); w.Code != 200 || len(c.questions()) != 1 {
			t.Errorf("confirmed: %d after %d questions", w.Code, len(c.questions()))
		}
	})
}

// keyed remembers under which key a session was created last.
type keyed struct {
	*store.Memory
	last store.Key
}

func (k *keyed) CreateSession(ctx context.Context, key store.Key, record []byte, expires time.Time) error {
	if len(record) > 8 {
		k.last = key
	}
	return k.Memory.CreateSession(ctx, key, record, expires)
}

// Of two session cookies none counts, whichever comes first.
func TestTwoSessionCookies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(alice)
	other := &http.Cookie{Name: cookie.Name, Value: "other"}
	for _, pair := range [][2]*http.Cookie{{cookie, other}, {other, cookie}, {cookie, cookie}} {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(pair[0])
		r.AddCookie(pair[1])
		w := httptest.NewRecorder()
		s.guard.RequireAccount(hello).ServeHTTP(w, r)
		if w.Code != 401 {
			t.Errorf("%v: %d", pair, w.Code)
		}
	}
}

// However large a rate is, it is one; less than one is a mistake.
func TestRatesAtTheEdge(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, rate := range []int{math.MaxInt, 1 << 57, 1 << 31} {
		for i := range 3 {
			if err := s.guard.Allow(httptest.NewRequest("POST", site1, nil), "edge", rate); err != nil {
				t.Errorf("%d a minute: request %d: %v", rate, i, err)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a rate of 0 is accepted")
		}
	}()
	s.guard.RateLimit("none", 0)
}

const site1 = "https://my-app.example/"

// A limit that no answer could keep is that of an answer from now: one question.
func TestRequireKeyCheckWithoutAnyTime(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{0, -time.Second} {
		c := &chain{answer: func(context.Context, store.Account) error { return nil }}
		s := newSiteOn(t, store.NewMemory(), asks(c))
		synctest.Test(t, func(t *testing.T) {
			cookie := s.signIn(alice)
			time.Sleep(time.Second)
			w := do(s.guard.RequireKeyCheck(d)(hello), "GET", "/", cookie)
			if n := len(c.questions()); w.Code != 200 || n != 1 {
				t.Errorf("within %v: %d after %d questions", d, w.Code, n)
			}
		})
	}
}
