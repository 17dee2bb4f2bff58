package siwe

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

const (
	// MaxSignature is the length of the longest signature that is read, in
	// bytes. A key's has 65; those of contract accounts have any length, with
	// passkeys some kilobytes.
	MaxSignature = 16 << 10

	keySignature = 65 // r, s and v
)

// Hash is what a wallet signs for a message, by personal_sign: EIP-191, version
// 0x45. The length in it is that of the bytes.
func Hash(message string) [32]byte {
	// One buffer, because a short text is the usual case.
	b := make([]byte, 0, 64+len(message))
	b = append(b, "\x19Ethereum Signed Message:\n"...)
	b = strconv.AppendInt(b, int64(len(message)), 10)
	b = append(b, message...)
	return keccak256(b)
}

// ParseSignature reads "0x" and hex digits, in either case, of 1 to
// [MaxSignature] bytes. What a signature without "0x" would be, a text or a
// number, wallets do not agree on: it is refused. Errors wrap
// [ErrSignatureEncoding].
func ParseSignature(s string) ([]byte, error) {
	if len(s) < 4 || s[:2] != "0x" {
		return nil, fmt.Errorf("%w: not 0x and hex digits", ErrSignatureEncoding)
	}
	if len(s) > 2+2*MaxSignature {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrSignatureEncoding, MaxSignature)
	}
	b, err := hex.DecodeString(s[2:])
	if err != nil {
		return nil, fmt.Errorf("%w: not 0x and pairs of hex digits", ErrSignatureEncoding)
	}
	return b, nil
}

// Recover returns the address whose key made the signature of the hash. There
// is one for most signatures, so it means nothing until it has been compared
// with the address that was expected.
//
// A signature is 65 bytes: r and s, each neither 0 nor as large as the order of
// secp256k1, s in the lower half (EIP-2), and v, which is 27 or 28, or 0 or 1 as
// Ledger devices write it. Otherwise, or if no key can have made it, the error
// wraps [ErrSignature].
func Recover(hash [32]byte, signature []byte) (Address, error) {
	if len(signature) != keySignature {
		return Address{}, fmt.Errorf("%w: not 65 bytes", ErrSignature)
	}
	v := signature[64]
	if v >= 27 {
		v -= 27
	}
	if v > 1 {
		return Address{}, fmt.Errorf("%w: v is none of 0, 1, 27, 28", ErrSignature)
	}
	var s secp256k1.ModNScalar
	if tooLarge := s.SetByteSlice(signature[32:64]); tooLarge || s.IsOverHalfOrder() {
		return Address{}, fmt.Errorf("%w: s is not in the lower half", ErrSignature)
	}
	// RecoverCompact refuses what else is out of range. It wants v in front,
	// from 27 on; it would also take 29 to 34, which stand for other things.
	compact := [keySignature]byte{27 + v}
	copy(compact[1:], signature[:64])
	key, _, err := ecdsa.RecoverCompact(compact[:], hash[:])
	if err != nil {
		return Address{}, fmt.Errorf("%w: no key made it", ErrSignature)
	}
	return addressOf(key), nil
}

// addressOf is the last 20 bytes of the hash of x and y.
func addressOf(key *secp256k1.PublicKey) Address {
	point := key.SerializeUncompressed() // 0x04, x, y
	hash := keccak256(point[1:])
	return Address(hash[12:])
}
