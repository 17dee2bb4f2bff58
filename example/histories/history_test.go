package histories

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
)

// history is what the clients of one test have asked and were answered. There
// is one clock: operations are timed where they are asked, in this process.
type history struct {
	began time.Time
	limit int64         // how many operations to record
	every int64         // how many between two faults
	tick  chan struct{} // that many have gone by
	ops   atomic.Int64  // recorded so far
	names atomic.Uint64 // of keys and values

	mu       sync.Mutex
	keys     []*key
	restarts []span // of Redis
	faults   int    // that there were
}

type span struct{ from, to int64 }

// newHistory makes room for so many operations, with a fault after each every.
func newHistory(limit, every int) *history {
	return &history{began: time.Now(), limit: int64(limit), every: int64(every), tick: make(chan struct{}, 1)}
}

func (h *history) now() int64 { return int64(time.Since(h.began)) }

func (h *history) more() bool { return h.ops.Load() < h.limit }

// name is a number that nothing else in the history has.
func (h *history) name() uint64 { return h.names.Add(1) }

// restarted notes that Redis has lost everything at some moment of a time.
func (h *history) restarted(s span) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.restarts = append(h.restarts, s)
}

// key is one record and what was asked about it. Records share nothing, so
// each has a history of its own, which keeps the search for an order short.
type key struct {
	h  *history
	id uint64

	mu       sync.Mutex
	ops      []porcupine.Operation
	answered int
	open     int
}

func (h *history) newKey() *key {
	k := &key{h: h, id: h.name()}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys = append(h.keys, k)
	return k
}

// do asks, and records it.
func (k *key) do(client int, in input, ask func() output) output {
	from := k.h.now()
	out := ask()
	k.record(client, in, out, span{from, k.h.now()})
	return out
}

// record counts an operation for which a client has waited.
func (k *key) record(client int, in input, out output, s span) {
	if k.add(client, in, out, s) {
		if n := k.h.ops.Add(1); n%k.h.every == 0 {
			select {
			case k.h.tick <- struct{}{}:
			default: // a fault is under way
			}
		}
	}
}

// add records an operation, and reports whether it did: a read without an
// answer is compatible with anything, and only makes the search longer.
func (k *key) add(client int, in input, out output, s span) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case out.Said != unknown:
		k.answered++
	case in.Op.reads():
		return false
	default:
		k.open++
		s.to = math.MaxInt64
	}
	k.ops = append(k.ops, porcupine.Operation{ClientId: client, Input: in, Output: out, Call: s.from, Return: s.to})
	return true
}

// Limits of one key. Each open operation doubles the orders that are possible,
// in the worst case, so beyond a few of them a key is only read any more.
const (
	mostAnswered = 60
	mostOpen     = 5
)

func (k *key) spent() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.answered >= mostAnswered
}

func (k *key) readOnly() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.open >= mostOpen
}

// operations are those of the key, with the restarts of Redis that it lived
// through. One that was over before it, or came when nothing more was
// answered, changes nothing.
func (k *key) operations() []porcupine.Operation {
	k.mu.Lock()
	defer k.mu.Unlock()
	life := span{math.MaxInt64, 0}
	for _, o := range k.ops {
		life.from = min(life.from, o.Call)
		if o.Return != math.MaxInt64 {
			life.to = max(life.to, o.Return)
		}
	}
	ops := slices.Clone(k.ops)
	k.h.mu.Lock()
	defer k.h.mu.Unlock()
	for _, r := range k.h.restarts {
		if r.from <= life.to && r.to >= life.from {
			ops = append(ops, porcupine.Operation{ClientId: nobody, Input: input{Op: lose}, Output: output{Said: done}, Call: r.from, Return: r.to})
		}
	}
	return ops
}

// nobody is the client of what no client asked for.
const nobody = -1

// slots are the keys that are in use at a time: few, so that clients meet.
type slots struct {
	mu   sync.Mutex
	h    *history
	keys []*key
}

func newSlots(h *history, n int) *slots {
	s := &slots{h: h}
	for range n {
		s.keys = append(s.keys, h.newKey())
	}
	return s
}

// pick returns the key of a slot, a new one where the last has done its part.
func (s *slots) pick(i int) *key {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i %= len(s.keys); s.keys[i].spent() {
		s.keys[i] = s.h.newKey()
	}
	return s.keys[i%len(s.keys)]
}
