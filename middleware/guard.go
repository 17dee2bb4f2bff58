// Package middleware protects the routes of an application with the wallet
// sessions of package store.
//
// A [Guard] is made once and used for every route:
//
//	guard, err := middleware.New(middleware.Config{
//		Origin:   "https://my-app.example",
//		Sessions: sessions,                   // from store.NewSessions
//		Chains:   []string{"near:mainnet"},
//	})
//	mux.Handle("GET /private", guard.RequireAccount(private))
//
// and in the handler:
//
//	account, ok := middleware.AccountFrom(r.Context())
//
// An application that mounts the endpoints of package handlers has a Guard
// already: the value that handlers.New returns is one. A Guard by itself is
// for a service that shares the session store and has no sign-in of its own.
//
// # Loading sessions
//
// The guard loads the session when nobody has, so there is no middleware to
// forget, and a public page never touches the store. Inside a guarded handler
// the scs manager works as always: Put, Get, Pop. An application may also put
// scs's LoadAndSave around everything; the guard notices. But then scs answers
// for pages that the guard would have kept alive: with the store down a page
// that writes to the session is 503 there too. And its rules are those of scs:
// what is put into the session after a Flush or an informational answer is
// lost, and so is a new token, with the session.
//
// # More than a session
//
// [Guard.RequireFresh] wants the wallet's own signature, and not long ago;
// [Guard.RequireKeyCheck] wants the chain's word on the key. With
// Config.Recheck every guarded request keeps that word fresh: the chain is
// asked again once in a while, for each account and key and beside the
// request, and a key that has been removed ends every session it opened. While
// the chain cannot tell, sessions are served for Config.RecheckGrace, and then
// the answer is 503. [Guard.Check] is for streams.
//
// # Limits
//
// [Guard.RateLimit] counts requests by the network that they come from. Behind
// a reverse proxy that is the proxy's, unless Config.TrustedProxies names it.
//
// # Cross-origin requests
//
// The session is a cookie, and a browser sends it with requests that other
// sites make. So requests that could change something are refused unless they
// come from the configured or a trusted origin; see [Guard.CheckOrigin].
package middleware

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/store"
)

// Config configures a Guard.
type Config struct {
	// Origin is the site, "https://my-app.example". Required.
	Origin string

	// Sessions is a manager from store.NewSessions for that origin. Required.
	Sessions *scs.SessionManager

	// Chains are the CAIP-2 ids of the chains whose sessions count:
	// "near:mainnet". A session of any other chain is no session here.
	// Required.
	Chains []string

	// TrustedOrigins are further origins whose pages may send requests that
	// change something and read the answers (CORS, with credentials). They are
	// other hosts of the same site: browsers do not send the session cookie,
	// which is SameSite, from other sites.
	TrustedOrigins []string

	// TrustedProxies are the networks of the reverse proxies in front of the
	// site. From these peers the client's address is taken from the
	// X-Forwarded-For header, of which the last entry that is no proxy's
	// counts. The default is to believe no header.
	TrustedProxies []netip.Prefix

	// CheckKey asks the chain whether the key of an account may still sign in:
	// nil; an error that is ErrKeyRefused, which is definite; anything else is
	// "cannot tell". It bounds its own time. handlers.CheckKey is one. Needed
	// for Recheck and RequireKeyCheck.
	CheckKey func(context.Context, store.Account) error

	// Recheck is how old the chain's word on a session's key may be before
	// CheckKey is asked again, beside the request; each session has its own
	// interval, up to a fifth shorter or longer. A key that is refused ends
	// every session that it opened. The default is not to ask again.
	Recheck time.Duration

	// RecheckGrace is how long sessions are served although the chain cannot
	// tell. After it the chain is asked before the request is served, for at
	// most two seconds, and while it cannot tell the answer is 503. The
	// default value is 15 minutes.
	RecheckGrace time.Duration

	// Limiter counts requests for RateLimit. The default is one in memory;
	// that also takes over while the configured one cannot be asked.
	Limiter store.Limiter

	// Observe is called with each thing that was done and how long it took,
	// for counters and histograms, on the goroutine that did it.
	Observe func(context.Context, Observation)

	// LoginPage is a path of this site. Where it is set, a person who
	// navigates to a protected page without being signed in is sent there,
	// with the page in the query parameter next. The default is to answer 401.
	LoginPage string

	// AnonymousWhenStoreDown makes OptionalAccount serve a request as
	// anonymous when the session store cannot be read. The default is to
	// answer 503, because the person may well be signed in.
	AnonymousWhenStoreDown bool

	// Error renders the errors of the guard. The default is WriteError.
	Error func(http.ResponseWriter, *http.Request, *Error)

	// Logger gets a line when a request fails for a reason of the server's, at
	// most one a second of each kind, with the number of others meanwhile;
	// never a token. Nil is silent.
	Logger *slog.Logger

	// InsecureHTTP allows an http origin on a host that is not this machine.
	InsecureHTTP bool
}

