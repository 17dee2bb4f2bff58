package blackbox

import (
	"crypto/ed25519"
	"crypto/sha512"
	"math/big"
	"slices"
	"testing"
)

// order is that of Ed25519's base point.
var order, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

// forge makes a signature under a key of small order, for which there is no
// private key. Verification computes S·B − k·A; one time in eight k·A is zero,
// and then any S fits the R that is S·B.
func forge(t *testing.T, key, hash []byte) []byte {
	t.Helper()
	for range 1000 {
		public, private, _ := ed25519.GenerateKey(nil)
		signature := slices.Concat(public, littleEndian(scalar(private)))
		if ed25519.Verify(key, hash, signature) {
			return signature
		}
	}
	t.Fatalf("crypto/ed25519 accepts no forgery under %x", key)
	return nil
}

// smallR signs with the neutral element for R, so that S is k·a.
func smallR(private ed25519.PrivateKey, hash []byte) []byte {
	r := make([]byte, 32)
	r[0] = 1
	digest := sha512.Sum512(slices.Concat(r, private.Public().(ed25519.PublicKey), hash))
	slices.Reverse(digest[:])
	k := new(big.Int).SetBytes(digest[:])
	return slices.Concat(r, littleEndian(k.Mul(k, scalar(private)).Mod(k, order)))
}

// moreS is the same signature, malleated: S + L.
func moreS(signature []byte) []byte {
	s := slices.Clone(signature[32:])
	slices.Reverse(s)
	n := new(big.Int).SetBytes(s)
	return slices.Concat(signature[:32], littleEndian(n.Add(n, order)))
}

// scalar is the private scalar of a key (RFC 8032 §5.1.5), reduced.
func scalar(private ed25519.PrivateKey) *big.Int {
	h := sha512.Sum512(private.Seed())
	h[0] &= 248
	h[31] = h[31]&63 | 64
	a := slices.Clone(h[:32])
	slices.Reverse(a)
	n := new(big.Int).SetBytes(a)
	return n.Mod(n, order)
}

func littleEndian(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}
