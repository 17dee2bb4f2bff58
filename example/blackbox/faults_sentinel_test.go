package blackbox

import (
	"testing"
	"time"

	"github.com/nearauth/nearauth/store/redis/redistest"
)

// failover is a master that is lost under load.
type failover struct {
	wait bool // for the replica, with each write that counts
	lags bool // the replica has nothing of the last second

	killed time.Time
}

var failovers = map[string]failover{
	"WAIT": {wait: true}, "WAIT, lagging": {wait: true, lags: true},
	"no WAIT": {}, "no WAIT, lagging": {lags: true},
}

// eachFailover runs a test for all kinds; without -full only with a replica that
// lags, which is the harder case.
func eachFailover(t *testing.T, run func(t *testing.T, f failover)) {
	for name, kind := range failovers {
		if !kind.lags && !*full {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, kind)
		})
	}
}

// url is the URL of a set of servers for the site.
func (f failover) url(set string) string {
	if f.wait {
		return set + "?replicas=1"
	}
	return set
}

// The master is killed and a replica takes its place, also one that lags. With
// replicas=1 nothing that was acknowledged is undone, and nothing is
// acknowledged before the lost server is back as a replica. Without it what the
// replica did not have is lost: the window is printed. No challenge signs in
// twice either way.
func TestFaultSentinelFailover(t *testing.T) {
	t.Parallel()
	eachFailover(t, func(t *testing.T, f failover) {
		set := redistest.StartSentinel(t, 1)
		tr := startTraffic(t, f.url(set.URL()), set.Servers)
		old := set.Master(t)
		f.lose(tr, old, func() { set.WaitMaster(t, old) })
		if f.wait {
			gone := span{from: time.Now()}
			tr.readsAreBack()
			time.Sleep(short(time.Second, 3*time.Second))
			tr.waitFor(1, gone.from, "verify 503 store_unavailable")
			gone.to = time.Now()
			tr.nothingAcknowledged(gone)
		}
		f.mend(tr, old, func() { set.WaitReplicas(t, 1) })
		f.judge(tr)
	})
}

// lose kills the master, and returns when another one has taken over, which the
// site must have noticed within 5 s.
func (f *failover) lose(tr *traffic, old *redistest.Server, takenOver func()) {
	tr.t.Helper()
	tr.fault()
	if f.lags {
		old.CutReplicas(tr.t)
		cut := time.Now()
		time.Sleep(short(time.Second, 2*time.Second))
		if f.wait {
			tr.waitFor(5, cut, "verify 503 store_unavailable", "logout 503 store_unavailable")
		} else {
			tr.waitFor(20, cut, "verify 200", "logout 204")
		}
	}
	f.killed = time.Now()
	old.Kill()
	takenOver()
	now := time.Now()
	tr.t.Logf("a replica has taken over after %v", now.Sub(f.killed).Round(time.Millisecond))
	if !f.wait {
		tr.expectService("the replica is the master", now)
	}
}

// mend brings the lost server back, as a replica. Full service must be there
// within 5 s of that, and without replicas=1 go on.
func (f *failover) mend(tr *traffic, old *redistest.Server, inSync func()) {
	tr.t.Helper()
	if err := old.Run(); err != nil {
		tr.t.Fatal(err)
	}
	inSync()
	if f.wait {
		tr.expectService("the lost server is a replica", time.Now())
	}
}

// judge ends the run.
func (f *failover) judge(tr *traffic) {
	tr.t.Helper()
	may := losses{history: true}
	if !f.wait {
		may = losses{history: true, sessions: true, endings: true}
	}
	lost, undone := tr.finish(may)
	if f.wait {
		return
	}
	first := f.killed
	for _, b := range append(lost, undone...) {
		if b.given.Before(first) {
			first = b.given
		}
	}
	tr.t.Logf("without WAIT: %d acknowledged sign-ins lost, %d acknowledged sign-outs undone; the first of them %v before the master died",
		len(lost), len(undone), f.killed.Sub(first).Round(time.Millisecond))
	if f.lags && len(lost)+len(undone) == 0 {
		tr.t.Error("the replica did not lag: nothing was measured")
	}
}

// readsAreBack waits until people can look at pages on both instances.
func (tr *traffic) readsAreBack() {
	tr.t.Helper()
	for from := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		seen := make(map[string]bool)
		for _, m := range tr.rec.during(span{from, time.Now()}) {
			seen[m.at] = seen[m.at] || m.step == "check" && m.status == 200
		}
		if seen["A"] && seen["B"] {
			tr.t.Logf("pages are back after %v", time.Since(from).Round(time.Millisecond))
			return
		}
		if time.Since(from) > 5*time.Second {
			tr.t.Errorf("no pages within 5 s: %v", count(tr.rec.during(span{from, time.Now()})))
			return
		}
	}
}
