package ha_test

import (
	"bytes"
	"errors"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
)

// Close leaves nothing running, can be repeated, and what comes after it is
// unavailable. This test is not parallel: it counts goroutines.
func TestClose(t *testing.T) {
	for _, url := range []string{"redis://127.0.0.1:1", "redis+sentinel://127.0.0.1:1,127.0.0.1:2/m", "redis+cluster://127.0.0.1:1,127.0.0.1:2"} {
		used, unused := open(t, url), open(t, url)
		if _, err := used.FindSession(t.Context(), key(1)); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", url, err)
		}
		if watched := !strings.HasPrefix(url, "redis:"); !within(func() bool { return running() == watched }) {
			t.Errorf("%s: running: %v", url, !watched)
		}
		for range 2 {
			_, _ = used.Close(), unused.Close()
		}
		if _, err := unused.FindSession(t.Context(), key(1)); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s, closed: %v", url, err)
		}
		if !within(func() bool { return !running() }) {
			t.Errorf("%s: it goes on after Close", url)
		}
	}
}

func within(so func() bool) bool {
	for begun := time.Now(); time.Since(begun) < 5*time.Second; time.Sleep(10 * time.Millisecond) {
		if so() {
			return true
		}
	}
	return false
}

func running() bool {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
	return strings.Contains(b.String(), "ha.(*loop).run") || strings.Contains(b.String(), "redisc.(*Cluster).refresh")
}
