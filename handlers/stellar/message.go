package stellar

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/sep53"
	"github.com/nearauth/nearauth/store"
)

// maxMessage is one byte more than Freighter Mobile signs.
const maxMessage = 1024

var (
	errNoAccount = errors.New("the account that is to sign in is required: the text names it")
	errStatement = errors.New("stellar: Message must be one line of printable ASCII")
)

// Challenge implements handlers.Chain. What Stellar wallets sign is a text that
// the chain writes around the configured message, the template of CAIP-122, in
// which the nonce is 64 hex digits. The members "address" and
// "networkPassphrase" are what a wallet's signMessage takes beside it (SEP-43).
func (chain *Chain) Challenge(r handlers.Request) (handlers.Challenge, error) {
	if r.AccountID == "" {
		return handlers.Challenge{}, malformed(errNoAccount)
	}
	account, err := parseAddress(r.AccountID)
	if err != nil {
		return handlers.Challenge{}, err
	}
	r.AccountID = account.String()
	r.Message = chain.text(r)
	return handlers.Challenge{
		Request:   r,
		NonceText: hex.EncodeToString(r.Nonce[:]),
		Members:   []handlers.Member{{Name: "address", Value: r.AccountID}, {Name: "networkPassphrase", Value: chain.passphrase}},
	}, nil
}

// text is what is signed. SEP-53 has no place for the site, the network, the
// nonce and the time, so all of them stand in it.
func (chain *Chain) text(r handlers.Request) string {
	domain := strings.TrimPrefix(r.Origin, "https://") // of another scheme, it is named
	var b strings.Builder
	fmt.Fprintf(&b, "%s wants you to sign in with your Stellar account:\n%s\n\n", domain, r.AccountID)
	if r.Message != "" {
		fmt.Fprintf(&b, "%s\n\n", r.Message)
	}
	fmt.Fprintf(&b, "URI: %s\nVersion: 1\nChain ID: %s\nNonce: %x\n", r.Origin, chain.network, r.Nonce)
	fmt.Fprintf(&b, "Issued At: %s\nExpiration Time: %s", rfc3339(r.IssuedAt), rfc3339(r.ExpiresAt))
	return b.String()
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Check returns what a wallet could not sign of a site's configuration: a
// message that is more than one line of printable ASCII, or that makes the text
// too long for Freighter Mobile, 1,023 bytes. The length of the text is the same
// for all accounts and nonces.
func (chain *Chain) Check(r handlers.Request) error {
	if strings.ContainsFunc(r.Message, func(c rune) bool { return c < ' ' || c > '~' }) {
		return errStatement
	}
	r.AccountID = chain.root().String()
	if n := len(chain.text(r)); n >= maxMessage {
		return fmt.Errorf("stellar: with Message and Origin the text is %d bytes, and wallets sign up to %d", n, maxMessage-1)
	}
	return nil
}

// Verify implements handlers.Chain. The text that was signed is the challenge's
// own, and the account it names must sign: by its master key, or by the key that
// the client sends beside it. Whether that is a signer of the account is for
// Confirm to say.
func (chain *Chain) Verify(challenge handlers.Challenge, proof handlers.Proof) (store.Account, error) {
	id := proof.AccountID
	if id == "" {
		id = challenge.AccountID
	}
	account, err := parseAddress(id)
	if err != nil {
		return store.Account{}, err
	}
	signer := account
	if proof.PublicKey != "" {
		if signer, err = parseAddress(proof.PublicKey); err != nil {
			return store.Account{}, err
		}
	}
	signature, err := sep53.ParseSignature(proof.Signature)
	if err != nil {
		return store.Account{}, malformed(err)
	}
	err = sep53.Verify(signer, []byte(challenge.Message), signature)
	if errors.Is(err, sep53.ErrAddress) {
		return store.Account{}, malformed(err)
	}
	if err != nil {
		return store.Account{}, fmt.Errorf("stellar: %w: %w", handlers.ErrInvalidSignature, err)
	}
	return store.Account{Chain: chain.ID(), ID: account.String(), PublicKey: signer.String()}, nil
}

func parseAddress(s string) (sep53.Address, error) {
	a, err := sep53.ParseAddress(s)
	if err != nil {
		return sep53.Address{}, malformed(err)
	}
	return a, nil
}

func malformed(err error) error { return fmt.Errorf("stellar: %w: %w", handlers.ErrMalformed, err) }
