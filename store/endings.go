package store

import (
	"context"
	"errors"
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

	mu    sync.Mutex
	keys  map[Key]ending
	queue []Key // of keys, who has waited longest comes first
	busy  bool  // somebody tries
}

type ending struct {
	token string    // where sessions are adopted, else ""
	until time.Time // the record is gone by then anyhow
}

const (
	// mostEndings is more than an outage makes people sign out. Beyond it they
	// are told that it failed, and that is all.
	mostEndings = 100_000
	// endingEvery is how long to wait after a few that failed. It is not after
	// one: in a cluster the next may be on a node that lives.
	endingEvery = 250 * time.Millisecond
	aFew        = 8
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
	if _, known := e.keys[key]; known || len(e.keys) >= mostEndings {
		return
	}
	if e.keys == nil {
		e.keys = make(map[Key]ending)
	}
	if r.legacy == nil {
		token = ""
	}
	e.keys[key] = ending{token, time.Now().Add(r.life)}
	e.queue = append(e.queue, key)
	e.open.Store(int64(len(e.keys)))
	if !e.busy {
		e.busy = true
		go r.endThem()
	}
}

// endThem tries one after the other until all are ended.
func (r *Records) endThem() {
	failed := 0
	for {
		key, it, ok := r.endings.next()
		if !ok {
			return
		}
		ended := r.endNow(key, it)
		r.endings.tried(key, ended)
		if ended {
			continue
		}
		if failed++; failed%aFew == 0 {
			time.Sleep(endingEvery)
		}
	}
}

// next takes the first of the queue. Without any, nobody tries any more.
func (e *endings) next() (Key, ending, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == 0 {
		e.queue, e.busy = nil, false
		return Key{}, ending{}, false
	}
	key := e.queue[0]
	e.queue = e.queue[1:]
	return key, e.keys[key], true
}

// tried forgets the session that was ended, and puts another last.
func (e *endings) tried(key Key, ended bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ended {
		delete(e.keys, key)
		e.open.Store(int64(len(e.keys)))
		return
	}
	e.queue = append(e.queue, key)
}

func (r *Records) endNow(key Key, it ending) (ended bool) {
	// In a request net/http would see to a backend that panics.
	defer func() {
		if recover() != nil {
			ended = false
		}
	}()
	if time.Now().After(it.until) {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	err := r.delete(ctx, key, it.token)
	return err == nil || errors.Is(err, ErrGone)
}
