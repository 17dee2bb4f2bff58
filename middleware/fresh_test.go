package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// What needs the person needs the wallet's signature: neither the chain's word
// nor a new token, which a thief of the cookie could have too, is one.
func TestRequireFresh(t *testing.T) {
	t.Parallel()
	c := new(chain)
	s := newSiteOn(t, newOutage(), asks(c), func(config *middleware.Config) { config.LoginPage = "/login" })
	h := s.guard.RequireFresh(time.Hour)(hello)
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		for range 6 {
			if w := do(h, "GET", "/pay", cookie); w.Code != 200 {
				t.Errorf("fresh: %d", w.Code)
			}
			time.Sleep(10 * time.Minute)
			synctest.Wait()
		}
		if len(c.questions()) == 0 {
			t.Error("a fresh session is not asked about")
		}
		renew := do(s.guard.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := s.sessions.RenewToken(r.Context()); err != nil {
				t.Error(err)
			}
		})), "GET", "/", cookie)
		renewed := renew.Result().Cookies()
		if len(renewed) != 1 || renewed[0].Value == cookie.Value {
			t.Fatalf("not renewed: %v", renewed)
		}
		time.Sleep(time.Second)
		w := do(h, "GET", "/pay", renewed[0])
		if w.Code != 401 || code(w) != "reauthentication_required" || len(w.Result().Cookies()) != 0 {
			t.Errorf("stale: %d %s", w.Code, w.Body)
		}
		s.want("elsewhere", renewed[0], 200)
		for target, want := range map[string]string{
			"/pay?a=1": "/login?next=%2Fpay%3Fa%3D1&reauthenticate=1", "/\\evil": "/login?reauthenticate=1",
		} {
			r := httptest.NewRequest("GET", "/", nil)
			r.RequestURI = target
			r.AddCookie(renewed[0])
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != 303 || w.Header().Get("Location") != want {
				t.Errorf("navigation to %s: %d %q", target, w.Code, w.Header().Get("Location"))
			}
		}
		if w := do(h, "GET", "/pay", nil, "Sec-Fetch-Mode", "navigate"); w.Header().Get("Location") != "/login?next=%2Fpay" {
			t.Errorf("nobody: %q", w.Header().Get("Location"))
		}
		if w := do(h, "GET", "/pay", s.signIn(alice)); w.Code != 200 {
			t.Errorf("signed in again: %d", w.Code)
		}
	})
}

// What must not be done with a key that is gone asks when the chain's word is
// too old, waits for the answer, and knows no grace.
func TestRequireKeyCheck(t *testing.T) {
	t.Parallel()
	for name, recheck := range map[string]time.Duration{"alone": 0, "with re-checks": every} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := new(chain)
			s := newSiteOn(t, newOutage(), func(config *middleware.Config) { config.CheckKey, config.Recheck = c.check, recheck })
			h := s.guard.RequireKeyCheck(time.Minute)(hello)
			synctest.Test(t, func(t *testing.T) {
				cookie, other := s.signIn(alice), s.signIn(otherKey)
				for _, step := range []struct {
					what   string
					wait   time.Duration
					answer func(context.Context, store.Account) error
					status int
					code   string
					asked  int
				}{
					{"just confirmed", 0, nil, 200, "", 0},
					{"younger", time.Minute, nil, 200, "", 0},
					{"older", time.Second, nil, 200, "", 1},
					{"confirmed again", 30 * time.Second, nil, 200, "", 0},
					{"down", time.Minute, func(context.Context, store.Account) error { return errDown }, 503, "chain_unavailable", 1},
					{"down, within the second", time.Second / 2, nil, 503, "chain_unavailable", 0},
					{"back", time.Second, nil, 200, "", 1},
					{"hangs", 2 * time.Minute, hang, 503, "chain_unavailable", 1},
					{"back again", time.Minute, nil, 200, "", 1},
					{"refused", 2 * time.Minute, refuse, 401, "unauthenticated", 1},
					{"over", 0, nil, 401, "unauthenticated", 0},
				} {
					time.Sleep(step.wait)
					before := len(c.questions())
					c.says(step.answer)
					begun := time.Now()
					w := do(h, "GET", "/", cookie)
					if w.Code != step.status || code(w) != step.code {
						t.Errorf("%s: %d %s", step.what, w.Code, w.Body)
					}
					if took := time.Since(begun); took > 2*time.Second {
						t.Errorf("%s: waited %v", step.what, took)
					}
					if n := len(c.questions()) - before; n != step.asked {
						t.Errorf("%s: asked %d times, want %d", step.what, n, step.asked)
					}
				}
				s.want("the session of the refused key", cookie, 401)
				s.want("another key's", other, 200)
				synctest.Wait()
			})
		})
	}
}

