package store

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// endings are the sessions that somebody has ended while the backend could not
// be written. The answer was that it failed; but this instance serves them no
// more, and deletes them as soon as the backend takes it. Another instance that
// reaches the backend sooner may serve them until then, and a process that
// dies forgets them.
type endings struct {
	open atomic.Int64 // how many: that is all that a request looks at mostly

	mu   sync.Mutex
	keys map[Key]ending
	busy bool // somebody tries
}

type ending struct {
	token string    // where sessions are adopted, else ""
	until time.Time // the record is gone by then anyhow
}

const (
	// mostEndings is more than an outage makes people sign out. Beyond it they
	// are told that it failed, and that is all.
	mostEndings = 100_000
	// endingEvery is how long to wait between tries.
	endingEvery = 250 * time.Millisecond
)

// has reports whether the session under key has been ended.
func (e *endings) has(key Key) bool {
	if e.open.Load() == 0 {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ended := e.keys[key]
	return ended
}

// endLater refuses the session under key from now on, and deletes it later.
func (r *Records) endLater(key Key, token string) {
	e := &r.endings
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.keys) >= mostEndings {
		return
	}
	if e.keys == nil {
		e.keys = make(map[Key]ending)
	}
	if r.legacy == nil {
		token = ""
	}
	e.keys[key] = ending{token, time.Now().Add(r.life)}
	e.open.Store(int64(len(e.keys)))
	if !e.busy {
		e.busy = true
		go r.endThem()
	}
}

// endThem tries until all are ended. One that the backend does not take ends the
// round: it is down, and would take the others no better.
func (r *Records) endThem() {
	e := &r.endings
	for {
		e.mu.Lock()
		if len(e.keys) == 0 {
			e.busy = false
			e.mu.Unlock()
			return
		}
		keys := maps.Clone(e.keys)
		e.mu.Unlock()
		for key, it := range keys {
			if !r.endNow(key, it) {
				time.Sleep(endingEvery)
				break
			}
			e.mu.Lock()
			delete(e.keys, key)
			e.open.Store(int64(len(e.keys)))
			e.mu.Unlock()
		}
	}
}

func (r *Records) endNow(key Key, it ending) bool {
	if time.Now().After(it.until) {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	err := r.delete(ctx, key, it.token)
	return err == nil || errors.Is(err, ErrGone)
}
