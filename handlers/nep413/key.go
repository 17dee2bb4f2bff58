package nep413

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"
)

// keyType is the only type accepted, and the prefix of its keys and signatures.
const keyType = "ed25519"

// PublicKey is an Ed25519 public key that is safe to verify with. Values are
// comparable with ==, and made by [ParsePublicKey] and [ReadPublicKey] only. The
// zero PublicKey is no key: it has no text, and [Verify] refuses it.
type PublicKey struct {
	// An array and not a slice: crypto/ed25519 panics on any other length.
	// All zero is a point of small order and therefore never a valid key.
	raw [32]byte
}

// ParsePublicKey reads a key as the NEAR protocol writes it, "ed25519:" and the
// base58 of 32 bytes, and checks that it is a point that login can trust: on
// the curve, in its canonical encoding, not of small order (RFC 8032 §5.1.3).
//
// It is stricter than nearcore, which takes a missing prefix for ed25519,
// ignores the case of the prefix, and does not look at the point. Errors wrap
// [ErrKey] or [ErrKeyType]. The latter is for well-formed keys of the other
// types that accounts can have: secp256k1 and ml-dsa-65 (NEP-645).
//
// A key that lost a character can still be a valid, different key. No check
// here can tell, but the signature will not match.
func ParsePublicKey(s string) (PublicKey, error) {
	key, err := ReadPublicKey(s)
	if err == nil && !onCurve(key.raw) {
		return PublicKey{}, errOffCurve
	}
	return key, err
}

var errOffCurve = fmt.Errorf("%w: not a point on the curve", ErrKey)

// ReadPublicKey is [ParsePublicKey] without looking whether the point is on
// the curve, which costs a fifth of a verification. It is for keys that go into
// [Verify], which accepts nothing under a key off the curve, and then says so.
func ReadPublicKey(s string) (PublicKey, error) {
	typ, text, ok := strings.Cut(s, ":")
	if !ok {
		return PublicKey{}, fmt.Errorf("%w: no key type in front", ErrKey)
	}
	size := keySize(typ)
	if size == 0 {
		return PublicKey{}, fmt.Errorf("%w: unknown key type %.16q", ErrKey, typ)
	}
	raw, ok := decodeBase58(text, size)
	if !ok {
		return PublicKey{}, fmt.Errorf("%w: not the base58 of %d bytes", ErrKey, size)
	}
	if typ != keyType {
		return PublicKey{}, fmt.Errorf("%w: %s", ErrKeyType, typ)
	}
	key := PublicKey{[32]byte(raw)}
	if err := checkPoint(key.raw); err != nil {
		return PublicKey{}, err
	}
	return key, nil
}

// keySize returns the length of a raw key, 0 for an unknown type. Absent on
// purpose: p256, which is no key type of the protocol, and ml-dsa-65-hash,
// which is what access key lists show in place of an ml-dsa-65 key.
func keySize(typ string) int {
	switch typ {
	case keyType:
		return 32
	case "secp256k1":
		return 64 // uncompressed, without the leading 04
	case "ml-dsa-65":
		return 1952
	}
	return 0
}

// decodeBase58 decodes exactly size bytes. Each byte string has one base58
// text, so this is strict without comparing.
//
// Decoding takes time quadratic in the length, 167 ms for 200 kB, so a text
// that cannot be of the right size is refused unread: n bytes are at most
// n·log 256/log 58 ≈ 1.366·n digits.
func decodeBase58(text string, size int) ([]byte, bool) {
	if len(text) < size || len(text) > size*137/100+1 {
		return nil, false
	}
	b, err := base58.Decode(text)
	return b, err == nil && len(b) == size
}

// checkPoint makes the cheap checks, without which a signature proves nothing.
func checkPoint(raw [32]byte) error {
	switch {
	case !canonical(raw):
		return fmt.Errorf("%w: not the canonical encoding of a point", ErrKey)
	case smallOrder(raw):
		return fmt.Errorf("%w: a point of small order", ErrKey)
	}
	return nil
}

// String returns the key as the protocol writes it, "ed25519:<base58>". It is
// the text [ParsePublicKey] was given. The zero PublicKey gives "".
func (k PublicKey) String() string {
	if k == (PublicKey{}) {
		return ""
	}
	return keyType + ":" + base58.Encode(k.raw[:])
}

// ImplicitAccountID returns the ID of the account that belongs to the key from
// the start: its 32 bytes in lower-case hex. Beware that the account's access
// keys can have changed since: this key may have been deleted from it, which
// only the chain knows. The zero PublicKey gives "".
func (k PublicKey) ImplicitAccountID() string {
	if k == (PublicKey{}) {
		return ""
	}
	return hex.EncodeToString(k.raw[:])
}
