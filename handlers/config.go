package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// DefaultChallengeTTL is how long a person has to answer a challenge.
const DefaultChallengeTTL = 5 * time.Minute

// Config configures the endpoints. Origin, Store and Chains are required.
type Config struct {
	// Origin is the site, "https://my-app.example": cookies, cross-origin
	// rules, message, recipient and callbacks follow from it. Nothing is
	// taken from a request or its Host header.
	Origin string

	// Store keeps sessions and challenges: store.NewMemory() for one process.
	Store store.Store

	// Chains are the networks whose accounts may sign in, one value each. The
	// first is meant where a request names none.
	Chains []Chain

	// Sessions is a manager from store.NewSessions, for an application that
	// makes its own. The default is one on Store with SessionIdle,
	// SessionLifetime and MaxSessions.
	Sessions *scs.SessionManager

	// SessionIdle and SessionLifetime are the limits of a session that is not
	// used, and of any. The default values are 7 and 30 days.
	SessionIdle, SessionLifetime time.Duration

	// SessionTouch is how often the activity of a session is noted at most,
	// which is one write. The default value is 5 minutes, and a tenth of
	// SessionIdle if that is less.
	SessionTouch time.Duration

	// MaxSessions is how many sessions an account may have at once; beyond it
	// the oldest sign-in ends. The default value is 100.
	MaxSessions int

	// Message is what the wallet shows: one line of printable ASCII, under 400
	// bytes for the sake of hardware wallets, that names the host. It is the
	// person's only defence against signing in somewhere else. On Ethereum and
	// Stellar it is a line of a text that says more, and chains may not take
	// every character. The default is "Sign in to <host>".
	Message string

	// InsecureMessage allows a Message that does not name the host.
	InsecureMessage bool

	// Recipient is who the signature is for (NEP-413). The default is the
	// host of Origin.
	Recipient string

	// Recheck is how old the chain's word on the key of a session may be before
	// it is asked again, beside the request; each session has its own
	// interval, up to a fifth shorter or longer. A key that has been removed or
	// downgraded ends every session that it opened. Chains of public endpoints
	// will hardly bear it: name one of your own. The default is not to ask
	// again.
	Recheck time.Duration

	// RecheckGrace is how long sessions are served although the chain cannot
	// tell, from the first time that it could not; then the answer is 503. The
	// default value is 15 minutes.
	RecheckGrace time.Duration

	// RateLimit is how many challenges one client may ask for in a minute, and
	// how many answers it may send, all at once or spread; the site as a whole
	// takes a hundred times as many. What a client is: see
	// middleware.Guard.ClientPrefix. Negative turns it off. The default value
	// is 60.
	RateLimit int

	// ClientDetail is what a session remembers of the browser that signed in.
	// The default is CoarseClient.
	ClientDetail ClientDetail

	// Embedded makes cookies for pages inside frames of other sites (mini
	// apps); read about the risk at store.SessionsConfig.Embedded.
	Embedded bool

	// Callbacks are the URLs that a wallet may return to by a redirect, on
	// this or a trusted origin. A challenge request can choose one.
	Callbacks []string

	// TrustedOrigins are other hosts of this site whose pages may sign people
	// in and read the answers. A text that is signed on one names that host.
	TrustedOrigins []string

	// ChallengeTTL is how long a challenge can be answered, from a second to
	// an hour. The default value is 5 minutes.
	ChallengeTTL time.Duration

	// TrustedProxies are the networks of the reverse proxies in front of the
	// site, from whose X-Forwarded-For the client's address is taken. The
	// default is to believe no header. A proxy that is not declared is noticed
	// on an https origin that is served without TLS: then an error is logged,
	// once, and all clients count as one with twenty times the rate.
	TrustedProxies []netip.Prefix

	// LoginPage is where RequireAccount sends people who navigate to a
	// protected page. The default is to answer 401.
	LoginPage string

	// AfterLogout is where a sign-out by an HTML form leads. The default is
	// "/".
	AfterLogout string

	// AnonymousWhenStoreDown makes OptionalAccount serve a request as
	// anonymous when sessions cannot be read, instead of answering 503.
	AnonymousWhenStoreDown bool

	// Policy decides which accounts may sign in. Nil admits every account.
	Policy Policy

	// OnSignIn is called before the session of an account is stored: to
	// create the user's row, or to refuse. An error that is ErrUnavailable is
	// answered 503, any other 403 account_denied; the challenge is used up.
	// The session is not the account's yet: it is no place for values here.
	OnSignIn func(context.Context, store.Account) error

	// OnEvent is called for each decision, on the request's goroutine.
	OnEvent func(context.Context, Event)

	// Observe is called with each answer of an endpoint, each decision of a
	// guard and each re-check, with its duration, on the goroutine that did it.
	Observe func(context.Context, Observation)

	// Error renders errors. The default is JSON: {"error": …, "code": …}.
	Error func(http.ResponseWriter, *http.Request, *Error)

	// Logger gets one line for each event; one with the cause when something
	// of the server's fails, at most one a second of each kind, with the number
	// of others meanwhile; and warnings at start. Nil is silent.
	Logger *slog.Logger

	// InsecureHTTP allows an http origin on a host that is not this machine.
	InsecureHTTP bool
}

