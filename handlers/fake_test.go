package handlers_test

import (
	"context"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/store"
)

// fakeChain is a chain for configurations that are never used.
type fakeChain string

func (f fakeChain) ID() string { return string(f) }
func (fakeChain) Challenge(handlers.Request) (handlers.Challenge, error) {
	panic("not used")
}
func (fakeChain) Verify(handlers.Challenge, handlers.Proof) (store.Account, error) {
	panic("not used")
}
func (fakeChain) Confirm(context.Context, store.Account) error { panic("not used") }
