package redis

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
)

// A challenge counts only in the history of the data set in which it was
// stored. Redis names that history by its replication id: a restart, a restored
// snapshot and a failover each begin another. So none of them can bring back a
// challenge that was used, and no challenge has to be written to a disk. The
// beginning of the id stands before the record. Where the user may not ask
// (ACL), the id is nothing, and this protection is off.
const reign = `
local info = redis.pcall('INFO', 'replication')
local reign = string.sub(type(info) == 'string' and string.match(info, 'master_replid:(%x+)') or '', 1, 16)
`

// ofThisReign answers with the record, or nothing where it is of another history.
const ofThisReign = `
if not v or string.sub(v, 1, #reign + 1) ~= reign .. ':' then return false end
return string.sub(v, #reign + 2)`

var (
	putChallenge  = redis.NewScript(1, reign+`return redis.call('SET', KEYS[1], reign .. ':' .. ARGV[1], 'PX', ARGV[2])`)
	getChallenge  = redis.NewScript(1, reign+`local v = redis.call('GET', KEYS[1])`+ofThisReign)
	takeChallenge = redis.NewScript(1, reign+`local v = redis.call('GETDEL', KEYS[1])`+ofThisReign)
)

// PutChallenge implements store.Challenges. What one client can store is
// bounded by the time to live and by the limit on requests, not here: that
// would need a second key.
func (s *Store) PutChallenge(ctx context.Context, key store.Key, _ string, record []byte, expires time.Time) error {
	return s.harmless(ctx, func() error {
		_, err := s.run(ctx, putChallenge, name('c', key), record, ttl(expires))
		return err
	})
}

// GetChallenge implements store.Challenges.
func (s *Store) GetChallenge(ctx context.Context, key store.Key) (record []byte, err error) {
	var reply any
	err = s.harmless(ctx, func() error {
		reply, err = s.run(ctx, getChallenge, name('c', key))
		return err
	})
	return bytesOf(reply, err)
}

// TakeChallenge implements store.Challenges: GETDEL, which one caller wins.
func (s *Store) TakeChallenge(ctx context.Context, key store.Key) ([]byte, error) {
	return bytesOf(s.writeBy(ctx, takeChallenge, name('c', key)))
}