// DefaultRateLimit is the default of Config.RateLimit, in requests a minute.
const DefaultRateLimit = 60

// ClientDetail is what a session remembers of the browser that signed in.
type ClientDetail int

const (
	// CoarseClient is the network, an IPv4 /24 or an IPv6 /48, and at most 160
	// characters of the user agent: enough to recognise a session by.
	CoarseClient ClientDetail = iota
	// FullClient is the address and at most 512 characters of the user agent.
	FullClient
	// NoClient is nothing.
	NoClient
)

func (c *Config) setDefaults(origin store.Origin) {
	c.Message = cmp.Or(c.Message, "Sign in to "+origin.Host())
	c.Recipient = cmp.Or(c.Recipient, origin.Host())
	c.ChallengeTTL = cmp.Or(c.ChallengeTTL, DefaultChallengeTTL)
	c.RateLimit = cmp.Or(c.RateLimit, DefaultRateLimit)
	c.AfterLogout = cmp.Or(c.AfterLogout, "/")
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// validate returns what is wrong that the packages below do not look at.
func (c *Config) validate(origin store.Origin) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Store == nil {
		bad("Store is required: store.NewMemory() for one process")
	}
	if len(c.Chains) == 0 {
		bad("Chains is required: []handlers.Chain{near.Mainnet()}")
	}
	for i, id := range chainIDs(c.Chains) {
		switch {
		case !validChainID(id):
			bad("chain %d has no CAIP-2 id, but %q", i, id)
		case slices.Index(chainIDs(c.Chains), id) != i:
			bad("chain %s is configured twice", id)
		}
	}
	if !printable(c.Message, 399) {
		bad("Message must be one line of printable ASCII, under 400 bytes")
	}
	if !c.InsecureMessage && !names(c.Message, origin.Host()) {
		bad("Message %q does not name the host %s; set InsecureMessage to allow it all the same", c.Message, origin.Host())
	}
	if !printable(c.Recipient, 253) {
		bad("Recipient must be printable ASCII, at most 253 bytes")
	}
	for _, chain := range c.Chains {
		if checker, ok := chain.(interface{ Check(Request) error }); ok {
			for _, page := range append([]string{c.Origin}, c.TrustedOrigins...) {
				if err := checker.Check(Request{Origin: page, Message: c.Message, Recipient: c.Recipient}); err != nil {
					bad("chain %s: %w", chain.ID(), err)
				}
			}
		}
	}
	if c.ChallengeTTL < time.Second || c.ChallengeTTL > time.Hour {
		bad("ChallengeTTL must be from a second to an hour")
	}
	if _, ok := middleware.LocalPath(c.AfterLogout); !ok {
		bad("AfterLogout %q is not a path of this site", c.AfterLogout)
	}
	if c.Sessions != nil && (c.SessionIdle != 0 || c.SessionLifetime != 0 || c.SessionTouch != 0 || c.MaxSessions != 0 || c.Embedded) {
		bad("SessionIdle, SessionLifetime, SessionTouch, MaxSessions and Embedded are settled where Sessions is made")
	}
	if c.ClientDetail < CoarseClient || c.ClientDetail > NoClient {
		bad("ClientDetail %d is none", c.ClientDetail)
	}
	for _, callback := range c.Callbacks {
		if err := checkCallback(callback, append([]string{c.Origin}, c.TrustedOrigins...)); err != nil {
			bad("Callbacks: %q: %w", callback, err)
		}
	}
	return errs
}

// checkCallback returns an error for a URL that a wallet's answer must not be
// sent to, or that wallets would not return to as it stands.
func checkCallback(callback string, origins []string) error {
	u, err := url.Parse(callback)
	switch {
	case err != nil || !printable(callback, 1024) || strings.Contains(callback, " "):
		return errors.New("not a URL in ASCII")
	case strings.Contains(callback, "#"):
		return errors.New("wallets replace the fragment")
	case u.User != nil || !slices.Contains(origins, u.Scheme+"://"+u.Host):
		return errors.New("neither on this origin nor on a trusted one")
	}
	return nil
}

// names reports whether a message has the host, with or without its port, as a
// word of its own: not as part of another host's name.
func names(message, host string) bool {
	name := host
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		name = host[:i]
	}
	for word := range strings.FieldsFuncSeq(message, func(r rune) bool { return strings.ContainsRune(" ,;!?()<>\"'/", r) }) {
		if word = strings.TrimRight(word, ".:"); word == host || word == name {
			return true
		}
	}
	return false
}

func printable(s string, most int) bool {
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// validChainID checks the form of CAIP-2.
func validChainID(id string) bool {
	namespace, reference, ok := strings.Cut(id, ":")
	return ok && len(namespace) >= 3 && len(namespace) <= 8 && len(reference) >= 1 && len(reference) <= 32 &&
		!strings.ContainsFunc(namespace+reference, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
		})
}

func chainIDs(chains []Chain) []string {
	ids := make([]string, len(chains))
	for i, c := range chains {
		if c != nil {
			ids[i] = c.ID()
		}
	}
	return ids
}
