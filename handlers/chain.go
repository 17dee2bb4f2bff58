package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// Chain is one network's way of proving an account: packages handlers/near,
// handlers/ethereum and handlers/stellar have one each. A Chain is safe for
// concurrent use.
//
// These methods, too, are used where a Chain has them:
//
//	// ReadMessage is for front ends that write what is signed themselves
//	// (EIP-4361). It is called for a message that is not the challenge's own,
//	// and returns the challenge with that message and its account, if every
//	// field of it is as configuration and challenge have it. The error is
//	// ErrMalformed or ErrUnsupportedChain. Without the method such a message
//	// is refused.
//	ReadMessage(c Challenge, message string) (Challenge, error)
//
//	// Check returns what the chain cannot sign of a site's configuration. The
//	// request has no account and no nonce.
//	Check(Request) error
//
//	// MaxBody is how large a verify request may be, in bytes: from 16 KiB, what
//	// it may be anyhow, to 64 KiB.
//	MaxBody() int
//
//	// Ready returns nil if the network answers.
//	Ready(context.Context) error
//
//	// Public reports whether the network is asked by endpoints that anybody
//	// may use, and that promise nothing.
//	Public() bool
type Chain interface {
	// ID returns the CAIP-2 id of the network: "near:mainnet".
	ID() string

	// Challenge completes a request into what the wallet must sign: it
	// brings AccountID, if there is one, into canonical form, and may set the
	// Message. It does not ask the network. An error that is ErrMalformed
	// refuses the request.
	Challenge(Request) (Challenge, error)

	// Verify returns the account that a proof proves over a challenge. It
	// does not ask the network, and does not compare with the account that
	// the challenge was asked for. What only the network can verify, the
	// signature of a contract, it leaves to Confirm, as the account's Evidence.
	// Errors are ErrMalformed, ErrUnsupportedKey or ErrInvalidSignature.
	Verify(Challenge, Proof) (store.Account, error)

	// Confirm asks the network whether the account's public key may sign in,
	// when it does and whenever the application wants to know again: nil;
	// ErrKeyNotFound, ErrKeyNotFullAccess or, of Evidence, ErrInvalidSignature,
	// which are definite; anything else means that it cannot tell now, and may
	// be an *UnavailableError that says when to ask again. Confirm bounds its
	// own time.
	Confirm(ctx context.Context, account store.Account) error
}

// Errors of a Chain, to be wrapped with what the log should know.
var (
	ErrMalformed        = errors.New("handlers: malformed")
	ErrUnsupportedChain = errors.New("handlers: chain is not accepted")
	ErrUnsupportedKey   = errors.New("handlers: key type is not accepted")
	ErrInvalidSignature = errors.New("handlers: signature does not prove the key")
	ErrKeyNotFound      = errors.New("handlers: key is not on the account")
	ErrKeyNotFullAccess = errors.New("handlers: key has not full access")
	ErrUnavailable      = errors.New("handlers: cannot tell now")
)

// CheckKey asks the chain of an account whether its key may still sign in: it
// is the middleware.Config.CheckKey of these chains. An account of another
// chain is refused.
func CheckKey(chains ...Chain) func(context.Context, store.Account) error {
	return func(ctx context.Context, account store.Account) error {
		for _, c := range chains {
			if c.ID() != account.Chain {
				continue
			}
			err := c.Confirm(ctx, account)
			if refused := chainError(err); err != nil && refused.Status != http.StatusServiceUnavailable {
				return fmt.Errorf("%w: %w", middleware.ErrKeyRefused, err)
			}
			return err
		}
		return fmt.Errorf("%w: chain %s is not configured", middleware.ErrKeyRefused, account.Chain)
	}
}

// UnavailableError is an ErrUnavailable that knows when to ask again.
type UnavailableError struct {
	RetryAfter time.Duration
	Err        error // the cause
}

func (e *UnavailableError) Error() string { return ErrUnavailable.Error() + ": " + e.Err.Error() }

// Is reports that the error is ErrUnavailable.
func (e *UnavailableError) Is(target error) bool { return target == ErrUnavailable }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Request is what a challenge is made from. All of it is the server's, except
// AccountID, which the client sent and which may be empty.
type Request struct {
	AccountID   string
	Origin      string // of the page that asks: the site's, or a trusted one
	Message     string // configured, one ASCII line
	Recipient   string // configured
	CallbackURL string // one of the configured ones, or empty
	Nonce       [32]byte
	IssuedAt    time.Time
	ExpiresAt   time.Time
}

// Challenge is a Request that a Chain has completed. Package handlers adds the
// chain's id and the state.
type Challenge struct {
	Request
	Chain string
	State string // given with a callback, and expected back

	// What the client is told, and the store is not.
	NonceText string   // how the chain's wallets spell the nonce; "" is base64
	Members   []Member // further members of the answer
}

// Member is a string with a name in a JSON object.
type Member struct{ Name, Value string }

// Proof is a wallet's answer, as text that the chain has yet to decode. A
// member that was not sent is empty.
type Proof struct {
	AccountID string
	PublicKey string
	Signature string
}
