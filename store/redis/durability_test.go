package redis_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

func soon() time.Time { return time.Now().Add(time.Minute) }

// A restart brings back what the last snapshot held: a session that was ended
// since, and a challenge that was used. The session is live again, unless Redis
// writes each change down before it answers; the challenge is not.
func TestRestart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args  []string
		alive bool // the session that was ended
	}{
		"snapshot":           {nil, true},
		"append only":        {[]string{"--appendonly", "yes", "--appendfsync", "always"}, false},
		"append, no restart": {[]string{"--appendonly", "yes", "--appendfsync", "everysec"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t, c.args...)
			s, ctx := open(t, server.URL()), context.Background()
			for i := range byte(2) {
				if err := errors.Join(s.PutChallenge(ctx, key(10+i), "c", []byte("r"), soon()), s.CreateSession(ctx, key(20+i), []byte("r"), soon())); err != nil {
					t.Fatal(err)
				}
			}
			server.Do(t, "SAVE")
			if _, err := s.TakeChallenge(ctx, key(10)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.DeleteSession(ctx, key(20)); err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, "no restart") {
				time.Sleep(2 * time.Second) // it is written down once a second
			}
			server.Kill()
			if err := server.Run(); err != nil {
				t.Fatal(err)
			}
			_, err := s.FindSession(ctx, key(20))
			if alive := err == nil; alive != c.alive {
				t.Errorf("the session that was ended: %v", err)
			}
			if _, err := s.FindSession(ctx, key(21)); err != nil {
				t.Errorf("the session that was not: %v", err)
			}
			for i := range byte(2) { // the unused one is void too: it cannot be told from the other
				if _, err := s.GetChallenge(ctx, key(10+i)); !errors.Is(err, store.ErrGone) {
					t.Errorf("challenge %d: %v", i, err)
				}
				if _, err := s.TakeChallenge(ctx, key(10+i)); !errors.Is(err, store.ErrGone) {
					t.Errorf("take challenge %d: %v", i, err)
				}
			}
			if n, _ := redigo.Int(server.Do(t, "DBSIZE"), nil); c.alive && n != 2 {
				t.Errorf("%d keys are left: the restart has brought nothing back", n)
			}
		})
	}
}

// replicaOf makes a server follow another, and waits until it has everything.
func replicaOf(t *testing.T, replica, master *redistest.Server) {
	t.Helper()
	host, port, _ := net.SplitHostPort(master.Addr)
	replica.Do(t, "REPLICAOF", host, port)
	await(t, "the replica has caught up", func() bool {
		info, _ := redigo.String(replica.Do(t, "INFO", "replication"), nil)
		return strings.Contains(info, "master_link_status:up") && strings.Contains(info, "master_sync_in_progress:0")
	})
	// The master counts it from its first acknowledgement on, which takes up to
	// a second.
	toMaster := open(t, master.URL())
	toMaster.Replicas = 1
	defer func() { _, _ = toMaster.DeleteSession(context.Background(), key(255)) }()
	await(t, "the master knows", func() bool {
		return toMaster.CreateSession(context.Background(), key(255), []byte("r"), soon()) != nil &&
			toMaster.UpdateSession(context.Background(), key(255), []byte("r"), soon()) == nil
	})
}

