package redis_test

import (
	"strings"
	"testing"

	"github.com/nearauth/nearauth/store/redis/redistest"
)

// Of a Redis that could evict sessions, or does not say, one is warned.
func TestWarnings(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, server.URL())
	for _, c := range []struct {
		memory, policy string
		warned         bool
	}{
		{"0", "allkeys-lru", false}, // without a limit nothing is evicted
		{"100mb", "noeviction", false}, {"100mb", "volatile-ttl", false},
		{"100mb", "allkeys-lru", true}, {"100mb", "volatile-lru", true}, {"100mb", "allkeys-random", true}, {"100mb", "volatile-lfu", true},
	} {
		server.Do(t, "CONFIG", "SET", "maxmemory", c.memory, "maxmemory-policy", c.policy)
		w := s.Warnings(t.Context())
		if warned := len(w) == 1 && strings.Contains(w[0], c.policy); warned != c.warned || !warned && len(w) != 0 {
			t.Errorf("%v: %q", c, w)
		}
	}
	server.Do(t, "ACL", "SETUSER", "app", "on", ">secret", "~nearauth:*", "+@all", "-@dangerous")
	limited := open(t, "redis://app:secret@"+server.Addr)
	if w := limited.Warnings(t.Context()); len(w) != 1 || !strings.Contains(w[0], "NOPERM") || strings.Contains(w[0], "secret") {
		t.Errorf("a user who may not ask: %q", w)
	}
	server.Kill()
	if w := s.Warnings(t.Context()); len(w) != 1 {
		t.Errorf("nobody there: %q", w)
	}
}
