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
// # Cross-origin requests
//
// The session is a cookie, and a browser sends it with requests that other
// sites make. So requests that could change something are refused unless they
// come from the configured or a trusted origin; see [Guard.CheckOrigin].
package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
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

	// Logger gets one line for each request that fails for a reason of the
	// server's, never a token. Nil is silent.
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
	proxies     []netip.Prefix
	loginPage   string
	anonymousOK bool
	render      func(http.ResponseWriter, *http.Request, *Error)
	log         *slog.Logger
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
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("middleware: %w", err)
	}
	g := &Guard{
		sessions:    c.Sessions,
		chains:      slices.Clone(c.Chains),
		origins:     rules,
		proxies:     slices.Clone(c.TrustedProxies),
		loginPage:   c.LoginPage,
		anonymousOK: c.AnonymousWhenStoreDown,
		render:      c.Error,
		log:         c.Logger,
		challenge:   fmt.Sprintf("Wallet realm=%q", origin.String()),
	}
	if g.render == nil {
		g.render = WriteError
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	return g, nil
}

// RequireAccount lets only signed-in requests through to next, which finds the
// account with AccountFrom. Others are answered 401 unauthenticated, or sent
// to the login page; requests from another origin that could change something
// 403 cross_origin; and when the session store cannot be read, 503
// store_unavailable, with the cookie left alone.
//
// Answers are marked Cache-Control: private, no-store and Vary: Cookie; next
// may set something else.
func (g *Guard) RequireAccount(next http.Handler) http.Handler {
	return g.guard(next, func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, store.ErrGone) {
			g.unauthenticated(w, r)
			return
		}
		g.Fail(w, r, StoreUnavailable(err))
	})
}

// OptionalAccount is RequireAccount for pages that anonymous visitors may see:
// next finds an account with AccountFrom, or none.
func (g *Guard) OptionalAccount(next http.Handler) http.Handler {
	return g.guard(next, func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, store.ErrGone) || g.anonymousOK {
			// An outer guard may have let somebody in who is nobody here.
			var nobody *store.Session
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), sessionKey{}, nobody)))
			return
		}
		g.Fail(w, r, StoreUnavailable(err))
	})
}

// guard does what all guarded routes share. Without an account it calls
// otherwise, whose error is store.ErrGone or store.ErrUnavailable.
func (g *Guard) guard(next http.Handler, otherwise func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header["Cache-Control"] = privateNoStore
		header.Add("Vary", "Cookie")
		if err := g.CheckOrigin(r); err != nil {
			g.Fail(w, r, CrossOrigin(err))
			return
		}
		err := g.Load(w, r, func(w http.ResponseWriter, r *http.Request) {
			session, err := g.Current(r)
			if err == nil {
				err = g.touch(r, session)
			}
			if err != nil {
				otherwise(w, r, err)
				return
			}
			ctx := context.WithValue(r.Context(), sessionKey{}, session)
			next.ServeHTTP(w, r.WithContext(ctx))
		})
		if err != nil {
			otherwise(w, r, err)
		}
	})
}

// privateNoStore is shared by all responses, and so never appended to.
var privateNoStore = []string{"private, no-store"}[:1:1]

// Current returns the signed-in session of a request that Load has prepared.
// The error is store.ErrGone if there is none that counts here, and
// store.ErrUnavailable if this is not known.
func (g *Guard) Current(r *http.Request) (*store.Session, error) {
	session, err := store.Current(r.Context(), g.sessions)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(g.chains, session.Account.Chain) {
		return nil, store.ErrGone
	}
	return session, nil
}

// touch notes the activity. That it cannot be noted is no reason to refuse the
// request; that the session has just ended is.
func (g *Guard) touch(r *http.Request, session *store.Session) error {
	if outer, _ := r.Context().Value(sessionKey{}).(*store.Session); outer == session {
		return nil // an outer guard has done it
	}
	err := store.Touch(r.Context(), g.sessions, session, time.Time{})
	if err != nil && !errors.Is(err, store.ErrGone) {
		g.log.WarnContext(r.Context(), "session activity not noted", "error", err)
		return nil
	}
	return err
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
	// Not *s: what is not exported changes with a commit.
	return store.Session{Account: s.Account, SignedInAt: s.SignedInAt, CheckedAt: s.CheckedAt, SeenAt: s.SeenAt, Until: s.Until}, true
}
