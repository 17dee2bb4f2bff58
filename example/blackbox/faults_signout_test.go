package blackbox

import (
	"testing"
	"time"

	"github.com/nearauth/nearauth/store/redis/redistest"
)

// Somebody signs out while it cannot be stored, is told so, and tries again with
// the same cookie until it is acknowledged, at one instance or the other. What
// was acknowledged holds, also when the instance that said so dies, and when the
// server that had it does.
func TestFaultSignOutAgain(t *testing.T) {
	t.Parallel()
	for _, again := range both {
		t.Run("Redis is down, again at "+again, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
			tr := newTraffic(t, server.URL())
			m := tr.member("A")
			server.Kill()
			tr.signOutFor(m, "A", again)
			tr.instances["A"].Kill()
			if err := server.Run(); err != nil {
				t.Fatal(err)
			}
			tr.holds(m, "B")
		})
		t.Run("the replica is away, again at "+again, func(t *testing.T) {
			t.Parallel()
			set := redistest.StartSentinel(t, 1)
			tr := newTraffic(t, set.URL()+"?replicas=1")
			m := tr.member("A")
			old := set.Master(t)
			old.CutReplicas(t)
			tr.signOutFor(m, "A", again)
			tr.instances["A"].Kill()
			old.Kill()
			set.WaitMaster(t, old)
			tr.holds(m, "B")
		})
	}
}

// signOutFor signs out at one instance and then, for a second, at another.
func (tr *traffic) signOutFor(m *member, first, again string) {
	tr.logout(m, first)
	for begun := time.Now(); time.Since(begun) < time.Second; time.Sleep(50 * time.Millisecond) {
		if tr.logout(m, again) == 204 {
			return
		}
	}
}

// holds asks an instance for the session, when it can answer again, and fails
// the test if a sign-out was undone.
func (tr *traffic) holds(m *member, instance string) {
	tr.t.Helper()
	status := 503
	for begun := time.Now(); status == 503 && time.Since(begun) < 10*time.Second; time.Sleep(50 * time.Millisecond) {
		status = tr.check(m, instance)
	}
	if status != 200 && status != 401 {
		tr.t.Fatalf("nobody can tell: %d", status)
	}
	tr.t.Logf("%s; afterwards the session is %d", inOrder(count(tr.rec.all())), status)
	undone, _ := tr.rec.undone(instance)
	for _, b := range undone {
		tr.t.Errorf("a sign-out is undone: %v%s", b, tr.rec.story(b))
	}
}
