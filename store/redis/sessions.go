package redis

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
)

// FindSession implements store.Sessions, by redisstore: one GET.
func (s *Store) FindSession(ctx context.Context, key store.Key) (record []byte, err error) {
	release, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	found := false
	err = s.harmless(ctx, func() error {
		record, found, err = s.records.Find(name('s', key))
		return err
	})
	switch {
	case err != nil:
		return nil, unavailable(err)
	case !found:
		return nil, store.ErrGone
	}
	return record, nil
}

// CreateSession implements store.Sessions: SET NX.
func (s *Store) CreateSession(ctx context.Context, key store.Key, record []byte, expires time.Time) error {
	reply, err := s.write(ctx, "SET", name('s', key), record, "NX", "PX", ttl(expires))
	if err == nil && reply == nil {
		return store.ErrExists
	}
	return err
}

// UpdateSession implements store.Sessions: SET XX.
func (s *Store) UpdateSession(ctx context.Context, key store.Key, record []byte, expires time.Time) error {
	reply, err := s.write(ctx, "SET", name('s', key), record, "XX", "PX", ttl(expires))
	if err == nil && reply == nil {
		return store.ErrGone
	}
	return err
}

// touch writes into a record that is there: SETRANGE alone would create one.
var touch = redis.NewScript(1, `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SETRANGE', KEYS[1], ARGV[1], ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])`)

// TouchSession implements store.Sessions.
func (s *Store) TouchSession(ctx context.Context, key store.Key, offset int, patch []byte, expires time.Time) error {
	done, err := redis.Int(s.run(ctx, touch, name('s', key), offset, patch, ttl(expires)))
	if err == nil && done == 0 {
		return store.ErrGone
	}
	return err
}

// DeleteSession implements store.Sessions: GETDEL.
func (s *Store) DeleteSession(ctx context.Context, key store.Key) ([]byte, error) {
	return bytesOf(s.write(ctx, "GETDEL", name('s', key)))
}

// legacy is store.Legacy on the keys of redisstore.
type legacy struct {
	*Store
	prefix string
}

// Legacy reaches the sessions that scs and redisstore have stored in this
// Redis without this kit, for store.SessionsConfig.Adopt. The prefix is the one
// that redisstore was given; its default is "scs:session:".
func (s *Store) Legacy(prefix string) store.Legacy { return legacy{s, prefix} }

func (l legacy) FindLegacy(ctx context.Context, token string) ([]byte, error) {
	return bytesOf(l.do(ctx, "GET", l.prefix+token))
}

func (l legacy) UpdateLegacy(ctx context.Context, token string, record []byte, expires time.Time) error {
	reply, err := l.write(ctx, "SET", l.prefix+token, record, "XX", "PX", ttl(expires))
	if err == nil && reply == nil {
		return store.ErrGone
	}
	return err
}

func (l legacy) DeleteLegacy(ctx context.Context, token string) ([]byte, error) {
	return bytesOf(l.write(ctx, "GETDEL", l.prefix+token))
}

func bytesOf(reply any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	b, ok := reply.([]byte)
	if !ok {
		return nil, store.ErrGone
	}
	return b, nil
}

// The index of an account is a sorted set of hashes by when the note expires,
// in milliseconds of the server's clock. PEXPIRE … GT would not do: it never
// sets the first expiry of a key.
const now = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) `

var index = redis.NewScript(1, now+`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.max(ARGV[2], redis.call('PTTL', KEYS[1])))
return redis.call('ZCARD', KEYS[1])`)

// IndexSession implements store.Sessions.
func (s *Store) IndexSession(ctx context.Context, owner, session store.Key, expires time.Time) (int, error) {
	return redis.Int(s.writeBy(ctx, index, name('o', owner), member(session), ttl(expires)))
}

// UnindexSession implements store.Sessions: ZREM.
func (s *Store) UnindexSession(ctx context.Context, owner, session store.Key) error {
	_, err := s.do(ctx, "ZREM", name('o', owner), member(session))
	return err
}

var indexed = redis.NewScript(1, now+`
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')`)

// IndexedSessions implements store.Sessions.
func (s *Store) IndexedSessions(ctx context.Context, owner store.Key) ([]store.Key, error) {
	members, err := redis.Strings(s.run(ctx, indexed, name('o', owner)))
	if err != nil {
		return nil, err
	}
	keys := make([]store.Key, 0, len(members))
	for _, m := range members {
		key := store.Key{Realm: owner.Realm}
		n, err := base64.RawURLEncoding.Decode(key.Hash[:], []byte(m))
		if err != nil || n != len(key.Hash) || strings.ContainsAny(m, "\r\n") {
			return nil, unavailable(fmt.Errorf("index holds %d bytes that are no hash", len(m)))
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func member(session store.Key) string { return base64.RawURLEncoding.EncodeToString(session.Hash[:]) }
