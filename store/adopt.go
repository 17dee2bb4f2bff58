package store

import (
	"context"
	"errors"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Legacy reaches the records of a site that has used scs without this kit,
// which lie under the raw token. See SessionsConfig.Adopt, and package
// store/redis for the one on redisstore's keys.
//
// The law of the methods is that of Sessions: definite answers are nil and
// ErrGone, an update never creates, and of several deletions at once one gets
// the record.
type Legacy interface {
	FindLegacy(ctx context.Context, token string) (record []byte, err error)
	UpdateLegacy(ctx context.Context, token string, record []byte, expires time.Time) error
	DeleteLegacy(ctx context.Context, token string) (record []byte, err error)
}

// findLegacy looks for a session that scs stored before the kit came. It is
// rewritten, where it lies, at its next commit: as long as its token lives,
// "update and never create" keeps a logout done for it as for any other. With
// the next new token, which a sign-in brings, it is one of ours.
func (r *Records) findLegacy(ctx context.Context, token string, key Key) (record []byte, err error) {
	if r.legacy == nil {
		return nil, ErrGone
	}
	record, err = r.legacy.FindLegacy(ctx, token)
	if err != nil {
		return nil, err
	}
	if wellFormed(record) {
		return record, past(getTime(record[offDeadline:]))
	}
	deadline, values, err := scs.GobCodec{}.Decode(record)
	if err != nil {
		return nil, ErrGone // what cannot be read is no session
	}
	if values == nil {
		values = make(map[string]any)
	}
	delete(values, sessionKey) // nobody has signed in with a wallet yet
	record, err = Codec{}.Encode(deadline, values)
	if err != nil {
		return nil, ErrGone
	}
	copy(record[offUnder:], key.Hash[:len(lineage{})])
	return record, past(deadline)
}

// past is ErrGone once t is.
func past(t time.Time) error {
	if !time.Now().Before(t) {
		return ErrGone
	}
	return nil
}

// deleteLegacy ends what lies under a token from before the kit. There may be a
// record of ours under it too; ours is what became of that, and only if there
// was neither is the session gone.
func (r *Records) deleteLegacy(ctx context.Context, token string, ours error) error {
	_, err := r.legacy.DeleteLegacy(ctx, token)
	if errors.Is(err, ErrGone) {
		return ours
	}
	return err
}

// update writes a record where it is, under our key or, with the whole life
// that scs gave it, under the old one.
func (r *Records) update(ctx context.Context, token string, key Key, record []byte, until, expires time.Time) error {
	err := r.backend.UpdateSession(ctx, key, record, expires)
	if r.legacy != nil && errors.Is(err, ErrGone) {
		return r.legacy.UpdateLegacy(ctx, token, record, until)
	}
	return err
}

// AdoptedCookie returns the name of the cookie that the site's sessions had
// before, or "" if the manager adopts none.
func AdoptedCookie(m *scs.SessionManager) string {
	if r, err := recordsOf(m); err == nil {
		return r.adopted
	}
	return ""
}
