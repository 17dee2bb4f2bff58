package store

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A table is a map with expiries, whatever is done to it in whatever order: no
// two keys ever share an entry, and no entry is free twice.
func TestTableIsAMap(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		var tab table[int]
		model := map[Key]entry[int]{}
		now := int64(1)
		for step := range 3000 {
			key := tableKey(r.IntN(60))
			switch r.IntN(8) {
			case 0, 1, 2:
				expires := now + int64(r.IntN(40))
				tab.put(key, step, expires, now)
				model[key] = entry[int]{expires: expires, value: step}
			case 3:
				value, ok := tab.remove(key, now)
				want, there := model[key]
				if there = there && now < want.expires; ok != there || ok && value != want.value || !ok && value != 0 {
					t.Fatalf("seed %d, step %d: removed %d %v, want %+v %v", seed, step, value, ok, want, there)
				}
				delete(model, key)
			case 4:
				tab.sweep(1+r.IntN(100), now)
			case 5:
				// What evict takes is its own choice; it is one entry.
				before := int(tab.held)
				if tab.evict(); int(tab.held) != max(before-1, 0) {
					t.Fatalf("seed %d, step %d: %d entries after evicting one of %d", seed, step, tab.held, before)
				}
				for k := range model {
					if tab.find(k) == nil {
						delete(model, k)
					}
				}
			default:
				now += int64(r.IntN(8))
			}
			checkTable(t, &tab, model, now)
			if t.Failed() {
				t.Fatalf("seed %d, step %d", seed, step)
			}
		}
	}
}

func checkTable(t *testing.T, tab *table[int], model map[Key]entry[int], now int64) {
	t.Helper()
	for i := range 60 {
		key := tableKey(i)
		want, there := model[key]
		there = there && now < want.expires
		if e := tab.get(key, now); (e != nil) != there || there && (e.value != want.value || e.key != key) {
			t.Errorf("key %d: got %+v, want %+v %v", i, e, want, there)
		}
	}
	// Every entry that was ever handed out is either in its chain or free, once.
	var seen []uint32
	for number := range tab.used {
		for _, i := range chainOf(tab, number) {
			if e := tab.at(i); tab.chain(e.key) != number || e.expires == 0 {
				t.Errorf("chain %d has %+v", number, e)
			}
			seen = append(seen, i)
		}
	}
	if len(seen) != int(tab.held) {
		t.Errorf("%d entries in chains, %d held", len(seen), tab.held)
	}
	for next := tab.free; next != 0 && len(seen) <= int(tab.used); next = tab.at(next - 1).next {
		seen = append(seen, next-1)
	}
	slices.Sort(seen)
	if len(seen) != int(tab.used) || len(slices.Compact(seen)) != int(tab.used) {
		t.Errorf("%d entries handed out, of which %d are in chains or free", tab.used, len(seen))
	}
}

// What Decode could not read, or could read in two ways, is no record.
func TestRecordsThatAreNone(t *testing.T) {
	t.Parallel()
	header := func(count byte) []byte {
		b := make([]byte, headerSize, headerSize+8)
		b[0] = recordVersion
		return append(append(b, make([]byte, textCount)...), count) // an empty account
	}
	value := func(key string, tag byte, payload string) []byte {
		b := append(appendString(header(1), key), tag)
		return appendString(b, payload)
	}
	for name, record := range map[string][]byte{
		"a number of 7 bytes":             value("k", tagInt, "1234567"),
		"a number of 9 bytes":             value("k", tagInt64, "123456789"),
		"a fraction without bytes":        value("k", tagFloat64, ""),
		"a bool without bytes":            value("k", tagBool, ""),
		"a bool of 2 bytes":               value("k", tagBool, "\x00\x00"),
		"a bool that is 2":                value("k", tagBool, "\x02"),
		"nothing of one byte":             value("k", tagNil, "x"),
		"a time that is none":             value("k", tagTime, "x"),
		"an unknown tag":                  value("k", 99, ""),
		"the kit's own key as a value":    value(sessionKey, tagString, "alice"),
		"a value that is not there":       header(1),
		"more values than there can be":   append(header(0)[:headerSize+textCount], 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
		"a byte behind the last value":    append(value("k", tagString, "v"), 0),
		"a length beyond the end":         append(header(0)[:headerSize], 5, 'x'),
		"a length of ten bytes":           append(header(0)[:headerSize], 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
		"another version":                 append([]byte{recordVersion + 1}, header(0)[1:]...),
		"the mark of what was never read": append([]byte{recordLost}, header(0)[1:]...),
	} {
		if wellFormed(record) {
			t.Errorf("%s is a record", name)
		}
		if _, _, err := (Codec{}).Decode(record); err == nil && record[0] != recordLost && name != "the kit's own key as a value" {
			t.Errorf("%s is decoded", name)
		}
	}
	for name, record := range map[string][]byte{"no values": header(0), "one value": value("k", tagString, "v"), "false": value("k", tagBool, "\x00")} {
		if !wellFormed(record) {
			t.Errorf("%s is no record", name)
		}
	}
}

// Challenges that nobody answered are freed by those that come later, and do
// not wait for the bound.
func TestMemoryFreesChallengesAsOthersCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		put := func(i int) {
			if err := m.PutChallenge(t.Context(), tableKey(i), "", nil, time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 1000 {
			put(i)
		}
		time.Sleep(time.Hour)
		for i := range 1000/sweepStep + 1 {
			put(1000 + i)
		}
		if held, most := len(m.challenges.byKey), 1000/sweepStep+1; held != most || m.challenges.all.n != most {
			t.Errorf("%d challenges held, want the %d that have not expired", held, most)
		}
	})
}
