package sep53

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Signature is an ed25519 signature as read by [ParseSignature], comparable
// with ==. The zero Signature proves nothing.
type Signature struct{ raw [64]byte }

// String hides the signature, because a Signature in a log line or an error is
// one that can be replayed as long as its challenge lives.
func (Signature) String() string { return "sep53.Signature(hidden)" }

// ParseSignature reads a signature in the encodings that wallets produce, which
// SEP-53 leaves open:
//
//   - base64, which Freighter gives, in the standard or in the URL alphabet,
//     with its padding (88 characters) or without (86)
//   - hex (128 digits), which SEP-43 names, in upper or lower case
//
// The length decides. Nothing is trimmed, skipped or guessed: no whitespace, no
// mixture of alphabets, no half of a padding, no stray bits in the last
// character. Errors wrap [ErrSignatureEncoding].
func ParseSignature(s string) (Signature, error) {
	var raw []byte
	var err error
	switch len(s) {
	case 128:
		raw, err = hex.DecodeString(s)
	case 88:
		raw, err = alphabet(s).Strict().DecodeString(s)
	case 86:
		raw, err = alphabet(s).WithPadding(base64.NoPadding).Strict().DecodeString(s)
	}
	// encoding/base64 skips line breaks, even when strict. The lengths leave no
	// room for any: with one, fewer than 64 bytes come out.
	if err != nil || len(raw) != 64 {
		return Signature{}, fmt.Errorf("%w: neither base64 nor hex of 64 bytes", ErrSignatureEncoding)
	}
	return Signature{[64]byte(raw)}, nil
}

// alphabet is the one of URLs as soon as a character is of it; that refuses '+'
// and '/', so no mixture.
func alphabet(s string) *base64.Encoding {
	if strings.ContainsAny(s, "-_") {
		return base64.URLEncoding
	}
	return base64.StdEncoding
}
