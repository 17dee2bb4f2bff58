package sep53

import (
	"encoding/base32"
	"fmt"

	"github.com/nearauth/nearauth/handlers/internal/ed25519x"
)

// Address is the address of a Stellar account, which is the ed25519 public key
// that the account began with, and one that is safe to verify with. Values are
// comparable with ==, and made by [ParseAddress] and [AddressOf] only. The zero
// Address is none: it has no text, and [Verify] refuses it.
type Address struct {
	// All zero is a point of small order and therefore never a valid key.
	key [32]byte
}

// A strkey is the base32 of a version byte, the key, and a checksum (SEP-23).
const (
	addressLength = 56
	versionG      = 6 << 3  // ed25519 public key
	versionS      = 18 << 3 // ed25519 secret seed
)

var (
	encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

	errLength   = fmt.Errorf("%w: not %d characters long", ErrAddress, addressLength)
	errBase32   = fmt.Errorf("%w: not upper-case base32", ErrAddress)
	errSeed     = fmt.Errorf("%w: a secret seed, which nobody else may ever see", ErrAddress)
	errVersion  = fmt.Errorf("%w: not a G address", ErrAddress)
	errChecksum = fmt.Errorf("%w: wrong checksum", ErrAddress)
	errOffCurve = fmt.Errorf("%w: not a point on the curve", ErrAddress)
)

// ParseAddress reads a G address (SEP-23): 56 characters of upper-case base32
// with the right checksum, of a key that is not of small order and in its
// canonical encoding (RFC 8032 §5.1.3). Each address has one text only. Errors
// wrap [ErrAddress], and never show any of s: it may be a secret seed.
//
// Whether the key is a point on the curve at all is left to [Verify], which
// accepts nothing under one that is not.
func ParseAddress(s string) (Address, error) {
	// The length first: decoding must not depend on how much somebody sends.
	if len(s) != addressLength {
		return Address{}, errLength
	}
	// 56 characters are 35 bytes and no stray bits, so each address has one
	// text. encoding/base32 skips line breaks wherever they stand; with one,
	// fewer bytes come out.
	raw, err := encoding.DecodeString(s)
	if err != nil || len(raw) != 1+32+2 {
		return Address{}, errBase32
	}
	switch raw[0] {
	case versionG:
	case versionS:
		return Address{}, errSeed
	default:
		return Address{}, errVersion
	}
	if sum := crc16(raw[:33]); raw[33] != byte(sum) || raw[34] != byte(sum>>8) {
		return Address{}, errChecksum
	}
	return AddressOf([32]byte(raw[1:33]))
}

// AddressOf returns the address of an ed25519 public key, as a ledger entry
// holds it. Errors wrap [ErrAddress]: the key must be as [ParseAddress] wants it.
func AddressOf(key [32]byte) (Address, error) {
	if err := ed25519x.Check(key); err != nil {
		return Address{}, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return Address{key}, nil
}

// Key returns the ed25519 public key: what ledger entries hold.
func (a Address) Key() [32]byte { return a.key }

// String returns the text of the address, the one that [ParseAddress] was
// given. The zero Address gives "".
func (a Address) String() string {
	if a == (Address{}) {
		return ""
	}
	raw := append(make([]byte, 0, 35), versionG)
	raw = append(raw, a.key[:]...)
	sum := crc16(raw)
	return encoding.EncodeToString(append(raw, byte(sum), byte(sum>>8)))
}

// crc16 is CRC-16/XMODEM: polynomial 0x1021, nothing else. strkey writes it
// little-endian. A sign-in computes it a few times, so it goes by bytes.
func crc16(data []byte) (sum uint16) {
	for _, b := range data {
		sum = sum<<8 ^ crcTable[byte(sum>>8)^b]
	}
	return sum
}

// crcTable has the sum of each byte.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		sum := uint16(i) << 8
		for range 8 {
			if carry := sum&0x8000 != 0; carry {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
		table[i] = sum
	}
	return table
}()
