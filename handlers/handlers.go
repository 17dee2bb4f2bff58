// Package handlers has the endpoints of a wallet sign-in: a challenge, the
// wallet's answer, who is signed in, the account's sessions, signing out, and the
// browser's side of it as a JavaScript module.
//
//	auth, err := handlers.New(handlers.Config{
//		Origin: "https://my-app.example",
//		Store:  store.NewMemory(),
//		Chains: []handlers.Chain{near.Mainnet()},
//	})
//	mux.Handle("/auth/", http.StripPrefix("/auth", auth))
//	mux.Handle("GET /private", auth.RequireAccount(private))
//
// # What happens
//
// A browser posts to /auth/challenge and gets a nonce, a message and a
// recipient, all of the server's choosing, and a cookie that binds them to it.
// The wallet signs them. The browser posts the wallet's answer to
// /auth/verify. The server finds the challenge of this nonce and browser,
// checks the signature, asks the chain whether the key may act for the
// account, takes the challenge (of any number of requests at once, one),
// and only then opens a session: a cookie, and a record on the server. From
// then on [middleware.Guard] decides by the session alone.
//
// # Mounting
//
// Any mux will do; example/mounting has net/http, chi, echo and gin. Keep the
// endpoints outside of every guard: they load the session themselves, and a
// guard around them would answer in their place when the store is down, without
// clearing the cookie of a logout.
//
// # What an application decides
//
// Which accounts may enter (Config.Policy), what to do when one does
// (Config.OnSignIn), how errors look (Config.Error), and what to make of what
// happens (Config.OnEvent, Config.Logger). Its own values go into Sessions, as
// with any scs.SessionManager.
//
// # Ending sessions
//
// People end their own by POST /logout, also with ?scope=all or others, and by
// DELETE /sessions/{id}. Administrators use store.List, Revoke, RevokeKey,
// RevokeAll and RevokeEverybody with Auth.Sessions. The chain ends the sessions
// of a key that was removed if Config.Recheck is set.
//
// # When something is down
//
// A chain or store that cannot answer is a 503, never a refusal and never a
// success. After chain_unavailable the same signature can be sent again; after
// store_unavailable a new challenge may be needed.
//
// # Chains
//
// The package knows no chain: NEAR, Ethereum and Stellar are handlers/near,
// handlers/ethereum and handlers/stellar, one value in Config.Chains for each
// network. An account is a network and an id in its canonical form, as CAIP-10
// has it (store.Account.String): the same characters on two chains, or on two
// networks of one, are two accounts.
package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// Auth is the endpoints as one http.Handler, and the Guard that protects
// everything else. It is safe for concurrent use.
type Auth struct {
	*middleware.Guard

	// Sessions is the session manager, for the application's own values.
	Sessions *scs.SessionManager

	origin                       store.Origin
	realm                        store.Realm
	loginCookie, loginAttributes string
	challenges                   store.Challenges
	chains                       []Chain
	message                      string
	recipient                    string
	callbacks                    []string
	trusted                      []string // origins
	ttl                          time.Duration
	afterLogout                  string
	policy                       Policy
	onSignIn                     func(context.Context, store.Account) error
	onEvent                      func(context.Context, Event)
	log                          *slog.Logger
	questions                    questions
	rateLimit                    int
	maxVerify                    int64 // bytes of a verify request
	detail                       ClientDetail
	ready                        readiness
	routes                       map[string]http.Handler
}

// New returns the endpoints, or all that is wrong with the configuration.
func New(c Config) (*Auth, error) {
	origin, err := store.ParseOrigin(c.Origin)
	if err != nil {
		return nil, fmt.Errorf("handlers: %w", err)
	}
	c.setDefaults(origin)
	errs := c.validate(origin)
	if c.Sessions == nil && c.Store != nil {
		c.Sessions, err = store.NewSessions(c.Store, store.SessionsConfig{
			Origin: c.Origin, Idle: c.SessionIdle, Lifetime: c.SessionLifetime, Touch: c.SessionTouch, Max: c.MaxSessions,
			Embedded: c.Embedded, InsecureHTTP: c.InsecureHTTP,
		})
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("handlers: %w", err)
	}
	guard, err := middleware.New(middleware.Config{
		Origin: c.Origin, Sessions: c.Sessions, Chains: chainIDs(c.Chains), TrustedOrigins: c.TrustedOrigins,
		TrustedProxies: c.TrustedProxies, LoginPage: c.LoginPage, AnonymousWhenStoreDown: c.AnonymousWhenStoreDown,
		CheckKey: CheckKey(c.Chains...), Recheck: c.Recheck, RecheckGrace: c.RecheckGrace, Limiter: c.Store,
		Observe: c.Observe, Error: c.Error, Logger: c.Logger, InsecureHTTP: c.InsecureHTTP,
	})
	if err != nil {
		return nil, fmt.Errorf("handlers: %w", err)
	}
	a := &Auth{
		Guard: guard, Sessions: c.Sessions, origin: origin, realm: origin.Realm(), challenges: c.Store, chains: slices.Clone(c.Chains),
		message: c.Message, recipient: c.Recipient, callbacks: slices.Clone(c.Callbacks), trusted: slices.Clone(c.TrustedOrigins), ttl: c.ChallengeTTL,
		afterLogout: c.AfterLogout, policy: c.Policy, onSignIn: c.OnSignIn, onEvent: c.OnEvent, log: c.Logger,
		rateLimit: c.RateLimit, maxVerify: maxVerify(c.Chains), detail: c.ClientDetail,
	}
	a.loginCookie, a.loginAttributes = loginCookies(origin, store.Embedded(c.Sessions), c.ChallengeTTL)
	a.routes = map[string]http.Handler{
		"/challenge": a.Challenge(), "/verify": a.Verify(), "/session": a.Session(), "/logout": a.Logout(), "/sessions": a.ListSessions(),
	}
	for name := range clientModules {
		a.routes["/"+name] = a.Client()
	}
	if a.log.Enabled(context.Background(), slog.LevelWarn) {
		a.warn(&c)
	}
	return a, nil
}

// chain returns the chain that a client means by a CAIP-2 id or a namespace,
// and the first for "". It returns nil if there is none.
func (a *Auth) chain(name string) Chain {
	if name == "" {
		return a.chains[0]
	}
	for _, c := range a.chains {
		if id := c.ID(); id == name || strings.HasPrefix(id, namespace(name)+":") {
			return c
		}
	}
	return nil
}
