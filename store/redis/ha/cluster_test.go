package ha_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// other is a master that does not have the slot.
func other(t *testing.T, c *redistest.Cluster, than *redistest.Server) *redistest.Server {
	t.Helper()
	for i := range 1000 {
		if m := c.Master(t, fmt.Sprint(i)); m != than {
			return m
		}
	}
	t.Fatal("one master has all")
	return nil
}

// Each command goes to the right node at once: none is told that the key has
// MOVED, scripts and WAIT included.
func TestRightNodeAtOnce(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 3, 0)
	s := open(t, c.URL())
	serves(t, "before", s)
	for _, server := range c.Servers {
		server.Do(t, "CONFIG", "RESETSTAT")
	}
	people := begin(t, s, 10)
	people.goesOn("all nodes")
	people.end()
	for _, server := range c.Servers {
		stats := string(server.Do(t, "INFO", "all").([]byte))
		if !strings.Contains(stats, "cmdstat_evalsha:") || strings.Contains(stats, "errorstat_MOVED") {
			t.Errorf("%s: not used for scripts, or asked in vain", server.Addr)
		}
	}
}

// Slots are moved while people use them: nobody notices, but for limits.
func TestSlotsMove(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 3, 0)
	s := open(t, c.URL())
	people := begin(t, s, 3)
	people.goesOn("before")
	for range 2 {
		for _, k := range people.people {
			slot := c.Slot(t, name("s", k))
			c.MoveSlot(t, slot, other(t, c, c.Master(t, name("s", k))))
		}
		people.goesOn("moved")
	}
	if n := people.refused.Load() - people.late.Load(); n != 0 {
		t.Errorf("%d operations were refused", n)
	}
	limits := people.people[0]
	slot := c.Slot(t, name("l", limits))
	c.MoveSlot(t, slot, other(t, c, c.Master(t, name("l", limits))))
	people.goesOn("limits moved")
	people.end()
	t.Logf("%d operations on limits were refused", people.refused.Load())
}

// In a slot that is half moved, what is still here is served here, and what is
// not is served there, scripts too.
func TestHalfMovedSlot(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 2, 0)
	s := open(t, c.URL())
	here := key(1)
	put(t, s, here)
	from := c.Master(t, name("s", here))
	to := other(t, c, from)
	slot := c.Slot(t, name("s", here))
	c.OpenSlot(t, slot, to)
	life := func() {
		t.Helper()
		ctx := t.Context()
		_, findErr := s.FindSession(ctx, here)
		touchErr := s.TouchSession(ctx, here, 0, []byte("R"), soon())
		record, deleteErr := s.DeleteSession(ctx, here)
		if err := errors.Join(findErr, touchErr, deleteErr); err != nil || string(record) != "Record" {
			t.Fatalf("%q, %v", record, err)
		}
		if _, err := s.DeleteSession(ctx, here); !errors.Is(err, store.ErrGone) {
			t.Fatalf("deleted: %v", err)
		}
	}
	life() // where it was
	put(t, s, here)
	if n := to.Do(t, "DBSIZE"); n != int64(1) {
		t.Fatalf("%d keys have come to the new node", n)
	}
	to.Do(t, "SCRIPT", "FLUSH")
	life() // where it will be
	put(t, s, here)
	c.CloseSlot(t, slot, to)
	life() // moved
}

// A command whose answer is lost is not sent again: a challenge is taken once,
// and who asked knows that it is not known.
func TestNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 2, 0)
	s := open(t, c.URL())
	put(t, s, key(1))
	node := c.Master(t, name("s", key(1)))
	node.Do(t, "CONFIG", "RESETSTAT")
	if _, err := s.FindSession(t.Context(), key(1)); err != nil { // so that the connection is not asked first
		t.Fatal(err)
	}
	node.Pause()
	if _, err := s.DeleteSession(t.Context(), key(1)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("no answer: %v", err)
	}
	node.Resume()
	time.Sleep(200 * time.Millisecond)
	stats := string(node.Do(t, "INFO", "commandstats").([]byte))
	calls := regexp.MustCompile(`cmdstat_getdel:calls=(\d+)`).FindStringSubmatch(stats)
	if calls == nil || calls[1] != "1" {
		t.Errorf("GETDEL: %q", calls)
	}
	if _, err := s.FindSession(t.Context(), key(1)); !errors.Is(err, store.ErrGone) {
		t.Errorf("it was executed: %v", err)
	}
}

