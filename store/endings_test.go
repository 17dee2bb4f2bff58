package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/store"
)

// stuck is a Memory in which nothing can be deleted for a while.
type stuck struct {
	*store.Memory
	stuck atomic.Bool
	tries atomic.Int64
}

func (s *stuck) DeleteSession(ctx context.Context, k store.Key) ([]byte, error) {
	s.tries.Add(1)
	if s.stuck.Load() {
		return nil, errors.New("OOM")
	}
	return s.Memory.DeleteSession(ctx, k)
}

// instances returns two managers on one backend, as two processes would have.
func instances(t *testing.T) (s *stuck, here, there *scs.SessionManager) {
	t.Helper()
	s = &stuck{Memory: store.NewMemory()}
	var managers [2]*scs.SessionManager
	for i := range managers {
		m, err := store.NewSessions(s, store.SessionsConfig{Origin: site})
		if err != nil {
			t.Fatal(err)
		}
		managers[i] = m
	}
	return s, managers[0], managers[1]
}

func live(t *testing.T, m *scs.SessionManager, token string) bool {
	t.Helper()
	_, err := store.Current(load(t, m, token), m)
	if err != nil && !errors.Is(err, store.ErrGone) {
		t.Error(err)
	}
	return err == nil
}

// A session whose end could not be stored is served no more where it was ended,
// and nowhere once the backend is back.
func TestEndsLater(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context, *scs.SessionManager) error{
		"sign out": store.SignOut,
		"revoke all": func(ctx context.Context, m *scs.SessionManager) error {
			_, err := store.RevokeAll(ctx, m, alice)
			return err
		},
		"revoke one": func(ctx context.Context, m *scs.SessionManager) error {
			return store.Revoke(ctx, m, alice, store.ID(ctx, m))
		},
		"revoke key": func(ctx context.Context, m *scs.SessionManager) error {
			_, err := store.RevokeKey(ctx, m, alice, time.Time{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, here, there := instances(t)
			synctest.Test(t, func(t *testing.T) {
				ctx, session := signIn(t, here)
				token := here.Token(ctx)
				other, _ := signInAs(t, here, store.Account{Chain: alice.Chain, ID: "bob.testnet"})
				checked := load(t, here, token)
				s.stuck.Store(true)
				if err := end(load(t, here, token), here); !errors.Is(err, store.ErrUnavailable) {
					t.Fatalf("the end could not be stored: %v", err)
				}
				for range 3 {
					if live(t, here, token) || !live(t, there, token) || !live(t, here, here.Token(other)) {
						t.Errorf("served here %v, there %v, another %v", live(t, here, token), live(t, there, token), live(t, here, here.Token(other)))
					}
					time.Sleep(time.Minute)
				}
				if err := store.SignOut(load(t, here, token), here); !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("signed out again, while it cannot be stored: %v", err)
				}
				late := load(t, here, token)
				here.Put(late, "k", "v")
				if _, _, err := here.Commit(late); !errors.Is(err, store.ErrGone) {
					t.Errorf("a page that writes to the session: %v", err)
				}
				if _, err := store.Check(checked, here, session); !errors.Is(err, store.ErrGone) {
					t.Errorf("a stream that goes on: %v", err)
				}
				if list, err := store.List(t.Context(), here, alice); err != nil || len(list) != 0 {
					t.Errorf("%d sessions are listed here: %v", len(list), err)
				}
				s.stuck.Store(false)
				time.Sleep(time.Second)
				if live(t, here, token) || live(t, there, token) || !live(t, there, here.Token(other)) {
					t.Error("the backend is back")
				}
				tries := s.tries.Load()
				time.Sleep(time.Hour)
				if n := s.tries.Load() - tries; n != 0 {
					t.Errorf("it is deleted %d times more", n)
				}
			})
		})
	}
}

