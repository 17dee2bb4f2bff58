package blackbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store/redis/redistest"
)

// A master of a cluster is killed under load and its replica takes its place: as
// with sentinels, for the keys that it had.
func TestFaultClusterMasterLost(t *testing.T) {
	t.Parallel()
	eachFailover(t, func(t *testing.T, f failover) {
		cluster := redistest.StartCluster(t, 3, 1)
		tr := startTraffic(t, f.url(cluster.URL()), cluster.Servers)
		old, key := cluster.Servers[0], ""
		for i := 0; key == "" || cluster.Master(t, key) != old; i++ {
			key = fmt.Sprint(i)
		}
		f.lose(tr, old, func() { cluster.WaitMaster(t, key, old) })
		if f.wait {
			tr.readsAreBack()
		}
		f.mend(tr, old, func() { cluster.WaitReplicas(t, 3) })
		f.judge(tr)
	})
}

// Slots are moved to other masters and back under load: those of sessions, and
// of the site's epoch, which every request needs. Nobody is refused for it, but
// open challenges count only on the node where they were made.
func TestFaultSlotsMoved(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, 0)
	tr := startTraffic(t, cluster.URL(), cluster.Servers)
	slots := sessionSlots(t, cluster, 3)
	from, moves := tr.fault(), 0
	for end := from.Add(short(3*time.Second, 20*time.Second)); time.Now().Before(end); {
		for _, slot := range slots {
			to := cluster.Servers[moves%len(cluster.Servers)]
			if to != cluster.Master(t, slot.key) {
				cluster.MoveSlot(t, slot.number, to)
			}
			moves++
		}
	}
	back := time.Now()
	tr.expectService("the slots are where they are", back)
	n := 0
	for _, m := range tr.rec.during(span{from, back}) {
		if m.failed() {
			n++
		}
	}
	t.Logf("%d slots were moved %d times: %d requests failed meanwhile", len(slots), moves, n)
	tr.finish(losses{history: true})
}

type slot struct {
	number int
	key    string // that is there
}

// sessionSlots are the slots of the site's epoch, and of some sessions of each
// master.
func sessionSlots(t *testing.T, c *redistest.Cluster, each int) (found []slot) {
	t.Helper()
	epoch := 0
	for _, s := range c.Servers {
		keys, err := redis.Strings(s.Do(t, "KEYS", "nearauth:*:s:*"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, key := range keys {
			size, _ := redis.Int(s.Do(t, "STRLEN", key), nil)
			if size == 8 {
				epoch++
			}
			if size == 8 || i < each {
				found = append(found, slot{c.Slot(t, key), key})
			}
		}
	}
	if epoch != 1 || len(found) < each {
		t.Fatalf("%d epochs, %d slots", epoch, len(found))
	}
	return found
}
