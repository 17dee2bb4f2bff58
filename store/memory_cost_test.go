package store_test

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
)

// costRecord is as long as the record of a sign-in with a few values.
const costRecord = 285

// What a session costs, index included, is said in the doc comment of Memory.
// Not parallel: it looks at the heap of the whole process.
func TestMemoryCostOfASession(t *testing.T) {
	const n, most = 100_000, 540
	if cost := costOfSessions(t, n); cost > most {
		t.Errorf("%.0f bytes a session, want at most %d", cost, most)
	}
}

// BenchmarkMemoryCostOfASession says it for other numbers of sessions:
//
//	go test ./store -run '^$' -bench CostOfASession -benchtime 1000000x
func BenchmarkMemoryCostOfASession(b *testing.B) {
	b.ReportMetric(costOfSessions(b, b.N), "B/session")
}

func costOfSessions(t testing.TB, n int) float64 {
	hashed := func(kind byte, i int) store.Key {
		return store.Key{Hash: sha256.Sum256(binary.BigEndian.AppendUint64([]byte{kind}, uint64(i)))}
	}
	m, record, end := store.NewMemory(), make([]byte, costRecord), time.Now().Add(time.Hour)
	before := heap()
	for i := range n {
		session := hashed('s', i)
		if err := m.CreateSession(t.Context(), session, record, end); err != nil {
			t.Fatal(err)
		}
		if count, err := m.IndexSession(t.Context(), hashed('o', i), session, end); err != nil || count != 1 {
			t.Fatalf("%d sessions, error %v", count, err)
		}
	}
	cost := (float64(heap()) - float64(before)) / float64(n)
	runtime.KeepAlive(m)
	return cost
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
