// Package nearrpc answers one question about the NEAR blockchain: is this
// public key a full-access key of this account?
//
//	client := nearrpc.Mainnet()
//	err := client.FullAccess(ctx, "alice.near", "ed25519:6E8s…")
//	switch {
//	case err == nil:                           // yes
//	case errors.Is(err, nearrpc.ErrUnavailable): // cannot tell: 503, ask again later
//	default:                                   // no: 401
//	}
//
// There are three answers, not two. A yes is nil. A definite no is
// [ErrKeyNotFound], [ErrAccountNotFound] or [ErrNotFullAccess]. Everything
// else, an outage as much as an answer this package does not understand, is
// [ErrUnavailable]: an outage must not read as "wrong login", and a new kind
// of permission must not read as "full access".
//
// # Whom to trust
//
// A node that lies can sign anybody in: it says yes where the chain says no.
// So a yes can be made to need several distinct operators ([Config].Agree).
// [Mainnet] and [Testnet] ask public endpoints, run by people you have no
// contract with, and want two operators to agree. In production, name an
// endpoint of your own; it is believed alone:
//
//	client, err := nearrpc.New(nearrpc.Config{
//		ChainID: "mainnet",
//		Endpoints: []nearrpc.Endpoint{{
//			URL:    "https://rpc.example.com",
//			Header: http.Header{"Authorization": {"Bearer …"}},
//		}},
//	})
//
// Before the first answer of an endpoint is believed, it is asked which chain
// it is on (`status`), and again after it has failed; a testnet node cannot speak
// for mainnet, and one that is still syncing for nothing. A node that falls
// behind without failing is not noticed: the answers to `query` have no time.
//
// # What is asked
//
// One JSON-RPC call, `query` with `view_access_key` at finality `final`, for
// the one key. Never the list of keys: nodes refuse long lists, and older ones
// answer an empty list for an account that does not exist. Both error dialects
// are read (nearcore up to 2.13, and from 2.14). A `permission` is a full
// access one if it is the string "FullAccess", or an object whose only member
// is "GasKeyFullAccess" (NEP-611; NEP-641 §6 counts it as full access).
//
// # When endpoints fail
//
// Endpoints are asked in the order given; one that failed is asked last for
// the next 30 seconds. An attempt takes at most 2 seconds, a question at most
// 5 in all, in at most two passes over the endpoints. Retry-After is honoured
// up to 10 minutes. Redirects are not followed, bodies are read up to 1 MiB,
// and no proxy is taken from the environment: what stands in the configuration
// is what is asked (set [Config].Transport for a proxy).
//
// Errors and logs show an endpoint as scheme and host only, because path,
// query, userinfo and headers may hold an API key.
//
// The sub-package quorum is the half of this one that knows nothing of NEAR: who
// is asked, who is believed, and what is read. The sub-package nearrpctest is a
// fake node for the tests of applications.
package nearrpc

import (
	"context"
	"log/slog"
	"net/http"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

const (
	maxAccountID = 64   // bytes; NEAR's own limit
	maxPublicKey = 8192 // bytes; an ML-DSA-65 key is 2,676 in base58
)

// Endpoint is one NEAR JSON-RPC server.
type Endpoint = quorum.Endpoint

// Config configures a Client. ChainID and Endpoints are required.
type Config struct {
	// ChainID is what an endpoint must answer to `status`: "mainnet",
	// "testnet", or the name of your own network. Required.
	ChainID string

	// Endpoints are asked in this order. At least one is required.
	Endpoints []Endpoint

	// Agree is the number of distinct operators that must say yes before
	// the answer is yes. The default value is 1, which suits an endpoint of
	// your own; public endpoints need at least 2. No failure of an endpoint
	// ever lowers it.
	Agree int

	// AttemptTimeout limits one attempt at one endpoint, the reading of the
	// body and, the first time, the chain-id check included. The default
	// value is 2 seconds, or half of Timeout if that is less.
	AttemptTimeout time.Duration

	// Timeout limits one question over all attempts; the context given to
	// FullAccess may end it earlier. The default value is 5 seconds.
	Timeout time.Duration

	// Transport carries the requests. The default value is a transport of
	// the client's own that pools connections and uses no proxy.
	Transport http.RoundTripper

	// Logger hears when an endpoint fails or recovers (Warn, Info), is on
	// another chain, or when operators contradict each other (both Error, the
	// latter once a minute).
	// The default value is nil: silent.
	Logger *slog.Logger

	// InsecureHTTP allows http URLs on hosts that are not loopback: whoever
	// sits on the network path can then sign anybody in.
	InsecureHTTP bool
}

// Client asks NEAR. It is safe for concurrent use. It needs no closing: idle
// connections close by themselves.
type Client struct {
	servers *quorum.Client
	chainID string
	public  bool
}

// FullAccess reports nil if publicKey is a full-access key of accountID.
//
// accountID and publicKey are taken as valid and canonical (as in
// "alice.near" and "ed25519:6E8s…"); only what could not be asked at all is
// refused, with ErrInvalidArgument.
//
// A definite no is ErrKeyNotFound, ErrAccountNotFound (which also is
// ErrKeyNotFound) or ErrNotFullAccess. When it cannot be known, the error is
// ErrUnavailable and an *UnavailableError; if ctx ended the question, it wraps
// ctx.Err() too. Test with errors.Is and errors.As.
func (c *Client) FullAccess(ctx context.Context, accountID, publicKey string) error {
	if !askable(accountID, maxAccountID) || !askable(publicKey, maxPublicKey) {
		return ErrInvalidArgument
	}
	v, err := c.servers.Ask(ctx, accountID, hasKey(accountID, publicKey))
	if err != nil {
		return err
	}
	return verdictError(v)
}

// askable is the light check: a byte that json.Marshal would replace would
// turn the question into one about another account.
func askable(s string, limit int) bool {
	if s == "" || len(s) > limit || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// Public reports whether any endpoint of the client is one of the public ones
// that Mainnet and Testnet use: a site that goes into production with it
// deserves a warning at start-up.
func (c *Client) Public() bool { return c.public }

// ChainID returns Config.ChainID: the chain that the client asks.
func (c *Client) ChainID() string { return c.chainID }
