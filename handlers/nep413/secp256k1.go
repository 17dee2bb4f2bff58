package nep413

import (
	"bytes"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// uncompressed is the byte in front of a point with both coordinates (SEC 1
// §2.3.3). NEAR leaves it out.
const uncompressed = 0x04

// onSecp256k1 reports whether raw, x and y, is a point of the curve, with both
// coordinates below the field prime. That is all there is to check: the order
// of the curve is prime, so no point is of small order, and the point at
// infinity has no such encoding.
func onSecp256k1(raw [64]byte) bool {
	_, err := secp256k1.ParsePubKey(append([]byte{uncompressed}, raw[:]...))
	return err == nil
}

// verifySecp256k1 is ECDSA by recovery (SEC 1 §4.1.6) over a hash that is taken
// as it is. sig is r, s and v, and v says which of up to four keys made it: that
// must be key. And s must be in the lower half. Otherwise anybody could make
// further signatures out of one, by -s for s or another byte for v.
func verifySecp256k1(key [64]byte, hash [32]byte, sig [65]byte) bool {
	var s secp256k1.ModNScalar
	v := sig[64]
	if v > 3 || s.SetByteSlice(sig[32:64]) || s.IsOverHalfOrder() {
		return false
	}
	// This refuses an r or s that is 0 or not below the order of the curve. Its
	// format is Bitcoin's, with 27+v in front.
	found, _, err := ecdsa.RecoverCompact(append([]byte{27 + v}, sig[:64]...), hash[:])
	return err == nil && bytes.Equal(found.SerializeUncompressed()[1:], key[:])
}
