package redistest_test

import (
	"fmt"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store/redis/redistest"
)

func get(t *testing.T, s *redistest.Server, key string) string {
	t.Helper()
	value, err := redis.String(s.Do(t, "GET", key), nil)
	if err != nil && err != redis.ErrNil {
		t.Fatal(err)
	}
	return value
}

// set writes, and returns how many replicas have it soon.
func set(t *testing.T, s *redistest.Server, key, value string, milliseconds int) int {
	t.Helper()
	c, err := redis.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do("SET", key, value); err != nil {
		t.Fatal(err)
	}
	n, err := redis.Int(c.Do("WAIT", 1, milliseconds)) // for what this connection has written
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A replica that is cut off lags; when it is back, it has everything.
func TestReplica(t *testing.T) {
	t.Parallel()
	master := redistest.StartMaster(t)
	replica := redistest.StartReplica(t, master)
	if n := set(t, master, "k", "1", 5000); n != 1 || get(t, replica, "k") != "1" {
		t.Fatalf("%d replicas have the write, this one has %q", n, get(t, replica, "k"))
	}
	master.CutReplicas(t)
	if n := set(t, master, "k", "2", 100); n != 0 || get(t, replica, "k") != "1" {
		t.Fatalf("cut: %d replicas have the write, this one has %q", n, get(t, replica, "k"))
	}
	master.MendReplicas(t, 1)
	if n := set(t, master, "other", "", 5000); n != 1 || get(t, replica, "k") != "2" {
		t.Fatalf("mended: %d replicas have the write, this one has %q", n, get(t, replica, "k"))
	}
}

// A failover loses what did not reach the replica, and the old master comes back
// as a replica.
func TestSentinel(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinel(t, 1)
	old := s.Master(t)
	if old != s.Servers[0] || len(s.Addrs()) != 3 {
		t.Fatalf("%v is the master, %v are the sentinels", old.Addr, s.Addrs())
	}
	if n := set(t, old, "kept", "1", 5000); n != 1 {
		t.Fatalf("%d replicas have the write", n)
	}
	old.CutReplicas(t)
	if n := set(t, old, "lost", "1", 100); n != 0 {
		t.Fatalf("cut: %d replicas have the write", n)
	}
	old.Kill()
	master := s.WaitMaster(t, old)
	if get(t, master, "kept") != "1" || get(t, master, "lost") != "" {
		t.Errorf("kept %q, lost %q", get(t, master, "kept"), get(t, master, "lost"))
	}
	if err := old.Run(); err != nil {
		t.Fatal(err)
	}
	s.WaitReplicas(t, 1)
	if role := old.Role(); role != "slave" {
		t.Errorf("the old master is a %s", role)
	}
}

// A replica takes the place of a lost master, and a slot is moved to another.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 3, 1)
	const key, other = "{a}1", "{a}2"
	old := c.Master(t, key)
	if n := set(t, old, key, "1", 5000); n != 1 {
		t.Fatalf("%d replicas have the write", n)
	}
	old.Kill()
	master := c.WaitMaster(t, key, old)
	if got := get(t, master, key); got != "1" {
		t.Fatalf("the replica has %q", got)
	}
	var to *redistest.Server
	for i := 0; to == nil || to == master; i++ {
		to = c.Master(t, fmt.Sprint(i))
	}
	slot := c.Slot(t, key)
	c.OpenSlot(t, slot, to)
	if got := get(t, master, key); got != "1" {
		t.Errorf("on the way: %q", got)
	}
	conn, err := redis.Dial("tcp", master.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Do("GET", other); err == nil || err.Error() != fmt.Sprintf("ASK %d %s", slot, to.Addr) {
		t.Errorf("a key that is not there: %v", err)
	}
	c.CloseSlot(t, slot, to)
	if got := get(t, to, key); c.Master(t, key) != to || got != "1" {
		t.Errorf("moved: %q", got)
	}
}
