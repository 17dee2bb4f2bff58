package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Records stands between an scs.SessionManager and a backend: it is the
// scs.CtxStore of the managers that [NewSessions] makes, for one realm.
//
// It hashes tokens, so that a copy of the backend's data opens no session. And
// it keeps a logout done. scs reads a session, lets the handler run, and
// writes it back; a logout in between would be undone. So each record carries
// the beginning of the hash it lies under. A session that was loaded under
// its token is written only where its record still is; a session under a new
// token is created. There is no tombstone to expire, and it does not matter how
// late the write comes. (After scs's Clear the lineage is gone too: a late
// commit may then store an anonymous session under the token that was logged
// out, but never an account.)
//
// All methods are safe for concurrent use.
type Records struct {
	backend    Sessions
	realm      Realm
	idle       time.Duration
	touchEvery time.Duration
	most       int // sessions of one account
	manager    *scs.SessionManager
	life       time.Duration // the manager's Lifetime, as it was made
	embedded   bool
	legacy     Legacy
	adopted    string // cookie of the legacy sessions
	epochs     epochs
	endings    endings
}

var _ scs.CtxStore = (*Records)(nil)

// writeTimeout bounds writes and deletions. They go on when the client hangs
// up: a logout that was asked for has to happen.
const writeTimeout = 2 * time.Second

// tokenLength is that of scs: 32 random bytes as unpadded base64url.
const tokenLength = 43

func (r *Records) key(token string) Key {
	// On the stack: every request with a cookie comes by here.
	var b [tokenLength]byte
	return Key{r.realm, sha256.Sum256(append(b[:0], token...))}
}

// owner is the key of an account's index.
func (r *Records) owner(a Account) Key {
	return Key{r.realm, sha256.Sum256([]byte("account\x00" + a.Chain + "\x00" + a.ID))}
}

// FindCtx implements scs.CtxStore. A record that cannot be read, that lies
// under another hash than its own or is past its end, is no session. When the
// backend fails, FindCtx does not: it returns a record that decodes to a
// session known to be unknown, so that public pages live, protected ones can
// say 503, and a logout can still clear the cookie.
func (r *Records) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if len(token) != tokenLength {
		return nil, false, nil
	}
	key := r.key(token)
	if r.endings.has(key) {
		// Not as if there were none: a logout that is tried again must not
		// succeed before the record is gone.
		return []byte{recordEnded}, true, nil
	}
	record, err := r.find(ctx, key)
	if errors.Is(err, ErrGone) {
		record, err = r.findLegacy(ctx, token, key)
	}
	switch {
	case errors.Is(err, ErrGone):
		return nil, false, nil
	case err != nil:
		return append([]byte{recordLost}, err.Error()...), true, nil
	}
	return record, true, nil
}

// find returns the record under key, or ErrGone: also for one that does not
// count.
func (r *Records) find(ctx context.Context, key Key) ([]byte, error) {
	record, err := r.backend.FindSession(ctx, key)
	if err != nil {
		return nil, err
	}
	return record, r.counts(ctx, key, record)
}

// counts is ErrGone for a record that cannot be read, lies under another hash
// than its own, is past its end, or is a sign-in of an earlier epoch.
func (r *Records) counts(ctx context.Context, key Key, record []byte) error {
	now := time.Now()
	if !wellFormed(record) ||
		lineage(record[offUnder:offDeadline]) != under(key) ||
		!now.Before(getTime(record[offDeadline:])) {
		return ErrGone
	}
	if getTime(record[offSignedIn:]).IsZero() {
		return nil
	}
	signedIn := epoch(record[offEpoch:headerSize])
	epochNow, err := r.epochNow(ctx, now)
	if err == nil && epochNow != signedIn {
		// What is known here may be older than a sign-in on another instance.
		epochNow, err = r.askEpoch(ctx)
	}
	switch {
	case err != nil:
		return err
	case epochNow != signedIn:
		return ErrGone
	}
	return nil
}

func under(key Key) lineage { return lineage(key.Hash[:len(lineage{})]) }

// CommitCtx implements scs.CtxStore. It returns an error that is ErrGone if
// the session was ended since it was loaded.
func (r *Records) CommitCtx(ctx context.Context, token string, record []byte, deadline time.Time) error {
	if !wellFormed(record) {
		return fmt.Errorf("store: commit: %w", errRecord)
	}
	ctx, cancel := detached(ctx)
	defer cancel()

	key, now := r.key(token), time.Now()
	if r.endings.has(key) {
		return wrap("commit", ErrGone)
	}
	was := lineage(record[offUnder:offDeadline])
	until := earlier(deadline, getTime(record[offDeadline:]))
	// The record was encoded for this commit alone, and a commit is activity.
	putTime(record[offSeen:], now)
	copy(record[offUnder:], key.Hash[:len(lineage{})])
	expires := earlier(until, now.Add(r.idle))

	if was == under(key) {
		return wrap("commit", r.update(ctx, token, key, record, until, expires))
	}
	err := r.create(ctx, token, key, record, until, expires)
	if err != nil {
		copy(record[offUnder:], was[:]) // it lies nowhere
	}
	return err
}

