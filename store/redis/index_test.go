package redis_test

import (
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// The index of an account is there as long as the longest of its notes, also
// when a shorter one comes last.
func TestIndexOutlivesItsShorterNotes(t *testing.T) {
	t.Parallel()
	s := open(t, redistest.Start(t).URL())
	owner, long, short := key(1), key(2), key(3)
	for _, n := range []struct {
		session store.Key
		life    time.Duration
	}{{long, time.Minute}, {short, 100 * time.Millisecond}} {
		if _, err := s.IndexSession(t.Context(), owner, n.session, time.Now().Add(n.life)); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(250 * time.Millisecond)
	keys, err := s.IndexedSessions(t.Context(), owner)
	if err != nil || len(keys) != 1 || keys[0] != long {
		t.Errorf("%d sessions listed, error %v: revoking all would miss one", len(keys), err)
	}
}
