package main

import (
	"context"
	"net/http"
	"testing"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// yes is a chain on which every key is a full-access key: what the network
// would take is not the kit's.
type yes struct{}

func (yes) FullAccess(context.Context, string, string) error { return nil }

// often is a rate that nobody exceeds. Limits are not turned off: counting is
// part of what a request costs.
const often = 1_000_000_000

// newSite returns the kit on a backend, as an application makes it; with NEAR if
// nothing else is said.
func newSite(t testing.TB, backend store.Store, chains ...handlers.Chain) *handlers.Auth {
	t.Helper()
	mainnet, err := near.New(near.Config{Network: "mainnet", RPC: yes{}})
	if err != nil {
		t.Fatal(err)
	}
	if len(chains) == 0 {
		chains = []handlers.Chain{mainnet}
	}
	auth, err := handlers.New(handlers.Config{
		Origin: origin, Store: backend, Chains: chains, RateLimit: often,
	})
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// guarded returns a visit to a page behind RequireAccount, and around says what
// is around that.
func guarded(t testing.TB, auth *handlers.Auth, around func(http.Handler) http.Handler) *visit {
	t.Helper()
	alice := newAlice(t)
	token := signIn(t, auth.Sessions, alice.session(), browsing)
	v := newVisit(alice.account, "Cookie", auth.Sessions.Cookie.Name+"="+token)
	v.page = around(auth.RequireAccount(v.greets(func(r *http.Request) string {
		account, _ := middleware.AccountFrom(r.Context())
		return account.ID
	})))
	return v
}

func alone(h http.Handler) http.Handler { return h }
