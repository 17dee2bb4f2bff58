package blackbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// losses are what an engine may do to what was acknowledged. The zero value is
// nothing.
type losses struct {
	sessions bool // forget that somebody signed in
	endings  bool // forget that somebody signed out
	history  bool // begin a new one, so that open challenges are refused
}

// expectService waits for full service, which must come within five seconds of
// the dependency's return.
func (tr *traffic) expectService(what string, back time.Time) {
	tr.t.Helper()
	took, full := tr.waitService(back, 30*time.Second)
	tr.t.Logf("%s: full service after %v", what, took.Round(time.Millisecond))
	if !full || took > 5*time.Second {
		tr.t.Errorf("%s: no full service within 5 s, but %v; last: %v", what, took, count(tr.rec.during(span{time.Now().Add(-2 * time.Second), time.Now()})))
	}
	tr.rec.mu.Lock()
	defer tr.rec.mu.Unlock()
	tr.rec.outage.to = back.Add(took)
}

// fault notes that from now on the Redis is out of order.
func (tr *traffic) fault() (since time.Time) {
	tr.rec.mu.Lock()
	defer tr.rec.mu.Unlock()
	tr.rec.outage.from = time.Now()
	return tr.rec.outage.from
}

// nothingAcknowledged fails the test if anybody was told that a sign-in or a
// sign-out had succeeded while no server could have had it.
func (tr *traffic) nothingAcknowledged(meanwhile span) {
	tr.t.Helper()
	n := count(tr.rec.during(meanwhile))
	tr.t.Logf("meanwhile: %s", inOrder(n))
	if n["verify 200"] > 0 || n["logout 204"] > 0 {
		tr.t.Errorf("acknowledged while no server could have had it: %d sign-ins, %d sign-outs", n["verify 200"], n["logout 204"])
	}
}

// finish ends the traffic, tries everything once more, and says what was wrong
// in the whole run.
func (tr *traffic) finish(may losses) (lost, undone []broken) {
	t := tr.t
	t.Helper()
	tr.leave()
	usual := len(tr.rec.all())
	tr.audit()
	tr.endPulses()
	all := tr.rec.all()
	t.Logf("%d requests of people: %s", usual, inOrder(count(all[:usual])))
	t.Logf("%d requests at the end: %s", len(all)-usual, inOrder(count(all[usual:])))

	tr.judgeAnswers()
	lost, undone = tr.judgeWords(may)
	void := tr.rec.void()
	t.Logf("%d challenges, %d sign-ins; %d sessions lost, %d sign-outs undone, %d open challenges refused", len(tr.signings), len(tr.members), len(lost), len(undone), len(void))
	if len(void) > 0 && !may.history {
		t.Errorf("%d open challenges were refused", len(void))
	}
	tr.nothingLeft()
	return lost, undone
}

// judgeAnswers looks at the answers one by one, and for double redemptions.
func (tr *traffic) judgeAnswers() {
	t := tr.t
	t.Helper()
	for _, s := range some(tr.rec.strange()) {
		t.Errorf("strange: %s", s)
	}
	strays, excused := tr.rec.strays()
	if excused > 0 {
		t.Logf("%d failures because Redis was slow by itself", excused)
	}
	if len(strays) > 0 {
		t.Errorf("%d failures with nothing out of order: %s; logged: %.600s", len(strays), inOrder(count(strays)), errorsIn(tr.instances[strays[0].at]))
	}
	if twice := tr.rec.twice(); len(twice) > 0 {
		t.Errorf("%d challenges have signed in twice", len(twice))
	}
}

// judgeWords looks whether what was acknowledged has held.
func (tr *traffic) judgeWords(may losses) (lost, undone []broken) {
	t := tr.t
	t.Helper()
	lost, unproven := tr.rec.lost()
	undone, untried := tr.rec.undone(both...)
	if unproven+untried > 0 {
		t.Errorf("%d sessions and %d ends of sessions were not tried", unproven, untried)
	}
	for _, b := range some(lost) {
		if !may.sessions {
			t.Errorf("a session is lost: %v%s", b, tr.rec.story(b))
		}
	}
	for _, b := range some(undone) {
		if !may.endings {
			t.Errorf("a sign-out is undone: %v%s", b, tr.rec.story(b))
		}
	}
	return lost, undone
}

// some keeps a report readable.
func some[T any](all []T) []T { return all[:min(len(all), 5)] }

func inOrder(n map[string]int) string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%s ×%d", what, n[what]))
	}
	return strings.Join(parts, ", ")
}

// audit answers every challenge once more, and tries every token on both
// instances.
func (tr *traffic) audit() {
	var work []func()
	for _, s := range tr.signings {
		work = append(work, func() { tr.verify(s, either()) })
	}
	each(work)
	work = nil
	for _, m := range tr.members {
		for _, instance := range both {
			work = append(work, func() {
				for tries := 0; tr.check(m, instance) == 503 && tries < 5; tries++ {
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
	}
	each(work)
}

// each does all, a few at a time.
func each(work []func()) {
	next := make(chan func())
	var workers sync.WaitGroup
	for range 6 {
		workers.Go(func() {
			for do := range next {
				do()
			}
		})
	}
	for _, do := range work {
		next <- do
	}
	close(next)
	workers.Wait()
}

// nothingLeft compares the goroutines of both instances with those of a third
// one that has hardly been used: each has no more of a kind than that. The kinds
// are main and its listener, what waits for signals, the cleanup of scs, and
// what watches sentinels or a cluster.
func (tr *traffic) nothingLeft() {
	tr.t.Helper()
	tr.start("twin")
	m := tr.member("twin")
	tr.check(m, "twin")
	tr.logout(m, "twin")
	hangUp(tr.client)
	time.Sleep(2 * time.Second)
	quiet := startedBy(tr.instances["twin"])
	for _, instance := range both {
		left := startedBy(tr.instances[instance])
		for start, n := range left {
			allowed := quiet[start]
			if start == "net/http.(*Transport).dialConn" {
				allowed = 2 * maxIdleToChain
			}
			if n > allowed {
				tr.t.Errorf("%s has %d goroutines of %s, its quiet twin %d", instance, n, start, quiet[start])
			}
		}
	}
}

// maxIdleToChain is how many connections nearrpc keeps for the next questions.
// Each has two goroutines.
const maxIdleToChain = 16

// startedBy ends a process and counts its goroutines by what has started them.
func startedBy(p *exampletest.Process) map[string]int {
	n := make(map[string]int)
	for _, start := range goroutines(p) {
		n[start]++
	}
	return n
}
