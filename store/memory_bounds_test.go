package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/store"
)

// The index of an account is there as long as the longest of its notes, in
// whatever order they come, and counts and lists those that have not expired.
func TestMemoryIndexOutlivesItsShorterNotes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, ctx, owner := store.NewMemory(), context.Background(), numbered(0)
		note := func(i int, life time.Duration) int {
			n, err := m.IndexSession(ctx, owner, numbered(i), time.Now().Add(life))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		listed := func(want ...int) {
			t.Helper()
			for range 3 { // listing changes nothing
				keys, err := m.IndexedSessions(ctx, owner)
				same := slices.EqualFunc(keys, want, func(k store.Key, i int) bool { return k == numbered(i) })
				if err != nil || !same {
					t.Errorf("%d sessions listed, want %v, error %v", len(keys), want, err)
				}
			}
		}
		note(1, 10*time.Hour)
		note(2, time.Hour)
		if n := note(2, 2*time.Hour); n != 2 {
			t.Errorf("noting a session again counts %d", n)
		}
		listed(2, 1)
		time.Sleep(3 * time.Hour)
		listed(1)
		if n := note(3, time.Hour); n != 2 {
			t.Errorf("%d notes, of which one has expired", n)
		}
		listed(3, 1)
		if err := m.UnindexSession(ctx, owner, numbered(3)); err != nil {
			t.Fatal(err)
		}
		listed(1)
		time.Sleep(7 * time.Hour)
		listed()
	})
}

// A challenge put again takes the place of the first, and counts once.
func TestMemoryReplacesAChallenge(t *testing.T) {
	t.Parallel()
	m, ctx, end := &store.Memory{MaxChallenges: 3, MaxChallengesPerClient: 3}, context.Background(), time.Now().Add(time.Hour)
	put := func(i int, record string) {
		if err := m.PutChallenge(ctx, numbered(i), "192.0.2.1", []byte(record), end); err != nil {
			t.Fatal(err)
		}
	}
	put(1, "one")
	for i := range 10 {
		put(2, fmt.Sprint(i))
	}
	for i, want := range map[int]string{1: "one", 2: "9"} {
		if got, err := m.TakeChallenge(ctx, numbered(i)); err != nil || string(got) != want {
			t.Errorf("challenge %d: %q, error %v", i, got, err)
		}
	}
	if _, err := m.TakeChallenge(ctx, numbered(2)); !errors.Is(err, store.ErrGone) {
		t.Errorf("the first is still there: %v", err)
	}
}

// Expired challenges make room, and none but they.
func TestMemoryFreesExpiredChallengesOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, ctx := &store.Memory{MaxChallenges: 100}, context.Background()
		put := func(i int, client string, life time.Duration) {
			if err := m.PutChallenge(ctx, numbered(i), client, []byte("r"), time.Now().Add(life)); err != nil {
				t.Fatal(err)
			}
		}
		there := func(from, to int) (n int) {
			for i := from; i < to; i++ {
				if _, err := m.GetChallenge(ctx, numbered(i)); err == nil {
					n++
				}
			}
			return n
		}
		for i := range 50 {
			put(i, "192.0.2.1", time.Minute)
		}
		for i := 50; i < 100; i++ {
			put(i, "192.0.2.2", time.Hour)
		}
		if n := there(0, 100); n != 100 {
			t.Errorf("%d challenges live, want all", n)
		}
		time.Sleep(2 * time.Minute)
		for i := 100; i < 150; i++ {
			put(i, "192.0.2.3", time.Hour)
		}
		if n := there(50, 150); n != 100 {
			t.Errorf("%d challenges live, want all that have not expired", n)
		}
	})
}

// A client that is not known has no bound of its own: behind a proxy that
// nobody declared it is everybody.
func TestMemoryHasNoBoundForTheUnknown(t *testing.T) {
	t.Parallel()
	m, ctx := &store.Memory{MaxChallenges: 100, MaxChallengesPerClient: 2}, context.Background()
	for i := range 100 {
		if err := m.PutChallenge(ctx, numbered(i), "", []byte("r"), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if _, err := m.TakeChallenge(ctx, numbered(i)); err != nil {
			t.Fatalf("challenge %d: %v", i, err)
		}
	}
}
