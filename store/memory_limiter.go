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
	var few [4]int64
	arrivals := few[:0]
	for _, l := range limits {
		next, wait := gcra(t.arrival(l.Key, now), now, l.Rate)
		longest = max(longest, wait)
		arrivals = append(arrivals, next)
	}
	if longest > 0 {
		return longest, nil
	}
	for i, l := range limits {
		if t.table.held >= maxLimits {
			t.table.evict()
		}
		t.table.put(l.Key, struct{}{}, arrivals[i], now)
	}
	return 0, nil
}

func (t *limitTable) arrival(key Key, now int64) int64 {
	if e := t.table.get(key, now); e != nil {
		return e.expires
	}
	return now
}

// gcra returns the next arrival time if a request at now is within the rate,
// or how long to wait. A request may come early by Burst-1 intervals.
func gcra(arrival, now int64, rate Rate) (next int64, wait time.Duration) {
	every := max(int64(rate.Every), 1)
	burst := every * int64(max(rate.Burst, 1))
	// A clock that was set back must not make anybody wait for it.
	next = min(max(arrival, now), now+burst) + every
	early := next - burst - now
	if early > 0 {
		return 0, time.Duration(early)
	}
	return next, 0
}
