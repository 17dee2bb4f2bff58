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
		_ = r.endOldest(ctx, account, key)
	}
	return nil
}

// endOldest ends what an account has beyond its limit, the oldest sign-ins
// first, and never the one that has just been made. (They need not expire in
// that order: the limits of sessions can be configured anew.) A note outlives a
// session that ended by the idle limit, so only those whose record is still
// there count.
func (r *Records) endOldest(ctx context.Context, account Account, made Key) error {
	type signIn struct {
		key Key
		at  time.Time
	}
	var all []signIn
	err := r.each(ctx, account, func(_ context.Context, key Key, s *Session) error {
		if key != made {
			all = append(all, signIn{key, s.SignedInAt})
		}
		return nil
	})
	over := len(all) + 1 - r.most
	if err != nil || over <= 0 {
		return err
	}
	slices.SortStableFunc(all, func(a, b signIn) int { return a.at.Compare(b.at) })
	var keys []Key
	for _, s := range all[:over] {
		keys = append(keys, s.key)
	}
	_, err = r.endAll(ctx, r.owner(account), keys)
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
// already loses its note. After the first that cannot be ended the backend is
// not asked again: that one and the others end later.
func (r *Records) endAll(ctx context.Context, owner Key, keys []Key) (ended int, err error) {
	for i, key := range keys {
		switch err := r.end(ctx, key); {
		case err == nil:
			ended++
		case errors.Is(err, ErrGone):
			_ = r.backend.UnindexSession(ctx, owner, key)
		default:
			for _, key := range keys[i:] {
				r.endLater(key, "")
			}
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
		if r.endings.has(key) {
			continue // and keeps its note until the record is gone
		}
		record, err := r.backend.FindSession(ctx, key)
		if errors.Is(err, ErrGone) {
			_ = r.backend.UnindexSession(ctx, owner, key)
			continue
		}
		if err != nil {
			return err
		}
		// Of what is there but does not count here, such as a sign-in of an
		// earlier epoch, the note stays: it may count again, and must be found.
		s, err := r.read(ctx, key, record)
		if errors.Is(err, ErrGone) {
			continue
		}
		if err != nil {
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
	if r.endings.has(key) {
		return nil, ErrGone
	}
	record, err := r.backend.FindSession(ctx, key)
	if err != nil {
		return nil, err
	}
	return r.read(ctx, key, record)
}

// read is session for a record that has been found.
func (r *Records) read(ctx context.Context, key Key, record []byte) (*Session, error) {
	if err := r.counts(ctx, key, record); err != nil {
		return nil, err
	}
	_, s, err := decodeHeader(record)
	if err != nil || !s.live(time.Now()) {
		return nil, ErrGone
	}
	return s, nil
}
