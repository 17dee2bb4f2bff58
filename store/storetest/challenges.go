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
		l := limit(200*time.Millisecond, 3)
		for range 3 {
			equal(t, "wait", allow(t, s, l), 0)
		}
		wait := allow(t, s, l)
		if wait <= 0 || wait > l.Rate.Every {
			t.Fatalf("wait after the burst: %v, want up to %v", wait, l.Rate.Every)
		}
		time.Sleep(wait + 20*time.Millisecond)
		equal(t, "wait", allow(t, s, l), 0)
		if allow(t, s, l) == 0 {
			t.Fatal("two requests passed after one interval")
		}
	}},
	{"what is refused is not counted", func(t *testing.T, s store.Store) {
		l := limit(time.Second, 1)
		equal(t, "wait", allow(t, s, l), 0)
		for range 20 {
			if wait := allow(t, s, l); wait <= 0 || wait > l.Rate.Every {
				t.Fatalf("wait: %v, want up to %v", wait, l.Rate.Every)
			}
		}
	}},
	{"keys and realms are apart", func(t *testing.T, s store.Store) {
		l := limit(time.Minute, 1)
		equal(t, "wait", allow(t, s, l), 0)
		equal(t, "another key", allow(t, s, store.Limit{Key: sibling(l.Key), Rate: l.Rate}), 0)
		other := store.Key{Realm: newKey().Realm, Hash: l.Key.Hash}
		equal(t, "another realm", allow(t, s, store.Limit{Key: other, Rate: l.Rate}), 0)
	}},
	{"of many at once exactly the burst passes", func(t *testing.T, s store.Store) {
		equal(t, "passed", passing(s, limit(time.Minute, 5)), 5)
	}},
	{"of two limits the stricter decides, and what one refuses the other does not count", func(t *testing.T, s store.Store) {
		wide, strict := limit(time.Minute, 3), limit(time.Hour, 1)
		strict.Key = sibling(wide.Key)
		refused := func() {
			t.Helper()
			for _, both := range [][]store.Limit{{wide, strict}, {strict, wide}} {
				if wait := allow(t, s, both...); wait <= wide.Rate.Every || wait > strict.Rate.Every {
					t.Fatalf("wait: %v, want the longest, up to %v", wait, strict.Rate.Every)
				}
			}
		}
		equal(t, "wait", allow(t, s, wide, strict), 0)
		for range 10 {
			refused()
		}
		for range 2 {
			equal(t, "what the strict one refused counts: wait", allow(t, s, wide), 0)
		}
		if wait := allow(t, s, wide); wait <= 0 || wait > wide.Rate.Every {
			t.Fatalf("wait: %v, want up to %v", wait, wide.Rate.Every)
		}
		refused() // by both now
	}},
	{"of two limits the stricter decides, and what one refuses the other does not count, of many at once", func(t *testing.T, s store.Store) {
		for range 20 {
			wide, strict := limit(time.Minute, 8), limit(time.Minute, 5)
			strict.Key = sibling(wide.Key)
			equal(t, "passed both", passing(s, wide, strict), 5)
			equal(t, "passed the wide one then", passing(s, wide), 3)
		}
	}},
}

func limit(every time.Duration, burst int) store.Limit {
	return store.Limit{Key: newKey(), Rate: store.Rate{Every: every, Burst: burst}}
}

func allow(t *testing.T, s store.Store, limits ...store.Limit) time.Duration {
	t.Helper()
	wait, err := s.Allow(t.Context(), limits...)
	must(t, "allow", err)
	return wait
}

// passing returns how many of 40 requests at once pass.
func passing(s store.Store, limits ...store.Limit) int {
	return race(40, func() bool {
		wait, err := s.Allow(context.Background(), limits...)
		return err == nil && wait == 0
	})
}
