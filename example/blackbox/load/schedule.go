package main

import (
	"iter"
	"time"
)

// load is what is sent at the example.
type load struct {
	checks, logins   int           // a second; at least one of each
	warmup, duration time.Duration // not counted, and counted
	sessions         int           // of people who are signed in beforehand
	connections      int           // requests under way at most
	memory           bool          // where the example keeps the sessions
}

// arrival is something that somebody does, at a time that is fixed in advance.
type arrival struct {
	login bool          // or else a check
	n     int           // of its kind, from 0
	due   time.Duration // from the beginning of the warm-up
}

// counted reports whether the arrival is past the warm-up.
func (l load) counted(a arrival) bool { return a.due >= l.warmup }

// arrivals are all there are, in the order in which they are due. They are
// evenly spaced: what the example sees has no bursts but those that the machine
// makes. Logins are half a check's interval off, so that the two do not fall
// together.
func (l load) arrivals() iter.Seq[arrival] {
	end := l.warmup + l.duration
	offset := time.Second / time.Duration(2*l.checks)
	return func(yield func(arrival) bool) {
		check, login := arrival{}, arrival{login: true, due: offset}
		for check.due < end || login.due < end {
			next := &check
			if login.due < check.due {
				next = &login
			}
			if !yield(*next) {
				return
			}
			next.n++
			check.due = time.Duration(check.n) * time.Second / time.Duration(l.checks)
			login.due = time.Duration(login.n)*time.Second/time.Duration(l.logins) + offset
		}
	}
}

// dispatch hands out each arrival when it is due, and closes out behind the
// last. Where nobody takes it, dispatch waits, and is late for the next ones
// too: that takes nothing away from their latencies, which count from when they
// were due.
//
// The runtime's timers wake up at whole milliseconds, and what has become due
// meanwhile goes out together. To wake up for each costs a tenth of a processor
// that the example can use better; half a millisecond of latency is the price.
func dispatch(begin time.Time, out chan<- arrival, r *record) {
	defer close(out)
	for a := range r.load.arrivals() {
		due := begin.Add(a.due)
		time.Sleep(time.Until(due))
		r.note(late, a, time.Since(due))
		out <- a
	}
}
