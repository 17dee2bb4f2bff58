package store

// table is a map of entries that expire, whose housekeeping never makes anyone
// wait: there is no sweep over everything, neither in the background nor under
// the lock. Each insertion looks at the next few entries instead and frees
// those that have expired, as a clock hand goes round. With as many as
// sweepStep looked at for one inserted, the hand has gone round long before
// the table could grow by as much again.
//
// Entries stand in chunks, because growing one large slice would copy it
// under the lock. A table is not safe for concurrent use.
type table[V any] struct {
	index  map[Key]uint32
	chunks [][]entry[V]
	free   uint32 // first free entry plus one; the rest follow by next
	used   uint32 // entries ever handed out
	hand   uint32
}

type entry[V any] struct {
	key     Key
	expires int64 // Unix nanoseconds; 0 is a free entry
	next    uint32
	value   V
}

const (
	chunkSize = 256
	sweepStep = 8
)

func (t *table[V]) at(i uint32) *entry[V] { return &t.chunks[i/chunkSize][i%chunkSize] }

// get returns the live entry under key, or nil.
func (t *table[V]) get(key Key, now int64) *entry[V] {
	i, ok := t.index[key]
	if !ok {
		return nil
	}
	if e := t.at(i); now < e.expires {
		return e
	}
	return nil
}

// put inserts or replaces what is under key.
func (t *table[V]) put(key Key, value V, expires, now int64) {
	t.sweep(sweepStep, now)
	i, ok := t.index[key]
	if !ok {
		i = t.allocate()
		if t.index == nil {
			t.index = make(map[Key]uint32)
		}
		t.index[key] = i
	}
	*t.at(i) = entry[V]{key: key, expires: expires, value: value}
}

func (t *table[V]) allocate() uint32 {
	if t.free != 0 {
		i := t.free - 1
		t.free = t.at(i).next
		return i
	}
	if int(t.used) == len(t.chunks)*chunkSize {
		t.chunks = append(t.chunks, make([]entry[V], chunkSize))
	}
	t.used++
	return t.used - 1
}

// remove frees what is under key and returns its value, if it was live.
func (t *table[V]) remove(key Key, now int64) (value V, ok bool) {
	i, found := t.index[key]
	if !found {
		return value, false
	}
	e := t.at(i)
	value, ok = e.value, now < e.expires
	t.release(i)
	if !ok {
		var zero V
		value = zero
	}
	return value, ok
}

func (t *table[V]) release(i uint32) {
	e := t.at(i)
	delete(t.index, e.key)
	*e = entry[V]{next: t.free}
	t.free = i + 1
}

// sweep looks at the next n entries and frees the expired ones. It returns
// how many it looked at, which is never more than n.
func (t *table[V]) sweep(n int, now int64) int {
	looked := 0
	for ; looked < n && uint32(looked) < t.used; looked++ {
		if t.hand >= t.used {
			t.hand = 0
		}
		if e := t.at(t.hand); e.expires != 0 && e.expires <= now {
			t.release(t.hand)
		}
		t.hand++
	}
	return looked
}

// evict frees the entry under the hand, live or not: for tables with a cap.
func (t *table[V]) evict() {
	for range t.used {
		if t.hand >= t.used {
			t.hand = 0
		}
		i := t.hand
		t.hand++
		if t.at(i).expires != 0 {
			t.release(i)
			return
		}
	}
}
