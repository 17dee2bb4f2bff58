// Package stellar lets Stellar accounts sign in: it is Stellar as a
// handlers.Chain.
//
//	pubnet, err := stellar.New(stellar.Config{
//		Network: "pubnet",
//		Horizon: []stellar.Endpoint{{URL: "https://horizon.example.com"}},
//	})
//	…
//	auth, err := handlers.New(handlers.Config{
//		Origin: "https://my-app.example",
//		Store:  store.NewMemory(),
//		Chains: []handlers.Chain{pubnet},
//	})
//
// A wallet proves by SEP-53 that it holds a key (package handlers/sep53), over a
// text that names the site, the account, the network, a nonce and a time. The
// network says whether that key may act for the account. Several networks are
// several values in Chains; an account of one is never an account of another.
//
// # Who may sign in for an account
//
// A Stellar account has an address, which is the public key it began with, its
// master key. It can have up to 20 signers more, each key has a weight, and the
// account says what weight the operations of a level need. Whoever signs in
// needs the weight of [Config].Threshold alone, by default that of the medium
// level, which moves funds, and never less than 1: a key of weight 0 is not a
// signer, the master key included.
//
// A wallet that signs with another key than the master key sends that key's
// address as publicKey, and the account's as accountId. Only ed25519 keys sign
// messages: signers that are hashes or pre-authorised transactions do not count.
// An account that needs two signatures for the level cannot sign in.
//
// # Without a network
//
// [Pubnet] and [Testnet], and a Config without Horizon and RPC, ask nobody. Then
// the key of the address signs in and no other, whatever the account says today:
// whoever was removed from an account but has its master key still signs in as
// that account, and a co-signer does not. Nor does it matter whether the account
// is on the ledger. That suits a site to which an address is a name and no more.
// Where an account stands for money or for people, configure the network.
//
// # With one
//
// Horizon and Stellar RPC servers can be mixed. They are asked as package
// nearrpc/quorum has it: failover, agreement of distinct operators
// ([Config].Agree), a time budget, and three answers, of which "cannot tell" is
// never a refusal. Before a server is believed it must say that it is on the
// network, by its passphrase. A server that falls behind without failing is not
// noticed.
//
// An account that is not on the ledger, yet or any more, has no signers and is
// refused. [Config].AllowUnfunded lets its own key sign in, as SEP-10 allows.
package stellar

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/sep53"
	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// Endpoint is one Horizon or Stellar RPC server.
type Endpoint = quorum.Endpoint

// Level is one of the three levels that Stellar has for operations. The zero
// value is Medium.
type Level uint8

// The levels, by what they are needed for.
const (
	Medium Level = iota // payments, and most else
	Low                 // least: allowing trust, bumping the sequence number
	High                // changing signers and thresholds, merging the account
)

// Config configures a Stellar network. Network is required.
type Config struct {
	// Network is the CAIP-2 reference: "pubnet", "testnet", or a name of your
	// own for a network of your own. Required.
	Network string

	// Passphrase is what makes a network another one. It is known of pubnet
	// and testnet, and required of others.
	Passphrase string

	// Horizon and RPC are servers of the two kinds. They are asked in this
	// order, Horizon first, and stand in for each other. With none of either,
	// nobody is asked: see the package comment.
	Horizon, RPC []Endpoint

	// Agree is the number of distinct operators that must say yes before the
	// answer is yes. The default value is 1, which suits a server of your own;
	// a server that lies can sign anybody in, so public ones need at least 2.
	Agree int

	// Threshold is the level whose threshold the key must reach alone. The
	// default value is Medium.
	Threshold Level

	// AllowUnfunded lets the key of an address sign in whose account is not
	// on the ledger. The default is to refuse it.
	AllowUnfunded bool

	// AttemptTimeout and Timeout limit one attempt at a server and one
	// question in all. The default values are 2 and 5 seconds.
	AttemptTimeout, Timeout time.Duration

	// Transport carries the requests. The default value is one that pools
	// connections and uses no proxy.
	Transport http.RoundTripper

	// Logger hears when a server fails or recovers, is on another network, or
	// when operators contradict each other. The default is nil: silent.
	Logger *slog.Logger

	// InsecureHTTP allows http URLs on hosts that are not loopback: whoever
	// sits on the network path can then sign anybody in.
	InsecureHTTP bool
}

// passphrases are those of the networks that CAIP-2 has names for.
var passphrases = map[string]string{
	"pubnet":  "Public Global Stellar Network ; September 2015",
	"testnet": "Test SDF Network ; September 2015",
}