// Also where nothing else asks, a session whose key was refused is over on every
// route, although the store cannot delete it.
func TestRequireKeyCheckWhileTheStoreCannotDelete(t *testing.T) {
	t.Parallel()
	m, c := newOutage(), &chain{answer: refuse}
	s := newSiteOn(t, m, func(config *middleware.Config) { config.CheckKey = c.check })
	synctest.Test(t, func(t *testing.T) {
		cookie, other := s.signIn(alice), s.signIn(otherKey)
		m.deleting.Store(true)
		time.Sleep(time.Hour)
		if w := do(s.guard.RequireKeyCheck(time.Minute)(hello), "GET", "/", cookie); w.Code != 401 {
			t.Errorf("refused: %d", w.Code)
		}
		synctest.Wait()
		s.want("on another route", cookie, 401)
		s.want("another key", other, 200)
		s.want("signed in again", s.signIn(alice), 200)
		m.deleting.Store(false)
		s.want("the store is back", cookie, 401)
		time.Sleep(time.Second)
		if list, err := store.List(context.Background(), s.sessions, alice); err != nil || len(list) != 2 {
			t.Errorf("%d sessions are left, %v", len(list), err)
		}
	})
}

// A long d is no way around the re-check that every other route has.
func TestRequireKeyCheckIsNoLess(t *testing.T) {
	t.Parallel()
	c := &chain{answer: refuse}
	s := newSiteOn(t, newOutage(), asks(c))
	h := s.guard.RequireKeyCheck(24 * time.Hour)(hello)
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		time.Sleep(every * 6 / 5)
		do(h, "GET", "/", cookie)
		synctest.Wait()
		if w := do(h, "GET", "/", cookie); w.Code != 401 || len(c.questions()) != 1 {
			t.Errorf("%d after %d questions", w.Code, len(c.questions()))
		}
	})
}

// A guard that cannot ask says so at start and not at the first request.
func TestRequireKeyCheckNeedsCheckKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	s.guard.RequireKeyCheck(time.Minute)
}

// A stream notices that its session has ended, and does not keep it alive.
func TestCheck(t *testing.T) {
	t.Parallel()
	m, c := newOutage(), new(chain)
	s, elsewhere := newSiteOn(t, m, asks(c)), newSiteOn(t, m)
	// in runs f where a handler of the session would.
	in := func(cookie *http.Cookie, f func(check func() error, r *http.Request)) {
		do(s.guard.RequireAccount(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			f(func() error { return s.guard.Check(ctx) }, r)
		})), "GET", "/", cookie)
	}
	want := func(t *testing.T, what string, err, target error) {
		t.Helper()
		if !errors.Is(err, target) {
			t.Errorf("%s: %v, want %v", what, err, target)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		in(s.signIn(alice), func(check func() error, _ *http.Request) {
			want(t, "live", check(), nil)
			m.finding.Store(true)
			want(t, "store down", check(), store.ErrUnavailable)
			m.finding.Store(false)
			want(t, "store back", check(), nil)
			if _, err := store.RevokeAll(context.Background(), elsewhere.sessions, alice); err != nil {
				t.Error(err)
			}
			want(t, "revoked elsewhere", check(), store.ErrGone)
		})
		cookie := s.signIn(alice)
		in(cookie, func(check func() error, _ *http.Request) {
			do(elsewhere.guard.RequireAccount(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if err := store.SignOut(r.Context(), elsewhere.sessions); err != nil {
					t.Error(err)
				}
			})), "GET", "/", cookie)
			want(t, "logged out elsewhere", check(), store.ErrGone)
		})
		in(s.signIn(alice), func(check func() error, _ *http.Request) {
			if err := store.RevokeEverybody(context.Background(), elsewhere.sessions); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
			want(t, "everybody signed out", check(), store.ErrGone)
		})
		in(s.signIn(alice), func(check func() error, _ *http.Request) {
			begun, before := time.Now(), m.writes.Load()
			var err error
			for err == nil && time.Since(begun) < 30*24*time.Hour {
				time.Sleep(time.Hour)
				err = check()
			}
			want(t, "nothing but Check", err, store.ErrGone)
			if lived := time.Since(begun); lived > store.DefaultIdle+time.Hour {
				t.Errorf("Check kept an unused session alive for %v", lived)
			}
			if n := m.writes.Load() - before; n != 0 {
				t.Errorf("%d writes", n)
			}
		})
		in(s.signIn(alice), func(check func() error, _ *http.Request) {
			before := len(c.questions())
			time.Sleep(every * 6 / 5)
			c.says(refuse)
			want(t, "beside the question", check(), nil)
			if n := len(c.questions()) - before; n != 1 {
				t.Errorf("asked %d times", n)
			}
			want(t, "key removed", check(), store.ErrGone)
		})
		c.fails(errDown)
		in(s.signIn(alice), func(check func() error, _ *http.Request) {
			time.Sleep(every * 6 / 5)
			want(t, "in the grace", check(), nil)
			time.Sleep(15*time.Minute + time.Second)
			want(t, "after the grace", check(), middleware.ErrChainUnavailable)
		})
		synctest.Wait()
	})
	want(t, "without a guard", s.guard.Check(context.Background()), store.ErrGone)
}

