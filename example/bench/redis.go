package main

import (
	"slices"
	"testing"
	"time"

	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store/redis"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

const (
	guardRedis = "RequireAccount on Redis"
	bareGET    = "redigo, one GET of the same record"
)

// The latency of a Redis drifts by more than what is looked for, within a
// second. So turns are short: of 7.5 ms each, which is some 200 requests.
var redisContest = contest{
	name:   "redis",
	about:  "the same with sessions in a Redis on this machine",
	slices: 40,
	enter: func(t testing.TB) []*contender {
		server := redistest.Start(t)
		backend, err := redis.Open(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = backend.Close() })
		visit := guarded(t, newSite(t, backend), alone)
		return []*contender{
			{name: guardRedis, op: visit.again},
			{name: bareGET, op: get(t, server)},
		}
	},
	ratios: []ratio{{guardRedis, bareGET, 1.10}},
}

// get asks for the one session there is, by a pool like that of redis.Open.
func get(t testing.TB, server *redistest.Server) func() bool {
	t.Helper()
	keys, err := redigo.Strings(server.Do(t, "KEYS", "nearauth:*:s:*"), nil)
	keys = slices.DeleteFunc(keys, func(key string) bool { // the site's epoch
		n, _ := redigo.Int(server.Do(t, "STRLEN", key), nil)
		return n == 8
	})
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d sessions (%v), want 1", len(keys), err)
	}
	record, err := redigo.Bytes(server.Do(t, "GET", keys[0]), nil)
	if err != nil {
		t.Fatal(err)
	}
	pool := likeOpen(server.URL())
	t.Cleanup(func() { _ = pool.Close() })
	return func() bool {
		c := pool.Get()
		found, err := redigo.Bytes(c.Do("GET", keys[0]))
		_ = c.Close()
		return err == nil && len(found) == len(record)
	}
}

// likeOpen has the settings of the pool that redis.Open makes.
func likeOpen(url string) *redigo.Pool {
	const timeout = 300 * time.Millisecond
	return &redigo.Pool{
		MaxIdle: 16, MaxActive: 64, IdleTimeout: 4 * time.Minute, MaxConnLifetime: 30 * time.Minute,
		Dial: func() (redigo.Conn, error) {
			return redigo.DialURL(url, redigo.DialConnectTimeout(timeout), redigo.DialReadTimeout(timeout), redigo.DialWriteTimeout(timeout))
		},
		TestOnBorrow: func(c redigo.Conn, used time.Time) error {
			if time.Since(used) < time.Second {
				return nil
			}
			_, err := c.Do("PING")
			return err
		},
	}
}
