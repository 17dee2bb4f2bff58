package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) store.Store { return store.NewMemory() })
}

func numbered(i int) (k store.Key) {
	copy(k.Hash[:], fmt.Sprintf("%032d", i))
	return k
}

// A client that asks for a million challenges loses its own, and whoever is
// waiting for a wallet still signs in.
func TestMemoryBoundsChallengesPerClient(t *testing.T) {
	t.Parallel()
	m := &store.Memory{MaxChallenges: 10_000, MaxChallengesPerClient: 100}
	put := func(i int, client string) {
		t.Helper()
		if err := m.PutChallenge(t.Context(), numbered(i), client, []byte("r"), time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	there := func(i int) bool {
		_, err := m.GetChallenge(t.Context(), numbered(i))
		return err == nil
	}
	put(-1, "192.0.2.1")
	const flood = 1_000_000
	for i := range flood {
		put(i, "198.51.100.7")
	}
	if !there(-1) {
		t.Error("the flood evicted another client's challenge")
	}
	held := 0
	for i := flood - 1000; i < flood; i++ {
		if there(i) {
			held++
		}
	}
	if held != 100 || !there(flood-1) {
		t.Errorf("the client holds %d challenges, want its newest 100", held)
	}
}

func TestMemoryBoundsChallengesInAll(t *testing.T) {
	t.Parallel()
	m := &store.Memory{MaxChallenges: 50}
	for i := range 200 {
		_ = m.PutChallenge(t.Context(), numbered(i), fmt.Sprint(i), []byte("r"), time.Now().Add(time.Minute))
	}
	for i := range 200 {
		_, err := m.TakeChallenge(t.Context(), numbered(i))
		if want := i < 150; errors.Is(err, store.ErrGone) != want {
			t.Fatalf("challenge %d: %v", i, err)
		}
	}
}

// The suite waits for real expiries; this one crosses days.
func TestMemoryExpiryToTheInstant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, ctx := store.NewMemory(), context.Background()
		end := time.Now().Add(7 * 24 * time.Hour)
		_ = m.CreateSession(ctx, numbered(1), []byte("r"), end)
		_ = m.PutChallenge(ctx, numbered(1), "c", []byte("r"), end)
		time.Sleep(time.Until(end) - time.Nanosecond)
		if _, err := m.FindSession(ctx, numbered(1)); err != nil {
			t.Errorf("session a nanosecond before its end: %v", err)
		}
		if _, err := m.GetChallenge(ctx, numbered(1)); err != nil {
			t.Errorf("challenge a nanosecond before its end: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if _, err := m.FindSession(ctx, numbered(1)); !errors.Is(err, store.ErrGone) {
			t.Errorf("session at its end: %v", err)
		}
		if _, err := m.TakeChallenge(ctx, numbered(1)); !errors.Is(err, store.ErrGone) {
			t.Errorf("challenge at its end: %v", err)
		}
	})
}
