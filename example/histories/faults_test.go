package histories

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// trouble is what goes wrong: each fault in turn, in an order by the seed, one
// after each so many operations.
type trouble struct {
	t      testing.TB
	h      *history
	random *rand.Rand
	redis  *redistest.Server
	sites  []*process
	node   *nearrpctest.Node // nil where no chain is asked
	count  int
}

// Pauses: after a short one everybody is answered late; in a long one everybody
// gives up, and what was asked happens all the same when it is over.
func (tr *trouble) short() { tr.wait(20, 80) }
func (tr *trouble) long()  { tr.wait(500, 700) }

func (tr *trouble) wait(from, to int) {
	time.Sleep(time.Duration(from+tr.random.IntN(to-from)) * time.Millisecond)
}

func (tr *trouble) anyone() *process { return tr.sites[tr.random.IntN(len(tr.sites))] }

func (tr *trouble) faults() []func() {
	faults := []func(){
		tr.redisLate, tr.redisHangs, tr.redisDies, tr.redisHangsAndDies,
		tr.processDies, tr.processDies, tr.processHangs, tr.processLate, tr.processDiesWhileRedisHangs, tr.processSleepsThroughRestart,
	}
	if tr.node != nil {
		faults = append(faults, tr.chainDown)
	}
	return faults
}

func (tr *trouble) redisLate() {
	tr.redis.Pause()
	tr.short()
	tr.redis.Resume()
}

func (tr *trouble) redisHangs() {
	tr.redis.Pause()
	tr.long()
	tr.redis.Resume()
}

func (tr *trouble) redisDies() { tr.restartRedis() }

// What lies unread in its sockets dies with it.
func (tr *trouble) redisHangsAndDies() {
	tr.redis.Pause()
	tr.short()
	tr.restartRedis()
}

func (tr *trouble) processDies() { tr.anyone().restart() }

// A process that goes on with what its clients have long given up.
func (tr *trouble) processHangs() {
	p := tr.anyone()
	p.pause()
	tr.long()
	p.resume()
}

func (tr *trouble) processLate() {
	p := tr.anyone()
	p.pause()
	tr.short()
	p.resume()
}

// What the dead process had asked for happens after its death.
func (tr *trouble) processDiesWhileRedisHangs() {
	tr.redis.Pause()
	tr.short()
	tr.anyone().restart()
	tr.redis.Resume()
}

// A process that began before a restart and goes on after it.
func (tr *trouble) processSleepsThroughRestart() {
	p := tr.anyone()
	p.pause()
	tr.restartRedis()
	tr.short()
	p.resume()
}

// While nobody can say whether the key is the account's, nothing is taken.
func (tr *trouble) chainDown() {
	tr.node.Fault(nearrpctest.Down())
	tr.short()
	tr.node.Fault(nil)
}

// restartRedis kills Redis, and with it all that it holds.
func (tr *trouble) restartRedis() {
	from := tr.h.now()
	tr.redis.Kill()
	err := tr.redis.Run()
	for range 3 {
		if err == nil {
			break
		}
		// While nobody listened, a connection of somebody else's may have got
		// the port.
		err = tr.redis.Run()
	}
	if err != nil {
		tr.t.Error(err)
	}
	tr.h.restarted(span{from, tr.h.now()})
}

// during makes trouble while f runs.
func (tr *trouble) during(f func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			faults := tr.faults()
			tr.random.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
			for _, cause := range faults {
				select {
				case <-tr.h.tick:
					cause()
					tr.count++
				case <-over:
					return
				}
			}
		}
	}()
	f()
	close(over)
	<-ended
}
