package histories

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// undecidedAfter is how long one key may take. A key that is not decided by
// then is a failure: it would not be known to be right.
const undecidedAfter = 30 * time.Second

// verdict is what a history shows.
type verdict struct {
	answered, open, keys, restarts int
	violations                     [][]porcupine.Operation
	undecided                      int
	late, lost                     int // keys on which the faults have left a trace
}

// check looks for an order of each key's operations.
func (h *history) check() verdict {
	v := verdict{restarts: len(h.restarts), keys: len(h.keys)}
	var mu sync.Mutex
	var wg sync.WaitGroup
	work := make(chan *key)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for k := range work {
				ops := k.operations()
				result := porcupine.CheckOperationsTimeout(model, ops, undecidedAfter)
				late := k.open > 0 && illegal(without(ops, func(o porcupine.Operation) bool { return o.Output.(output).Said == unknown }))
				lost := len(ops) > len(k.ops) && illegal(without(ops, func(o porcupine.Operation) bool { return o.Input.(input).Op == lose }))
				mu.Lock()
				if late {
					v.late++
				}
				if lost {
					v.lost++
				}
				v.answered += k.answered
				v.open += k.open
				switch result {
				case porcupine.Illegal:
					v.violations = append(v.violations, ops)
				case porcupine.Unknown:
					v.undecided++
				}
				mu.Unlock()
			}
		})
	}
	for _, k := range h.keys {
		work <- k
	}
	close(work)
	wg.Wait()
	return v
}

func illegal(ops []porcupine.Operation) bool {
	return porcupine.CheckOperationsTimeout(model, ops, undecidedAfter) == porcupine.Illegal
}

// without is a history as if some operations had not been asked for. If that is
// illegal, they have happened.
func without(ops []porcupine.Operation, drop func(porcupine.Operation) bool) []porcupine.Operation {
	return slices.DeleteFunc(slices.Clone(ops), drop)
}

// shortest makes an illegal history shorter, by forgetting what is not needed
// to see it: what came later, and operations that changed nothing. Neither
// makes a legal history illegal, so what is left is as wrong as the whole.
func shortest(ops []porcupine.Operation) []porcupine.Operation {
	var ends []int64
	for _, o := range ops {
		ends = append(ends, o.Return)
	}
	slices.Sort(ends)
	for _, end := range ends {
		if p := until(ops, end); illegal(p) {
			ops = p
			break
		}
	}
	for i := len(ops) - 1; i >= 0; i-- {
		if !idle(ops[i]) {
			continue
		}
		if p := slices.Delete(slices.Clone(ops), i, i+1); illegal(p) {
			ops = p
		}
	}
	slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	return ops
}

// idle tells the operations that have changed nothing.
func idle(o porcupine.Operation) bool {
	in, out := o.Input.(input), o.Output.(output)
	return in.Op.reads() || out.Said == gone || out.Said == exists
}

// until is the history as it was known at a time.
func until(ops []porcupine.Operation, end int64) (before []porcupine.Operation) {
	for _, o := range ops {
		switch {
		case o.Call > end:
		case o.Return <= end:
			before = append(before, o)
		case !o.Input.(input).Op.reads():
			before = append(before, opened(o))
		}
	}
	return before
}

func opened(o porcupine.Operation) porcupine.Operation {
	o.Output, o.Return = output{Said: unknown}, math.MaxInt64
	return o
}

// lines prints a history, in microseconds since its first operation.
func lines(ops []porcupine.Operation) string {
	var b strings.Builder
	for _, o := range ops {
		to := "open"
		if o.Return != math.MaxInt64 {
			to = fmt.Sprint((o.Return - ops[0].Call) / 1000)
		}
		fmt.Fprintf(&b, "\n%10d – %-10s client %2d: %s", (o.Call-ops[0].Call)/1000, to, o.ClientId, model.DescribeOperation(o.Input, o.Output))
	}
	return b.String()
}
