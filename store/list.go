package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Listed is one of an account's sessions, as its account may see it.
type Listed struct {
	// ID names the session to Revoke. It is a hash of the hash that the record
	// lies under: it opens nothing, here or in the backend.
	ID string

	Session Session
	Expires time.Time // the earlier of the idle and the absolute limit
}

// id returns the public id of the session under key.
func (k Key) id() string {
	sum := sha256.Sum256(append([]byte("nearauth session id\x00"), k.Hash[:]...))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// ID returns the public id of the request's session, or "" if it has none yet.
func ID(ctx context.Context, m *scs.SessionManager) string {
	r, err := recordsOf(m)
	token := m.Token(ctx)
	if err != nil || token == "" {
		return ""
	}
	return r.key(token).id()
}

// List returns the live sessions of an account, the newest sign-in first.
func List(ctx context.Context, m *scs.SessionManager, account Account) ([]Listed, error) {
	r, err := recordsOf(m)
	if err != nil {
		return nil, err
	}
	var list []Listed
	err = r.each(ctx, account, func(_ context.Context, key Key, s *Session) error {
		list = append(list, Listed{ID: key.id(), Session: s.Public(), Expires: earlier(s.Until, s.SeenAt.Add(r.idle))})
		return nil
	})
	slices.SortStableFunc(list, func(a, b Listed) int {
		return cmp.Or(b.Session.SignedInAt.Compare(a.Session.SignedInAt), cmp.Compare(a.ID, b.ID))
	})
	return list, wrap("list", err)
}

// Revoke ends the session of an account that has this public id. The error is
// ErrGone if the account has no such session.
func Revoke(ctx context.Context, m *scs.SessionManager, account Account, id string) error {
	r, err := recordsOf(m)
	if err != nil {
		return err
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	owner := r.owner(account)
	keys, err := r.backend.IndexedSessions(ctx, owner)
	if err != nil {
		return wrap("revoke", err)
	}
	keys = slices.DeleteFunc(keys, func(k Key) bool { return k.id() != id })
	n, err := r.endAll(ctx, owner, keys)
	if err == nil && n == 0 {
		err = ErrGone
	}
	return wrap("revoke", err)
}

// RevokeKey ends every session that account.PublicKey opened for the account,
// and returns how many. It spares those whose key the chain has confirmed at
// or after the time confirmed: what was asked before says nothing about them.
// The zero time spares none.
func RevokeKey(ctx context.Context, m *scs.SessionManager, account Account, confirmed time.Time) (ended int, err error) {
	r, err := recordsOf(m)
	if err != nil {
		return 0, err
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	var keys []Key
	err = r.each(ctx, account, func(_ context.Context, key Key, s *Session) error {
		if s.Account.PublicKey == account.PublicKey && (confirmed.IsZero() || s.CheckedAt.Before(confirmed)) {
			keys = append(keys, key)
		}
		return nil
	})
	if err == nil {
		ended, err = r.endAll(ctx, r.owner(account), keys)
	}
	return ended, wrap("revoke", err)
}

// Check reads the request's session once more, for a handler that runs for
// long: nil while it is live, ErrGone once it has ended, ErrUnavailable when
// this is not known. It costs one read and is no activity. The session is the
// one that Current returned at the beginning.
func Check(ctx context.Context, m *scs.SessionManager, s *Session) (*Session, error) {
	r, err := recordsOf(m)
	if err != nil {
		return nil, err
	}
	now, err := r.session(ctx, r.key(m.Token(ctx)))
	switch {
	case err != nil:
		return nil, wrap("check", err)
	case !now.Account.Same(s.Account):
		return nil, ErrGone
	}
	return now, nil
}

// Ready returns nil if the backend answers, and otherwise an error that is
// ErrUnavailable.
func Ready(ctx context.Context, m *scs.SessionManager) error {
	r, err := recordsOf(m)
	if err != nil {
		return err
	}
	if _, err := r.backend.FindSession(ctx, r.epochKey()); err != nil && !errors.Is(err, ErrGone) {
		return wrap("ready", err)
	}
	return nil
}

// RevokeAll ends every session of an account, on this backend and for this
// site, and returns how many. A sign-in of the account that is under way may
// be ended or not; if not, it is there for the next RevokeAll. The same goes for
// a session between the application's RenewToken and the commit that follows:
// where that could be long, commit right after renewing.
func RevokeAll(ctx context.Context, m *scs.SessionManager, account Account) (int, error) {
	r, err := recordsOf(m)
	if err != nil {
		return 0, err
	}
	return r.revoke(ctx, account, "")
}

// RevokeOthers is RevokeAll, sparing the session of the request in ctx.
func RevokeOthers(ctx context.Context, m *scs.SessionManager, account Account) (int, error) {
	r, err := recordsOf(m)
	if err != nil {
		return 0, err
	}
	return r.revoke(ctx, account, m.Token(ctx))
}
