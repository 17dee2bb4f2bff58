package redis

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
)

// PutChallenge implements store.Challenges. What one client can store is
// bounded by the time to live and by the limit on requests, not here: that
// would need a second key.
func (s *Store) PutChallenge(ctx context.Context, key store.Key, _ string, record []byte, expires time.Time) error {
	_, err := s.do(ctx, "SET", name('c', key), record, "PX", ttl(expires))
	return err
}

// GetChallenge implements store.Challenges.
func (s *Store) GetChallenge(ctx context.Context, key store.Key) (record []byte, err error) {
	err = s.read(ctx, func() error {
		record, err = bytesOf(s.do(ctx, "GET", name('c', key)))
		if err == store.ErrGone {
			return nil
		}
		return err
	})
	if err == nil && record == nil {
		err = store.ErrGone
	}
	return record, err
}

// TakeChallenge implements store.Challenges: GETDEL, which one caller wins.
func (s *Store) TakeChallenge(ctx context.Context, key store.Key) ([]byte, error) {
	return bytesOf(s.do(ctx, "GETDEL", name('c', key)))
}

// gcra keeps the theoretical arrival time of GCRA in microseconds. ARGV: the
// interval, and the interval times the burst.
var gcra = redis.NewScript(1, `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local every = tonumber(ARGV[1])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + every
local early = arrival - tonumber(ARGV[2]) - now
if early > 0 then return early end
redis.call('SET', KEYS[1], string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000))
return 0`)

// Allow implements store.Limiter, in one round trip and by the server's clock.
func (s *Store) Allow(ctx context.Context, key store.Key, rate store.Rate) (time.Duration, error) {
	every := max(1, rate.Every.Microseconds())
	wait, err := redis.Int64(s.run(ctx, gcra, name('l', key), every, every*int64(max(1, rate.Burst))))
	return time.Duration(wait) * time.Microsecond, err
}
