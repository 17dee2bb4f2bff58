package storetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/store"
)

// What an account, or an administrator, sees and does of its sessions.
var accountLaws = []law{
	{"an account's sessions are listed, the newest first, by ids that open nothing", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		first := signInFrom(t, m, alice, store.Client{IP: "192.0.2.0/24", UserAgent: "one"})
		time.Sleep(5 * time.Millisecond)
		second := signInFrom(t, m, alice, store.Client{IP: "198.51.100.0/24", UserAgent: "two"})
		signIn(t, m, "", bob)
		list, err := store.List(t.Context(), m, alice)
		must(t, "list", err)
		equal(t, "sessions", len(list), 2)
		equal(t, "newest", list[0].Session.Client(), store.Client{IP: "198.51.100.0/24", UserAgent: "two"})
		equal(t, "oldest", list[1].Session.Client(), store.Client{IP: "192.0.2.0/24", UserAgent: "one"})
		equal(t, "key", list[0].Session.Account, alice)
		equal(t, "id", list[0].ID, store.ID(load(t, m, second), m))
		equal(t, "id", list[1].ID, store.ID(load(t, m, first), m))
		for _, l := range list {
			signedOut(t, m, l.ID)
			if d := time.Until(l.Expires); d <= 0 || d > store.DefaultIdle {
				t.Fatalf("expires in %v", d)
			}
		}
	}},
	{"one session is revoked by its id, and only by its own account", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		gone, kept := signIn(t, m, "", alice), signIn(t, m, "", alice)
		id := store.ID(load(t, m, gone), m)
		want(t, "another account", store.Revoke(t.Context(), m, bob, id), store.ErrGone)
		equal(t, "account", account(t, m, gone), alice.ID)
		must(t, "revoke", store.Revoke(t.Context(), m, alice, id))
		signedOut(t, m, gone)
		equal(t, "account", account(t, m, kept), alice.ID)
		want(t, "revoke again", store.Revoke(t.Context(), m, alice, id), store.ErrGone)
		want(t, "no id", store.Revoke(t.Context(), m, alice, ""), store.ErrGone)
		list, err := store.List(t.Context(), m, alice)
		must(t, "list", err)
		equal(t, "sessions", len(list), 1)
	}},
	{"revoking a key ends what it opened for the account, and nothing else", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		other := alice
		other.PublicKey = "ed25519:other"
		stranger := bob
		stranger.PublicKey = alice.PublicKey
		a, b := signIn(t, m, "", alice), signIn(t, m, "", alice)
		c, d := signIn(t, m, "", other), signIn(t, m, "", stranger)
		n, err := store.RevokeKey(t.Context(), m, alice, time.Time{})
		must(t, "revoke", err)
		equal(t, "revoked", n, 2)
		signedOut(t, m, a)
		signedOut(t, m, b)
		equal(t, "another key", account(t, m, c), alice.ID)
		equal(t, "the key on another account", account(t, m, d), bob.ID)
	}},
	{"an answer from before a sign-in does not end it", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		before := signIn(t, m, "", alice)
		time.Sleep(10 * time.Millisecond)
		asked := time.Now()
		time.Sleep(10 * time.Millisecond)
		after := signIn(t, m, "", alice)
		n, err := store.RevokeKey(t.Context(), m, alice, asked)
		must(t, "revoke", err)
		equal(t, "revoked", n, 1)
		signedOut(t, m, before)
		equal(t, "account", account(t, m, after), alice.ID)
	}},
	{"everybody is signed out: here at once, elsewhere within a second, and anew can be signed in", func(t *testing.T, s store.Store) {
		origin := newOrigin()
		here, there := managerAt(t, s, origin, 0, 0), managerAt(t, s, origin, 0, 0)
		neighbour := manager(t, s, 0, 0)
		ctx := load(t, here, "")
		here.Put(ctx, "cart", "book")
		anonymous := commit(t, here, ctx)
		a, b, other := signIn(t, here, "", alice), signIn(t, there, "", bob), signIn(t, neighbour, "", alice)
		equal(t, "there", account(t, there, a), alice.ID)
		for range 2 { // the second time there is an epoch already
			must(t, "revoke everybody", store.RevokeEverybody(t.Context(), here))
			signedOut(t, here, a)
			signedOut(t, here, b)
			a = signIn(t, here, "", alice)
			equal(t, "signed in anew", account(t, here, a), alice.ID)
			time.Sleep(1100 * time.Millisecond)
			signedOut(t, there, b)
			equal(t, "signed in anew, there", account(t, there, a), alice.ID)
			b = signIn(t, there, "", bob)
		}
		list, err := store.List(t.Context(), here, alice)
		must(t, "list", err)
		equal(t, "sessions", len(list), 1)
		equal(t, "an anonymous session", here.GetString(load(t, here, anonymous), "cart"), "book")
		equal(t, "another site", account(t, neighbour, other), alice.ID)
	}},
	{"a sign-in right after everybody was signed out elsewhere lasts", func(t *testing.T, s store.Store) {
		origin := newOrigin()
		here, there := managerAt(t, s, origin, 0, 0), managerAt(t, s, origin, 0, 0)
		signIn(t, there, "", bob) // it knows the epoch
		must(t, "revoke everybody", store.RevokeEverybody(t.Context(), here))
		first := signIn(t, there, "", alice)
		equal(t, "here", account(t, here, first), alice.ID)
		equal(t, "there", account(t, there, first), alice.ID)
		must(t, "revoke everybody, and sign in, there", store.RevokeEverybody(t.Context(), there))
		token := signIn(t, there, "", alice)
		equal(t, "here, which knows the epoch before", account(t, here, token), alice.ID)
		time.Sleep(1100 * time.Millisecond)
		equal(t, "there", account(t, there, token), alice.ID)
		equal(t, "here", account(t, here, token), alice.ID)
	}},
	{"beyond the most an account may have the oldest sign-in ends, and what is dead does not count", func(t *testing.T, s store.Store) {
		m, err := store.NewSessions(s, store.SessionsConfig{Origin: newOrigin(), Idle: time.Second, Lifetime: time.Hour, Max: 3})
		must(t, "NewSessions", err)
		used := signIn(t, m, "", alice)
		for range 2 {
			time.Sleep(2 * time.Millisecond)
			signIn(t, m, "", alice)
		}
		for range 4 { // the two end by the idle limit; their notes stay
			time.Sleep(300 * time.Millisecond)
			ctx := load(t, m, used)
			session, err := store.Current(ctx, m)
			must(t, "current", err)
			must(t, "touch", store.Touch(ctx, m, session, time.Now(), time.Time{}))
		}
		tokens := []string{used}
		for range 2 {
			tokens = append(tokens, signIn(t, m, "", alice))
			time.Sleep(2 * time.Millisecond)
		}
		for _, token := range tokens {
			equal(t, "account", account(t, m, token), alice.ID)
		}
		tokens = append(tokens, signIn(t, m, "", alice))
		signedOut(t, m, tokens[0])
		for _, token := range tokens[1:] {
			equal(t, "account", account(t, m, token), alice.ID)
		}
	}},
	{"the oldest sign-in ends, also where newer ones expire first", func(t *testing.T, s store.Store) {
		origin := newOrigin()
		limit := func(lifetime time.Duration) *scs.SessionManager {
			m, err := store.NewSessions(s, store.SessionsConfig{Origin: origin, Lifetime: lifetime, Max: 1})
			must(t, "NewSessions", err)
			return m
		}
		old := signIn(t, limit(30*24*time.Hour), "", alice)
		time.Sleep(5 * time.Millisecond)
		m := limit(time.Hour)
		token := signIn(t, m, "", alice)
		equal(t, "who has just signed in", account(t, m, token), alice.ID)
		signedOut(t, m, old)
	}},
	{"a stream sees the end of its session, and does not prolong it", func(t *testing.T, s store.Store) {
		m := manager(t, s, time.Second, time.Hour)
		token := signIn(t, m, "", alice)
		ctx := load(t, m, token)
		session, err := store.Current(ctx, m)
		must(t, "current", err)
		_, err = store.Check(ctx, m, session)
		must(t, "check", err)
		must(t, "sign out elsewhere", store.SignOut(load(t, m, token), m))
		_, err = store.Check(ctx, m, session)
		want(t, "check", err, store.ErrGone)

		ctx = load(t, m, signIn(t, m, "", alice))
		session, err = store.Current(ctx, m)
		must(t, "current", err)
		for range 13 {
			time.Sleep(100 * time.Millisecond)
			_, err = store.Check(ctx, m, session)
		}
		want(t, "check after the idle limit", err, store.ErrGone)
	}},
	{"when the chain confirmed the key is noted without touching the values", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		token := signIn(t, m, "", alice)
		ctx, slow := load(t, m, token), load(t, m, token)
		session, err := store.Current(slow, m)
		must(t, "current", err)
		m.Put(ctx, "k", "v")
		commit(t, m, ctx)
		checked := time.Now().Add(time.Minute).UTC().Truncate(time.Millisecond)
		must(t, "touch", store.Touch(slow, m, session, time.Now(), checked))
		ctx = load(t, m, token)
		session, err = store.Current(ctx, m)
		must(t, "current", err)
		equal(t, "checked", session.CheckedAt.Equal(checked), true)
		equal(t, "value", m.GetString(ctx, "k"), "v")
	}},
	{"a touch without news of the chain leaves what another instance has noted", func(t *testing.T, s store.Store) {
		m := manager(t, s, time.Second, time.Hour)
		token := signIn(t, m, "", alice)
		ctx, other := load(t, m, token), load(t, m, token)
		mine, err := store.Current(ctx, m)
		must(t, "current", err)
		theirs, err := store.Current(other, m)
		must(t, "current", err)
		checked := time.Now().Add(time.Minute).UTC().Truncate(time.Millisecond)
		must(t, "touch", store.Touch(other, m, theirs, time.Now(), checked))
		time.Sleep(150 * time.Millisecond) // a touch is due
		must(t, "touch", store.Touch(ctx, m, mine, time.Now(), time.Time{}))
		session, err := store.Current(load(t, m, token), m)
		must(t, "current", err)
		equal(t, "checked", session.CheckedAt.Equal(checked), true)
	}},
	{"losing the epoch ends sign-ins and revives none, and all of them can be revoked", func(t *testing.T, s store.Store) {
		origin := newOrigin()
		m := managerAt(t, s, origin, 0, 0)
		before := signIn(t, m, "", alice)
		must(t, "revoke everybody", store.RevokeEverybody(t.Context(), m))
		after := signIn(t, m, "", alice)
		_, err := store.List(t.Context(), m, alice) // which must not forget the other one
		must(t, "list", err)
		lost := managerAt(t, &losesEpoch{Store: s}, origin, 0, 0)
		signedOut(t, lost, before)
		signedOut(t, lost, after)
		n, err := store.RevokeAll(t.Context(), m, alice)
		must(t, "revoke all", err)
		equal(t, "revoked", n, 2)
	}},
	{"two instances that find no epoch at the same moment agree on one", func(t *testing.T, s store.Store) {
		origin := newOrigin()
		token := signIn(t, managerAt(t, s, origin, 0, 0), "", alice)
		late := &late{Store: s}
		late.first.Store(true)
		m := managerAt(t, late, origin, 0, 0)
		equal(t, "on the later one", account(t, m, token), alice.ID)
		late.first.Store(true)
		token = signIn(t, m, "", alice)
		equal(t, "signed in on the later one", account(t, managerAt(t, s, origin, 0, 0), token), alice.ID)
		if late.first.Load() {
			t.Fatal("the epoch was not looked for")
		}
	}},
	{"without the epoch nobody is let in, and nobody is a stranger", func(t *testing.T, s store.Store) {
		origin := newOrigin()
		token := signIn(t, managerAt(t, s, origin, 0, 0), "", alice)
		m := managerAt(t, &onlyRecords{Store: s}, origin, 0, 0)
		_, err := store.Current(load(t, m, token), m)
		want(t, "current", err, store.ErrUnavailable)
	}},
}