func await(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 500 {
		if f() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("it does not come about that " + what)
}

// A replica that lags is made the master: it has the challenge that was used,
// and the session that was ended. The challenge counts no more, also when the
// first server becomes master again and has it from the other.
func TestFailoverToALaggingReplica(t *testing.T) {
	t.Parallel()
	a, b := redistest.Start(t, "--repl-diskless-sync-delay", "0"), redistest.Start(t, "--repl-diskless-sync-delay", "0")
	replicaOf(t, b, a)
	onA, onB, ctx := open(t, a.URL()), open(t, b.URL()), context.Background()
	onA.Replicas = 1
	if err := errors.Join(onA.PutChallenge(ctx, key(1), "c", []byte("r"), soon()), onA.CreateSession(ctx, key(2), []byte("r"), soon())); err != nil {
		t.Fatal(err)
	}
	onA.Replicas = 0
	if _, err := onB.FindSession(ctx, key(2)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a replica is asked: %v", err)
	}
	// Nothing more comes through to the replica.
	a.Do(t, "ACL", "SETUSER", "default", "-psync", "-sync")
	a.Do(t, "CLIENT", "KILL", "TYPE", "replica")
	_, errTake := onA.TakeChallenge(ctx, key(1))
	_, errEnd := onA.DeleteSession(ctx, key(2))
	if err := errors.Join(errTake, errEnd); err != nil {
		t.Fatal(err)
	}
	b.Do(t, "REPLICAOF", "NO", "ONE")
	if n, _ := redigo.Int(b.Do(t, "DBSIZE"), nil); n != 2 {
		t.Fatalf("%d keys: what was deleted has reached the replica in time", n)
	}
	if _, err := onB.FindSession(ctx, key(2)); err != nil {
		t.Errorf("without waiting for replicas the session is back: %v", err)
	}
	if _, err := onB.GetChallenge(ctx, key(1)); !errors.Is(err, store.ErrGone) {
		t.Errorf("the used challenge after the failover: %v", err)
	}
	replicaOf(t, a, b)
	a.Do(t, "REPLICAOF", "NO", "ONE")
	if n, _ := redigo.Int(a.Do(t, "DBSIZE"), nil); n != 2 {
		t.Fatalf("%d keys", n)
	}
	if _, err := onA.TakeChallenge(ctx, key(1)); !errors.Is(err, store.ErrGone) {
		t.Errorf("the used challenge after two failovers: %v", err)
	}
}

// With Replicas nothing is acknowledged that the replicas do not have. What
// need not last does not wait for them.
func TestReplicas(t *testing.T) {
	t.Parallel()
	a, b := redistest.Start(t, "--repl-diskless-sync-delay", "0"), redistest.Start(t)
	replicaOf(t, b, a)
	s, ctx := open(t, a.URL()), context.Background()
	s.Replicas = 1
	writes := map[string]func(k store.Key) error{
		"create": func(k store.Key) error { k.Hash[1] = 1; return s.CreateSession(ctx, k, []byte("r"), soon()) },
		"update": func(k store.Key) error { return s.UpdateSession(ctx, k, []byte("s"), soon()) },
		"delete": func(k store.Key) error { _, err := s.DeleteSession(ctx, k); return err },
		"index":  func(k store.Key) error { _, err := s.IndexSession(ctx, k, k, soon()); return err },
		"take":   func(k store.Key) error { _, err := s.TakeChallenge(ctx, k); return err },
	}
	prepare := func(k store.Key) {
		if err := errors.Join(s.PutChallenge(ctx, k, "c", []byte("r"), soon()), s.CreateSession(ctx, k, []byte("r"), soon())); err != nil {
			t.Fatal(err)
		}
	}
	i := byte(0)
	for name, write := range writes {
		i++
		prepare(key(i))
		if err := write(key(i)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		prepare(key(100 + i))
	}
	b.Pause()
	i = 0
	for name, write := range writes {
		i++
		begun := time.Now()
		unknown(t, name+" without the replica", write(key(100+i)))
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	_, errFind := s.FindSession(ctx, key(1))
	_, errAllow := s.Allow(ctx, store.Limit{Key: key(1), Rate: store.Rate{Every: time.Second, Burst: 5}})
	if err := errors.Join(s.PutChallenge(ctx, key(50), "c", []byte("r"), soon()), errAllow); err != nil || errors.Is(errFind, store.ErrUnavailable) {
		t.Errorf("what need not wait: %v %v", err, errFind)
	}
	// What was done is done, but it is not acknowledged before the replica has
	// it: also not to whoever asks again.
	_, err := s.DeleteSession(ctx, key(100))
	unknown(t, "a session that is not there", err)
	b.Resume()
	await(t, "the replica is back", func() bool {
		_, err := s.DeleteSession(ctx, key(100))
		return errors.Is(err, store.ErrGone) && !errors.Is(err, store.ErrUnavailable)
	})
}

// A server that has become a replica is not asked, not by connections that
// knew it as a master either, and is asked again once it is one.
func TestDemoted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, ctx := open(t, server.URL()), context.Background()
	if err := s.CreateSession(ctx, key(1), []byte("r"), soon()); err != nil {
		t.Fatal(err)
	}
	server.Do(t, "REPLICAOF", "127.0.0.1", "1")
	unknown(t, "the first write", s.UpdateSession(ctx, key(1), []byte("r"), soon()))
	_, err := s.FindSession(ctx, key(1))
	unknown(t, "a read right after", err)
	server.Do(t, "REPLICAOF", "NO", "ONE")
	if _, err := s.FindSession(ctx, key(1)); err != nil {
		t.Errorf("master again: %v", err)
	}
	server.Do(t, "REPLICAOF", "127.0.0.1", "1")
	time.Sleep(1100 * time.Millisecond) // a connection is asked once a second
	_, err = s.FindSession(ctx, key(1))
	unknown(t, "a read without a write before", err)
}

// A server that wants a password since, or is loading, fails no request that
// another connection could serve.
func TestUnheard(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, ctx := open(t, "redis://:secret@"+server.Addr), context.Background()
	err := s.CreateSession(ctx, key(1), []byte("r"), soon())
	unknown(t, "a password that is not wanted", err)
	server.Do(t, "CONFIG", "SET", "requirepass", "secret")
	if err := s.CreateSession(ctx, key(1), []byte("r"), soon()); err != nil {
		t.Errorf("the password is wanted now: %v", err)
	}
}

// After a failover the connections that are there lead to what is a replica now.
// That costs nobody a request: what it refuses another connection may take.
func TestAnotherConnectionIsHeard(t *testing.T) {
	t.Parallel()
	old, next := redistest.Start(t), redistest.Start(t)
	var addr atomic.Value
	addr.Store(old.Addr)
	s := redis.New(redis.NewPool(func(ctx context.Context) (redigo.Conn, error) {
		return redigo.DialContext(ctx, "tcp", addr.Load().(string), redis.Timeouts()...)
	}))
	defer s.Close()
	if err := s.CreateSession(t.Context(), key(1), []byte("r"), soon()); err != nil {
		t.Fatal(err)
	}
	addr.Store(next.Addr)
	old.Do(t, "REPLICAOF", "127.0.0.1", "1")
	if err := s.CreateSession(t.Context(), key(2), []byte("r"), soon()); err != nil {
		t.Errorf("the first write after it: %v", err)
	}
	if n, _ := redigo.Int(next.Do(t, "DBSIZE"), nil); n != 1 {
		t.Errorf("%d sessions on the new master", n)
	}
}
