package redis_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis"
	"github.com/nearauth/nearauth/store/redis/redistest"
	"github.com/nearauth/nearauth/store/storetest"
)

func open(t *testing.T, url string, options ...redigo.DialOption) *redis.Store {
	t.Helper()
	s, err := redis.Open(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestLaws(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, server.URL()) })
	t.Cleanup(func() {
		// Whatever the laws have left behind goes by itself.
		keys, err := redigo.Strings(server.Do(t, "KEYS", "*"), nil)
		if err != nil || len(keys) == 0 {
			t.Errorf("%d keys, error %v", len(keys), err)
		}
		for _, k := range keys {
			if ttl, _ := redigo.Int(server.Do(t, "PTTL", k), nil); ttl == -1 {
				t.Errorf("%s has no time to live", k)
			}
		}
	})
}

func key(b byte) (k store.Key) { k.Hash[0] = b; return k }

// A Redis that hangs, or is gone, is an error within the second, however many
// connections the pool holds; and it works again when Redis does.
func TestHangAndRestart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, server.URL())
	ctx := context.Background()
	fill := func() {
		// Many connections at once, then idle for longer than they are trusted.
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() { _ = s.PutChallenge(ctx, key(byte(i)), "c", []byte("r"), time.Now().Add(time.Minute)) })
		}
		wg.Wait()
		if err := s.CreateSession(ctx, key(1), []byte("r"), time.Now().Add(time.Minute)); err != nil && !errors.Is(err, store.ErrExists) {
			t.Fatal(err)
		}
	}
	within := func(what string, most time.Duration) {
		t.Helper()
		took := make([]time.Duration, 20)
		var wg sync.WaitGroup
		for i := range took {
			wg.Go(func() {
				begun := time.Now()
				_, err := s.FindSession(ctx, key(1))
				took[i] = time.Since(begun)
				if !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("%s: %v", what, err)
				}
			})
		}
		wg.Wait()
		// The median, since the machine may be busy: waiting for one idle
		// connection after the other would take all of them seconds.
		slices.Sort(took)
		if took[len(took)/2] > most {
			t.Errorf("%s: took %v", what, took)
		}
	}
	recovers := func(what string, want error) {
		t.Helper()
		var err error
		for range 100 {
			if _, err = s.FindSession(ctx, key(1)); !errors.Is(err, store.ErrUnavailable) {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if !errors.Is(err, want) {
			t.Fatalf("%s: %v", what, err)
		}
	}
	fill()
	time.Sleep(1100 * time.Millisecond)
	server.Pause()
	within("hanging", time.Second)
	within("hanging, again", time.Second)
	server.Resume()
	recovers("after the hang", nil)

	fill()
	server.Kill()
	within("gone", time.Second)
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	recovers("after a restart", store.ErrGone) // nothing was persisted
}

// Connections that died while nobody looked cost no error.
func TestRestartBetweenRequests(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, server.URL())
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_ = s.PutChallenge(context.Background(), key(byte(i)), "c", []byte("r"), time.Now().Add(time.Minute))
		})
	}
	wg.Wait()
	server.Kill()
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.FindSession(t.Context(), key(1)); !errors.Is(err, store.ErrGone) {
			t.Fatalf("first read after the restart: %v", err)
		}
	}
}

// With every connection in use a request waits a moment, not for ever.
func TestPoolExhausted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	pool := &redigo.Pool{MaxActive: 2, Dial: func() (redigo.Conn, error) {
		return redigo.Dial("tcp", server.Addr, redigo.DialReadTimeout(5*time.Second))
	}}
	s := redis.New(pool)
	defer s.Close()
	server.Pause()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { _, _ = s.FindSession(context.Background(), key(1)) })
	}
	time.Sleep(100 * time.Millisecond)
	begun := time.Now()
	_, err := s.FindSession(t.Context(), key(1))
	if took := time.Since(begun); !errors.Is(err, store.ErrUnavailable) || took > time.Second {
		t.Errorf("%v after %v", err, took)
	}
	server.Resume()
	wg.Wait()
}

func TestACLUserAndDatabase(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Do(t, "ACL", "SETUSER", "app", "on", ">p@ss", "~nearauth:*", "+@all", "-@dangerous")
	s := open(t, "redis://app:p%40ss@"+server.Addr+"/3")
	if err := s.CreateSession(t.Context(), key(1), []byte("r"), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.IndexSession(t.Context(), key(2), key(1), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if info := string(server.Do(t, "INFO", "keyspace").([]byte)); !strings.Contains(info, "db3:keys=2") {
		t.Errorf("keyspace: %s", info)
	}
	wrong := open(t, "redis://app:wrong@"+server.Addr)
	_, err := wrong.FindSession(t.Context(), key(1))
	if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "wrong@") {
		t.Errorf("%v", err)
	}
}

// An error that Redis answers is "cannot tell", never "no such record".
func TestServerErrors(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, server.URL())
	if err := s.CreateSession(t.Context(), key(1), []byte("r"), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	name := string(server.Do(t, "RANDOMKEY").([]byte))
	server.Do(t, "DEL", name)
	server.Do(t, "LPUSH", name, "x") // WRONGTYPE
	_, err := s.FindSession(t.Context(), key(1))
	unknown(t, "find", err)
	_, err = s.DeleteSession(t.Context(), key(1))
	unknown(t, "delete", err)
	server.Do(t, "CONFIG", "SET", "maxmemory", "1") // OOM
	unknown(t, "create", s.CreateSession(t.Context(), key(2), []byte("r"), time.Now().Add(time.Minute)))
	unknown(t, "put", s.PutChallenge(t.Context(), key(2), "c", []byte("r"), time.Now().Add(time.Minute)))
	server.Do(t, "CONFIG", "SET", "maxmemory", "0")
	server.Do(t, "REPLICAOF", "127.0.0.1", "1") // READONLY
	unknown(t, "update", s.UpdateSession(t.Context(), key(1), []byte("r"), time.Now().Add(time.Minute)))
	_, err = s.TakeChallenge(t.Context(), key(1))
	unknown(t, "take", err)
}

func unknown(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrGone) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "localhost:6379", "http://localhost", "redis://:secret@host:port", "redis://host/name", "redis://h?replicas=secret", "redis://h?replicas=-1", "redis://h?replicas=1&replicas=2", "redis://h?secret=1", "redis://h?replicas=1;secret", "redis://h?replicas=1%zz"} {
		_, err := redis.Open(url)
		if !errors.Is(err, redis.ErrURL) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	for url, replicas := range map[string]int{"redis://localhost": 0, "rediss://user:p@host:6380/2": 0, "valkey://h": 0, "redis://[::1]:6379": 0, "redis://h/1?replicas=2": 2} {
		if s, err := redis.Open(url); err != nil || s.Replicas != replicas {
			t.Errorf("%q: %v", url, err)
		} else {
			_ = s.Close()
		}
	}
}
