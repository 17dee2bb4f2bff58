package redis

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
)

// gcra keeps, under each key, the theoretical arrival time of GCRA in
// microseconds. ARGV holds two numbers for each key: the interval, and the
// interval times the burst. Nothing is written until all have been asked.
var gcra = redis.NewScript(-1, `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local arrivals, wait = {}, 0
for i, key in ipairs(KEYS) do
  local arrival = math.max(tonumber(redis.call('GET', key) or now), now)
  arrivals[i] = math.min(arrival, now + ARGV[2*i]) + ARGV[2*i-1]
  wait = math.max(wait, arrivals[i] - ARGV[2*i] - now)
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', arrivals[i]), 'PX', math.ceil((arrivals[i] - now) / 1000))
end
return 0`)

// Allow implements store.Limiter, in one round trip and by the server's clock.
func (s *Store) Allow(ctx context.Context, limits ...store.Limit) (time.Duration, error) {
	args := make([]any, 0, 1+3*len(limits))
	args = append(args, len(limits))
	for _, l := range limits {
		args = append(args, name('l', l.Key))
	}
	for _, l := range limits {
		every := max(1, l.Rate.Every.Microseconds())
		args = append(args, every, every*int64(max(1, l.Rate.Burst)))
	}
	wait, err := redis.Int64(s.run(ctx, gcra, args...))
	return time.Duration(wait) * time.Microsecond, err
}
