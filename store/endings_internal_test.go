package store

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func numbered(i uint32) (key Key) {
	binary.BigEndian.PutUint32(key.Hash[:], i)
	return key
}

// An outage during which strangers end sessions without end costs no memory
// without end, and nobody is noted twice.
func TestEndingsAreBounded(t *testing.T) {
	t.Parallel()
	r := &Records{}
	r.endings.busy = true // nobody tries
	for range 2 {
		for i := range uint32(mostEndings + 10) {
			r.endLater(numbered(i), "token")
		}
	}
	if n, queued := len(r.endings.keys), len(r.endings.queue); n != mostEndings || queued != n {
		t.Errorf("%d endings are kept, %d are queued", n, queued)
	}
}

// partly is a backend of which a part is down, or panics.
type partly struct {
	*Memory
	mu     sync.Mutex
	down   map[Key]bool
	panics bool
}

func (p *partly) DeleteSession(ctx context.Context, k Key) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down[k] && p.panics {
		panic("a bug")
	}
	if p.down[k] {
		return nil, errors.New("CLUSTERDOWN")
	}
	return p.Memory.DeleteSession(ctx, k)
}

// With a part of a cluster down, the rest is ended soon; and a backend that
// panics does not take the process along.
func TestEndingsOfTheRest(t *testing.T) {
	t.Parallel()
	for _, panics := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := &partly{Memory: NewMemory(), down: map[Key]bool{}, panics: panics}
			for i := range uint32(300) {
				b.down[numbered(i*3)] = true
			}
			r := &Records{backend: b, life: time.Hour}
			for i := range uint32(900) {
				r.endLater(numbered(i), "")
			}
			time.Sleep(time.Minute)
			if n := r.endings.open.Load(); n != 300 {
				t.Errorf("%d are left", n)
			}
			b.mu.Lock()
			clear(b.down)
			b.mu.Unlock()
			time.Sleep(time.Second)
			r.endings.mu.Lock()
			if n := len(r.endings.keys); n != 0 || r.endings.busy {
				t.Errorf("%d are left in the end", n)
			}
			r.endings.mu.Unlock()
		})
	}
}
