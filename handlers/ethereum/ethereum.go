// Package ethereum lets Ethereum accounts sign in: it is a chain of Ethereum's
// kind (CAIP-2 namespace eip155) as a handlers.Chain.
//
//	auth, err := handlers.New(handlers.Config{
//		Origin: "https://my-app.example",
//		Store:  store.NewMemory(),
//		Chains: []handlers.Chain{ethereum.Mainnet()},
//	})
//
// A wallet signs the text of EIP-4361, "Sign-In with Ethereum" (package
// handlers/siwe). An account is its address, with the checksum of EIP-55.
//
// # Who writes the text
//
// The server does, for a challenge that names the account: the answer has the
// text as "message", and in the member "messageHex" as "0x" and hex digits, which
// is what the first parameter of personal_sign should be. (Wallets read a text
// that looks like hex as hex; hex is always read as hex.)
//
// Front ends that were built for wagmi, RainbowKit or Reown write it themselves.
// They ask for a challenge without an account, use its nonce, and send their
// message beside the signature. It must be a text by the grammar, to the letter,
// and
//
//   - the domain is the authority of the site's origin, and the scheme in front
//     of it, if there is one, that of the origin
//   - the URI is the origin or something below it
//   - the chain id is [Config].ChainID or one of [Config].AlsoChainIDs
//   - the nonce is the challenge's
//   - it was issued after the challenge and not in the future; the clock of the
//     browser may be off by three minutes
//   - the expiration time, if there is one, has not passed, and the not-before
//     time, if there is one, has
//
// Statement, request id and resources may be anything else, as nothing is made of
// them; but not an empty statement, or an IP literal in a resource, because
// MetaMask does not know such a text for a sign-in and would not compare its
// domain. Where the server has written the text, no other is accepted: a front end
// that writes its own asks without an account.
//
// # Accounts with a key
//
// The key that signed is recovered from the signature, and its address must be
// the one in the text. Nobody is asked. That goes for accounts that have
// delegated to a contract (EIP-7702), too: they have their key.
//
// An address is the same person on every chain of this kind, so one value is
// enough for all of them. Front ends write the chain that the wallet is connected
// to into their texts; those others go into AlsoChainIDs:
//
//	ethereum.New(ethereum.Config{ChainID: 1, AlsoChainIDs: []uint64{10, 8453, 42161}})
//
// Two values in Chains are two chains, and one address on both is two accounts.
//
// # Contract accounts
//
// A contract at an address on one chain says nothing about the same address on
// another. So contract accounts sign in on ChainID only, and only where
// [Config].RPC names servers to ask: whether the contract accepts the signature
// (ERC-1271), or would once it has been deployed (ERC-6492). What it answers can
// change, so each re-check of the session asks again, about the same signature.
//
// Servers are asked as package nearrpc/quorum has it: failover, agreement of
// distinct operators ([Config].Agree), a time budget, and three answers, of which
// "cannot tell" is never a refusal. Before a server is believed, it must say
// that it is on the chain (eth_chainId) and has caught up with it (eth_syncing).
// One that falls behind without saying so is not noticed. A server that lies can
// sign in anybody whose account it calls a contract.
//
// An account that has delegated is refused here, though its delegate may accept
// the signature: it would be the same account as the key's, and what keys of its
// own a delegate lets sign messages for others to see, nobody can tell.
//
// The sub-package ethereumtest is a fake node for the tests of applications.
package ethereum

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/siwe"
	"github.com/nearauth/nearauth/nearrpc/quorum"
	"github.com/nearauth/nearauth/store"
)

// Endpoint is one Ethereum JSON-RPC server.
type Endpoint = quorum.Endpoint

// Config configures a chain. ChainID is required.
type Config struct {
	// ChainID is the EIP-155 id: 1 is Ethereum, 8453 Base. Required.
	ChainID uint64

	// AlsoChainIDs are further ids that the text of an account with a key may
	// name, because that is where its wallet is connected. The account is the
	// one on ChainID.
	AlsoChainIDs []uint64

	// RPC are the servers that are asked about contract accounts, in this
	// order; all are on ChainID. With none, contract accounts cannot sign in.
	RPC []Endpoint

	// Agree is the number of distinct operators that must say yes before the
	// answer is yes. The default value is 1, which suits a server of your own;
	// public ones need at least 2.
	Agree int

	// AttemptTimeout and Timeout limit one attempt at a server and one
	// question in all. The default values are 2 and 5 seconds.
	AttemptTimeout, Timeout time.Duration

	// Transport carries the requests. The default value is one that pools
	// connections and uses no proxy.
	Transport http.RoundTripper

	// Logger hears when a server fails or recovers, is on another chain, or
	// when operators contradict each other. The default is nil: silent.
	Logger *slog.Logger

	// InsecureHTTP allows http URLs on hosts that are not loopback: whoever
	// sits on the network path can then sign in as any contract account.
	InsecureHTTP bool
}