func (r *Records) create(ctx context.Context, token string, key Key, record []byte, until, expires time.Time) error {
	err := r.backend.CreateSession(ctx, key, record, expires)
	if errors.Is(err, ErrExists) {
		// Tokens do not collide: this request has called Clear, which takes
		// the lineage along with all else.
		err = r.backend.UpdateSession(ctx, key, record, expires)
	}
	if err != nil {
		return wrap("commit", err)
	}
	if r.legacy != nil {
		// After Clear a session from before is created anew under its token.
		// The old record would be it again once the new one ends.
		if err := r.deleteLegacy(ctx, token, nil); err != nil {
			_, _ = r.backend.DeleteSession(ctx, key)
			return wrap("commit", err)
		}
	}
	return r.index(ctx, key, record, until)
}

// goneMark in a context makes DeleteCtx report a record that is gone in the
// mark instead of as an error. It is for SignIn and SignOut, to whom a logout
// that came first is no failure.
type goneMark struct {
	gone  bool
	final bool // SignOut: what cannot be deleted now is deleted later
}

type goneMarkKey struct{}

// DeleteCtx implements scs.CtxStore. Unlike what scs asks for, deleting what
// is not there is an error, ErrGone: scs only holds tokens that it has found,
// so this is a race with a logout, and without the error RenewToken would
// carry the ended session on under a new token.
func (r *Records) DeleteCtx(ctx context.Context, token string) error {
	if token == "" {
		return nil // a session that was never stored
	}
	mark, _ := ctx.Value(goneMarkKey{}).(*goneMark)
	ctx, cancel := detached(ctx)
	defer cancel()
	key := r.key(token)
	over := r.endings.has(key) // also if the record is still there
	err := r.delete(ctx, key, token)
	if over && err == nil && (mark == nil || !mark.final) {
		err = ErrGone
	}
	switch {
	case err == nil || mark == nil:
	case errors.Is(err, ErrGone):
		mark.gone = true
		return nil
	case mark.final:
		r.endLater(key, token)
	}
	return wrap("delete", err)
}

// delete ends the session under key, also one from before the kit, which lies
// under its token.
func (r *Records) delete(ctx context.Context, key Key, token string) error {
	err := r.end(ctx, key)
	if token != "" && r.legacy != nil && (err == nil || errors.Is(err, ErrGone)) {
		err = r.deleteLegacy(ctx, token, err)
	}
	return err
}

// touch notes activity and pushes the idle limit on, at most once in
// touchEvery, so that reading a session is not a write. Where the chain has
// confirmed the key since, it notes that too. It cannot create a record and
// leaves the application's values alone.
func (r *Records) touch(ctx context.Context, m *scs.SessionManager, s *Session, now, checked time.Time) error {
	news := checked.After(s.CheckedAt)
	if !news && now.Sub(s.SeenAt) < r.touchEvery {
		return nil // seen just now
	}
	key := r.key(m.Token(ctx))
	if s.lineage() != under(key) {
		return nil // about to be written under a new token
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	patch := make([]byte, offSignedIn-offSeen)
	putTime(patch, now)
	if news {
		putTime(patch[offChecked-offSeen:], checked)
	} else {
		patch = patch[:offChecked-offSeen] // another instance may know better
	}
	expires := earlier(s.Until, now.Add(r.idle))
	if err := r.backend.TouchSession(ctx, key, offSeen, patch, expires); err != nil {
		return wrap("touch", err)
	}
	s.SeenAt = now.UTC().Truncate(time.Millisecond)
	if news {
		s.CheckedAt = checked
	}
	return nil
}

// Find implements scs.Store.
func (r *Records) Find(token string) ([]byte, bool, error) {
	return r.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (r *Records) Commit(token string, record []byte, expiry time.Time) error {
	return r.CommitCtx(context.Background(), token, record, expiry)
}

// Delete implements scs.Store.
func (r *Records) Delete(token string) error {
	return r.DeleteCtx(context.Background(), token)
}

func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
}

// wrap leaves ErrGone recognisable and calls everything else unavailable.
func wrap(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrGone), errors.Is(err, ErrUnavailable):
		return fmt.Errorf("store: %s: %w", what, err)
	}
	return fmt.Errorf("store: %s: %w: %w", what, ErrUnavailable, err)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
