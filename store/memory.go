package store

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Memory is a Store in the memory of one process: for a site that runs as one
// instance, for development and for tests. A restart signs everybody out.
//
// Sessions are not bounded, since each is a sign-in, or what the application
// itself puts into an anonymous one; challenges and rate-limit
// counters, which strangers can make it hold, are. Expired entries cost
// nothing but memory and are freed a few at a time by later writes: there is
// no background goroutine, nothing to close, and no operation holds a lock
// over more entries than one account has sessions, or a few.
//
// A session costs 220 bytes and its record: a million, with records of 285
// bytes and each of another account, are 510 MB.
//
// The exported fields may be set before first use. All methods are safe for
// concurrent use.
type Memory struct {
	// MaxChallenges bounds the challenges held at once. Beyond it the oldest
	// is dropped. The default value is 100,000, about 60 MB.
	MaxChallenges int

	// MaxChallengesPerClient bounds those of one client (an IPv4 address or
	// an IPv6 /64), so that a client that asks for a million drops only its
	// own. People behind one address share it. Clients that are not known
	// ("") are bounded only by MaxChallenges. The default value is 1,000.
	MaxChallengesPerClient int

	challenges challengeTable
	sessions   [shards]sessionShard
	owners     [shards]ownerShard
	limits     limitTable
}

// shards is how many locks share the sessions: what one lock guards stays
// small, and requests rarely wait for each other.
const shards = 64

var _ Store = (*Memory)(nil)

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return new(Memory) }

type sessionShard struct {
	mu    sync.Mutex
	table table[[]byte]
}

type ownerShard struct {
	mu    sync.Mutex
	table table[[]note]
}

// note is one entry of an account's index.
type note struct {
	hash    [32]byte
	expires int64
}

func (m *Memory) session(key Key) *sessionShard { return &m.sessions[key.Hash[0]%shards] }
func (m *Memory) owner(key Key) *ownerShard     { return &m.owners[key.Hash[0]%shards] }

// FindSession implements Sessions.
func (m *Memory) FindSession(_ context.Context, key Key) ([]byte, error) {
	s := m.session(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.table.get(key, nanos()); e != nil {
		return e.value, nil
	}
	return nil, ErrGone
}

// CreateSession implements Sessions.
func (m *Memory) CreateSession(_ context.Context, key Key, record []byte, expires time.Time) error {
	record = slices.Clone(record)
	s, now := m.session(key), nanos()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.table.get(key, now) != nil {
		return ErrExists
	}
	s.table.put(key, record, expires.UnixNano(), now)
	return nil
}

// UpdateSession implements Sessions.
func (m *Memory) UpdateSession(_ context.Context, key Key, record []byte, expires time.Time) error {
	record = slices.Clone(record)
	return m.change(key, expires, func([]byte) []byte { return record })
}

// TouchSession implements Sessions.
func (m *Memory) TouchSession(_ context.Context, key Key, offset int, patch []byte, expires time.Time) error {
	return m.change(key, expires, func(record []byte) []byte {
		// Readers hold the old record, so it is replaced and not written to.
		record = slices.Clone(record)
		copy(record[offset:], patch)
		return record
	})
}

func (m *Memory) change(key Key, expires time.Time, to func([]byte) []byte) error {
	s := m.session(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.table.get(key, nanos())
	if e == nil {
		return ErrGone
	}
	e.value, e.expires = to(e.value), expires.UnixNano()
	return nil
}

// DeleteSession implements Sessions.
func (m *Memory) DeleteSession(_ context.Context, key Key) ([]byte, error) {
	s := m.session(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	record, ok := s.table.remove(key, nanos())
	if !ok {
		return nil, ErrGone
	}
	return record, nil
}

// IndexSession implements Sessions.
func (m *Memory) IndexSession(_ context.Context, owner, session Key, expires time.Time) (int, error) {
	o, now := m.owner(owner), nanos()
	o.mu.Lock()
	defer o.mu.Unlock()
	var notes []note
	last := expires.UnixNano()
	if e := o.table.get(owner, now); e != nil {
		notes, last = e.value, max(last, e.expires)
	}
	notes = slices.DeleteFunc(notes, func(n note) bool {
		return n.hash == session.Hash || n.expires <= now
	})
	notes = append(notes, note{session.Hash, expires.UnixNano()})
	o.table.put(owner, notes, last, now)
	return len(notes), nil
}

// UnindexSession implements Sessions.
func (m *Memory) UnindexSession(_ context.Context, owner, session Key) error {
	o, now := m.owner(owner), nanos()
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.table.get(owner, now)
	if e == nil {
		return nil
	}
	e.value = slices.DeleteFunc(e.value, func(n note) bool { return n.hash == session.Hash })
	if len(e.value) == 0 {
		o.table.remove(owner, now)
	}
	return nil
}

// IndexedSessions implements Sessions.
func (m *Memory) IndexedSessions(_ context.Context, owner Key) ([]Key, error) {
	o, now := m.owner(owner), nanos()
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.table.get(owner, now)
	if e == nil {
		return nil, nil
	}
	notes := slices.DeleteFunc(slices.Clone(e.value), func(n note) bool { return n.expires <= now })
	slices.SortStableFunc(notes, func(a, b note) int { return cmp.Compare(a.expires, b.expires) })
	keys := make([]Key, len(notes))
	for i, n := range notes {
		keys[i] = Key{owner.Realm, n.hash}
	}
	return keys, nil
}

func nanos() int64 { return time.Now().UnixNano() }
