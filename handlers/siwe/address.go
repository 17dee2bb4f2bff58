package siwe

import (
	"encoding/hex"
	"fmt"

	"golang.org/x/crypto/sha3"
)

// Address is an Ethereum address. Values are comparable with ==.
type Address [20]byte

// ParseAddress reads "0x" and 40 hex digits. Letters in one case only carry no
// checksum and are accepted, as programs write them; in both, they must be the
// EIP-55 checksum, because a digit that was changed shows in it. Errors wrap
// [ErrAddress].
func ParseAddress(s string) (Address, error) {
	a, err := parseHexAddress(s)
	if err != nil {
		return Address{}, err
	}
	if mixedCase(s[2:]) && a.String() != s {
		return Address{}, errChecksum
	}
	return a, nil
}

// ParseChecksumAddress is [ParseAddress] for the places that demand the EIP-55
// checksum: it accepts only the text that [Address.String] gives.
func ParseChecksumAddress(s string) (Address, error) {
	a, err := parseHexAddress(s)
	if err != nil {
		return Address{}, err
	}
	if a.String() != s {
		return Address{}, errChecksum
	}
	return a, nil
}

var errChecksum = fmt.Errorf("%w: the letters are not the EIP-55 checksum", ErrAddress)

func parseHexAddress(s string) (a Address, err error) {
	if len(s) != 42 || s[:2] != "0x" || !all(s[2:], isHexDigit) {
		return Address{}, fmt.Errorf("%w: not 0x and 40 hex digits", ErrAddress)
	}
	_, err = hex.Decode(a[:], []byte(s[2:]))
	return a, err
}

func mixedCase(digits string) bool {
	var lower, upper bool
	for i := range len(digits) {
		lower = lower || digits[i] >= 'a'
		upper = upper || 'A' <= digits[i] && digits[i] <= 'F'
	}
	return lower && upper
}

// String returns the address with its checksum (EIP-55): a letter is upper-case
// if the digit at its place in the hash of the lower-case digits is 8 or more.
func (a Address) String() string {
	text := hex.AppendEncode([]byte("0x"), a[:])
	hash := keccak256(text[2:])
	for i, c := range text[2:] {
		nibble := hash[i/2] >> 4
		if i%2 == 1 {
			nibble = hash[i/2] & 0xf
		}
		if isAlpha(c) && nibble >= 8 {
			text[2+i] = c - 'a' + 'A'
		}
	}
	return string(text)
}

// keccak256 is the hash of Ethereum, from before SHA-3 changed its padding.
func keccak256(parts ...[]byte) (sum [32]byte) {
	h := sha3.NewLegacyKeccak256()
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(sum[:0])
	return sum
}