// All of an account's sessions are refused when the first cannot be ended, and
// the index keeps them until they are.
func TestAllEndLater(t *testing.T) {
	t.Parallel()
	s, here, there := instances(t)
	synctest.Test(t, func(t *testing.T) {
		var tokens []string
		for range 5 {
			ctx, _ := signIn(t, here)
			tokens = append(tokens, here.Token(ctx))
		}
		s.stuck.Store(true)
		if _, err := store.RevokeAll(t.Context(), here, alice); !errors.Is(err, store.ErrUnavailable) {
			t.Fatal(err)
		}
		for _, token := range tokens {
			if live(t, here, token) {
				t.Error("one is served")
			}
		}
		if list, err := store.List(t.Context(), there, alice); err != nil || len(list) != 5 {
			t.Errorf("%d sessions are listed elsewhere: %v", len(list), err)
		}
		s.stuck.Store(false)
		time.Sleep(time.Second)
		for _, token := range tokens {
			if live(t, there, token) {
				t.Error("one is served elsewhere")
			}
		}
	})
}

// An application's RenewToken that fails has ended nothing.
func TestRenewalThatFailedEndsNothing(t *testing.T) {
	t.Parallel()
	s, here, _ := instances(t)
	ctx, _ := signIn(t, here)
	token := here.Token(ctx)
	s.stuck.Store(true)
	if err := here.RenewToken(load(t, here, token)); !errors.Is(err, store.ErrUnavailable) {
		t.Fatal(err)
	}
	if _, err := store.SignIn(load(t, here, token), here, alice, store.Client{}); !errors.Is(err, store.ErrUnavailable) {
		t.Fatal(err)
	}
	if !live(t, here, token) {
		t.Error("the session has ended")
	}
}

// What was under way when the session was ended comes to nothing, although the
// record is still there.
func TestUnderWayWhileASessionEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		back bool // the backend, before the request goes on
		does func(context.Context, *scs.SessionManager) error
	}{
		"commit":           {false, func(ctx context.Context, m *scs.SessionManager) error { _, _, err := m.Commit(ctx); return err }},
		"commit, back":     {true, func(ctx context.Context, m *scs.SessionManager) error { _, _, err := m.Commit(ctx); return err }},
		"new token, back":  {true, func(ctx context.Context, m *scs.SessionManager) error { return m.RenewToken(ctx) }},
		"scs's end, again": {true, func(ctx context.Context, m *scs.SessionManager) error { return m.Destroy(ctx) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, here, there := instances(t)
			synctest.Test(t, func(t *testing.T) {
				ctx, _ := signIn(t, here)
				token := here.Token(ctx)
				underWay := load(t, here, token)
				s.stuck.Store(true)
				_ = store.SignOut(load(t, here, token), here)
				s.stuck.Store(!c.back)
				here.Put(underWay, "k", "v")
				if err := c.does(underWay, here); !errors.Is(err, store.ErrGone) {
					t.Errorf("got %v", err)
				}
				s.stuck.Store(false)
				time.Sleep(time.Second)
				if live(t, there, token) || live(t, there, here.Token(underWay)) {
					t.Error("the session goes on")
				}
			})
		})
	}
}

// Whoever signs in again finds nothing of the session that was ended.
func TestSignInWhileASessionEnds(t *testing.T) {
	t.Parallel()
	s, here, _ := instances(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := signIn(t, here)
		here.Put(ctx, "cart", "full")
		token, _, err := here.Commit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		underWay := load(t, here, token)
		s.stuck.Store(true)
		_ = store.SignOut(load(t, here, token), here)
		s.stuck.Store(false)
		if _, err := store.SignIn(underWay, here, alice, store.Client{}); err != nil {
			t.Fatal(err)
		}
		if v := here.GetString(underWay, "cart"); v != "" || !live(t, here, here.Token(underWay)) {
			t.Errorf("signed in with %q of the session before", v)
		}
	})
}

// A token that Load has not found is ended by the backend's word.
func TestSignOutToken(t *testing.T) {
	t.Parallel()
	s, here, there := instances(t)
	ctx, _ := signIn(t, there)
	token := there.Token(ctx)
	if err := store.SignOutToken(t.Context(), here, token); err != nil || live(t, there, token) {
		t.Errorf("one that is there: %v", err)
	}
	for _, none := range []string{token, "", "short"} {
		if err := store.SignOutToken(t.Context(), here, none); err != nil {
			t.Errorf("%q: %v", none, err)
		}
	}
	s.stuck.Store(true)
	if err := store.SignOutToken(t.Context(), here, token); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the backend cannot tell: %v", err)
	}
	s.stuck.Store(false)
}
