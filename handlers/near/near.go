// Package near lets NEAR accounts sign in: it is NEAR as a handlers.Chain.
//
//	auth, err := handlers.New(handlers.Config{
//		Origin: "https://my-app.example",
//		Store:  store.NewMemory(),
//		Chains: []handlers.Chain{near.Mainnet()},
//	})
//
// A wallet proves by NEP-413 that it holds a key (package handlers/nep413),
// and the network says whether that key is a full-access key of the account
// (package nearrpc). Several networks are several values in Chains; an account
// of one is never an account of another. Keys of type ed25519 and secp256k1 sign
// in; ml-dsa-65 is answered with handlers.ErrUnsupportedKey.
//
// Mainnet and Testnet ask public endpoints, of which two operators must agree.
// They are rate limited and promise nothing: a site in production names an
// endpoint of its own,
//
//	rpc, err := nearrpc.New(nearrpc.Config{
//		ChainID:   "mainnet",
//		Endpoints: []nearrpc.Endpoint{{URL: "https://rpc.example.com"}},
//	})
//	chain, err := near.New(near.Config{Network: "mainnet", RPC: rpc})
package near

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/nep413"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/store"
)

// RPC answers the one question there is to ask of the network, as
// *nearrpc.Client does: nil, an error that is nearrpc.ErrKeyNotFound or
// nearrpc.ErrNotFullAccess, or anything else, which is "cannot tell".
type RPC interface {
	FullAccess(ctx context.Context, accountID, publicKey string) error
}

// Config configures a NEAR network. Both fields are required.
type Config struct {
	// Network is the CAIP-2 reference: "mainnet", "testnet", or the name of a
	// network of your own.
	Network string

	// RPC asks the network; usually a *nearrpc.Client.
	RPC RPC
}

// Chain is a NEAR network as a handlers.Chain. It is safe for concurrent use.
type Chain struct {
	id  string
	rpc RPC
}

var _ handlers.Chain = (*Chain)(nil)

// New returns a NEAR network.
func New(c Config) (*Chain, error) {
	if c.Network == "" || len(c.Network) > 32 || strings.Trim(c.Network, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return nil, fmt.Errorf("near: Network %q is not a name such as \"testnet\"", c.Network)
	}
	if c.RPC == nil {
		return nil, errors.New("near: RPC is required: nobody signs in on a signature alone")
	}
	if client, ok := c.RPC.(*nearrpc.Client); ok && client == nil {
		return nil, errors.New("near: RPC is a nil *nearrpc.Client")
	}
	// Two networks hold different people's accounts of one name.
	if asked, ok := c.RPC.(interface{ ChainID() string }); ok && asked.ChainID() != c.Network {
		return nil, fmt.Errorf("near: Network is %s, and RPC asks %s", c.Network, asked.ChainID())
	}
	return &Chain{id: "near:" + c.Network, rpc: c.RPC}, nil
}

// Mainnet returns NEAR mainnet by nearrpc.Mainnet.
func Mainnet() *Chain { return &Chain{id: "near:mainnet", rpc: nearrpc.Mainnet()} }

// Testnet returns NEAR testnet by nearrpc.Testnet.
func Testnet() *Chain { return &Chain{id: "near:testnet", rpc: nearrpc.Testnet()} }

// ID implements handlers.Chain.
func (c *Chain) ID() string { return c.id }

// Challenge implements handlers.Chain. What NEAR wallets sign is the message
// and recipient as they are configured; see NEP-413.
func (c *Chain) Challenge(r handlers.Request) (handlers.Challenge, error) {
	if r.AccountID != "" {
		if _, err := parseAccount(r.AccountID); err != nil {
			return handlers.Challenge{}, err
		}
	}
	return handlers.Challenge{Request: r}, nil
}

