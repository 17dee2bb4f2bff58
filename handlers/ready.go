package handlers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nearauth/nearauth/store"
)

// readiness remembers an answer for a second, so that whoever can reach a
// health check cannot make the server ask the chain without end.
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

const (
	readyFor     = time.Second
	readyTimeout = 5 * time.Second
)

// Ready asks the store and each chain that can be asked (a Chain with a method
// Ready(context.Context) error) whether they answer: nil, or an error that is
// store.ErrUnavailable if the store does not, and ErrUnavailable if a chain
// does not; both can be. An answer counts for a second. A site whose chain is
// down still serves who is signed in; one whose store is down serves nobody.
func (a *Auth) Ready(ctx context.Context) error {
	a.ready.mu.Lock()
	defer a.ready.mu.Unlock()
	if !a.ready.at.IsZero() && time.Since(a.ready.at) < readyFor {
		return a.ready.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	errs := make([]error, 1+len(a.chains))
	var asked sync.WaitGroup
	asked.Go(func() { errs[0] = store.Ready(ctx, a.Sessions) })
	for i, c := range a.chains {
		if asker, ok := c.(interface{ Ready(context.Context) error }); ok {
			asked.Go(func() {
				if err := asker.Ready(ctx); err != nil {
					errs[1+i] = fmt.Errorf("%w: %s: %w", ErrUnavailable, c.ID(), err)
				}
			})
		}
	}
	asked.Wait()
	a.ready.err, a.ready.at = errors.Join(errs...), time.Now()
	return a.ready.err
}
