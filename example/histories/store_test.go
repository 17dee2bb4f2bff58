package histories

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store/redis/redistest"
)

// mix is what clients ask for, and how often out of a hundred.
type mix []struct {
	op    op
	share int
}

var (
	challengeMix = mix{{put, 30}, {get, 30}, {take, 40}}
	sessionMix   = mix{{create, 20}, {update, 20}, {touch, 15}, {remove, 15}, {find, 30}}
)

func (m mix) choose(n int, reading bool) op {
	for _, c := range m {
		if reading && c.op.reads() {
			return c.op
		}
		if n -= c.share; n < 0 && !reading {
			return c.op
		}
	}
	panic("shares are not a hundred")
}

const (
	clients = 16
	inUse   = 4 // keys at a time
)

func TestChallenges(t *testing.T) {
	t.Parallel()
	storeHistory(t, challengeMix, settings.ops*2/5, sound).report(t)
}

func TestSessions(t *testing.T) {
	t.Parallel()
	storeHistory(t, sessionMix, settings.ops*2/5, sound).report(t)
}

// storeHistory lets clients ask two workers for operations on few keys, in any
// order, and in trouble if the backend is sound.
func storeHistory(t *testing.T, m mix, limit int, how defect) *history {
	t.Helper()
	server := redistest.Start(t)
	workers := []*worker{newWorker(t, server.URL(), how), newWorker(t, server.URL(), how)}
	h := newHistory(limit, 400)
	keys := newSlots(h, inUse)
	run := func() {
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(settings.seed, uint64(c)))
				for h.more() && !t.Failed() {
					k := keys.pick(random.IntN(inUse))
					in := input{Op: m.choose(random.IntN(100), k.readOnly())}
					if !in.Op.reads() && in.Op != take && in.Op != remove {
						in.Value = h.name()
					}
					out := k.do(c, in, func() output { return workers[c%len(workers)].ask(k.id, in) })
					if out.Said == unknown {
						// As any client would; and the more is unknown, the
						// less is checked.
						time.Sleep(time.Duration(10+random.IntN(20)) * time.Millisecond)
					}
				}
			})
		}
		wg.Wait()
	}
	if how != sound {
		run()
		return h
	}
	tr := &trouble{t: t, h: h, random: rand.New(rand.NewPCG(settings.seed, 1<<32)), redis: server, sites: []*process{workers[0].process, workers[1].process}}
	tr.during(run)
	h.faults = tr.count
	return h
}
