package blackbox

import (
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store/redis/redistest"
)

// The kit gives Redis 300 ms. On a machine that has too much to do, or whose
// disk is slow, Redis may need longer although nothing was done to it, and that
// is an outage like another. So that it is known, each server is asked all the
// time.
const (
	pulseEvery = 30 * time.Millisecond
	// slow is well below what the kit allows: it is not asked at the same moment.
	slow = 100 * time.Millisecond
)

// pulse asks a server until the traffic ends, and notes when it was slow.
func (tr *traffic) pulse(s *redistest.Server) {
	var c redis.Conn
	for last := time.Now(); tr.watching(); {
		if c == nil || c.Err() != nil {
			if c != nil {
				_ = c.Close()
			}
			c, _ = redis.Dial("tcp", s.Addr, redis.DialConnectTimeout(time.Second), redis.DialReadTimeout(time.Second))
		}
		if c != nil {
			_, _ = c.Do("PING")
		}
		now := time.Now()
		if now.Sub(last) > pulseEvery+slow { // one that is dead says so at once
			tr.rec.slows(span{last.Add(-slow), now.Add(slow)})
		}
		last = now
		time.Sleep(pulseEvery)
	}
	if c != nil {
		_ = c.Close()
	}
}

func (r *recording) slows(s span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slow = append(r.slow, s)
}

// watching reports whether the run is not over: unlike going, also while all is
// tried once more.
func (tr *traffic) watching() bool {
	select {
	case <-tr.over:
		return false
	default:
		return true
	}
}

// startPulses takes the pulse of all servers of a Redis.
func (tr *traffic) startPulses(servers []*redistest.Server) {
	tr.over = make(chan struct{})
	var pulses sync.WaitGroup
	for _, s := range servers {
		pulses.Go(func() { tr.pulse(s) })
	}
	tr.endPulses = sync.OnceFunc(func() {
		close(tr.over)
		pulses.Wait()
	})
	tr.t.Cleanup(tr.endPulses)
}
