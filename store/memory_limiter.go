package store

import (
	"context"
	"sync"
	"time"
)

// maxLimits bounds the counters that are held at once. Beyond it some are
// forgotten, which forgives a few requests and costs nothing else.
const maxLimits = 100_000

// limitTable holds, for each key, the theoretical arrival time of GCRA: when
// the bucket will have drained. A counter has expired when that time is past.
type limitTable struct {
	mu    sync.Mutex
	table table[struct{}]
}

// Allow implements Limiter.
func (m *Memory) Allow(_ context.Context, limits ...Limit) (longest time.Duration, err error) {
	t, now := &m.limits, nanos()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range limits {
		_, wait := gcra(t.arrival(l.Key, now), now, l.Rate)
		longest = max(longest, wait)
	}
	if longest > 0 {
		return longest, nil
	}
	for _, l := range limits {
		t.count(l, now)
	}
	return 0, nil
}

func (t *limitTable) arrival(key Key, now int64) int64 {
	if e := t.table.get(key, now); e != nil {
		return e.expires
	}
	return now
}

// count counts a request that is within the limit.
func (t *limitTable) count(l Limit, now int64) {
	next, _ := gcra(t.arrival(l.Key, now), now, l.Rate)
	if t.table.held >= maxLimits {
		t.table.evict()
	}
	t.table.put(l.Key, struct{}{}, next, now)
}

// gcra returns the next arrival time if a request at now is within the rate,
// or how long to wait. A request may come early by Burst-1 intervals.
func gcra(arrival, now int64, rate Rate) (next int64, wait time.Duration) {
	every := max(int64(rate.Every), 1)
	next = max(arrival, now) + every
	early := next - every*int64(max(rate.Burst, 1)) - now
	if early > 0 {
		return 0, time.Duration(early)
	}
	return next, 0
}
