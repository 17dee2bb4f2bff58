// Package sep53 verifies SEP-53 messages: what a Stellar wallet signs when a
// page asks it to sign in. It reads Stellar addresses (SEP-23, strkey), too.
//
// It is the cryptography and nothing else. It does no I/O, reads no clock and
// keeps no state: the same arguments always give the same answer. A nil error
// from [Verify] says that the holder of the address's key signed this message.
// It does not say that this key may still act for the account of that address
// ("ownership of a private key does not imply control of the account", SEP-53),
// that the message is yours, or that it has not been used before. Only the
// network knows the first and only your server the others, so a login needs all
// four. The package handlers/stellar puts them together.
//
// # Use
//
//	package main
//
//	import (
//		"fmt"
//		"log"
//
//		"github.com/nearauth/nearauth/handlers/sep53"
//	)
//
//	func main() {
//		// Two strings from the browser, never to be trusted.
//		address, err := sep53.ParseAddress("GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L")
//		if err != nil {
//			log.Fatal(err)
//		}
//		signature, err := sep53.ParseSignature("fO5dbYhXUhBMhe6kId/cuVq/AfEnHRHEvsP8vXh03M1uLpi5e46yO2Q8rEBzu3feXQewcQE5GArp88u6ePK6BA==")
//		if err != nil {
//			log.Fatal(err)
//		}
//
//		// The message is the server's own: nothing in it is read from the request.
//		message := []byte("Hello, World!")
//
//		if err := sep53.Verify(address, message, signature); err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println("signed by", address)
//		// Now ask the network whether that key may act for the account.
//	}
//
// # What is signed
//
// Ed25519 over the SHA-256 of "Stellar Signed Message:\n" and the message.
// There is no site, network, nonce or time in that: all of them have to stand in
// the message. Signatures from before SEP-53 (signBlob, signAuthEntry), over the
// bare text or its bare hash, are not accepted.
//
// # Which addresses
//
// G addresses only: 56 characters, upper case, with their checksum. A muxed
// account (M) and a contract (C) have no key of their own to sign with; T, X, P,
// L and B are no accounts. A secret seed (S), pasted for an address by somebody
// in a hurry, is refused with an error that shows nothing of it.
//
// As stellar-core does through libsodium, and unlike crypto/ed25519, this
// package refuses keys of small order, for which anybody can sign, keys in a
// second, non-canonical encoding, and signatures whose R is of small order.
//
// # Errors
//
// Every error wraps one of the three below. Their texts show nothing of an
// address or a signature.
package sep53

import (
	"crypto/sha256"
	"errors"

	"github.com/nearauth/nearauth/handlers/internal/ed25519x"
)

var (
	// ErrAddress means that a text is not the G address of a key that can be
	// verified with.
	ErrAddress = errors.New("sep53: invalid address")

	// ErrSignatureEncoding means that a text is not a signature in any of the
	// accepted encodings.
	ErrSignatureEncoding = errors.New("sep53: malformed signature")

	// ErrSignature means that a well-formed signature does not prove that the
	// key signed the message.
	ErrSignature = errors.New("sep53: invalid signature")
)

// prefix keeps a signed message from ever being a signed transaction: that
// begins with the hash of a network's passphrase.
const prefix = "Stellar Signed Message:\n"

// Hash returns what the key signs of a message, which can be any bytes: text in
// UTF-8, says SEP-53, and anything else as it is.
func Hash(message []byte) [32]byte {
	return sha256.Sum256(append([]byte(prefix), message...))
}

// Verify returns nil if the key of the address signed the message. Otherwise it
// returns an error that wraps [ErrSignature], or [ErrAddress] if the address
// turns out to be no point on the curve, which no key can own.
//
// Verify cannot panic: crypto/ed25519 does so on a key that is not 32 bytes
// long, and an [Address] cannot have another length. The zero Address signed
// nothing, and the zero [Signature] proves nothing.
func Verify(address Address, message []byte, signature Signature) error {
	// 32 zero bytes encode a point of order 4, so that crypto/ed25519 would
	// accept forgeries for an address that somebody forgot to set.
	if address == (Address{}) {
		return ErrSignature
	}
	hash := Hash(message)
	if ed25519x.Verify(address.key, hash[:], signature.raw) {
		return nil
	}
	if !ed25519x.OnCurve(address.key) { // the dear check, for failures only
		return errOffCurve
	}
	return ErrSignature
}
