package ha_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// The master is killed while people use it: the replica serves, nobody has seen
// anything but "unavailable", and whoever was idle notices nothing.
func TestFailover(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinel(t, 1)
	idle := open(t, set.URL())
	serves(t, "before", idle)
	people := begin(t, open(t, set.URL()), 4)
	people.goesOn("before")
	old := set.Master(t)
	old.Kill()
	set.WaitMaster(t, old)
	if refused := serves(t, "idle", idle); refused > 1 {
		t.Errorf("who was idle is refused %d times", refused)
	}
	people.goesOn("after")
	if n := people.refused.Load(); n == 0 {
		t.Error("nobody was refused while there was no master: was it used?")
	}
	people.end()
	t.Logf("%d operations were unavailable", people.refused.Load())
}

// The old master hangs and comes back when it has been replaced, still thinking
// it is the master. The connections to it are there, but nobody reads there a
// session that has been ended since.
func TestFormerMasterIsNotRead(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinel(t, 1)
	reader, writer := open(t, set.URL()), open(t, set.URL()+"?replicas=1")
	putOnAll(t, writer, key(1))
	fill(t, reader, key(1))
	old := set.Master(t)
	old.Pause()
	set.WaitMaster(t, old)
	writer.Replicas = 0 // there is none now
	serves(t, "the new master", writer)
	if _, err := writer.DeleteSession(t.Context(), key(1)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond) // the reader asks twice a second
	old.Resume()
	for range 50 {
		if _, err := reader.FindSession(t.Context(), key(1)); !errors.Is(err, store.ErrGone) {
			t.Fatalf("a session that was ended: %v", err)
		}
	}
}

// fill gives a store many connections.
func fill(t *testing.T, s store.Store, k store.Key) {
	t.Helper()
	errs := make(chan error, 20)
	for range cap(errs) {
		go func() { _, err := s.FindSession(context.Background(), k); errs <- err }()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
}

// A master that is told to step down answers READONLY, and a replica's reads
// would be stale: who was connected is refused once at most.
func TestStepDown(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinel(t, 1)
	s := open(t, set.URL())
	serves(t, "before", s)
	put(t, s, key(9))
	fill(t, s, key(9))
	old := set.Master(t)
	set.Sentinels[0].Do(t, "SENTINEL", "FAILOVER", redistest.MasterName)
	set.WaitMaster(t, old)
	if refused := serves(t, "after", s); refused > 1 {
		t.Errorf("refused %d times", refused)
	}
}

// Sentinels that hang or are gone.
func TestSentinels(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinel(t, 1)
	known := open(t, set.URL())
	put(t, known, key(1))

	set.Sentinels[0].Pause()
	begun := time.Now()
	if _, err := open(t, set.URL()).FindSession(t.Context(), key(1)); err != nil {
		t.Errorf("one sentinel hangs: %v", err)
	}
	if took := time.Since(begun); took > 2*time.Second { // 400 ms, and a busy machine
		t.Errorf("one sentinel hangs: took %v", took)
	}

	set.Sentinels[1].Kill()
	set.Sentinels[2].Kill()
	time.Sleep(1100 * time.Millisecond) // so that idle connections are looked at
	set.Servers[0].Do(t, "CLIENT", "KILL", "TYPE", "normal")
	for range 30 {
		if _, err := known.FindSession(t.Context(), key(1)); err != nil {
			t.Fatalf("no sentinel answers, the master does: %v", err)
		}
	}
	if _, err := open(t, set.URL()).FindSession(t.Context(), key(1)); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "no sentinel") {
		t.Errorf("a new process cannot know the master: %v", err)
	}

	late := open(t, set.URL())
	if _, err := late.FindSession(t.Context(), key(1)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("no sentinel answers: %v", err)
	}
	if err := set.Sentinels[1].Run(); err != nil {
		t.Fatal(err)
	}
	serves(t, "a sentinel is back", late)
}

// With replicas=1 a write that the replica does not have is not acknowledged.
func TestReplicas(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinel(t, 1)
	s := open(t, set.URL()+"?replicas=1")
	putOnAll(t, s, key(1))
	master := set.Master(t)
	master.CutReplicas(t)
	if _, err := s.DeleteSession(t.Context(), key(1)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a logout that the replica does not know of: %v", err)
	}
	master.MendReplicas(t, 1)
	serves(t, "mended", s)
}

// User, password and database of the servers, and what the sentinels want.
func TestSentinelCredentials(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinel(t, 1)
	for _, s := range set.Servers {
		s.Do(t, "ACL", "SETUSER", "app", "on", ">p@ss/word", "~nearauth:*", "+@all", "-@dangerous")
	}
	for _, s := range set.Sentinels {
		s.Do(t, "ACL", "SETUSER", "watch", "on", ">secret", "+sentinel|get-master-addr-by-name")
	}
	hosts := strings.TrimPrefix(set.URL(), "redis+sentinel://")
	url := "redis+sentinel://app:p%40ss%2Fword@" + hosts + "/3?sentinel-user=watch&sentinel-password=secret"
	s := open(t, url)
	put(t, s, key(1))
	if info := string(set.Master(t).Do(t, "INFO", "keyspace").([]byte)); !strings.Contains(info, "db3:keys=1") {
		t.Errorf("keyspace: %s", info)
	}
	clients := string(set.Sentinels[0].Do(t, "CLIENT", "LIST").([]byte))
	if !strings.Contains(clients, "user=watch") {
		t.Errorf("the sentinel was not asked by its own user: %s", clients)
	}
	for _, wrong := range []string{strings.Replace(url, "p%40ss", "nonsense", 1), strings.Replace(url, "password=secret", "password=nonsense", 1)} {
		_, err := open(t, wrong).FindSession(t.Context(), key(1))
		if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "nonsense") {
			t.Errorf("a wrong password: %v", err)
		}
	}
}
