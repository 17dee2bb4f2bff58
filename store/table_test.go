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
	// With so many chains of one entry on average some have a dozen. What an
	// insertion splits is one of them.
	longest := 0
	for i := range tab.used {
		longest = max(longest, len(chainOf(&tab, i)))
	}
	if longest > 30 {
		t.Errorf("one chain has %d entries", longest)
	}
	// All have expired. As many insertions as one hand's round need free them.
	for i := range n/sweepStep + chunkSize {
		tab.put(tableKey(n+i), i, 1000, 20)
	}
	if got, most := int(tab.held), n/sweepStep+chunkSize; got > most {
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
	if tab.held != 0 {
		t.Errorf("%d entries left", tab.held)
	}
}

// chainOf returns the entries of one chain.
func chainOf[V any](tab *table[V], number uint32) (entries []uint32) {
	for next := tab.at(number).head; next != 0; next = tab.at(next - 1).next {
		entries = append(entries, next-1)
	}
	return entries
}

// Keys that share a chain, be it the same hash in two realms, are as apart as
// any others: when they come, when one of them goes, and when the chain is split.
func TestTableCollidingKeys(t *testing.T) {
	t.Parallel()
	const n, chain = 1000, 7
	var tab table[int]
	for i := range n {
		tab.put(tableKey(i), i, 10, 0)
	}
	for i := range n { // leaves as many chains, which are empty
		tab.remove(tableKey(i), 0)
	}
	var keys []Key
	for i := 0; len(keys) < 40; i++ {
		key := tableKey(len(keys) / 2) // each hash in two realms
		binary.BigEndian.PutUint64(key.Realm[:], uint64(i))
		if tab.chain(key) == chain {
			keys = append(keys, key)
		}
	}
	check := func(what string, from int) {
		t.Helper()
		for i, key := range keys {
			switch e := tab.get(key, 0); {
			case i < from && e != nil:
				t.Fatalf("%s: key %d is there: %+v", what, i, e)
			case i >= from && (e == nil || e.key != key || e.value != i):
				t.Fatalf("%s: key %d leads to %+v", what, i, e)
			}
		}
	}
	check("none was put", len(keys))
	for i, key := range keys {
		tab.put(key, -1, 10, 0)
		tab.put(key, i, 10, 0)
	}
	if got := len(chainOf(&tab, chain)); got != len(keys) || int(tab.held) != len(keys) {
		t.Fatalf("%d keys are in the chain, %d held, want %d", got, tab.held, len(keys))
	}
	check("all were put", 0)
	for i := range 10 {
		if value, ok := tab.remove(keys[i], 0); !ok || value != i {
			t.Fatalf("key %d: removed %d %v", i, value, ok)
		}
		check("some were removed", i+1)
	}
	for i := range 4 * n {
		tab.put(tableKey(n+i), -1, 10, 0)
	}
	if got := len(chainOf(&tab, chain)); got >= len(keys)-10 {
		t.Errorf("the chain still has %d entries", got)
	}
	check("the chain was split", 10)
}

func TestLimiterForgetsBeyondItsCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, rate := NewMemory(), Rate{Every: time.Hour, Burst: 1}
		for i := range maxLimits + 1000 {
			if wait, _ := m.Allow(t.Context(), Limit{tableKey(i), rate}); wait != 0 {
				t.Fatalf("a first request must wait %v", wait)
			}
		}
		if got := m.limits.table.held; got > maxLimits {
			t.Errorf("%d counters held, want at most %d", got, maxLimits)
		}
	})
}

// A clock that was set back by an hour makes nobody wait for an hour.
func TestLimitsAndAClockSetBack(t *testing.T) {
	t.Parallel()
	const hour = int64(time.Hour)
	rate := Rate{Every: time.Second, Burst: 5}
	if _, wait := gcra(2*hour, hour, rate); wait <= 0 || wait > time.Second {
		t.Errorf("wait %v", wait)
	}
}
