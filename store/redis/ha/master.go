package ha

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/FZambia/sentinel/v2"
	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store/redis"
)

// master knows who is the master. The sentinels are asked again and again rather
// than listened to (+switch-master): a subscription that has died says nothing,
// just as one that has nothing to say, so it would have to be asked anyway.
//
// All sentinels are asked, and most of them decide, as they do among themselves:
// one that has been cut off from the others goes on naming a master that they
// have replaced.
type master struct {
	sentinels []*sentinel.Sentinel
	options   []redigo.DialOption
	loop      *loop

	asking sync.Mutex
	asked  time.Time

	mu   sync.Mutex
	addr string        // "" before any sentinel has named one
	why  error         // that did not answer, when they were asked last
	term atomic.Uint64 // counts the masters there have been
}

func newMaster(c SentinelConfig) *master {
	m := &master{options: append(redis.Timeouts(), c.Options...)}
	for _, addr := range c.Sentinels {
		m.sentinels = append(m.sentinels, newClient(addr, c))
	}
	m.loop = newLoop(m.look)
	return m
}

func (m *master) now() (addr string, term uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addr, m.term.Load()
}

// lately is how old an answer may be for the next question. In an outage every
// request asks.
const lately = 50 * time.Millisecond

// look asks the sentinels, if nobody has just done so. It waits for each, since
// a sentinel.Sentinel is not safe to be asked twice at once.
func (m *master) look() {
	m.asking.Lock()
	defer m.asking.Unlock()
	if time.Since(m.asked) < lately {
		return
	}
	defer func() { m.asked = time.Now() }()
	type vote struct {
		addr string
		err  error
	}
	votes := make(chan vote, len(m.sentinels))
	for _, s := range m.sentinels {
		go func() {
			addr, err := s.MasterAddr()
			votes <- vote{addr, err}
		}()
	}
	count := make(map[string]int)
	var errs []error
	for range m.sentinels {
		if v := <-votes; v.err != nil {
			errs = append(errs, v.err)
		} else {
			count[v.addr]++
		}
	}
	m.elect(count)
	m.mu.Lock()
	m.why = errors.Join(errs...)
	m.mu.Unlock()
}

// none is why no master is known.
func (m *master) none() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Errorf("%w: %w", errNoMaster, m.why)
}

// elect lets the votes decide. The first master is who has most of them; to
// replace one takes more than half of all sentinels, as many as a failover
// takes: those that do not answer do not agree. With a new master a new term
// begins, in which no connection of an earlier one is used.
func (m *master) elect(votes map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	best := m.addr
	for addr, n := range votes {
		if n > votes[best] && (m.addr == "" || n > len(m.sentinels)/2) {
			best = addr
		}
	}
	if best != m.addr {
		m.addr = best
		m.term.Add(1)
	}
}

func (m *master) close() {
	m.loop.stop()
	for _, s := range m.sentinels {
		_ = s.Close()
	}
}
