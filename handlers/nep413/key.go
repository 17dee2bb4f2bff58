package nep413

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers/internal/ed25519x"
)

// The types of keys of the protocol, and the prefixes of keys and signatures.
// Keys of the last are not accepted.
const (
	typeEd25519   = "ed25519"
	typeSecp256k1 = "secp256k1"
	typeMLDSA65   = "ml-dsa-65"
)

// PublicKey is a public key that is safe to verify with, of type ed25519 or
// secp256k1. Values are comparable with ==, and made by [ParsePublicKey] and
// [ReadPublicKey] only. The zero PublicKey is no key: it has no text, and
// [Verify] refuses it.
type PublicKey struct {
	typ string // "" is no type
	// An array and not a slice, for == and because crypto/ed25519 panics on a
	// key of any other length. Zeros follow the 32 bytes of an ed25519 key.
	raw [64]byte
}

// ed25519 returns the bytes of an ed25519 key.
func (k PublicKey) ed25519() [32]byte { return [32]byte(k.raw[:32]) }

// ParsePublicKey reads a key as the NEAR protocol writes it:
//
//   - "ed25519:" and the base58 of 32 bytes
//   - "secp256k1:" and the base58 of 64 bytes: the two coordinates, without the
//     04 that stands in front of them elsewhere (SEC 1 §2.3.3)
//
// It checks that the key is a point that login can trust: on the curve, in its
// canonical encoding, not of small order (RFC 8032 §5.1.3).
//
// It is stricter than nearcore, which takes a missing prefix for ed25519,
// ignores the case of the prefix, and does not look at the point. Errors wrap
// [ErrKey] or [ErrKeyType]. The latter is for well-formed keys of the other
// type that accounts can have, ml-dsa-65 (NEP-645).
//
// A key that lost a character can still be a valid, different key. No check
// here can tell, but the signature will not match.
func ParsePublicKey(s string) (PublicKey, error) {
	key, err := ReadPublicKey(s)
	if err == nil && key.typ == typeEd25519 && !ed25519x.OnCurve(key.ed25519()) {
		return PublicKey{}, errOffCurve
	}
	return key, err
}

var errOffCurve = fmt.Errorf("%w: not a point on the curve", ErrKey)

// ReadPublicKey is [ParsePublicKey] without looking whether the point of an
// ed25519 key is on the curve, which costs a fifth of a verification. It is for
// keys that go into [Verify], which accepts nothing under a key off the curve,
// and then says so.
func ReadPublicKey(s string) (PublicKey, error) {
	typ, text, ok := strings.Cut(s, ":")
	if !ok {
		return PublicKey{}, fmt.Errorf("%w: no key type in front", ErrKey)
	}
	size := keySize(typ)
	if size == 0 {
		return PublicKey{}, fmt.Errorf("%w: unknown key type %.16q", ErrKey, typ)
	}
	raw, ok := decodeBase58(text, size, size)
	if !ok {
		return PublicKey{}, fmt.Errorf("%w: not the base58 of %d bytes", ErrKey, size)
	}
	switch typ {
	case typeEd25519:
		return readEd25519([32]byte(raw))
	case typeSecp256k1:
		return readSecp256k1([64]byte(raw))
	}
	return PublicKey{}, fmt.Errorf("%w: %s", ErrKeyType, typ)
}

func readEd25519(raw [32]byte) (PublicKey, error) {
	if err := ed25519x.Check(raw); err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	key := PublicKey{typ: typeEd25519}
	copy(key.raw[:], raw[:])
	return key, nil
}

// readSecp256k1 looks at the curve at once: with both coordinates that is cheap.
func readSecp256k1(raw [64]byte) (PublicKey, error) {
	if !onSecp256k1(raw) {
		return PublicKey{}, errOffCurve
	}
	return PublicKey{typeSecp256k1, raw}, nil
}

// keySize returns the length of a raw key, 0 for an unknown type. Absent on
// purpose: p256, which is no key type of the protocol, and ml-dsa-65-hash,
// which is what access key lists show in place of an ml-dsa-65 key.
func keySize(typ string) int {
	switch typ {
	case typeEd25519:
		return 32
	case typeSecp256k1:
		return 64
	case typeMLDSA65:
		return 1952
	}
	return 0
}

// decodeBase58 decodes least to most bytes. Each byte string has one base58
// text, so this is strict without comparing.
//
// Decoding takes time quadratic in the length, 167 ms for 200 kB, so a text
// that cannot be of the right size is refused unread: n bytes are at most
// n·log 256/log 58 ≈ 1.366·n digits.
func decodeBase58(text string, least, most int) ([]byte, bool) {
	if len(text) < least || len(text) > most*137/100+1 {
		return nil, false
	}
	b, err := base58.Decode(text)
	return b, err == nil && least <= len(b) && len(b) <= most
}

// String returns the key as the protocol writes it, "ed25519:<base58>" or
// "secp256k1:<base58>". It is the text [ParsePublicKey] was given. The zero
// PublicKey gives "".
func (k PublicKey) String() string {
	if k.typ == "" {
		return ""
	}
	return k.typ + ":" + base58.Encode(k.raw[:keySize(k.typ)])
}

// ImplicitAccountID returns the ID of the account that belongs to an ed25519
// key from the start: its 32 bytes in lower-case hex. Beware that the account's
// access keys can have changed since: this key may have been deleted from it,
// which only the chain knows.
//
// The zero PublicKey gives "", and so does a secp256k1 key. To that belongs the
// account of its Ethereum address (NEP-518, [EthImplicit]), but not as an
// access key: the account is a contract, and is created without any.
func (k PublicKey) ImplicitAccountID() string {
	if k.typ != typeEd25519 {
		return ""
	}
	return hex.EncodeToString(k.raw[:32])
}
