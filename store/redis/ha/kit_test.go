package ha_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis/ha"
)

func open(t *testing.T, url string) *ha.Store {
	t.Helper()
	s, err := ha.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func key(bytes ...byte) (k store.Key) { copy(k.Hash[:], bytes); return k }

// name is where the kit keeps a session. The manual of store/redis says so.
func name(kind string, k store.Key) string {
	realm := hex.EncodeToString(k.Realm[:])
	if kind == "l" {
		realm = "{" + realm + "}"
	}
	return "nearauth:" + realm + ":" + kind + ":" + base64.RawURLEncoding.EncodeToString(k.Hash[:])
}

func soon() time.Time { return time.Now().Add(time.Minute) }

func put(t *testing.T, s store.Store, k store.Key) {
	t.Helper()
	if err := s.CreateSession(t.Context(), k, []byte("record"), soon()); err != nil {
		t.Fatal(err)
	}
}

// putOnAll is put where replicas must have it too. They have half a second for that,
// which a busy machine may need several times.
func putOnAll(t *testing.T, s store.Store, k store.Key) {
	t.Helper()
	err := s.CreateSession(t.Context(), k, []byte("record"), soon())
	for range 50 {
		if !errors.Is(err, store.ErrUnavailable) {
			break
		}
		err = s.UpdateSession(t.Context(), k, []byte("record"), soon())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// serves waits until a store takes a number of writes in a row, and returns how
// many it refused before.
func serves(t *testing.T, what string, s store.Store) (refused int) {
	t.Helper()
	ok := 0
	for begun := time.Now(); ok < 30; ok++ {
		_, err := s.IndexSession(t.Context(), key(255, byte(ok)), key(255), soon())
		if err != nil {
			refused++
			ok = -1
			time.Sleep(5 * time.Millisecond)
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("%s: it does not come back: %v", what, err)
		}
	}
	return refused
}

// traffic is people who use a store without pause.
type traffic struct {
	t       *testing.T
	s       store.Store
	people  []store.Key
	stop    context.CancelFunc
	group   sync.WaitGroup
	done    atomic.Int64 // rounds that went well
	refused atomic.Int64 // operations that were unavailable
	late    atomic.Int64 // of these, those that ran out of time: the machine is busy
	strange sync.Map     // what nobody should see
}

func begin(t *testing.T, s store.Store, people int) *traffic {
	w := &traffic{t: t, s: s}
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	t.Cleanup(w.end)
	for i := range people {
		k := key(200, byte(i))
		k.Realm = store.Realm{byte(i)}
		w.people = append(w.people, k)
		w.group.Go(func() {
			for ctx.Err() == nil {
				w.round(k)
			}
		})
	}
	return w
}

// round is a session's life, and a request that is counted against two limits.
func (w *traffic) round(k store.Key) {
	ctx := context.Background()
	second := k
	second.Hash[2]++
	rate := store.Rate{Every: time.Microsecond, Burst: 1000}
	createErr := w.s.CreateSession(ctx, k, []byte("record"), soon())
	_, findErr := w.s.FindSession(ctx, k)
	touchErr := w.s.TouchSession(ctx, k, 0, []byte("R"), soon())
	record, deleteErr := w.s.DeleteSession(ctx, k)
	_, goneErr := w.s.FindSession(ctx, k)
	_, allowErr := w.s.Allow(ctx, store.Limit{Key: k, Rate: rate}, store.Limit{Key: second, Rate: rate})
	all := []error{createErr, findErr, touchErr, deleteErr, allowErr}
	for _, err := range append(all, goneErr) {
		switch {
		case err == nil, errors.Is(err, store.ErrGone), errors.Is(err, store.ErrExists):
		case !errors.Is(err, store.ErrUnavailable):
			w.strange.Store(err.Error(), true)
		default:
			w.refused.Add(1)
			if timed, ok := errors.AsType[net.Error](err); ok && timed.Timeout() {
				w.late.Add(1)
			}
			for _, word := range []string{"MOVED", "ASK ", "CROSSSLOT", "password"} {
				if strings.Contains(err.Error(), word) {
					w.strange.Store(err.Error(), true)
				}
			}
		}
	}
	if !slices.ContainsFunc(all, func(err error) bool { return err != nil }) && string(record) == "Record" && errors.Is(goneErr, store.ErrGone) {
		w.done.Add(1)
	} else {
		time.Sleep(time.Millisecond)
	}
}

// goesOn waits for some more rounds that go well.
func (w *traffic) goesOn(what string) {
	w.t.Helper()
	enough := w.done.Load() + 100
	for begun := time.Now(); w.done.Load() < enough; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			w.t.Fatalf("%s: it does not go on", what)
		}
	}
}

func (w *traffic) end() {
	w.t.Helper()
	w.stop()
	w.group.Wait()
	w.strange.Range(func(err, _ any) bool { w.t.Errorf("somebody sees: %v", err); return true })
}
