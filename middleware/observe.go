package middleware

import (
	"context"
	"errors"
	"time"

	"github.com/nearauth/nearauth/store"
)

// Observation is one thing done. Names and codes are few, so that they can be
// labels of a metric.
type Observation struct {
	// Name is "guard" for a guarded request, "key_check" for a question to the
	// chain about a session's key, and in package handlers the endpoints:
	// "challenge", "verify", "session", "sessions", "logout", and "other" for
	// paths that are none.
	Name string

	// Code is "ok" or what it was refused with, as in the catalogue of errors;
	// of a question about a key "key_refused" where the chain said no.
	Code string

	// Duration is how long it took: of a guarded request the decision alone,
	// without the handler behind it.
	Duration time.Duration
}

func (g *Guard) observed(ctx context.Context, name string, begun time.Time, err error) {
	if g.observe == nil {
		return
	}
	g.observe(ctx, Observation{Name: name, Code: code(err), Duration: time.Since(begun)})
}

// Observed reports an endpoint's answer; fail may be nil.
func (g *Guard) Observed(ctx context.Context, name string, begun time.Time, fail *Error) {
	if fail != nil {
		g.observed(ctx, name, begun, fail)
		return
	}
	g.observed(ctx, name, begun, nil)
}

func code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errStale):
		return "reauthentication_required"
	case errors.Is(err, ErrChainUnavailable): // whatever the cause says
		return "chain_unavailable"
	case errors.Is(err, store.ErrGone): // also of a refused key
		return "unauthenticated"
	case errors.Is(err, ErrKeyRefused):
		return "key_refused"
	case errors.Is(err, store.ErrUnavailable):
		return "store_unavailable"
	}
	return "chain_unavailable"
}
