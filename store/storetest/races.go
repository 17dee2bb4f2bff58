package storetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
)

// raceLaws are about two things that happen to one session at once. Where the
// order decides, it is forced, so that each race is lost every time.
var raceLaws = []law{
	{"a request under way during a logout, ending long after, revives nothing", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		token := signIn(t, m, "", alice)
		slow := load(t, m, token)
		must(t, "sign out", store.SignOut(load(t, m, token), m))
		time.Sleep(pause)
		m.Put(slow, "k", "v")
		_, _, err := m.Commit(slow)
		want(t, "late commit", err, store.ErrGone)
		signedOut(t, m, token)
	}},
	{"the answer of such a request goes out whole, without a cookie", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		token := signIn(t, m, "", alice)
		loaded, loggedOut := make(chan struct{}), make(chan struct{})
		server := httptest.NewServer(m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(loaded)
			<-loggedOut
			m.Put(r.Context(), "k", "v")
			_, _ = w.Write([]byte("late answer"))
		})))
		defer server.Close()
		go func() {
			<-loaded
			_ = store.SignOut(load(t, m, token), m)
			close(loggedOut)
		}()
		status, body, cookies := get(t, server.URL, &http.Cookie{Name: m.Cookie.Name, Value: token})
		equal(t, "status", status, http.StatusOK)
		equal(t, "body", body, "late answer")
		equal(t, "cookies", len(cookies), 0)
		signedOut(t, m, token)
	}},
	{"a RenewToken under way during a logout carries nothing on", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		token := signIn(t, m, "", alice)
		slow := load(t, m, token)
		must(t, "sign out", store.SignOut(load(t, m, token), m))
		want(t, "renew", m.RenewToken(slow), store.ErrGone)
		equal(t, "token", m.Token(slow), token)
		_, _, err := m.Commit(slow)
		if err == nil {
			signedOut(t, m, m.Token(slow))
		}
		signedOut(t, m, token)
		n, err := store.RevokeAll(t.Context(), m, alice)
		must(t, "revoke", err)
		equal(t, "sessions left", n, 0)
	}},
	{"a sign-in under way during a logout keeps no values of the old session", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		ctx := load(t, m, signIn(t, m, "", alice))
		m.Put(ctx, "cart", "book")
		token := commit(t, m, ctx)
		slow := load(t, m, token)
		must(t, "sign out", store.SignOut(load(t, m, token), m))
		_, err := store.SignIn(slow, m, alice, store.Client{})
		must(t, "sign in", err)
		equal(t, "cart", m.GetString(load(t, m, m.Token(slow)), "cart"), "")
		signedOut(t, m, token)
	}},
	{"a Clear under way during a logout brings no account back", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		token := signIn(t, m, "", alice)
		slow := load(t, m, token)
		must(t, "sign out", store.SignOut(load(t, m, token), m))
		must(t, "clear", m.Clear(slow))
		m.Put(slow, "k", "v")
		_, _, _ = m.Commit(slow)
		signedOut(t, m, token)
	}},
	{"a touch under way during a logout revives nothing", func(t *testing.T, s store.Store) {
		m := manager(t, s, time.Second, time.Hour)
		token := signIn(t, m, "", alice)
		time.Sleep(200 * time.Millisecond)
		slow := load(t, m, token)
		session, err := store.Current(slow, m)
		must(t, "current", err)
		must(t, "sign out", store.SignOut(load(t, m, token), m))
		want(t, "touch", store.Touch(slow, m, session, time.Now(), time.Time{}), store.ErrGone)
		signedOut(t, m, token)
	}},
	{"an application's Put and the kit's touch, in either order, lose neither", func(t *testing.T, s store.Store) {
		m := manager(t, s, time.Second, time.Hour)
		token := signIn(t, m, "", alice)
		time.Sleep(200 * time.Millisecond)
		touching, putting := load(t, m, token), load(t, m, token)
		session, err := store.Current(touching, m)
		must(t, "current", err)
		m.Put(putting, "n", 1)
		commit(t, m, putting)
		must(t, "touch", store.Touch(touching, m, session, time.Now(), time.Time{}))
		equal(t, "Put, then touch", m.GetInt(load(t, m, token), "n"), 1)

		time.Sleep(200 * time.Millisecond)
		touching, putting = load(t, m, token), load(t, m, token)
		session, err = store.Current(touching, m)
		must(t, "current", err)
		before := session.SeenAt
		must(t, "touch", store.Touch(touching, m, session, time.Now(), time.Time{}))
		m.Put(putting, "n", 2)
		commit(t, m, putting)
		ctx := load(t, m, token)
		equal(t, "touch, then Put", m.GetInt(ctx, "n"), 2)
		session, err = store.Current(ctx, m)
		must(t, "current", err)
		equal(t, "last seen went on", session.SeenAt.After(before), true)
	}},
	{"two commits of one request are one session", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		ctx := load(t, m, "")
		_, err := store.SignIn(ctx, m, alice, store.Client{})
		must(t, "sign in", err)
		m.Put(ctx, "k", "v")
		token := commit(t, m, ctx)
		equal(t, "token", commit(t, m, ctx), token)
		equal(t, "value", m.GetString(load(t, m, token), "k"), "v")
		must(t, "sign out", store.SignOut(load(t, m, token), m))
		_, _, err = m.Commit(ctx)
		want(t, "third commit, after a logout", err, store.ErrGone)
		signedOut(t, m, token)
	}},
	{"a revocation between two commits of one request is not undone, after a RenewToken either", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		ctx := load(t, m, signIn(t, m, "", alice))
		must(t, "renew", m.RenewToken(ctx))
		token := commit(t, m, ctx)
		n, err := store.RevokeAll(t.Context(), m, alice)
		must(t, "revoke", err)
		equal(t, "revoked", n, 1)
		m.Put(ctx, "k", "v")
		_, _, err = m.Commit(ctx)
		want(t, "second commit", err, store.ErrGone)
		signedOut(t, m, token)
	}},
	{"a touch of a session whose new token is not stored yet is left to the commit", func(t *testing.T, s store.Store) {
		m := manager(t, s, time.Second, time.Hour)
		token := signIn(t, m, "", alice)
		time.Sleep(200 * time.Millisecond)
		ctx := load(t, m, token)
		session, err := store.Current(ctx, m)
		must(t, "current", err)
		must(t, "renew", m.RenewToken(ctx))
		must(t, "touch", store.Touch(ctx, m, session, time.Now(), time.Time{}))
		equal(t, "account", account(t, m, commit(t, m, ctx)), alice.ID)
	}},
	{"a crash between record and index leaves nothing anyone can use", func(t *testing.T, s store.Store) {
		// The process dies after the record was created. The token, which is
		// what the request would have answered, was never sent.
		origin := newOrigin()
		spy := &spy{Store: s}
		m := managerAt(t, &forgetful{Store: spy}, origin, 0, 0)
		signIn(t, m, "", alice)
		equal(t, "records", len(spy.created), 1)
		n, err := store.RevokeAll(t.Context(), managerAt(t, s, origin, 0, 0), alice)
		must(t, "revoke with a record that no index knows", err)
		equal(t, "revoked", n, 0)
		_, err = s.FindSession(t.Context(), spy.created[0])
		must(t, "the record waits for its expiry", err)

		// The other way round: the record is gone, the note is still there.
		origin = newOrigin()
		m = managerAt(t, &noUnindex{Store: s}, origin, 0, 0)
		token := signIn(t, m, "", alice)
		must(t, "sign out", store.SignOut(load(t, m, token), m))
		n, err = store.RevokeAll(t.Context(), managerAt(t, s, origin, 0, 0), alice)
		must(t, "revoke with a note that leads nowhere", err)
		equal(t, "revoked", n, 0)
		signedOut(t, m, token)
	}},
	{"revoke-all against sign-ins: what was signed in before is ended, what survives can be ended", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		for range 10 {
			before := []string{signIn(t, m, "", alice), signIn(t, m, "", alice)}
			var mu sync.Mutex
			var during []string
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					ctx, err := m.Load(context.Background(), "")
					if err != nil {
						return
					}
					if _, err := store.SignIn(ctx, m, alice, store.Client{}); err == nil {
						mu.Lock()
						defer mu.Unlock()
						during = append(during, m.Token(ctx))
					}
				})
			}
			_, err := store.RevokeAll(t.Context(), m, alice)
			must(t, "revoke", err)
			for _, token := range before {
				signedOut(t, m, token)
			}
			wg.Wait()
			equal(t, "sign-ins", len(during), 4)
			_, err = store.RevokeAll(t.Context(), m, alice)
			must(t, "revoke again", err)
			for _, token := range during {
				signedOut(t, m, token)
			}
		}
	}},
}

// forgetful loses every note, as a process does that dies before it.
type forgetful struct{ store.Store }

func (*forgetful) IndexSession(context.Context, store.Key, store.Key, time.Time) (int, error) {
	return 1, nil
}

// noUnindex keeps every note, as a process does that dies before taking it back.
type noUnindex struct{ store.Store }

func (*noUnindex) UnindexSession(context.Context, store.Key, store.Key) error { return nil }
