package middleware

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nearauth/nearauth/store"
)

// keyChecks is what this instance knows of the keys of its sessions. It is by
// account and key, not by session; and not for the site as a whole, because an
// account that the chain cannot tell about, which anybody can make, would then
// take everybody's sessions into the grace.
type keyChecks struct {
	check        func(context.Context, store.Account) error // nil: never
	every, grace time.Duration

	mu      sync.Mutex
	states  map[store.Account]*keyState
	running map[crowd]int // questions under way

	unended atomic.Bool // the store could once not be told of a refusal
}

// crowd is whose questions share the keyQuestions: whoever owns a contract
// decides how long the network takes to answer about it, and could otherwise
// keep everybody else's from being asked.
type crowd struct {
	chain    string
	contract bool
}

func crowdOf(a store.Account) crowd { return crowd{a.Chain, a.Evidence != ""} }

// keyOf is an account and its key without the evidence, which has kilobytes, and
// which the key is a name for.
func keyOf(a store.Account) store.Account {
	a.Evidence = ""
	return a
}

// keyState is what is known of one key.
type keyState struct {
	confirmed time.Time     // the last question answered with yes was asked then
	refused   time.Time     // the last one answered with no was
	asked     time.Time     // the last one was
	failing   time.Time     // since when the chain cannot tell; zero if it can
	failed    time.Time     // when it last could not
	answered  chan struct{} // closed when the question under way is; nil if there is none
	err       error         // why the chain could not tell
}

// refused reports whether the key of a session was refused after the session
// knew it confirmed: one that is not due is over too, also while the store
// cannot delete it.
func (k *keyChecks) refused(s *store.Session) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	state := k.states[keyOf(s.Account)]
	return state != nil && s.CheckedAt.Before(state.refused)
}

// answer is what the last question says about a session. It is not known if it
// was asked before oldest.
func (k *keyChecks) answer(s *store.Session, oldest time.Time) (checked time.Time, known bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	state := k.state(s.Account, time.Now())
	switch {
	case s.CheckedAt.Before(state.refused):
		return time.Time{}, true, fmt.Errorf("%w: %w", store.ErrGone, ErrKeyRefused)
	case !state.failing.IsZero():
		return time.Time{}, true, cannotTell(state.err)
	case state.confirmed.IsZero() || state.confirmed.Before(oldest):
		return time.Time{}, false, nil
	}
	return state.confirmed, true, nil
}

// note notes the answer to the question under way.
func (k *keyChecks) note(state *keyState, of crowd, err error, counted bool) {
	k.mu.Lock()
	if counted {
		k.running[of]--
	}
	state.note(err, time.Now())
	answered := state.answered
	state.answered = nil
	k.mu.Unlock()
	close(answered)
}

// note is called with the answer to the question of asked. What is not
// definite is "cannot tell".
func (s *keyState) note(err error, now time.Time) {
	switch {
	case err == nil:
		s.confirmed, s.failing, s.failed, s.err = s.asked, time.Time{}, time.Time{}, nil
	case errors.Is(err, ErrKeyRefused):
		s.refused, s.failing, s.failed, s.err = s.asked, time.Time{}, time.Time{}, nil
	default:
		if s.failing.IsZero() {
			s.failing = now
		}
		s.failed, s.err = now, err
	}
}

// state returns what is known of a key. The lock is held. Each new key looks
// at a few old ones and forgets those that nobody has asked about for so long
// that what the chain said of them is worth asking again; a grace begins anew.
func (k *keyChecks) state(account store.Account, now time.Time) *keyState {
	account = keyOf(account)
	if s := k.states[account]; s != nil {
		return s
	}
	if k.states == nil {
		k.states = make(map[store.Account]*keyState)
	}
	looked := 0
	for a, s := range k.states {
		if s.answered == nil && now.Sub(s.asked) > 2*(k.every+k.grace) {
			delete(k.states, a)
		}
		if looked++; looked == 8 {
			break
		}
	}
	s := new(keyState)
	k.states[account] = s
	return s
}
