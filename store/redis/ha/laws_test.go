package ha_test

import (
	"testing"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis/redistest"
	"github.com/nearauth/nearauth/store/storetest"
)

// The law of package store holds in all three forms.
func TestLaws(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) string{
		"server":   func(t *testing.T) string { return redistest.Start(t).URL() },
		"sentinel": func(t *testing.T) string { return redistest.StartSentinel(t, 1).URL() },
		"cluster":  func(t *testing.T) string { return redistest.StartCluster(t, 3, 0).URL() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := start(t)
			storetest.Run(t, func(t *testing.T) store.Store { return open(t, url) })
		})
	}
}