// Verify implements handlers.Chain. MyNearWallet signs the callback URL on a
// full-page redirect and leaves it out in a popup, and does not say which. So
// a challenge with a callback is tried without it, then with it. Both payloads
// are the server's own; nothing in them comes from the client.
func (c *Chain) Verify(challenge handlers.Challenge, proof handlers.Proof) (store.Account, error) {
	account, err := parseAccount(proof.AccountID)
	if err != nil {
		return store.Account{}, err
	}
	key, err := nep413.ReadPublicKey(proof.PublicKey)
	if errors.Is(err, nep413.ErrKeyType) {
		return store.Account{}, fmt.Errorf("near: %w: %w", handlers.ErrUnsupportedKey, err)
	}
	if err != nil {
		return store.Account{}, malformed(err)
	}
	signature, err := nep413.ParseSignature(proof.Signature)
	if err != nil {
		return store.Account{}, malformed(err)
	}
	payload := nep413.Payload{Message: challenge.Message, Nonce: challenge.Nonce, Recipient: challenge.Recipient}
	err = nep413.Verify(key, payload, signature)
	if err != nil && challenge.CallbackURL != "" {
		payload.CallbackURL = &challenge.CallbackURL
		err = nep413.Verify(key, payload, signature)
	}
	if errors.Is(err, nep413.ErrKey) || errors.Is(err, nep413.ErrSignatureEncoding) {
		return store.Account{}, malformed(err)
	}
	if err != nil {
		return store.Account{}, fmt.Errorf("near: %w: %w", handlers.ErrInvalidSignature, err)
	}
	return store.Account{Chain: c.id, ID: string(account), PublicKey: key.String()}, nil
}

// Confirm implements handlers.Chain.
func (c *Chain) Confirm(ctx context.Context, account store.Account) error {
	err := c.rpc.FullAccess(ctx, account.ID, account.PublicKey)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nearrpc.ErrUnavailable):
		// Looked at first: what cannot be known is not a no, whatever else
		// the error wraps.
	case errors.Is(err, nearrpc.ErrKeyNotFound):
		return fmt.Errorf("near: %w: %w", handlers.ErrKeyNotFound, err)
	case errors.Is(err, nearrpc.ErrNotFullAccess):
		return fmt.Errorf("near: %w: %w", handlers.ErrKeyNotFullAccess, err)
	}
	unavailable := &handlers.UnavailableError{Err: err}
	if u, ok := errors.AsType[*nearrpc.UnavailableError](err); ok {
		unavailable.RetryAfter = u.RetryAfter
	}
	return unavailable
}

// Ready returns nil if the network gives a definite answer about a key, no
// matter which.
func (c *Chain) Ready(ctx context.Context) error {
	// A key that nobody can hold, of the account that every network has.
	err := c.rpc.FullAccess(ctx, "system", "ed25519:11111111111111111111111111111111")
	definite := err == nil || errors.Is(err, nearrpc.ErrKeyNotFound) || errors.Is(err, nearrpc.ErrNotFullAccess)
	if definite && !errors.Is(err, nearrpc.ErrUnavailable) {
		return nil
	}
	return fmt.Errorf("near: %w", err)
}

// Public reports whether the network is asked by endpoints of nearrpc.Mainnet
// or nearrpc.Testnet.
func (c *Chain) Public() bool {
	p, ok := c.rpc.(interface{ Public() bool })
	return ok && p.Public()
}

// SubAccountsOf is the policy that admits the direct sub-accounts of these
// accounts on this network: of "dao.near", "alice.dao.near" but neither
// "dao.near" itself nor "x.alice.dao.near", which alice.dao.near creates.
func (c *Chain) SubAccountsOf(parents ...string) handlers.Policy {
	return func(a store.Account) error {
		if a.Chain == c.id {
			for _, parent := range parents {
				if nep413.AccountID(a.ID).IsSubAccountOf(nep413.AccountID(parent)) {
					return nil
				}
			}
		}
		return errNotSubAccount
	}
}

var errNotSubAccount = errors.New("near: not a sub-account of an admitted account")

// parseAccount reads an account id. The protocol's own account has no keys.
func parseAccount(s string) (nep413.AccountID, error) {
	id, err := nep413.ParseAccountID(s)
	if err == nil && id.Reserved() {
		err = errors.New("near: the account is the protocol's own")
	}
	if err != nil {
		return "", malformed(err)
	}
	return id, nil
}

func malformed(err error) error { return fmt.Errorf("near: %w: %w", handlers.ErrMalformed, err) }
