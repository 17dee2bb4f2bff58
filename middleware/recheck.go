package middleware

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nearauth/nearauth/store"
)

const (
	defaultGrace = 15 * time.Minute
	// keyPause is how long no question is asked beside requests after the
	// chain could not tell.
	keyPause = 30 * time.Second
	// keySecond is how long no question is asked before a request after the
	// chain could not tell.
	keySecond = time.Second
	// keyWait is how long a request waits for the chain.
	keyWait = 2 * time.Second
	// keyTimeout bounds a question, for checks that do not bound themselves.
	keyTimeout = 10 * time.Second
	// keyQuestions is how many questions of a crowd are asked at once. One more
	// counts as one that the chain could not answer.
	keyQuestions = 64
)

// recheck lets a session pass whose key has been confirmed lately, or cannot
// be looked at but was, within the grace. It returns when the chain confirmed
// the key, if that is later than the session knows. The error is store.ErrGone
// if the key is refused, and ErrChainUnavailable.
func (g *Guard) recheck(ctx context.Context, s *store.Session) (checked time.Time, err error) {
	k := &g.keys
	if k.unended.Load() && k.refused(s) {
		return g.confirm(ctx, s, time.Time{})
	}
	if k.every == 0 {
		return time.Time{}, nil
	}
	now, due := time.Now(), spread(k.every, s.Spread())
	if age := now.Sub(s.CheckedAt); age < due && age > -clockSkew {
		return time.Time{}, nil
	}
	k.mu.Lock()
	state := k.state(s.Account, now)
	if s.CheckedAt.After(state.failing) {
		// A sign-in, or another instance, has had its answer since.
		state.failing, state.failed = time.Time{}, time.Time{}
	}
	switch {
	case s.CheckedAt.Before(state.refused):
	case now.Sub(state.confirmed) < due:
		checked = state.confirmed
		k.mu.Unlock()
		return checked, nil
	case state.failing.IsZero() || now.Sub(state.failing) < k.grace:
		if state.answered == nil && (state.failed.IsZero() || now.Sub(state.failed) >= keyPause) {
			g.ask(ctx, s.Account, state, now)
		}
		k.mu.Unlock()
		return time.Time{}, nil
	}
	k.mu.Unlock()
	return g.confirm(ctx, s, time.Time{})
}

// spread is d up to a fifth shorter or longer, by a byte that is random.
func spread(d time.Duration, random byte) time.Duration {
	return d*4/5 + d*2/5*time.Duration(random)/255
}

// checkedWithin is recheck without a grace.
func (g *Guard) checkedWithin(ctx context.Context, s *store.Session, d time.Duration) (checked time.Time, err error) {
	now := time.Now()
	g.keys.mu.Lock()
	state := g.keys.state(s.Account, now)
	confirmed, refused := state.confirmed, s.CheckedAt.Before(state.refused)
	g.keys.mu.Unlock()
	switch {
	case !refused && now.Sub(s.CheckedAt) <= d && now.Sub(s.CheckedAt) > -clockSkew:
		return time.Time{}, nil
	case !refused && now.Sub(confirmed) <= d:
		return confirmed, nil
	}
	return g.confirm(ctx, s, now.Add(-max(d, 0))) // no answer is newer than now
}

// confirm asks the chain before the request is served, or waits for the
// question that is under way. What was asked before oldest does not do.
func (g *Guard) confirm(ctx context.Context, s *store.Session, oldest time.Time) (checked time.Time, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, keyWait, errNoAnswer)
	defer cancel()
	for {
		answered, err := g.join(ctx, s)
		if err != nil {
			return time.Time{}, err
		}
		select {
		case <-answered:
		case <-ctx.Done():
			return time.Time{}, cannotTell(context.Cause(ctx))
		}
		if checked, known, err := g.keys.answer(s, oldest); known {
			return checked, err
		}
		// The question that was under way had been asked too long ago.
	}
}

var errNoAnswer = fmt.Errorf("middleware: no answer within %v", keyWait)

// cannotTell shows its cause as text only: whatever that wraps, it is neither
// a yes nor a no.
func cannotTell(cause error) error { return fmt.Errorf("%w: %v", ErrChainUnavailable, cause) }

// join returns the question under way, or begins one. After a failure that is
// once a second.
func (g *Guard) join(ctx context.Context, s *store.Session) (<-chan struct{}, error) {
	k, now := &g.keys, time.Now()
	k.mu.Lock()
	state := k.state(s.Account, now)
	answered, refused := state.answered, state.refused
	var err error
	switch {
	case s.CheckedAt.Before(refused), answered != nil:
	case !state.failed.IsZero() && now.Sub(state.asked) < keySecond:
		err = cannotTell(state.err)
	default:
		g.ask(ctx, s.Account, state, now)
		answered = state.answered
	}
	k.mu.Unlock()
	if s.CheckedAt.Before(refused) {
		err = g.end(ctx, s.Account, refused)
	}
	return answered, err
}

// ask begins a question. The lock is held.
func (g *Guard) ask(ctx context.Context, account store.Account, state *keyState, now time.Time) {
	k := &g.keys
	state.asked, state.answered = now, make(chan struct{})
	of := crowdOf(account)
	free := k.running[of] < keyQuestions
	if free {
		if k.running == nil {
			k.running = map[crowd]int{}
		}
		k.running[of]++
	}
	go func() {
		// The application's hooks and loggers are called from here.
		defer func() {
			if p := recover(); p != nil {
				g.log.Error("a hook panicked during the check of a key", "panic", p)
			}
		}()
		err := errTooMany
		if free {
			err = g.checkKey(context.WithoutCancel(ctx), account)
		}
		k.note(state, of, err, free)
		g.observed(context.WithoutCancel(ctx), "key_check", now, err)
		if errors.Is(err, ErrKeyRefused) {
			_ = g.end(context.WithoutCancel(ctx), account, now)
		}
	}()
}

var errTooMany = errors.New("middleware: too many questions to the chain at once")

// checkKey asks, within bounds. A check that panics could not tell.
func (g *Guard) checkKey(ctx context.Context, account store.Account) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("middleware: the check of a key panicked: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, keyTimeout)
	defer cancel()
	return g.keys.check(ctx, account)
}

// end ends every session that a refused key has opened, but for those that
// signed in after the question. The sessions are over also while the store
// cannot be told: it is tried again with the next request of one of them.
func (g *Guard) end(ctx context.Context, account store.Account, asked time.Time) error {
	ended, err := store.RevokeKey(ctx, g.sessions, account, asked)
	switch {
	case err != nil:
		g.keys.unended.Store(true)
		g.log.ErrorContext(ctx, "sessions of a refused key not ended", "account", account.String(), "publicKey", account.PublicKey, "error", err)
	case ended > 0:
		g.log.InfoContext(ctx, "sessions of a refused key ended", "account", account.String(), "publicKey", account.PublicKey, "ended", ended)
	}
	return fmt.Errorf("%w: %w", store.ErrGone, ErrKeyRefused)
}
