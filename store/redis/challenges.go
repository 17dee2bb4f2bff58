package redis

import (
	"context"
	"time"

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
