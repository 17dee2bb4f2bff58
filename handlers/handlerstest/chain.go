package handlerstest

import (
	"context"
	"fmt"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/store"
)

// Chain returns a chain that needs no network, for a CAIP-2 id such as
// "near:testnet"; handlers.New refuses an id that is none. It confirms every
// key and accepts no signature, so that nobody signs in over the wire, whatever
// it is configured into, and whoever SignIn has signed in stays so.
func Chain(id string) handlers.Chain { return chain(id) }

type chain string

// ID implements handlers.Chain.
func (c chain) ID() string { return string(c) }

// Challenge implements handlers.Chain.
func (chain) Challenge(r handlers.Request) (handlers.Challenge, error) {
	return handlers.Challenge{Request: r}, nil
}

// Verify implements handlers.Chain.
func (c chain) Verify(handlers.Challenge, handlers.Proof) (store.Account, error) {
	return store.Account{}, fmt.Errorf("handlerstest: the chain %s of a test: %w", string(c), handlers.ErrInvalidSignature)
}

// Confirm implements handlers.Chain.
func (chain) Confirm(context.Context, store.Account) error { return nil }
