package histories

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nearauth/nearauth/store"
)

// defect is a way in which a backend is broken. Each looks right when one
// request comes after the other, or nearly so.
type defect string

const (
	sound        defect = ""
	getThenDel   defect = "a take is a get and a deletion"
	upsert       defect = "an update creates what is not there"
	writeBack    defect = "a touch reads the record and writes it back"
	findThenDel  defect = "a deletion is a find and a deletion"
	cached       defect = "each process remembers what it has found for a moment"
	neverDeletes defect = "a deletion is answered and not done"
)

func (d defect) in(s store.Store) store.Store {
	if d == sound {
		return s
	}
	return &broken{Store: s, defect: d}
}

type broken struct {
	store.Store
	defect
	cache sync.Map // store.Key to remembered
}

type remembered struct {
	record []byte
	until  time.Time
}

func (b *broken) TakeChallenge(ctx context.Context, key store.Key) ([]byte, error) {
	if b.defect != getThenDel {
		return b.Store.TakeChallenge(ctx, key)
	}
	record, err := b.GetChallenge(ctx, key)
	if err != nil {
		return nil, err
	}
	if _, err := b.Store.TakeChallenge(ctx, key); err != nil && !errors.Is(err, store.ErrGone) {
		return nil, err
	}
	return record, nil
}

func (b *broken) UpdateSession(ctx context.Context, key store.Key, record []byte, expires time.Time) error {
	err := b.Store.UpdateSession(ctx, key, record, expires)
	if b.defect == upsert && errors.Is(err, store.ErrGone) {
		return b.CreateSession(ctx, key, record, expires)
	}
	return err
}

func (b *broken) TouchSession(ctx context.Context, key store.Key, offset int, patch []byte, expires time.Time) error {
	if b.defect != writeBack {
		return b.Store.TouchSession(ctx, key, offset, patch, expires)
	}
	record, err := b.FindSession(ctx, key)
	if err != nil {
		return err
	}
	copy(record[offset:], patch)
	return b.UpdateSession(ctx, key, record, expires)
}

func (b *broken) DeleteSession(ctx context.Context, key store.Key) ([]byte, error) {
	switch b.defect {
	case neverDeletes:
		return b.FindSession(ctx, key)
	case findThenDel:
		record, err := b.FindSession(ctx, key)
		if err != nil {
			return nil, err
		}
		if _, err := b.Store.DeleteSession(ctx, key); err != nil && !errors.Is(err, store.ErrGone) {
			return nil, err
		}
		return record, nil
	}
	b.cache.Delete(key)
	return b.Store.DeleteSession(ctx, key)
}

func (b *broken) FindSession(ctx context.Context, key store.Key) ([]byte, error) {
	if b.defect != cached {
		return b.Store.FindSession(ctx, key)
	}
	if r, ok := b.cache.Load(key); ok && time.Now().Before(r.(remembered).until) {
		return r.(remembered).record, nil
	}
	record, err := b.Store.FindSession(ctx, key)
	if err == nil {
		b.cache.Store(key, remembered{record, time.Now().Add(100 * time.Millisecond)})
	}
	return record, err
}