// A master is lost while people use the cluster.
func TestClusterMasterLost(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 3, 1)
	idle, patient := open(t, c.URL()), open(t, c.URL()+"?replicas=1")
	k := key(1)
	put(t, idle, k)
	eachMaster(t, patient, 1)
	people := begin(t, open(t, c.URL()), 6)
	people.goesOn("before")

	old := c.Master(t, name("s", k))
	old.CutReplicas(t)
	if _, err := patient.DeleteSession(t.Context(), k); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a logout that the replica does not know of: %v", err)
	}
	old.MendReplicas(t, 1)
	putOnAll(t, patient, k)

	old.Kill()
	c.WaitMaster(t, name("s", k), old)
	if _, err := idle.FindSession(t.Context(), k); err != nil {
		t.Errorf("who was idle: %v", err)
	}
	people.goesOn("after")
	if people.refused.Load() == 0 {
		t.Error("nobody was refused while a master was missing: was it used?")
	}
	if err := old.Run(); err != nil {
		t.Fatal(err)
	}
	c.WaitReplicas(t, 3)
	people.goesOn("the old master is back, as a replica")
	people.end()
	t.Logf("%d operations were unavailable", people.refused.Load())
	eachMaster(t, patient, 2)

	// It is enough to know that one, which serves nothing itself.
	url := "redis+cluster://" + old.Addr
	if _, err := open(t, url).FindSession(t.Context(), k); err != nil {
		t.Errorf("%s: %v", url, err)
	}
}

// eachMaster writes to all masters.
func eachMaster(t *testing.T, s store.Store, round byte) {
	t.Helper()
	for i := range byte(30) {
		putOnAll(t, s, key(100, i, round))
	}
}

// The cluster moves to other addresses, all at once: it is found where it was
// configured.
func TestClusterIsFoundAgain(t *testing.T) {
	t.Parallel()
	before, after := redistest.StartCluster(t, 2, 0), redistest.StartCluster(t, 1, 0)
	door := newDoor(t)
	door.to.Store(&before.Servers[0].Addr)
	s := open(t, "redis+cluster://"+door.addr)
	put(t, s, key(1))
	serves(t, "before", s)
	for _, server := range before.Servers {
		server.Kill()
	}
	door.to.Store(&after.Servers[0].Addr)
	serves(t, "after", s)
	if n := after.Servers[0].Do(t, "DBSIZE"); n == int64(0) {
		t.Error("nothing has come to the new cluster")
	}
}

// door is an address that leads to another one, as a name would.
type door struct {
	addr string
	to   atomic.Pointer[string]
}

func newDoor(t *testing.T) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	d := &door{addr: l.Addr().String()}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go d.pass(in)
		}
	}()
	return d
}

func (d *door) pass(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", *d.to.Load())
	if err != nil {
		return
	}
	defer out.Close()
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	_, _ = io.Copy(in, out)
}

func TestClusterPassword(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 1, 0)
	c.Servers[0].Do(t, "ACL", "SETUSER", "app", "on", ">p@ss", "~nearauth:*", "+@all", "-@dangerous", "+cluster")
	url := strings.Replace(c.URL(), "://", "://app:p%40ss@", 1)
	put(t, open(t, url), key(1))
	_, err := open(t, strings.Replace(url, "p%40ss", "nonsense", 1)).FindSession(t.Context(), key(1))
	if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "nonsense") {
		t.Errorf("a wrong password: %v", err)
	}
}