// Public pages show a person whose key is gone as nobody.
func TestOptionalAccountOfARefusedKey(t *testing.T) {
	t.Parallel()
	c := &chain{answer: refuse}
	s := newSiteOn(t, newOutage(), asks(c))
	h := s.guard.OptionalAccount(hello)
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		time.Sleep(every * 6 / 5)
		for i, want := range []string{"hello alice.testnet true", "hello  false"} {
			if w := do(h, "GET", "/", cookie); w.Body.String() != want {
				t.Errorf("request %d: %d %s", i, w.Code, w.Body)
			}
			synctest.Wait()
		}
	})
}

// AnonymousWhenStoreDown is about the store: whose key cannot be looked at is
// told so.
func TestAnonymousWhenStoreDownIsNotAboutTheChain(t *testing.T) {
	t.Parallel()
	c := &chain{answer: func(context.Context, store.Account) error { return errDown }}
	s := newSiteOn(t, newOutage(), asks(c), func(config *middleware.Config) { config.AnonymousWhenStoreDown = true })
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		time.Sleep(every * 6 / 5)
		s.want("asks", cookie, 200)
		time.Sleep(20 * time.Minute)
		if w := do(s.guard.OptionalAccount(hello), "GET", "/", cookie); w.Code != 503 || code(w) != "chain_unavailable" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// Observations have few names and codes, those of the answers.
func TestObserve(t *testing.T) {
	t.Parallel()
	seen := make(chan middleware.Observation, 100)
	c, m := new(chain), newOutage()
	s := newSiteOn(t, m, asks(c), func(config *middleware.Config) {
		config.Observe = func(_ context.Context, o middleware.Observation) { seen <- o }
	})
	slow := s.guard.RequireAccount(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) }))
	synctest.Test(t, func(t *testing.T) {
		seen = make(chan middleware.Observation, 100)
		want := func(what string, codes ...string) {
			t.Helper()
			synctest.Wait()
			var got []string
			for len(seen) > 0 {
				o := <-seen
				got = append(got, o.Name+" "+o.Code)
				if o.Duration < 0 || o.Name == "guard" && o.Duration > 2*time.Second {
					t.Errorf("%s: took %v", what, o.Duration)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(codes) {
				t.Errorf("%s: %q, want %q", what, got, codes)
			}
		}
		cookie := s.signIn(alice)
		do(slow, "GET", "/", cookie)
		want("let in", "guard ok")
		do(slow, "GET", "/", nil)
		want("nobody", "guard unauthenticated")
		do(slow, "POST", "/", cookie, "Sec-Fetch-Site", "cross-site")
		want("cross-origin", "guard cross_origin")
		m.finding.Store(true)
		do(slow, "GET", "/", cookie)
		want("store down", "guard store_unavailable")
		m.finding.Store(false)
		time.Sleep(every * 6 / 5)
		do(s.guard.RequireFresh(time.Minute)(hello), "GET", "/", cookie)
		want("stale", "guard reauthentication_required")
		s.want("asks", cookie, 200)
		want("asks", "guard ok", "key_check ok")
		time.Sleep(every * 6 / 5)
		c.fails(errDown)
		do(s.guard.RequireKeyCheck(time.Minute)(hello), "GET", "/", cookie)
		want("chain down", "key_check chain_unavailable", "guard chain_unavailable")
		time.Sleep(time.Minute)
		c.says(refuse)
		do(s.guard.RequireKeyCheck(time.Minute)(hello), "GET", "/", cookie)
		want("refused", "key_check key_refused", "guard unauthenticated")
	})
}
