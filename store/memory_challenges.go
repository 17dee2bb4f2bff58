package store

import (
	"context"
	"slices"
	"sync"
	"time"
)

// challengeTable holds challenges in the order they came, once for all and
// once for each client: the first of a list is the oldest, so that dropping
// one, and freeing those that have expired, takes no search. The links are in
// the challenges themselves: strangers make many.
type challengeTable struct {
	mu      sync.Mutex
	byKey   map[Key]*challenge
	all     challengeList
	clients map[string]*challengeList
}

type challenge struct {
	key     Key
	client  string
	record  []byte
	expires int64
	in      [2]struct{ before, after *challenge } // byAge, byClient
}

// The two lists that a challenge is in.
const (
	byAge = iota
	byClient
)

type challengeList struct {
	first, last *challenge
	n           int
}

func (l *challengeList) push(c *challenge, by int) {
	c.in[by].before = l.last
	if l.last == nil {
		l.first = c
	} else {
		l.last.in[by].after = c
	}
	l.last = c
	l.n++
}

func (l *challengeList) remove(c *challenge, by int) {
	before, after := c.in[by].before, c.in[by].after
	if before == nil {
		l.first = after
	} else {
		before.in[by].after = after
	}
	if after == nil {
		l.last = before
	} else {
		after.in[by].before = before
	}
	l.n--
}

// Defaults of Memory.
const (
	defaultMaxChallenges          = 100_000
	defaultMaxChallengesPerClient = 1_000
)

// PutChallenge implements Challenges.
func (m *Memory) PutChallenge(_ context.Context, key Key, client string, record []byte, expires time.Time) error {
	c := &challenge{key: key, client: client, record: slices.Clone(record), expires: expires.UnixNano()}
	t := &m.challenges
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire(sweepStep, nanos())
	if old := t.byKey[key]; old != nil {
		t.remove(old)
	}
	mine := t.clients[client]
	if client != "" && mine != nil && mine.n >= orDefault(m.MaxChallengesPerClient, defaultMaxChallengesPerClient) {
		t.remove(mine.first)
	} else if len(t.byKey) >= orDefault(m.MaxChallenges, defaultMaxChallenges) {
		t.remove(t.all.first)
	}
	t.insert(c)
	return nil
}

// GetChallenge implements Challenges.
func (m *Memory) GetChallenge(_ context.Context, key Key) ([]byte, error) {
	t := &m.challenges
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.byKey[key]; c != nil && nanos() < c.expires {
		return c.record, nil
	}
	return nil, ErrGone
}

// TakeChallenge implements Challenges.
func (m *Memory) TakeChallenge(_ context.Context, key Key) ([]byte, error) {
	t := &m.challenges
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.byKey[key]
	if c == nil {
		return nil, ErrGone
	}
	t.remove(c)
	if nanos() >= c.expires {
		return nil, ErrGone
	}
	return c.record, nil
}

func orDefault(n, d int) int {
	if n <= 0 {
		return d
	}
	return n
}

func (t *challengeTable) insert(c *challenge) {
	if t.byKey == nil {
		t.byKey, t.clients = make(map[Key]*challenge), make(map[string]*challengeList)
	}
	mine := t.clients[c.client]
	if mine == nil {
		mine = new(challengeList)
		t.clients[c.client] = mine
	}
	t.byKey[c.key] = c
	t.all.push(c, byAge)
	mine.push(c, byClient)
}

func (t *challengeTable) remove(c *challenge) {
	delete(t.byKey, c.key)
	t.all.remove(c, byAge)
	mine := t.clients[c.client]
	mine.remove(c, byClient)
	if mine.n == 0 {
		delete(t.clients, c.client)
	}
}

// expire frees at most n expired challenges. One with a longer life may stand
// before them; the cap bounds what waits behind it.
func (t *challengeTable) expire(n int, now int64) {
	for ; n > 0 && len(t.byKey) > 0; n-- {
		oldest := t.all.first
		if now < oldest.expires {
			return
		}
		t.remove(oldest)
	}
}
