package store

import (
	"hash/maphash"
	"math/bits"
)

// table is a map of entries that expire, in which no operation makes anyone
// wait for work on many entries. It is not safe for concurrent use.
//
// There is no sweep over everything, neither in the background nor under the
// lock. Each insertion looks at the next few entries instead and frees those
// that have expired, as a clock hand goes round. With as many as sweepStep
// looked at for one inserted, the hand has gone round long before the table
// could grow by as much again.
//
// There is no rehashing either: this is linear hashing. Each entry that is
// added brings one more chain, which takes its share of one other chain. And
// there is no slice that grows by copying much, since entries stand in chunks
// and hold the heads of the chains: the index costs 8 bytes an entry.
type table[V any] struct {
	chunks [][]entry[V]
	seed   maphash.Seed // nobody can choose keys that share a chain
	free   uint32       // first free entry plus one; the rest follow by next
	used   uint32       // entries ever handed out, and as many chains
	held   uint32       // those that are not free
	hand   uint32
}

type entry[V any] struct {
	key     Key
	value   V
	expires int64  // Unix nanoseconds; 0 is a free entry
	next    uint32 // number plus one of the next in the chain, or free list
	head    uint32 // of the chain that has this entry's number, not its key's
}

const (
	chunkSize = 256
	sweepStep = 8
)

func (t *table[V]) at(i uint32) *entry[V] { return &t.chunks[i/chunkSize][i%chunkSize] }

// chain returns the number of the key's chain: the low bits of the hash, one
// bit less where that chain has not been split off yet. There must be a chain.
func (t *table[V]) chain(key Key) uint32 {
	last := t.used - 1
	mask := uint32(1)<<bits.Len32(last) - 1
	i := uint32(maphash.Comparable(t.seed, key)) & mask
	if i > last {
		i &= mask >> 1
	}
	return i
}

// link returns what in its chain leads to the entry under key. It points to 0
// if there is no such entry, and is nil if there is none at all.
func (t *table[V]) link(key Key) *uint32 {
	if t.used == 0 {
		return nil
	}
	at := &t.at(t.chain(key)).head
	for *at != 0 && t.at(*at-1).key != key {
		at = &t.at(*at - 1).next
	}
	return at
}

// find returns the entry under key, live or not, or nil.
func (t *table[V]) find(key Key) *entry[V] {
	if at := t.link(key); at != nil && *at != 0 {
		return t.at(*at - 1)
	}
	return nil
}

// get returns the live entry under key, or nil.
func (t *table[V]) get(key Key, now int64) *entry[V] {
	if e := t.find(key); e != nil && now < e.expires {
		return e
	}
	return nil
}

// put inserts or replaces what is under key.
func (t *table[V]) put(key Key, value V, expires, now int64) {
	t.sweep(sweepStep, now)
	e := t.find(key)
	if e == nil {
		e = t.insert(key)
	}
	e.value, e.expires = value, expires
}

func (t *table[V]) insert(key Key) *entry[V] {
	i := t.allocate()
	e := t.at(i)
	e.key = key
	t.push(i)
	t.held++
	return e
}

// push makes an entry the first of its key's chain.
func (t *table[V]) push(i uint32) {
	e := t.at(i)
	first := &t.at(t.chain(e.key)).head
	e.next, *first = *first, i+1
}

// allocate takes a free entry, or adds one.
func (t *table[V]) allocate() uint32 {
	if t.free != 0 {
		i := t.free - 1
		t.free = t.at(i).next
		return i
	}
	if int(t.used) == len(t.chunks)*chunkSize {
		t.chunks = append(t.chunks, make([]entry[V], chunkSize))
	}
	if t.used == 0 {
		t.seed = maphash.MakeSeed()
	}
	t.used++
	t.split()
	return t.used - 1
}

// split gives the newest chain its entries. They are all in the chain whose
// number is the same without the highest bit.
func (t *table[V]) split() {
	last := t.used - 1
	if last == 0 {
		return
	}
	from := &t.at(last &^ (1 << (bits.Len32(last) - 1))).head
	rest := *from
	*from = 0
	for rest != 0 {
		i := rest - 1
		rest = t.at(i).next
		t.push(i)
	}
}

// remove frees what is under key and returns its value, if it was live.
func (t *table[V]) remove(key Key, now int64) (value V, ok bool) {
	e := t.find(key)
	if e == nil {
		return value, false
	}
	if now < e.expires {
		value, ok = e.value, true
	}
	t.release(key)
	return value, ok
}

// release frees what is under key, which must be there.
func (t *table[V]) release(key Key) {
	at := t.link(key)
	i := *at
	e := t.at(i - 1)
	*at = e.next
	*e = entry[V]{next: t.free, head: e.head}
	t.free = i
	t.held--
}

// sweep looks at the next n entries and frees the expired ones. It returns
// how many it looked at, which is never more than n.
func (t *table[V]) sweep(n int, now int64) int {
	looked := 0
	for ; looked < n && uint32(looked) < t.used; looked++ {
		if e := t.turn(); e.expires != 0 && e.expires <= now {
			t.release(e.key)
		}
	}
	return looked
}

// evict frees the entry under the hand, live or not: for tables with a cap.
func (t *table[V]) evict() {
	for range t.used {
		if e := t.turn(); e.expires != 0 {
			t.release(e.key)
			return
		}
	}
}

// turn moves the hand on and returns the entry that was under it.
func (t *table[V]) turn() *entry[V] {
	if t.hand >= t.used {
		t.hand = 0
	}
	t.hand++
	return t.at(t.hand - 1)
}
