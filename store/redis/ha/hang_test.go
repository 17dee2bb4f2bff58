package ha_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
)

// hung listens on n addresses and never answers.
func hung(t *testing.T, n int) (addrs []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		addrs = append(addrs, l.Addr().String())
	}
	return addrs
}

// Servers that hang are not waited for in turn: the first request finds out, and
// those after it are refused at once.
func TestEverythingHangs(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"cluster":  "redis+cluster://" + strings.Join(hung(t, 6), ","),
		"sentinel": "redis+sentinel://" + strings.Join(hung(t, 3), ",") + "/mymaster",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			fastest := time.Hour
			for range 5 {
				begun := time.Now()
				_, err := s.FindSession(t.Context(), store.Key{})
				if !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("got %v", err)
				}
				took := time.Since(begun)
				t.Log(took)
				fastest = min(fastest, took)
			}
			if fastest > time.Second {
				t.Errorf("the fastest took %v", fastest)
			}
			begun := time.Now()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			t.Logf("closed after %v", time.Since(begun))
		})
	}
}
