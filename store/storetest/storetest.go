// Package storetest is the law of package store as tests. Every backend runs
// it, the ones in the box and yours:
//
//	func TestBackend(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return mybackend.New(t) })
//	}
//
// The suite waits for short expiries in real time, in parallel; it takes a few
// seconds. It uses only the three interfaces and the managers that
// store.NewSessions makes on them.
package storetest

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
)

// New returns an empty backend, and cleans up after it with t.Cleanup. The
// backends of two calls may share a server.
type New func(t *testing.T) store.Store

// Run runs every law against the backends that open returns.
func Run(t *testing.T, open New) {
	for _, group := range []struct {
		name string
		laws []law
	}{
		{"Sessions", sessionLaws},
		{"Index", indexLaws},
		{"Challenges", challengeLaws},
		{"Limiter", limiterLaws},
		{"Manager", managerLaws},
		{"Accounts", accountLaws},
		{"Outage", outageLaws},
		{"Race", raceLaws},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, l := range group.laws {
				t.Run(l.name, func(t *testing.T) {
					t.Parallel()
					l.test(t, open(t))
				})
			}
		})
	}
}

// law is one sentence of an interface, and the test of it.
type law struct {
	name string
	test func(*testing.T, store.Store)
}

// Expiries: short is over after a pause, long is not over during a test.
const (
	short = 150 * time.Millisecond
	pause = 400 * time.Millisecond
	long  = time.Minute
)

func in(d time.Duration) time.Time { return time.Now().Add(d) }

// newKey returns a key that nobody else uses.
func newKey() store.Key {
	var k store.Key
	_, _ = rand.Read(k.Realm[:])
	_, _ = rand.Read(k.Hash[:])
	return k
}

func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("%s: error %v, want %v", what, err, target)
	}
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}
