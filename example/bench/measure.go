package main

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// contender is one way of doing something.
type contender struct {
	name string
	// prepare makes what the next n operations will use up. The clock does not
	// run meanwhile. Nil where an operation uses nothing up.
	prepare func(n int)
	// op does it once and reports whether the answer was the right one: what is
	// fast and wrong is no contender.
	op func() bool
	// elsewhere, instead of op, does it n times in another process and returns
	// how long that took by the clock over there.
	elsewhere func(n int) time.Duration
}

// usage is what a number of operations cost.
type usage struct {
	n             int
	elapsed       time.Duration
	bytes, allocs uint64 // not known of another process
}

func (u usage) ns() float64          { return float64(u.elapsed.Nanoseconds()) / float64(u.n) }
func (u usage) bytesPerOp() float64  { return float64(u.bytes) / float64(u.n) }
func (u usage) allocsPerOp() float64 { return float64(u.allocs) / float64(u.n) }

func (u usage) plus(v usage) usage {
	return usage{u.n + v.n, u.elapsed + v.elapsed, u.bytes + v.bytes, u.allocs + v.allocs}
}

// measure does it n times.
func (c *contender) measure(t testing.TB, n int) usage {
	if c.elsewhere != nil {
		return usage{n: n, elapsed: c.elsewhere(n)}
	}
	if c.prepare != nil {
		c.prepare(n)
		runtime.GC() // what preparing has left behind is not for op to clear away
	}
	var before, after runtime.MemStats
	wrong := 0
	runtime.ReadMemStats(&before)
	begun := time.Now()
	for range n {
		if !c.op() {
			wrong++
		}
	}
	elapsed := time.Since(begun)
	runtime.ReadMemStats(&after)
	if wrong > 0 {
		t.Fatalf("%s: %d of %d answers are wrong", c.name, wrong, n)
	}
	return usage{n, elapsed, after.TotalAlloc - before.TotalAlloc, after.Mallocs - before.Mallocs}
}

// calibrate returns how many operations take about as long as is wanted, which
// also warms up. Without a wanted time it is one.
func (c *contender) calibrate(t testing.TB, want time.Duration) int {
	for n := 1; ; {
		u := c.measure(t, n)
		if u.elapsed >= want/4 {
			return max(1, int(want.Seconds()*float64(n)/max(u.elapsed.Seconds(), 1e-9)))
		}
		n *= min(10, max(2, int(want/max(u.elapsed, 1)/2)))
	}
}

// find returns the contender of a name.
func find(contenders []*contender, name string) int {
	for i, c := range contenders {
		if c.name == name {
			return i
		}
	}
	panic(fmt.Sprintf("no contender is called %q", name))
}
