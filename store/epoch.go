package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
)

// epoch is what ends every sign-in of a site at once: a sign-in counts only
// under the epoch of the realm at the time. It is random and compared for
// equality, so that losing it ends sign-ins and never revives one, and no
// clock is trusted. Whoever finds none makes the first.
type epoch [8]byte

// epochFresh is how long an instance goes on with the epoch that it knows.
const epochFresh = time.Second

// epochs is what an instance knows of the epoch of its realm.
type epochs struct {
	known atomic.Pointer[knownEpoch]
	mu    sync.Mutex // held by the one who asks
}

type knownEpoch struct {
	epoch epoch
	err   error
	from  time.Time // it was asked for then: what it was may be as old
	at    time.Time // and answered then
}

func (k *knownEpoch) usable(now time.Time) bool {
	return k != nil && k.err == nil && now.Sub(k.from) < epochFresh
}

func (r *Records) epochKey() Key {
	return Key{r.realm, sha256.Sum256([]byte("epoch"))}
}

// epochNow returns the epoch, asking the backend once a second at most.
func (r *Records) epochNow(ctx context.Context, now time.Time) (epoch, error) {
	if k := r.epochs.known.Load(); k.usable(now) {
		return k.epoch, nil
	}
	return r.askEpoch(ctx)
}

// askEpoch asks the backend. Whoever waits for somebody else's question takes
// its answer, also that there was none: with a backend that hangs, a queue of
// requests would otherwise wait for each other's time limits.
func (r *Records) askEpoch(ctx context.Context) (epoch, error) {
	came := time.Now()
	r.epochs.mu.Lock()
	defer r.epochs.mu.Unlock()
	if k := r.epochs.known.Load(); k != nil && k.at.After(came) {
		return k.epoch, k.err
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	k := &knownEpoch{}
	k.epoch, k.err = r.readEpoch(ctx)
	k.err = wrap("epoch", k.err)
	k.from, k.at = came, time.Now()
	r.epochs.known.Store(k)
	return k.epoch, k.err
}

// readEpoch returns the epoch of the realm, and makes one where none is.
func (r *Records) readEpoch(ctx context.Context) (e epoch, err error) {
	record, err := r.backend.FindSession(ctx, r.epochKey())
	if errors.Is(err, ErrGone) {
		_, _ = rand.Read(e[:]) // never fails
		err = r.backend.CreateSession(ctx, r.epochKey(), e[:], time.Now().Add(maxLifetime))
		if !errors.Is(err, ErrExists) {
			return e, err
		}
		record, err = r.backend.FindSession(ctx, r.epochKey()) // another was quicker
	}
	if err == nil && len(record) != len(e) {
		err = errRecord
	}
	copy(e[:], record)
	return e, err
}

// RevokeEverybody ends every signed-in session of the site: here at once, on
// other instances within a second. Sessions in which nobody is signed in stay.
// The records expire on their own time; none of them is read or deleted.
func RevokeEverybody(ctx context.Context, m *scs.SessionManager) error {
	r, err := recordsOf(m)
	if err != nil {
		return err
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	r.epochs.mu.Lock()
	defer r.epochs.mu.Unlock()
	k := &knownEpoch{}
	_, _ = rand.Read(k.epoch[:]) // never fails
	if err := r.setEpoch(ctx, k.epoch); err != nil {
		return wrap("epoch", err)
	}
	k.at = time.Now()
	k.from = k.at
	r.epochs.known.Store(k)
	return nil
}

// setEpoch writes the epoch under a time to live that no session outlives.
func (r *Records) setEpoch(ctx context.Context, e epoch) error {
	expires := time.Now().Add(maxLifetime)
	err := r.backend.UpdateSession(ctx, r.epochKey(), e[:], expires)
	if !errors.Is(err, ErrGone) {
		return err
	}
	err = r.backend.CreateSession(ctx, r.epochKey(), e[:], expires)
	if errors.Is(err, ErrExists) { // another instance was quicker
		err = r.backend.UpdateSession(ctx, r.epochKey(), e[:], expires)
	}
	return err
}
