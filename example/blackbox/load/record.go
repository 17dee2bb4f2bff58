package main

import (
	"slices"
	"sync"
	"time"
)

// step is something whose latency is measured.
type step int

const (
	check     step = iota // from when it was due
	login                 // challenge, signature and verify, from when it was due
	challenge             // from when the login was due
	verify                // from when it was sent
	logout                // from when it was sent
	late                  // from when an arrival was due until it was handed out
	steps
)

var stepNames = [steps]string{"check", "full login", "challenge", "verify", "logout", "generator late"}

// record is what a run has measured. Each arrival has a place of its own for
// each step, so that goroutines write into it without a lock.
type record struct {
	load    load
	micros  [steps][]uint32 // by arrival; 0 is not done, or during the warm-up
	offered [steps]int      // how many are counted

	mu     sync.Mutex
	errors map[string]int
}

func newRecord(l load) *record {
	r := &record{load: l, errors: make(map[string]int)}
	var checks, logins int
	for a := range l.arrivals() {
		counts := 0
		if l.counted(a) {
			counts = 1
		}
		r.offered[late] += counts
		if a.login {
			logins++
			r.offered[login] += counts
		} else {
			checks++
			r.offered[check] += counts
		}
	}
	r.micros[check] = make([]uint32, checks)
	r.micros[late] = make([]uint32, checks+logins)
	for _, s := range []step{login, challenge, verify, logout} {
		r.micros[s], r.offered[s] = make([]uint32, logins), r.offered[login]
	}
	return r
}

// note notes how long a step of an arrival took.
func (r *record) note(s step, a arrival, took time.Duration) {
	if !r.load.counted(a) {
		return
	}
	n := a.n
	if s == late && a.login {
		n += len(r.micros[check])
	}
	r.micros[s][n] = uint32(max(1, took.Microseconds()))
}

// fail notes an error. Those of the warm-up count.
func (r *record) fail(kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors[kind]++
}

// failures is how many errors there were.
func (r *record) failures() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, each := range r.errors {
		n += each
	}
	return n
}

// latencies are those of a step, sorted.
type latencies []uint32

func (r *record) latencies(s step) latencies {
	all := slices.DeleteFunc(slices.Clone(r.micros[s]), func(v uint32) bool { return v == 0 })
	slices.Sort(all)
	return all
}

// quantile is the smallest latency that a share of all do not exceed.
func (l latencies) quantile(share float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	// In millionths, because 0.999 is no binary number.
	n := (int(share*1e6+0.5)*len(l) + 999_999) / 1_000_000
	return time.Duration(l[max(n, 1)-1]) * time.Microsecond
}
