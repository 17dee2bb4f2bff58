package store

import (
	"context"
	"errors"
	"time"

	"github.com/alexedwards/scs/v2"
)

// SignIn makes the request's session that of an account and stores it. The
// token is new and the old one is dead. Values that the application has stored
// stay if the session was anonymous or the same account's, and are cleared if
// it was another's or had just ended. It commits by itself, so that nothing has
// been answered yet when it fails. The error is ErrUnavailable, or says which of
// the application's values cannot be encoded; the request's session then is
// empty.
func SignIn(ctx context.Context, m *scs.SessionManager, account Account, client Client) (*Session, error) {
	return SignInConfirmed(ctx, m, account, client, time.Now())
}

// SignInConfirmed is SignIn for a key about which the chain was asked at
// confirmed: an answer to a later question than that is about this session too.
func SignInConfirmed(ctx context.Context, m *scs.SessionManager, account Account, client Client, confirmed time.Time) (*Session, error) {
	old, err := Current(ctx, m)
	if err != nil && !errors.Is(err, ErrGone) {
		return nil, err
	}
	r, err := recordsOf(m)
	if err != nil {
		return nil, err
	}
	// Not the one that is known here: under an old one the sign-in would end
	// within the second.
	epoch, err := r.askEpoch(ctx)
	if err != nil {
		return nil, err
	}
	mark := &goneMark{}
	if err := m.RenewToken(context.WithValue(ctx, goneMarkKey{}, mark)); err != nil {
		return nil, err
	}
	if mark.gone || old != nil && !old.Account.Same(account) {
		_ = m.Clear(ctx) // returns no error
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	s := &Session{Account: account, SignedInAt: now, CheckedAt: confirmed.UTC().Truncate(time.Millisecond), SeenAt: now, Until: now.Add(m.Lifetime), client: client.remember(), epoch: epoch}
	m.Put(ctx, sessionKey, s)
	if _, _, err := m.Commit(ctx); err != nil {
		// Otherwise whoever answers this request would try the commit again.
		_ = m.Clear(ctx)
		return nil, err
	}
	return s, nil
}

// SignOut ends the request's session: its record is deleted and its values
// are gone. A session that had ended already is no error. After an error, which
// is ErrUnavailable, this instance serves the session no more all the same, and
// deletes the record as soon as the backend takes it.
func SignOut(ctx context.Context, m *scs.SessionManager) error {
	return m.Destroy(context.WithValue(ctx, goneMarkKey{}, &goneMark{final: true}))
}

// SignOutToken is SignOut for the token of a session that Load has not found. It
// may be there again after a failover, if an earlier attempt to end it has not
// reached the replicas of the backend: the backend decides, and not the read.
func SignOutToken(ctx context.Context, m *scs.SessionManager, token string) error {
	r, err := recordsOf(m)
	if err != nil || len(token) != tokenLength {
		return err
	}
	return r.DeleteCtx(context.WithValue(ctx, goneMarkKey{}, &goneMark{final: true}), token)
}
