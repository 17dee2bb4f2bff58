package ed25519x

import (
	"math/big"
	"slices"
)

// An Ed25519 point is encoded as 255 bits of its y coordinate, little-endian,
// and one bit that tells the two possible x apart (RFC 8032 §5.1.2). The three
// predicates in this file read such an encoding. None of them needs the x
// coordinate, which is the dear part, and none needs secrecy.

// canonical reports whether the y coordinate is below p = 2²⁵⁵-19, as RFC 8032
// §5.1.3 demands. crypto/ed25519 also takes y+p for y < 19, which would give a
// few keys two names.
//
// The other non-canonical form, x = 0 with the sign bit set, needs y = ±1. Those
// points are of small order, and [smallOrder] refuses them whatever the sign.
func canonical(e [32]byte) bool {
	// p is ed ff ff … ff 7f on the wire.
	if e[0] < 0xed || e[31]&0x7f != 0x7f {
		return true
	}
	return slices.ContainsFunc(e[1:31], func(b byte) bool { return b != 0xff })
}

// Parts of the encodings below: 30 bytes of zeros, and of ones.
const (
	zeros30 = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	ones30  = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
)

// smallOrder reports whether e encodes one of the 8 points whose order divides
// the cofactor 8, in any of the 14 encodings: 7 values of y, either sign.
//
// For such a key [k]A takes at most 8 values, so a signature with S = 0 can be
// found by trying, without a private key, and crypto/ed25519 accepts it.
// Anybody could sign in as an account that has such a key, and on NEAR and on
// Stellar each of the keys is itself the ID of an account.
func smallOrder(e [32]byte) bool {
	e[31] &= 0x7f
	switch string(e[:]) {
	case "\x00" + zeros30 + "\x00", // y = 0, order 4
		"\x01" + zeros30 + "\x00", // y = 1, order 1
		"\xec" + ones30 + "\x7f",  // y = p-1, order 2
		"\xed" + ones30 + "\x7f",  // y = p, that is 0
		"\xee" + ones30 + "\x7f":  // y = p+1, that is 1
		return true
	case "\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
		"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05":
		return true // order 8
	}
	return false
}

// The field prime and the constant d of the curve -x² + y² = 1 + d·x²·y²
// (RFC 8032 §5.1). Only read.
var (
	one    = big.NewInt(1)
	curveP = mustHex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed")
	curveD = mustHex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3")
)

func mustHex(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 16)
	if !ok {
		panic("ed25519x: bad constant")
	}
	return n
}

// OnCurve reports whether there is an x for the y coordinate of e: by RFC 8032
// §5.1.3 that is whether u/v is a square mod p, with u = y²-1 and v = d·y²+1.
// v is never 0, and u/v is a square exactly if u·v is, which the Jacobi symbol
// tells without a division or a root.
//
// crypto/ed25519 would refuse such a key too, but as a wrong signature. The
// difference is one between "your key is malformed" and "you did not sign", and
// an account ID that no key can ever own. It costs a fifth of a verification, so
// a login asks only when one has failed; BenchmarkOnCurve keeps the number.
func OnCurve(e [32]byte) bool {
	slices.Reverse(e[:]) // big.Int is big-endian
	e[0] &= 0x7f
	y2 := new(big.Int).SetBytes(e[:])
	y2.Mul(y2, y2).Mod(y2, curveP)

	v := new(big.Int).Mul(curveD, y2)
	v.Add(v, one)
	u := y2.Sub(y2, one)
	uv := u.Mul(u, v)
	return big.Jacobi(uv.Mod(uv, curveP), curveP) >= 0
}
