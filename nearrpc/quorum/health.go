package quorum

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	askedLastFor  = 30 * time.Second // after a failure
	maxRetryAfter = 10 * time.Minute // what an endpoint may ask us to wait
)

// health is what an endpoint's last answers say about asking it again.
type health struct {
	mu          sync.Mutex
	failedUntil time.Time // asked last before this; zero while it answers
	notBefore   time.Time // not asked before this: Retry-After
}

// parseRetryAfter reads the header, seconds or an HTTP date, as a wait from now.
func parseRetryAfter(value string, now time.Time) time.Duration {
	seconds, err := strconv.ParseUint(value, 10, 32)
	if err == nil {
		return time.Duration(seconds) * time.Second
	}
	if errors.Is(err, strconv.ErrRange) {
		return maxRetryAfter
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(date.Sub(now), 0)
}

// note remembers a failure, and reports whether it is the first of a series.
func (h *health) note(p *Problem) (first bool) {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	first = h.failedUntil.IsZero()
	h.failedUntil = now.Add(askedLastFor)
	if until := now.Add(min(p.RetryAfter, maxRetryAfter)); until.After(h.notBefore) {
		h.notBefore = until
	}
	return first
}

// recovered forgets the failures, and reports whether there were any.
func (h *health) recovered() (had bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	had = !h.failedUntil.IsZero()
	h.failedUntil = time.Time{}
	return had
}

// state reports whether the endpoint failed lately, and how long it wants to
// be left alone.
func (h *health) state(now time.Time) (failedLately bool, wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failedUntil.After(now), max(h.notBefore.Sub(now), 0)
}
