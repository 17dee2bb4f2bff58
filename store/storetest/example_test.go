package storetest_test

import (
	"testing"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/storetest"
)

// The whole test of a backend.
func ExampleRun() {
	TestBackend := func(t *testing.T) {
		storetest.Run(t, func(*testing.T) store.Store { return store.NewMemory() })
	}
	_ = TestBackend
}
