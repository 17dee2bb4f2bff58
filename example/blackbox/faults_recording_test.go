package blackbox

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// moment is one request and its answer, as a client sees them.
type moment struct {
	step    string // "challenge", "verify", "check" or "logout"
	at      string // which instance
	login   int    // the challenge that is asked for or answered
	session string // the token that is sent, or that a verify has brought
	begun   time.Time
	ended   time.Time
	status  int    // 0 is none: the connection broke
	code    string // of a refusal
	flaw    string // what is wrong with the answer in itself
}

// answer is the status with the code of a refusal.
func (m moment) answer() string {
	if m.code == "" {
		return fmt.Sprint(m.status)
	}
	return fmt.Sprint(m.status, " ", m.code)
}

// failed reports whether the person got nothing done.
func (m moment) failed() bool { return m.status == 0 || m.status >= 500 }

// span is a time in which something was out of order. Its end may not be known
// yet.
type span struct{ from, to time.Time }

func (s span) meets(m moment) bool {
	return m.ended.After(s.from) && (s.to.IsZero() || m.begun.Before(s.to))
}

// recording is everything that clients have seen in a run. What it is checked
// for stands in faults_verdict_test.go.
type recording struct {
	mu      sync.Mutex
	moments []moment
	killed  map[string]span // instances, and when they were dead
	outage  span            // of the Redis
	slow    []span          // when it was too slow by itself
}

func (r *recording) add(m moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moments = append(r.moments, m)
}

// all returns the moments so far, in the order in which they ended.
func (r *recording) all() []moment {
	r.mu.Lock()
	all := slices.Clone(r.moments)
	r.mu.Unlock()
	slices.SortStableFunc(all, func(a, b moment) int { return a.ended.Compare(b.ended) })
	return all
}

// story is what happened to a session until a word about it was broken.
func (r *recording) story(b broken) (told string) {
	for _, m := range r.all() {
		if m.session == b.session && !m.ended.After(b.seen) {
			told += fmt.Sprintf("\n\t%s-%s %s at %s: %s", m.begun.Format("05.000"), m.ended.Format("05.000"), m.step, m.at, m.answer())
		}
	}
	return told
}

// during are the moments that lie within a time.
func (r *recording) during(s span) (within []moment) {
	for _, m := range r.all() {
		if m.begun.After(s.from) && m.ended.Before(s.to) {
			within = append(within, m)
		}
	}
	return within
}

// count counts by step and answer.
func count(moments []moment) map[string]int {
	n := make(map[string]int)
	for _, m := range moments {
		n[m.step+" "+m.answer()]++
	}
	return n
}

// slowest is the longest that anybody waited for one of these statuses.
func slowest(moments []moment, statuses ...int) (worst time.Duration) {
	for _, m := range moments {
		if slices.Contains(statuses, m.status) {
			worst = max(worst, m.ended.Sub(m.begun))
		}
	}
	return worst
}

// worked are the answers by which a step has done what it is for.
var worked = map[string]string{"challenge": "200", "verify": "200", "check": "200", "logout": "204"}

// service returns when full service began that has lasted for a second: no
// failure since then, and each step has worked on each instance.
func (r *recording) service(back, now time.Time, instances ...string) (since time.Time, full bool) {
	since = back
	seen := make(map[string]bool)
	for _, m := range r.all() {
		switch {
		case m.ended.Before(since):
		case m.failed():
			since = m.ended
			clear(seen)
		case m.answer() == worked[m.step]:
			seen[m.step+m.at] = true
		}
	}
	return since, now.Sub(since) >= time.Second && len(seen) == len(worked)*len(instances)
}
