package storetest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
)

var sessionLaws = []law{
	{"a record that was never created is gone", func(t *testing.T, s store.Store) {
		ctx, k := t.Context(), newKey()
		_, err := s.FindSession(ctx, k)
		want(t, "find", err, store.ErrGone)
		want(t, "update", s.UpdateSession(ctx, k, []byte("r"), in(long)), store.ErrGone)
		want(t, "touch", s.TouchSession(ctx, k, 0, []byte("x"), in(long)), store.ErrGone)
		_, err = s.DeleteSession(ctx, k)
		want(t, "delete", err, store.ErrGone)
		_, err = s.FindSession(ctx, k)
		want(t, "find after update and touch", err, store.ErrGone)
	}},
	{"create, find, update, delete", func(t *testing.T, s store.Store) {
		ctx, k := t.Context(), newKey()
		must(t, "create", s.CreateSession(ctx, k, []byte("one"), in(long)))
		find(t, s, k, "one")
		must(t, "update", s.UpdateSession(ctx, k, []byte("two"), in(long)))
		find(t, s, k, "two")
		record, err := s.DeleteSession(ctx, k)
		must(t, "delete", err)
		equal(t, "deleted record", string(record), "two")
		_, err = s.FindSession(ctx, k)
		want(t, "find", err, store.ErrGone)
	}},
	{"create never overwrites", func(t *testing.T, s store.Store) {
		k := newKey()
		must(t, "create", s.CreateSession(t.Context(), k, []byte("one"), in(long)))
		want(t, "create again", s.CreateSession(t.Context(), k, []byte("two"), in(long)), store.ErrExists)
		find(t, s, k, "one")
	}},
	{"update never creates, also after a deletion", func(t *testing.T, s store.Store) {
		ctx, k := t.Context(), newKey()
		must(t, "create", s.CreateSession(ctx, k, []byte("one"), in(long)))
		_, err := s.DeleteSession(ctx, k)
		must(t, "delete", err)
		want(t, "update", s.UpdateSession(ctx, k, []byte("two"), in(long)), store.ErrGone)
		want(t, "touch", s.TouchSession(ctx, k, 0, []byte("x"), in(long)), store.ErrGone)
		_, err = s.FindSession(ctx, k)
		want(t, "find", err, store.ErrGone)
	}},
	{"nothing is done to a record after its expiry", func(t *testing.T, s store.Store) {
		ctx, k := t.Context(), newKey()
		must(t, "create", s.CreateSession(ctx, k, []byte("one"), in(short)))
		find(t, s, k, "one")
		time.Sleep(pause)
		_, err := s.FindSession(ctx, k)
		want(t, "find", err, store.ErrGone)
		want(t, "touch", s.TouchSession(ctx, k, 0, []byte("x"), in(long)), store.ErrGone)
		want(t, "update", s.UpdateSession(ctx, k, []byte("two"), in(long)), store.ErrGone)
		_, err = s.DeleteSession(ctx, k)
		want(t, "delete", err, store.ErrGone)
		must(t, "create anew", s.CreateSession(ctx, k, []byte("three"), in(long)))
		find(t, s, k, "three")
	}},
	{"update and touch set the expiry, later or sooner", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		updated, touched, cut := newKey(), newKey(), newKey()
		for _, k := range []store.Key{updated, touched} {
			must(t, "create", s.CreateSession(ctx, k, []byte("one"), in(short)))
		}
		must(t, "create", s.CreateSession(ctx, cut, []byte("one"), in(long)))
		must(t, "update", s.UpdateSession(ctx, updated, []byte("one"), in(long)))
		must(t, "touch", s.TouchSession(ctx, touched, 0, []byte("o"), in(long)))
		must(t, "touch", s.TouchSession(ctx, cut, 0, []byte("o"), in(short)))
		time.Sleep(pause)
		find(t, s, updated, "one")
		find(t, s, touched, "one")
		_, err := s.FindSession(ctx, cut)
		want(t, "find", err, store.ErrGone)
	}},
	{"touch overwrites only what it is told", func(t *testing.T, s store.Store) {
		k := newKey()
		must(t, "create", s.CreateSession(t.Context(), k, []byte("0123456789"), in(long)))
		must(t, "touch", s.TouchSession(t.Context(), k, 3, []byte("\x00\xff"), in(long)))
		find(t, s, k, "012\x00\xff56789")
	}},
	{"a record is bytes, also large and odd ones", func(t *testing.T, s store.Store) {
		k := newKey()
		record := bytes.Repeat([]byte("\x00\r\n\xff{}"), 20_000)
		must(t, "create", s.CreateSession(t.Context(), k, record, in(long)))
		find(t, s, k, string(record))
	}},
	{"records do not change under whoever holds them", func(t *testing.T, s store.Store) {
		ctx, k := t.Context(), newKey()
		mine := []byte("0123")
		must(t, "create", s.CreateSession(ctx, k, mine, in(long)))
		mine[0] = 'x'
		held := find(t, s, k, "0123")
		must(t, "touch", s.TouchSession(ctx, k, 0, []byte("y"), in(long)))
		must(t, "update", s.UpdateSession(ctx, k, []byte("4567"), in(long)))
		equal(t, "held record", string(held), "0123")
	}},
	{"realms see nothing of each other", func(t *testing.T, s store.Store) {
		ctx, k := t.Context(), newKey()
		other := store.Key{Realm: newKey().Realm, Hash: k.Hash}
		must(t, "create", s.CreateSession(ctx, k, []byte("one"), in(long)))
		_, err := s.FindSession(ctx, other)
		want(t, "find", err, store.ErrGone)
		_, err = s.DeleteSession(ctx, other)
		want(t, "delete", err, store.ErrGone)
		must(t, "create", s.CreateSession(ctx, other, []byte("two"), in(long)))
		find(t, s, k, "one")
		find(t, s, other, "two")
	}},
	{"of several deletions at once one gets the record", func(t *testing.T, s store.Store) {
		for range 50 {
			k := newKey()
			must(t, "create", s.CreateSession(t.Context(), k, []byte("one"), in(long)))
			winners := race(8, func() bool {
				_, err := s.DeleteSession(context.Background(), k)
				return err == nil
			})
			equal(t, "winners", winners, 1)
		}
	}},
	{"of several creations at once one succeeds", func(t *testing.T, s store.Store) {
		for range 50 {
			k := newKey()
			winners := race(8, func() bool {
				return s.CreateSession(context.Background(), k, []byte("one"), in(long)) == nil
			})
			equal(t, "winners", winners, 1)
		}
	}},
	{"a touch and an update at once lose neither the values nor the record", func(t *testing.T, s store.Store) {
		k := newKey()
		must(t, "create", s.CreateSession(t.Context(), k, []byte("-v0"), in(long)))
		for i := range 50 {
			body := "-v" + string(rune('0'+i%10))
			var wg sync.WaitGroup
			wg.Go(func() { _ = s.TouchSession(context.Background(), k, 0, []byte("+"), in(long)) })
			wg.Go(func() { _ = s.UpdateSession(context.Background(), k, []byte(body), in(long)) })
			wg.Wait()
			record, err := s.FindSession(t.Context(), k)
			must(t, "find", err)
			equal(t, "values", string(record[1:]), body[1:])
		}
	}},
}

