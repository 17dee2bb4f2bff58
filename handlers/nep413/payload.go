package nep413

import (
	"crypto/sha256"
	"fmt"
	"unicode/utf8"

	"github.com/near/borsh-go"
)

// tag precedes every payload. It is 2³¹ + 413: a transaction begins with the
// length of an account ID, which is never that large, so that a signed message
// can never be read as a signed transaction (NEP-413, NEP-461).
const tag uint32 = 1<<31 + 413

// Payload is what the wallet signs (NEP-413, "Structure"). The order of the
// fields is the order on the wire.
//
// Compare nothing, trim nothing and normalise nothing: wallets sign the bytes
// they were given, and so "é" in its two Unicode forms is two messages.
type Payload struct {
	// Message is the text shown to the person.
	Message string

	// Nonce is the server's own 32 bytes: random, and used once.
	Nonce [32]byte

	// Recipient names whom the message is for, such as the host of the site.
	// It must come from the configuration of the server, because it is what
	// keeps a signature made for another site from being used here.
	Recipient string

	// CallbackURL is nil for a payload without one. A pointer to an empty
	// string is a payload with an empty callback URL, which is signed
	// differently. A front end that sends "" nearly always means nil.
	CallbackURL *string
}

// Hash returns the 32 bytes under the signature: the SHA-256 of the tag and
// the Borsh encoding of p. The error wraps [ErrPayload] and means that a field
// is not valid UTF-8. A wallet, which takes JavaScript strings, could not have
// signed those bytes but only U+FFFD in their place.
func (p Payload) Hash() ([32]byte, error) {
	b, err := p.preimage()
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(b), nil
}

// preimage is the only place that touches borsh-go, and the only direction
// used is encoding: its decoder allocates what hostile input tells it to.
func (p Payload) preimage() ([]byte, error) {
	if err := p.checkText(); err != nil {
		return nil, err
	}
	// By value! Given a pointer at the top, borsh-go takes it for an Option
	// and writes 01 in front of everything.
	b, err := borsh.Serialize(struct {
		Tag     uint32
		Payload Payload
	}{tag, p})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	return b, nil
}

// checkText refuses what Borsh does not call a string. borsh-go would write
// the bytes as they are.
func (p Payload) checkText() error {
	switch {
	case !utf8.ValidString(p.Message):
		return fmt.Errorf("%w: the message is not valid UTF-8", ErrPayload)
	case !utf8.ValidString(p.Recipient):
		return fmt.Errorf("%w: the recipient is not valid UTF-8", ErrPayload)
	case p.CallbackURL != nil && !utf8.ValidString(*p.CallbackURL):
		return fmt.Errorf("%w: the callback URL is not valid UTF-8", ErrPayload)
	}
	return nil
}
