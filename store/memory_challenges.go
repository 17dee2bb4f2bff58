package store

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"time"
)

// challengeTable holds challenges in the order they came, once for all and
// once for each client: the first of a list is the oldest, so that dropping
// one, and freeing those that have expired, takes no search.
type challengeTable struct {
	mu      sync.Mutex
	byKey   map[Key]*challenge
	all     *list.List // of *challenge
	clients map[string]*list.List
}

type challenge struct {
	key      Key
	client   string
	record   []byte
	expires  int64
	inAll    *list.Element
	inClient *list.Element
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
	if client != "" && mine != nil && mine.Len() >= orDefault(m.MaxChallengesPerClient, defaultMaxChallengesPerClient) {
		t.remove(mine.Front().Value.(*challenge))
	} else if len(t.byKey) >= orDefault(m.MaxChallenges, defaultMaxChallenges) {
		t.remove(t.all.Front().Value.(*challenge))
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
		t.byKey, t.all, t.clients = make(map[Key]*challenge), list.New(), make(map[string]*list.List)
	}
	mine := t.clients[c.client]
	if mine == nil {
		mine = list.New()
		t.clients[c.client] = mine
	}
	t.byKey[c.key] = c
	c.inAll, c.inClient = t.all.PushBack(c), mine.PushBack(c)
}

func (t *challengeTable) remove(c *challenge) {
	delete(t.byKey, c.key)
	t.all.Remove(c.inAll)
	mine := t.clients[c.client]
	mine.Remove(c.inClient)
	if mine.Len() == 0 {
		delete(t.clients, c.client)
	}
}

// expire frees at most n expired challenges. One with a longer life may stand
// before them; the cap bounds what waits behind it.
func (t *challengeTable) expire(n int, now int64) {
	for ; n > 0 && len(t.byKey) > 0; n-- {
		oldest := t.all.Front().Value.(*challenge)
		if now < oldest.expires {
			return
		}
		t.remove(oldest)
	}
}
