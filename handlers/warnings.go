package handlers

import (
	"context"
	"time"

	"github.com/nearauth/nearauth/store"
)

// warningsTimeout is how long New waits for a store to say what is wrong with it.
const warningsTimeout = time.Second

// warn says at start what will go wrong later. An https origin is taken for a
// site that people use.
func (a *Auth) warn(c *Config) {
	for _, chain := range a.chains {
		if p, ok := chain.(interface{ Public() bool }); ok && p.Public() && (a.origin.Secure() || c.Recheck > 0) {
			a.log.Warn("nearauth: public endpoints limit their rate and promise nothing: name an endpoint of your own", "chain", chain.ID())
		}
	}
	if _, inMemory := c.Store.(*store.Memory); inMemory && a.origin.Secure() {
		a.log.Warn("nearauth: sessions are in the memory of this process: they end when it does, and another instance does not know them")
	}
	if w, ok := c.Store.(store.Warner); ok {
		ctx, cancel := context.WithTimeout(context.Background(), warningsTimeout)
		defer cancel()
		for _, warning := range w.Warnings(ctx) {
			a.log.Warn("nearauth: " + warning)
		}
	}
}