// onlyRecords cannot read what is no session: the epoch of the site.
type onlyRecords struct{ store.Store }

func (o *onlyRecords) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	record, err := o.Store.FindSession(ctx, k)
	if isEpoch(record) {
		return nil, errInjected
	}
	return record, err
}

func signInFrom(t *testing.T, m *scs.SessionManager, a store.Account, c store.Client) string {
	t.Helper()
	ctx, err := m.Load(context.Background(), "")
	must(t, "load", err)
	_, err = store.SignIn(ctx, m, a, c)
	must(t, "sign in", err)
	return m.Token(ctx)
}

// losesEpoch has no epoch of its own and makes one: it was lost.
type losesEpoch struct{ store.Store }

func (l *losesEpoch) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	record, err := l.Store.FindSession(ctx, k)
	if isEpoch(record) {
		return nil, store.ErrGone
	}
	return record, err
}

func (l *losesEpoch) CreateSession(ctx context.Context, k store.Key, record []byte, expires time.Time) error {
	if isEpoch(record) {
		return nil
	}
	return l.Store.CreateSession(ctx, k, record, expires)
}

// late looks for the epoch just before another instance has made it.
type late struct {
	store.Store
	first atomic.Bool
}

func (l *late) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	record, err := l.Store.FindSession(ctx, k)
	if isEpoch(record) && l.first.Swap(false) {
		return nil, store.ErrGone
	}
	return record, err
}