// Chain is a Stellar network as a handlers.Chain. It is safe for concurrent use.
type Chain struct {
	network    string
	passphrase string
	threshold  Level
	unfunded   bool
	public     bool
	servers    *quorum.Client              // nil: nobody is asked
	languages  map[*quorum.Server]language // of the servers
}

var _ handlers.Chain = (*Chain)(nil)

// New returns a Stellar network. It asks nothing yet. The error joins everything
// that is wrong with the configuration, and shows no URL beyond its host.
func New(c Config) (*Chain, error) {
	if c.Passphrase == "" {
		c.Passphrase = passphrases[c.Network]
	}
	chain := &Chain{network: c.Network, passphrase: c.Passphrase, threshold: c.Threshold, unfunded: c.AllowUnfunded}
	errs := c.validate()
	if len(c.Horizon)+len(c.RPC) > 0 {
		errs = append(errs, chain.connect(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return chain, nil
}

// validate returns what is wrong that quorum.New does not see.
func (c *Config) validate() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("stellar: "+format, args...)) }
	if c.Network == "" || len(c.Network) > 32 || strings.Trim(c.Network, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		bad("Network %.40q is not a name such as \"testnet\"", c.Network)
	}
	switch known := passphrases[c.Network]; {
	case c.Passphrase == "":
		bad("Passphrase is required for a network of your own")
	case known != "" && c.Passphrase != known:
		bad("Passphrase is not the one of %s: call a network of your own by a name of its own", c.Network)
	}
	if c.Threshold > High {
		bad("Threshold %d is no level", c.Threshold)
	}
	if len(c.Horizon)+len(c.RPC) == 0 && (c.Agree != 0 || c.Threshold != Medium || c.AllowUnfunded) {
		bad("Agree, Threshold and AllowUnfunded mean nothing without Horizon or RPC: nobody is asked")
	}
	return errs
}

// connect makes the client of all servers, and notes which of them is what.
func (chain *Chain) connect(c Config) error {
	servers, err := quorum.New(quorum.Config{
		Name:           "stellar",
		Endpoints:      slices.Concat(c.Horizon, c.RPC),
		Identify:       chain.identify,
		Agree:          c.Agree,
		AttemptTimeout: c.AttemptTimeout,
		Timeout:        c.Timeout,
		Transport:      c.Transport,
		Logger:         c.Logger,
		InsecureHTTP:   c.InsecureHTTP,
	})
	if err != nil {
		return err
	}
	chain.servers, chain.languages = servers, map[*quorum.Server]language{}
	for i, s := range servers.Servers() {
		chain.languages[s] = rpc
		if i < len(c.Horizon) {
			chain.languages[s] = horizon
		}
	}
	chain.public = slices.ContainsFunc(slices.Concat(c.Horizon, c.RPC), isPublic)
	return nil
}

// isPublic reports whether the server is one that the Stellar Development
// Foundation lets everybody use.
func isPublic(e Endpoint) bool {
	u, err := url.Parse(e.URL)
	return err == nil && strings.HasSuffix("."+strings.ToLower(u.Hostname()), ".stellar.org")
}

// Pubnet returns Stellar's public network without anybody to ask: the key of an
// address signs in, whatever the account says. See "Without a network" above.
func Pubnet() *Chain { return offline("pubnet") }

// Testnet returns Stellar's test network without anybody to ask.
func Testnet() *Chain { return offline("testnet") }

func offline(network string) *Chain {
	c, err := New(Config{Network: network})
	if err != nil {
		panic(err) // the configuration is a constant, and tested
	}
	return c
}

// ID implements handlers.Chain.
func (chain *Chain) ID() string { return "stellar:" + chain.network }

// Public reports whether a server of the Stellar Development Foundation is
// asked, which anybody may use.
func (chain *Chain) Public() bool { return chain.public }

// Ready returns nil if the network gives a definite answer about an account, no
// matter which, or if there is no network to ask.
func (chain *Chain) Ready(ctx context.Context) error {
	if chain.servers == nil {
		return nil
	}
	root := chain.root()
	_, err := chain.servers.Ask(ctx, root.String(), chain.question(root, root))
	return err
}

// root is the account that a network begins with: its seed is the hash of the
// passphrase.
func (chain *Chain) root() sep53.Address {
	seed := sha256.Sum256([]byte(chain.passphrase))
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	address, _ := sep53.AddressOf([32]byte(public)) // no key that was made is weak
	return address
}
