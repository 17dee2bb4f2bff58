package handlers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nearauth/nearauth/store"
)

// question is one thing to ask a chain. It names the challenge and the account
// and key: two proofs over one challenge for different accounts are different
// questions. Were they one, the yes about a thief's own account would sign him
// in as the other.
type question struct {
	challenge store.Key
	account   store.Account
}

// questions lets verifies of one challenge that ask the same thing at the same
// time share one answer. The zero value is ready to use.
type questions struct {
	mu   sync.Mutex
	open map[question]*reply
}

type reply struct {
	done  chan struct{}
	asked time.Time
	err   error
}

// questionTimeout is a bound for chains that do not keep one of their own.
const questionTimeout = 10 * time.Second

// ask asks q, or waits for the answer that is on its way. The question outlives
// the request that began it, because others may be waiting: it is asked on that
// request's goroutine, which stays until it is answered. Whoever has hung up
// meanwhile gets no answer, so that nothing is taken for him. It also returns
// when the question was asked.
func (qs *questions) ask(ctx context.Context, q question, confirm func(context.Context, store.Account) error) (asked time.Time, err error) {
	qs.mu.Lock()
	a, open := qs.open[q]
	if !open {
		a = &reply{done: make(chan struct{}), asked: time.Now()}
		if qs.open == nil {
			qs.open = make(map[question]*reply)
		}
		qs.open[q] = a
	}
	qs.mu.Unlock()
	if !open {
		qs.run(context.WithoutCancel(ctx), q, a, confirm)
	}
	select {
	case <-a.done:
		if ctx.Err() == nil {
			return a.asked, a.err
		}
	case <-ctx.Done():
	}
	return a.asked, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
}

func (qs *questions) run(ctx context.Context, q question, a *reply, confirm func(context.Context, store.Account) error) {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	// Until it is answered, and also if the chain panics, it is not known.
	a.err = fmt.Errorf("%w: the chain did not answer", ErrUnavailable)
	defer func() {
		if p := recover(); p != nil {
			a.err = fmt.Errorf("%w: the chain panicked: %v", ErrUnavailable, p)
		}
		qs.mu.Lock()
		delete(qs.open, q)
		qs.mu.Unlock()
		close(a.done)
	}()
	a.err = confirm(ctx, q.account)
}