// Guard decides who may enter. It is safe for concurrent use. Create it with
// New.
type Guard struct {
	sessions    *scs.SessionManager
	chains      []string
	origins     originRules
	origin      store.Origin
	realm       store.Realm
	loopback    bool // of the origin
	proxies     []netip.Prefix
	undeclared  sync.Once // a proxy that nobody declared was reported
	adopted     string    // cookie of sessions from before the kit
	keys        keyChecks
	limits      limits
	observe     func(context.Context, Observation)
	loginPage   string
	anonymousOK bool
	render      func(http.ResponseWriter, *http.Request, *Error)
	log         *slog.Logger
	failures    failures
	challenge   string // of WWW-Authenticate
}

// New returns a Guard, or all that is wrong with the configuration.
func New(c Config) (*Guard, error) {
	origin, err := store.ParseOrigin(c.Origin)
	if err != nil {
		return nil, fmt.Errorf("middleware: %w", err)
	}
	rules, err := newOriginRules(origin, c.TrustedOrigins, c.InsecureHTTP)
	errs := []error{err, checkProxies(c.TrustedProxies), origin.CheckTransport(c.InsecureHTTP), store.CheckSessions(c.Sessions, origin)}
	if len(c.Chains) == 0 {
		errs = append(errs, errors.New("no chain is configured, so no session would count"))
	}
	if c.LoginPage != "" {
		if _, ok := LocalPath(c.LoginPage); !ok || strings.Contains(c.LoginPage, "#") {
			errs = append(errs, fmt.Errorf("LoginPage %q is not a path of this site", c.LoginPage))
		}
	}
	if c.Recheck < 0 || c.RecheckGrace < 0 || c.Recheck > 0 && c.CheckKey == nil {
		errs = append(errs, errors.New("negative Recheck or RecheckGrace, or Recheck without CheckKey"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("middleware: %w", err)
	}
	g := &Guard{
		sessions:    c.Sessions,
		chains:      slices.Clone(c.Chains),
		origins:     rules,
		origin:      origin,
		realm:       origin.Realm(),
		loopback:    origin.Loopback(),
		adopted:     store.AdoptedCookie(c.Sessions),
		observe:     c.Observe,
		proxies:     slices.Clone(c.TrustedProxies),
		loginPage:   c.LoginPage,
		anonymousOK: c.AnonymousWhenStoreDown,
		render:      c.Error,
		log:         c.Logger,
		challenge:   fmt.Sprintf("Wallet realm=%q", origin.String()),
	}
	g.keys.check, g.keys.every, g.keys.grace = c.CheckKey, c.Recheck, cmp.Or(c.RecheckGrace, defaultGrace)
	g.limits.shared = c.Limiter
	if g.render == nil {
		g.render = WriteError
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	g.failures.log = g.log
	return g, nil
}

// These are shared by all responses, and so never appended to.
var (
	privateNoStore = []string{"private, no-store"}[:1:1]
	varyCookie     = []string{"Cookie"}[:1:1]
)

// Chains returns the CAIP-2 ids of the chains whose sessions count, in the
// order in which they are configured.
func (g *Guard) Chains() []string { return slices.Clone(g.chains) }

// Current returns the signed-in session of a request that Load has prepared.
// The error is store.ErrGone if there is none that counts here, and
// store.ErrUnavailable if this is not known.
func (g *Guard) Current(r *http.Request) (*store.Session, error) {
	return g.currentAt(r, time.Now())
}

func (g *Guard) currentAt(r *http.Request, now time.Time) (*store.Session, error) {
	session, err := store.CurrentAt(r.Context(), g.sessions, now)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(g.chains, session.Account.Chain) {
		return nil, store.ErrGone
	}
	return session, nil
}

// Admitted is Current for the session whose key still counts, as RequireAccount
// decides it; the error may be ErrChainUnavailable too. It is no activity.
func (g *Guard) Admitted(r *http.Request) (*store.Session, error) {
	session, err := g.Current(r)
	if err != nil {
		return nil, err
	}
	if _, err := g.recheck(r.Context(), session); err != nil {
		return nil, err
	}
	return session, nil
}

type sessionKey struct{}

// AccountFrom returns the account that RequireAccount or OptionalAccount let
// in.
func AccountFrom(ctx context.Context) (store.Account, bool) {
	session, _ := ctx.Value(sessionKey{}).(*store.Session)
	if session == nil {
		return store.Account{}, false
	}
	return session.Account, true
}

// SessionFrom returns the session that RequireAccount or OptionalAccount let
// in: the account, and when it signed in.
func SessionFrom(ctx context.Context) (store.Session, bool) {
	s, _ := ctx.Value(sessionKey{}).(*store.Session)
	if s == nil {
		return store.Session{}, false
	}
	return s.Public(), true
}

// Check asks once more about the session that a guard has let in, for the loop
// of a WebSocket or an event stream: nil while it is live, an error that is
// store.ErrGone once it has ended, and store.ErrUnavailable or
// ErrChainUnavailable when this is not known. It costs one read of the store,
// and now and then a question to the chain as RequireAccount asks it; it is no
// activity that keeps an unused session alive. The context is that of the
// handler, or one made from it.
func (g *Guard) Check(ctx context.Context) error {
	session, _ := ctx.Value(sessionKey{}).(*store.Session)
	if session == nil {
		return fmt.Errorf("middleware: nobody was let in: %w", store.ErrGone)
	}
	session, err := store.Check(ctx, g.sessions, session)
	if err != nil {
		return err
	}
	_, err = g.recheck(ctx, session)
	return err
}
