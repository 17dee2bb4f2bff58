// Package nep413 verifies NEP-413 messages: what a NEAR wallet signs when it
// is asked to sign in.
//
// It is the cryptography and nothing else. It does no I/O, reads no clock and
// keeps no state: the same arguments always give the same answer. A nil error
// from [Verify] says that the holder of the key signed this payload. It does
// not say that the key belongs to an account, that the key has full access,
// that the nonce is yours, or that it has not been used before. Only the chain
// knows the first two and only your server the others, so a login needs all
// four. The package handlers/near puts them together.
//
// # Use
//
//	package main
//
//	import (
//		"encoding/base64"
//		"fmt"
//		"log"
//
//		"github.com/nearauth/nearauth/handlers/nep413"
//	)
//
//	func main() {
//		// Three strings from the browser, never to be trusted.
//		account, err := nep413.ParseAccountID("round-toad.testnet")
//		if err != nil {
//			log.Fatal(err)
//		}
//		key, err := nep413.ParsePublicKey("ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy")
//		if err != nil {
//			log.Fatal(err)
//		}
//		sig, err := nep413.ParseSignature("NnJgPU1Ql7ccRTITIoOVsIfElmvH1RV7QAT4a9Vh6ShCOnjIzRwxqX54JzoQ/nK02p7VBMI2vJn48rpImIJwAw==")
//		if err != nil {
//			log.Fatal(err)
//		}
//
//		// The payload is the server's own: nothing in it is read from the request.
//		nonce, err := base64.StdEncoding.DecodeString("KNV0cOpvJ50D5vfF9pqWom8wo2sliQ4W+Wa7uZ3Uk6Y=")
//		if err != nil {
//			log.Fatal(err)
//		}
//		payload := nep413.Payload{
//			Message:   "Hello NEAR!",
//			Nonce:     [32]byte(nonce),
//			Recipient: "example.near",
//		}
//
//		if err := nep413.Verify(key, payload, sig); err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(account, "may be the owner of", key)
//		// Now ask the chain whether key is a full-access key of account.
//	}
//
// # Callback URLs
//
// NEP-413 lets a wallet sign the callback URL or leave it out, and MyNearWallet
// does either: it signs the URL when the browser is redirected and leaves it
// out in a popup. Verify first with a nil CallbackURL, then with the URL bound
// to the challenge. Never with a URL taken from the request.
//
// # Stricter than the chain
//
// nearcore reads keys and signatures that this package refuses. With the first
// kind anybody can sign; the others have no use in a login:
//
//   - a key of small order, for which crypto/ed25519 verifies signatures made
//     without any private key; 8 points, 14 encodings
//   - a key in a second, non-canonical encoding, or not on the curve at all
//   - a key with no type in front, or with its type in upper case
//   - a signature whose R is of small order (dalek's verify_strict refuses it too)
//
// Keys of type ml-dsa-65 are recognised and answered with [ErrKeyType].
//
// # secp256k1
//
// A secp256k1 key signs the same hash, and does not hash it again. The signature
// is 65 bytes, r, s and v, and has one form: r and s below the order of the
// curve, s in its lower half, and the v from 0 to 3 that recovers this very key.
// NEP-641's vectors refuse a high s and a larger v, too. near-api-js signs in
// this form, though it looks at no v when it verifies; near-kit 0.19 hashes twice
// and puts v first, which proves nothing here.
//
// # Errors
//
// Every error wraps one of the six below. Their texts never contain a
// signature, and of other input at most 16 characters.
package nep413

import (
	"errors"
	"fmt"

	"github.com/nearauth/nearauth/handlers/internal/ed25519x"
)

var (
	// ErrPayload means that the payload cannot be encoded. The server wrote
	// it, so this is its own mistake and not the client's.
	ErrPayload = errors.New("nep413: invalid payload")

	// ErrKey means that a public key is malformed, not in its canonical
	// encoding, not on the curve, or of small order.
	ErrKey = errors.New("nep413: invalid public key")

	// ErrKeyType means that a public key is well formed but of a type that is
	// not accepted here: ml-dsa-65.
	ErrKeyType = errors.New("nep413: unsupported key type")

	// ErrSignatureEncoding means that a text is not a signature in any of the
	// accepted encodings, or that it is one of another type than the key.
	ErrSignatureEncoding = errors.New("nep413: malformed signature")

	// ErrSignature means that a well-formed signature does not prove that the
	// key signed the payload.
	ErrSignature = errors.New("nep413: invalid signature")

	// ErrAccountID means that a text is not a NEAR account ID.
	ErrAccountID = errors.New("nep413: invalid account ID")
)

// Verify returns nil if key signed p. Otherwise it returns an error that wraps
// [ErrSignature], or [ErrPayload] if p has no encoding, or [ErrKey] if the key
// turns out not to be a point on the curve, or [ErrSignatureEncoding] if sig is
// a signature of another type than the key.
//
// Verify cannot panic: crypto/ed25519 does so on a key that is not 32 bytes
// long, and a [PublicKey] cannot have another length. The zero PublicKey
// signed nothing, and the zero [Signature] proves nothing.
func Verify(key PublicKey, p Payload, sig Signature) error {
	hash, err := p.Hash()
	if err != nil {
		return err
	}
	// A key that somebody forgot to set. Its zeros encode a point of order 4,
	// for which crypto/ed25519 would accept forgeries.
	if key.typ == "" {
		return fmt.Errorf("%w: no public key", ErrSignature)
	}
	if !sig.of(key.typ) {
		return fmt.Errorf("%w: not of type %s", ErrSignatureEncoding, key.typ)
	}
	for _, r := range sig.readings {
		if r.typ == key.typ && key.signed(hash, r) {
			return nil
		}
	}
	// The dear check, for failures only. secp256k1 keys have passed theirs.
	if key.typ == typeEd25519 && !ed25519x.OnCurve(key.ed25519()) {
		return errOffCurve
	}
	return ErrSignature
}

// signed reports whether k made the signature, which is of its type.
func (k PublicKey) signed(hash [32]byte, r reading) bool {
	switch k.typ {
	case typeEd25519:
		return ed25519x.Verify(k.ed25519(), hash[:], [64]byte(r.raw[:64]))
	case typeSecp256k1:
		return verifySecp256k1(k.raw, hash, r.raw)
	}
	return false
}