// Chain is a chain of Ethereum's kind as a handlers.Chain. It is safe for
// concurrent use.
type Chain struct {
	id       string
	chainID  uint64
	chainIDs []string       // in texts; the first is chainID's
	servers  *quorum.Client // nil: nobody is asked
}

var _ handlers.Chain = (*Chain)(nil)

// New returns a chain. It asks nothing yet. The error joins everything that is
// wrong with the configuration, and shows no URL beyond its host.
func New(c Config) (*Chain, error) {
	text := strconv.FormatUint(c.ChainID, 10)
	chain := &Chain{id: "eip155:" + text, chainID: c.ChainID, chainIDs: []string{text}}
	for _, id := range c.AlsoChainIDs {
		chain.chainIDs = append(chain.chainIDs, strconv.FormatUint(id, 10))
	}
	errs := c.validate()
	if len(c.RPC) > 0 {
		errs = append(errs, chain.connect(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return chain, nil
}

// validate returns what is wrong that quorum.New does not see.
func (c *Config) validate() (errs []error) {
	if c.ChainID == 0 {
		errs = append(errs, errors.New("ethereum: ChainID is required"))
	}
	if slices.Contains(c.AlsoChainIDs, 0) {
		errs = append(errs, errors.New("ethereum: AlsoChainIDs has 0, which is no chain"))
	}
	if len(c.RPC) == 0 && c.Agree != 0 {
		errs = append(errs, errors.New("ethereum: Agree means nothing without RPC: nobody is asked"))
	}
	return errs
}

func (c *Chain) connect(config Config) (err error) {
	c.servers, err = quorum.New(quorum.Config{
		Name:           "ethereum",
		Endpoints:      config.RPC,
		Identify:       c.identify,
		Agree:          config.Agree,
		AttemptTimeout: config.AttemptTimeout,
		Timeout:        config.Timeout,
		Transport:      config.Transport,
		Logger:         config.Logger,
		InsecureHTTP:   config.InsecureHTTP,
	})
	return err
}

// Mainnet returns Ethereum, eip155:1, for accounts with a key. Nobody is asked.
func Mainnet() *Chain {
	c, err := New(Config{ChainID: 1})
	if err != nil {
		panic(err) // the configuration is a constant, and tested
	}
	return c
}

// ID implements handlers.Chain.
func (c *Chain) ID() string { return c.id }

// MaxBody returns how long a verify request can be, in bytes: the signature of a
// contract account has up to 16 KiB, and twice that in hex. 0 is the default of
// package handlers.
func (c *Chain) MaxBody() int {
	if c.servers == nil {
		return 0
	}
	return 2*siwe.MaxSignature + siwe.MaxText
}

// Ready returns nil if the servers answer, as many as have to agree, or if there
// are none to ask.
func (c *Chain) Ready(ctx context.Context) error {
	if c.servers == nil {
		return nil
	}
	_, err := c.servers.Ask(ctx, c.id, func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
		return quorum.Yes, c.identify(ctx, s)
	})
	return err
}

// Verify implements handlers.Chain. The signature is checked over the bytes of
// the challenge's message, and must be by the account that it names. Where it is
// not the signature of that account's key, and there are servers to ask, it may
// be a contract's: that is for Confirm to say.
//
// proof.AccountID and proof.PublicKey may be left out. If they are sent, both
// are the address.
func (c *Chain) Verify(challenge handlers.Challenge, proof handlers.Proof) (store.Account, error) {
	address, err := signerOf(challenge)
	if err != nil {
		return store.Account{}, malformed(err)
	}
	for _, sent := range []string{proof.AccountID, proof.PublicKey} {
		if sent == "" {
			continue
		}
		if a, err := siwe.ParseAddress(sent); err != nil || a != address {
			return store.Account{}, malformed(errContradiction)
		}
	}
	signature, err := siwe.ParseSignature(proof.Signature)
	if err != nil {
		return store.Account{}, malformed(err)
	}
	hash := siwe.Hash(challenge.Message)
	signer, err := siwe.Recover(hash, signature)
	switch {
	case err == nil && signer == address:
		return store.Account{Chain: c.id, ID: challenge.AccountID, PublicKey: challenge.AccountID}, nil
	case c.servers != nil && c.isOwnText(challenge.Message):
		return c.contractAccount(challenge.AccountID, hash, signature), nil
	case err == nil:
		err = errOtherKey
	}
	return store.Account{}, fmt.Errorf("ethereum: %w: %w", handlers.ErrInvalidSignature, err)
}

var (
	errNoText        = errors.New("the challenge has no text to sign: ask with an account, or send the message that was signed")
	errIssued        = errors.New("the text is not the one that was issued: to write it yourself, ask without an account")
	errOtherAccount  = errors.New("the text names another account than the challenge")
	errContradiction = errors.New("accountId or publicKey is not the address in the text")
	errOtherKey      = errors.New("signed by the key of another account")
)

func malformed(err error) error { return fmt.Errorf("ethereum: %w: %w", handlers.ErrMalformed, err) }
