package nep413

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Signature is an Ed25519 signature as read by [ParseSignature], comparable
// with ==. The zero Signature proves nothing.
//
// It holds up to two readings of one text. Base58 is a subset of the base64
// alphabet, so a bare base58 signature can also be unpadded base64 of 64 bytes;
// that happens once in about 250,000 signatures, to a person who could not sign
// in and would never know why. Trying both is safe: [Verify] asks the
// mathematics which of them the key made.
type Signature struct {
	candidates [2][64]byte
	n          int
}

// String hides the signature, because a Signature in a log line or an error is
// one that can be replayed as long as its challenge lives.
func (Signature) String() string { return "nep413.Signature(hidden)" }

// ParseSignature reads a signature in the encodings that wallets produce:
//
//   - base64, which is what NEP-413 says, in the standard or in the URL
//     alphabet, with its padding or without
//   - "ed25519:" and base58, as keys are written (Intear, near-cli, near-kit)
//   - base58 alone
//
// A colon decides for the second. Without one, the encoding is the one that
// gives exactly 64 bytes. Nothing is trimmed, skipped or guessed: no
// whitespace, no mixture of alphabets, no half of a padding, no stray bits in
// the last character. Hex is not accepted. Errors wrap [ErrSignatureEncoding].
func ParseSignature(s string) (Signature, error) {
	if typ, text, ok := strings.Cut(s, ":"); ok {
		return parsePrefixed(typ, text)
	}
	var sig Signature
	if b, ok := decodeBase64(s); ok {
		sig.add(b)
	}
	if b, ok := decodeBase58(s, 64); ok {
		sig.add(b)
	}
	if sig.n == 0 {
		return Signature{}, fmt.Errorf("%w: neither base64 nor base58 of 64 bytes", ErrSignatureEncoding)
	}
	return sig, nil
}

// parsePrefixed demands the type of the key, which here is always ed25519. The
// prefix is not quoted in the error: what stands before a colon in a field for
// signatures may be one.
func parsePrefixed(typ, text string) (Signature, error) {
	if typ != keyType {
		return Signature{}, fmt.Errorf("%w: not of type %s", ErrSignatureEncoding, keyType)
	}
	b, ok := decodeBase58(text, 64)
	if !ok {
		return Signature{}, fmt.Errorf("%w: not the base58 of 64 bytes", ErrSignatureEncoding)
	}
	var sig Signature
	sig.add(b)
	return sig, nil
}

func (s *Signature) add(b []byte) {
	s.candidates[s.n] = [64]byte(b)
	s.n++
}

// decodeBase64 decodes exactly 64 bytes: 86 characters, or 88 with the padding.
//
// encoding/base64 skips line breaks, even when strict. The two lengths leave no
// room for any: with one, fewer than 64 bytes come out.
func decodeBase64(s string) ([]byte, bool) {
	enc := base64.StdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.URLEncoding // which refuses '+' and '/', so no mixture
	}
	switch len(s) {
	case 86:
		enc = enc.WithPadding(base64.NoPadding)
	case 88:
	default:
		return nil, false
	}
	b, err := enc.Strict().DecodeString(s) // strict: no stray bits at the end
	return b, err == nil && len(b) == 64
}
