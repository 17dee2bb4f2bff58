package store

import (
	"context"
	"errors"
	"slices"
	"time"
)

// index notes a new record for its account, if it has one. The record comes
// first: until both are written nobody holds the token. A record that cannot
// be listed could not be revoked, so it does not stay. Beyond the most that an
// account may have, the oldest sign-in ends.
func (r *Records) index(ctx context.Context, key Key, record []byte, until time.Time) error {
	account := accountOf(record)
	if account.ID == "" {
		return nil
	}
	owner := r.owner(account)
	count, err := r.backend.IndexSession(ctx, owner, key, until)
	if err != nil {
		_, _ = r.backend.DeleteSession(ctx, key)
		return wrap("index", err)
	}
	if count > r.most {
		// That an old session could not be ended is no reason against a new one.
		_ = r.endOldest(ctx, account)
	}
	return nil
}

// endOldest ends what an account has beyond its limit. Sign-ins expire in the
// order in which they were made, so the first of the index is the oldest. A
// note outlives a session that ended by the idle limit, so only those whose
// record is still there count.
func (r *Records) endOldest(ctx context.Context, account Account) error {
	var keys []Key
	err := r.each(ctx, account, func(_ context.Context, key Key, _ *Session) error {
		keys = append(keys, key)
		return nil
	})
	if err != nil || len(keys) <= r.most {
		return err
	}
	_, err = r.endAll(ctx, r.owner(account), keys[:len(keys)-r.most])
	return err
}

// revoke ends every session of an account but the one under keep, and returns
// how many there were.
func (r *Records) revoke(ctx context.Context, account Account, keep string) (int, error) {
	ctx, cancel := detached(ctx)
	defer cancel()
	owner := r.owner(account)
	keys, err := r.backend.IndexedSessions(ctx, owner)
	if err != nil {
		return 0, wrap("revoke", err)
	}
	if keep != "" {
		kept := r.key(keep)
		keys = slices.DeleteFunc(keys, func(k Key) bool { return k == kept })
	}
	ended, err := r.endAll(ctx, owner, keys)
	return ended, wrap("revoke", err)
}

// endAll ends the sessions of an owner that are under keys. One that had ended
// already loses its note.
func (r *Records) endAll(ctx context.Context, owner Key, keys []Key) (ended int, err error) {
	for _, key := range keys {
		switch err := r.end(ctx, key); {
		case err == nil:
			ended++
		case errors.Is(err, ErrGone):
			_ = r.backend.UnindexSession(ctx, owner, key)
		default:
			return ended, err
		}
	}
	return ended, nil
}

// end deletes a record, and then its note in the account's index.
func (r *Records) end(ctx context.Context, key Key) error {
	record, err := r.backend.DeleteSession(ctx, key)
	if err != nil {
		return err
	}
	if account := accountOf(record); account.ID != "" {
		// The session is over. A note left behind leads nowhere and expires.
		_ = r.backend.UnindexSession(ctx, r.owner(account), key)
	}
	return nil
}

func accountOf(record []byte) Account {
	_, s, err := decodeHeader(record)
	if err != nil {
		return Account{}
	}
	return s.Account
}

// each calls f for each live session of an account. What has ended loses its
// note on the way.
func (r *Records) each(ctx context.Context, account Account, f func(context.Context, Key, *Session) error) error {
	owner := r.owner(account)
	keys, err := r.backend.IndexedSessions(ctx, owner)
	if err != nil {
		return err
	}
	for _, key := range keys {
		s, err := r.session(ctx, key)
		switch {
		case errors.Is(err, ErrGone):
			_ = r.backend.UnindexSession(ctx, owner, key)
			continue
		case err != nil:
			return err
		}
		if err := f(ctx, key, s); err != nil {
			return err
		}
	}
	return nil
}

// session reads the signed-in session under key, or ErrGone.
func (r *Records) session(ctx context.Context, key Key) (*Session, error) {
	record, err := r.find(ctx, key)
	if err != nil {
		return nil, err
	}
	_, s, err := decodeHeader(record)
	if err != nil || !s.live(time.Now()) {
		return nil, ErrGone
	}
	return s, nil
}
