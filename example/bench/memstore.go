package main

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/nearauth/nearauth/store"
)

func randomKey() (key store.Key) {
	_, _ = rand.Read(key.Hash[:]) // never fails
	return key
}

// memstoreSweep is the longest wait of a reader of scs's memstore while that
// deletes n expired sessions. It does so at an interval; the first one is
// chosen to end when they have expired.
func memstoreSweep(t testing.TB, n int) (longest time.Duration) {
	t.Helper()
	const alice = "the token of somebody who stays"
	interval := 2*time.Microsecond*time.Duration(n) + 100*time.Millisecond
	begun := time.Now()
	m := memstore.NewWithCleanupInterval(interval)
	_ = m.Commit(alice, record, begun.Add(time.Hour)) // returns no error
	for range n {
		_ = m.Commit(rand.Text(), append([]byte(nil), record...), begun.Add(interval/2))
	}
	_ = heap() // collected before the window, as for ours
	filled := time.Since(begun)
	for swept := interval*time.Duration(filled/interval+1) + 500*time.Millisecond; time.Since(begun) < swept; {
		asked := time.Now()
		_, found, err := m.Find(alice)
		longest = max(longest, time.Since(asked))
		if err != nil || !found {
			t.Fatalf("memstore lost a session: %v", err)
		}
	}
	m.StopCleanup()
	return longest
}
