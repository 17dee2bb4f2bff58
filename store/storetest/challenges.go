package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
)

var challengeLaws = []law{
	{"a challenge that was never put is gone", func(t *testing.T, s store.Store) {
		_, err := s.GetChallenge(t.Context(), newKey())
		want(t, "get", err, store.ErrGone)
		_, err = s.TakeChallenge(t.Context(), newKey())
		want(t, "take", err, store.ErrGone)
	}},
	{"reading leaves it, taking takes it", func(t *testing.T, s store.Store) {
		k := newKey()
		must(t, "put", s.PutChallenge(t.Context(), k, "192.0.2.1", []byte("one"), in(long)))
		for range 3 {
			record, err := s.GetChallenge(t.Context(), k)
			must(t, "get", err)
			equal(t, "record", string(record), "one")
		}
		record, err := s.TakeChallenge(t.Context(), k)
		must(t, "take", err)
		equal(t, "record", string(record), "one")
		_, err = s.TakeChallenge(t.Context(), k)
		want(t, "take again", err, store.ErrGone)
		_, err = s.GetChallenge(t.Context(), k)
		want(t, "get", err, store.ErrGone)
	}},
	{"it expires, for reading and for taking", func(t *testing.T, s store.Store) {
		a, b, c := newKey(), newKey(), newKey()
		must(t, "put", s.PutChallenge(t.Context(), a, "192.0.2.1", []byte("a"), in(short)))
		must(t, "put", s.PutChallenge(t.Context(), b, "192.0.2.1", []byte("b"), in(short)))
		must(t, "put", s.PutChallenge(t.Context(), c, "192.0.2.1", []byte("c"), in(long)))
		time.Sleep(pause)
		_, err := s.GetChallenge(t.Context(), a)
		want(t, "get", err, store.ErrGone)
		_, err = s.TakeChallenge(t.Context(), b)
		want(t, "take", err, store.ErrGone)
		_, err = s.TakeChallenge(t.Context(), c)
		must(t, "take", err)
	}},
	{"realms see nothing of each other", func(t *testing.T, s store.Store) {
		k := newKey()
		must(t, "put", s.PutChallenge(t.Context(), k, "192.0.2.1", []byte("one"), in(long)))
		_, err := s.TakeChallenge(t.Context(), store.Key{Realm: newKey().Realm, Hash: k.Hash})
		want(t, "take", err, store.ErrGone)
		_, err = s.TakeChallenge(t.Context(), k)
		must(t, "take", err)
	}},
	{"of any number of takers at once exactly one gets it", func(t *testing.T, s store.Store) {
		for range 200 {
			k := newKey()
			must(t, "put", s.PutChallenge(t.Context(), k, "192.0.2.1", []byte("one"), in(long)))
			winners := race(8, func() bool {
				_, err := s.TakeChallenge(context.Background(), k)
				return err == nil
			})
			equal(t, "winners", winners, 1)
		}
	}},
}

var limiterLaws = []law{
	{"a burst passes, then one after each interval", func(t *testing.T, s store.Store) {
		k, rate := newKey(), store.Rate{Every: 200 * time.Millisecond, Burst: 3}
		for range 3 {
			equal(t, "wait", allow(t, s, k, rate), 0)
		}
		wait := allow(t, s, k, rate)
		if wait <= 0 || wait > rate.Every {
			t.Fatalf("wait after the burst: %v, want up to %v", wait, rate.Every)
		}
		time.Sleep(wait + 20*time.Millisecond)
		equal(t, "wait", allow(t, s, k, rate), 0)
		if allow(t, s, k, rate) == 0 {
			t.Fatal("two requests passed after one interval")
		}
	}},
	{"what is refused is not counted", func(t *testing.T, s store.Store) {
		k, rate := newKey(), store.Rate{Every: time.Second, Burst: 1}
		equal(t, "wait", allow(t, s, k, rate), 0)
		for range 20 {
			if wait := allow(t, s, k, rate); wait <= 0 || wait > rate.Every {
				t.Fatalf("wait: %v, want up to %v", wait, rate.Every)
			}
		}
	}},
	{"keys and realms are apart", func(t *testing.T, s store.Store) {
		k, rate := newKey(), store.Rate{Every: time.Minute, Burst: 1}
		equal(t, "wait", allow(t, s, k, rate), 0)
		equal(t, "another key", allow(t, s, sibling(k), rate), 0)
		equal(t, "another realm", allow(t, s, store.Key{Realm: newKey().Realm, Hash: k.Hash}, rate), 0)
	}},
	{"of many at once exactly the burst passes", func(t *testing.T, s store.Store) {
		k, rate := newKey(), store.Rate{Every: time.Minute, Burst: 5}
		passed := race(40, func() bool {
			wait, err := s.Allow(context.Background(), k, rate)
			return err == nil && wait == 0
		})
		equal(t, "passed", passed, 5)
	}},
}

func allow(t *testing.T, s store.Store, k store.Key, rate store.Rate) time.Duration {
	t.Helper()
	wait, err := s.Allow(t.Context(), k, rate)
	must(t, "allow", err)
	return wait
}