var indexLaws = []law{
	{"an owner without sessions has none", func(t *testing.T, s store.Store) {
		members(t, s, newKey())
		must(t, "unindex", s.UnindexSession(t.Context(), newKey(), newKey()))
	}},
	{"what was noted is listed until it is taken back", func(t *testing.T, s store.Store) {
		ctx, owner := t.Context(), newKey()
		a, b := sibling(owner), sibling(owner)
		note(t, s, "index", owner, a, long)
		note(t, s, "index", owner, b, long)
		note(t, s, "index again", owner, b, long)
		members(t, s, owner, a, b)
		must(t, "unindex", s.UnindexSession(ctx, owner, a))
		must(t, "unindex again", s.UnindexSession(ctx, owner, a))
		members(t, s, owner, b)
		must(t, "unindex", s.UnindexSession(ctx, owner, b))
		members(t, s, owner)
	}},
	{"notes expire one by one", func(t *testing.T, s store.Store) {
		owner := newKey()
		a, b, c := sibling(owner), sibling(owner), sibling(owner)
		note(t, s, "index", owner, a, long)
		note(t, s, "index", owner, b, short)
		note(t, s, "index", owner, c, short)
		note(t, s, "index again, for longer", owner, c, long)
		time.Sleep(pause)
		members(t, s, owner, a, c)
	}},
	{"the count and the order are of the notes that have not expired", func(t *testing.T, s store.Store) {
		owner := newKey()
		a, b, c := sibling(owner), sibling(owner), sibling(owner)
		equal(t, "count", note(t, s, "index", owner, a, short), 1)
		equal(t, "count", note(t, s, "index", owner, b, 2*long), 2)
		equal(t, "count", note(t, s, "index again", owner, b, 2*long), 2)
		time.Sleep(pause)
		equal(t, "count", note(t, s, "index", owner, c, long), 2)
		keys, err := s.IndexedSessions(t.Context(), owner)
		must(t, "indexed sessions", err)
		equal(t, "first to expire comes first", slices.Equal(keys, []store.Key{c, b}), true)
	}},
	{"the index outlives a shorter note that comes last", func(t *testing.T, s store.Store) {
		owner := newKey()
		a, b := sibling(owner), sibling(owner)
		note(t, s, "index", owner, a, long)
		note(t, s, "index", owner, b, short)
		time.Sleep(pause)
		members(t, s, owner, a)
	}},
	{"owners and realms are apart", func(t *testing.T, s store.Store) {
		owner := newKey()
		a := sibling(owner)
		note(t, s, "index", owner, a, long)
		members(t, s, sibling(owner))
		members(t, s, store.Key{Realm: newKey().Realm, Hash: owner.Hash})
	}},
	{"notes made at once are all there", func(t *testing.T, s store.Store) {
		owner := newKey()
		keys := make([]store.Key, 40)
		var wg sync.WaitGroup
		for i := range keys {
			keys[i] = sibling(owner)
			wg.Go(func() { _, _ = s.IndexSession(context.Background(), owner, keys[i], in(long)) })
		}
		wg.Wait()
		members(t, s, owner, keys...)
	}},
}

