package ha

import (
	"context"
	"sync"
	"time"
)

// every is how often the servers are asked who is the master of what: often
// enough that a failover is hardly longer for it, and next to nothing to them.
const every = 500 * time.Millisecond

// loop does something when it is first started, and then again and again until
// it is stopped.
type loop struct {
	do      func()
	once    sync.Once
	stopped context.Context
	halt    context.CancelFunc
	ended   sync.WaitGroup
}

func newLoop(do func()) *loop {
	l := &loop{do: do}
	l.stopped, l.halt = context.WithCancel(context.Background())
	return l
}

// atFirst is how long start waits: servers that hang are not waited for.
const atFirst = 300 * time.Millisecond

// start returns when it has been done once, or takes long.
func (l *loop) start() {
	l.once.Do(func() {
		if l.stopped.Err() != nil {
			return
		}
		done := make(chan struct{})
		l.ended.Go(func() {
			l.do()
			close(done)
			l.run()
		})
		select {
		case <-done:
		case <-time.After(atFirst):
		}
	})
}

func (l *loop) run() {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-l.stopped.Done():
			return
		case <-tick.C:
			l.do()
		}
	}
}

// stop returns when it is not being done any more, and will not be again.
func (l *loop) stop() {
	l.halt()
	l.once.Do(func() {}) // if it is starting, that comes first
	l.ended.Wait()
}
