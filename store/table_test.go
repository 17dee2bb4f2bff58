package store

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"
)

func tableKey(i int) (k Key) {
	binary.BigEndian.PutUint64(k.Hash[8:], uint64(i))
	return k
}

// However many entries there are, an insertion looks at a handful: this is
// what keeps housekeeping from making anyone wait.
func TestTableHousekeepingIsConstant(t *testing.T) {
	var tab table[int]
	const n = 300_000
	for i := range n {
		tab.put(tableKey(i), i, 10, 0)
	}
	if looked := tab.sweep(sweepStep, 20); looked != sweepStep {
		t.Errorf("a sweep over %d entries looked at %d, want %d", n, looked, sweepStep)
	}
	// All have expired. As many insertions as one hand's round need free them.
	for i := range n/sweepStep + chunkSize {
		tab.put(tableKey(n+i), i, 1000, 20)
	}
	if got, most := len(tab.index), n/sweepStep+chunkSize; got > most {
		t.Errorf("%d entries left, want %d", got, most)
	}
	if got := int(tab.used); got > n+chunkSize {
		t.Errorf("freed entries were not used again: %d handed out", got)
	}
}

func TestTableEntries(t *testing.T) {
	var tab table[string]
	tab.put(tableKey(1), "one", 10, 0)
	tab.put(tableKey(1), "uno", 10, 0)
	tab.put(tableKey(2), "two", 5, 0)
	if e := tab.get(tableKey(1), 9); e == nil || e.value != "uno" {
		t.Errorf("get: %v", e)
	}
	if tab.get(tableKey(2), 5) != nil || tab.get(tableKey(3), 0) != nil {
		t.Error("got an entry that has expired, or was never there")
	}
	if v, ok := tab.remove(tableKey(2), 5); ok || v != "" {
		t.Error("removed an expired entry as if it were live")
	}
	if v, ok := tab.remove(tableKey(1), 5); !ok || v != "uno" {
		t.Errorf("remove: %q %v", v, ok)
	}
	if len(tab.index) != 0 {
		t.Errorf("%d entries left", len(tab.index))
	}
}

func TestLimiterForgetsBeyondItsCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, rate := NewMemory(), Rate{Every: time.Hour, Burst: 1}
		for i := range maxLimits + 1000 {
			if wait, _ := m.Allow(t.Context(), tableKey(i), rate); wait != 0 {
				t.Fatalf("a first request must wait %v", wait)
			}
		}
		if got := len(m.limits.table.index); got > maxLimits {
			t.Errorf("%d counters held, want at most %d", got, maxLimits)
		}
	})
}
