package quorum

import (
	"errors"
	"strings"
	"time"
)

// ErrUnavailable means that it cannot be known now. See UnavailableError.
var ErrUnavailable = errors.New("quorum: cannot tell")

// UnavailableError is the ErrUnavailable that Ask returns.
type UnavailableError struct {
	// RetryAfter is when to ask again, in whole seconds, at least one: what
	// a 503 should carry in its Retry-After header.
	RetryAfter time.Duration

	// Causes says what happened, one error an endpoint ("https://host:
	// timed out"), and the error of the caller's context if that ended.
	Causes []error

	name string // Config.Name
}

func (e *UnavailableError) Error() string {
	texts := make([]string, len(e.Causes))
	for i, cause := range e.Causes {
		texts[i] = cause.Error()
	}
	name := e.name
	if name == "" {
		name = defaultName
	}
	return name + ": cannot tell: " + strings.Join(texts, "; ")
}

// Is reports that the error is ErrUnavailable.
func (e *UnavailableError) Is(target error) bool { return target == ErrUnavailable }

// Unwrap returns the causes.
func (e *UnavailableError) Unwrap() []error { return e.Causes }
