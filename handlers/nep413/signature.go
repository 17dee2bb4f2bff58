package nep413

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Signature is a signature as read by [ParseSignature], comparable with ==. The
// zero Signature proves nothing.
//
// It holds up to two readings of one text. Base58 is a subset of the base64
// alphabet, so a bare base58 signature can also be unpadded base64: of 64 bytes
// once in about 250,000 signatures, and of 65, which are a secp256k1 key's, once
// in 20 ed25519 ones. Those people could not sign in and would never know why.
// Trying both is safe: [Verify] asks the key's type and the mathematics which of
// them the key made.
type Signature struct {
	readings [2]reading // those there are, first
}

// reading is one reading of a text. The type follows from the length, 64 bytes
// or 65, and "" is that of no reading.
type reading struct {
	typ string
	raw [65]byte // a zero follows the 64 bytes of an ed25519 signature
}

// String hides the signature, because a Signature in a log line or an error is
// one that can be replayed as long as its challenge lives.
func (Signature) String() string { return "nep413.Signature(hidden)" }

// ParseSignature reads a signature, 64 bytes by an ed25519 key or 65 by a
// secp256k1 one, in the encodings that wallets produce:
//
//   - base64, which is what NEP-413 says, in the standard or in the URL
//     alphabet, with its padding or without
//   - "ed25519:" or "secp256k1:", the type of the key, and base58, as keys are
//     written (Intear, near-cli, near-kit)
//   - base58 alone
//
// A colon decides for the second. Without one, the encoding is the one that
// gives exactly 64 or 65 bytes. Nothing is trimmed, skipped or guessed: no
// whitespace, no mixture of alphabets, no half of a padding, no stray bits in
// the last character. Hex is not accepted. Errors wrap [ErrSignatureEncoding].
//
// Whether the signature is of the key's type, [Verify] decides.
func ParseSignature(s string) (Signature, error) {
	if typ, text, ok := strings.Cut(s, ":"); ok {
		return parsePrefixed(typ, text)
	}
	var sig Signature
	if b, ok := decodeBase64(s); ok {
		sig.add(b)
	}
	if b, ok := decodeBase58(s, 64, 65); ok {
		sig.add(b)
	}
	if sig == (Signature{}) {
		return Signature{}, fmt.Errorf("%w: neither base64 nor base58 of 64 or 65 bytes", ErrSignatureEncoding)
	}
	return sig, nil
}

// parsePrefixed demands the length that goes with the type. The prefix is not
// quoted in the error: what stands before a colon in a field for signatures may
// be one.
func parsePrefixed(typ, text string) (Signature, error) {
	size := signatureSize(typ)
	if size == 0 {
		return Signature{}, fmt.Errorf("%w: not of type %s or %s", ErrSignatureEncoding, typeEd25519, typeSecp256k1)
	}
	b, ok := decodeBase58(text, size, size)
	if !ok {
		return Signature{}, fmt.Errorf("%w: not the base58 of %d bytes", ErrSignatureEncoding, size)
	}
	var sig Signature
	sig.add(b)
	return sig, nil
}

// signatureSize returns the length of a signature by a key of an accepted type,
// 0 for another. No two are equal, so a length tells the type.
func signatureSize(typ string) int {
	switch typ {
	case typeEd25519:
		return 64
	case typeSecp256k1:
		return 65 // r, s and v
	}
	return 0
}

// add takes 64 or 65 bytes.
func (s *Signature) add(b []byte) {
	r := reading{typ: typeEd25519}
	if len(b) == signatureSize(typeSecp256k1) {
		r.typ = typeSecp256k1
	}
	copy(r.raw[:], b)
	if s.readings[0].typ == "" {
		s.readings[0] = r
	} else {
		s.readings[1] = r
	}
}

// of reports whether s can be a signature by a key of that type.
func (s *Signature) of(typ string) bool {
	return s.readings[0].typ == typ || s.readings[1].typ == typ
}

// decodeBase64 decodes exactly 64 bytes, which are 86 characters, or 88 with the
// padding, or exactly 65: 87 or 88.
//
// encoding/base64 skips line breaks, even when strict, so the length of what
// comes out is part of the rule: 87 characters with a break among them can give
// 64 bytes.
func decodeBase64(s string) ([]byte, bool) {
	enc := base64.StdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.URLEncoding // which refuses '+' and '/', so no mixture
	}
	var size int
	switch len(s) {
	case 86:
		enc, size = enc.WithPadding(base64.NoPadding), 64
	case 87:
		enc, size = enc.WithPadding(base64.NoPadding), 65
	case 88:
		if size = 65; strings.HasSuffix(s, "==") {
			size = 64
		}
	default:
		return nil, false
	}
	b, err := enc.Strict().DecodeString(s) // strict: no stray bits at the end
	return b, err == nil && len(b) == size
}