func note(t *testing.T, s store.Store, what string, owner, session store.Key, life time.Duration) int {
	t.Helper()
	count, err := s.IndexSession(t.Context(), owner, session, in(life))
	must(t, what, err)
	return count
}

// sibling returns a new key of the same realm.
func sibling(k store.Key) store.Key { return store.Key{Realm: k.Realm, Hash: newKey().Hash} }

func find(t *testing.T, s store.Store, k store.Key, record string) []byte {
	t.Helper()
	got, err := s.FindSession(t.Context(), k)
	must(t, "find", err)
	equal(t, "record", string(got), record)
	return got
}

func members(t *testing.T, s store.Store, owner store.Key, keys ...store.Key) {
	t.Helper()
	got, err := s.IndexedSessions(t.Context(), owner)
	must(t, "indexed sessions", err)
	order := func(a, b store.Key) int { return bytes.Compare(a.Hash[:], b.Hash[:]) }
	slices.SortFunc(got, order)
	slices.SortFunc(keys, order)
	if !slices.Equal(got, keys) {
		t.Fatalf("indexed sessions: got %d %x, want %d %x", len(got), got, len(keys), keys)
	}
}

// race calls f from n goroutines at once and counts how often it is true.
func race(n int, f func() bool) int {
	var wins atomic.Int64
	start := make(chan struct{})
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			<-start
			if f() {
				wins.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(wins.Load())
}

var errInjected = errors.New("storetest: injected failure")
