// Package ed25519x is what crypto/ed25519 leaves out and a login needs: which
// public keys are safe to verify with, and the strict verification that
// libsodium has (crypto_sign_verify_detached) and ed25519-dalek (verify_strict).
package ed25519x

import (
	"crypto/ed25519"
	"errors"
)

var (
	errCanonical  = errors.New("not the canonical encoding of a point")
	errSmallOrder = errors.New("a point of small order")
)

// Check makes the cheap checks of a public key, without which a signature
// proves nothing. Whether the key is a point at all is not among them; see
// [OnCurve].
func Check(key [32]byte) error {
	switch {
	case !canonical(key):
		return errCanonical
	case smallOrder(key):
		return errSmallOrder
	}
	return nil
}

// Verify is RFC 8032 §5.1.7 without the cofactor, which is what
// crypto/ed25519 implements (it refuses S ≥ L and a non-canonical R), and in
// addition refuses an R of small order. With that, and for a key that [Check]
// lets pass, it gives the answers of verify_strict in ed25519-dalek.
//
// Only the holder of a key can make such a signature, so it is no forgery; but
// no signer makes it by accident, and one rule for R and for keys leaves
// nothing to argue about.
func Verify(key [32]byte, message []byte, sig [64]byte) bool {
	return !smallOrder([32]byte(sig[:32])) && ed25519.Verify(key[:], message, sig[:])
}
