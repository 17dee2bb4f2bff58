package siwe_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// What is read is printable ASCII, and written again byte for byte.
func FuzzParse(f *testing.F) {
	v := load(f)
	f.Add(base)
	for _, c := range v.Positive {
		f.Add(c.Message)
	}
	for _, c := range v.Negative {
		f.Add(c)
	}
	for _, c := range v.Policy.Cases {
		f.Add(c.Message)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := siwe.Parse(text)
		if err != nil {
			if m != nil || !errors.Is(err, siwe.ErrMessage) {
				t.Fatalf("%+v, error %v", m, err)
			}
			return
		}
		if again, err := m.Text(); err != nil || again != text {
			t.Fatalf("%q is written %q, error %v", text, again, err)
		}
		for i := range len(text) {
			if c := text[i]; c != '\n' && (c < ' ' || c > '~') {
				t.Fatalf("byte %#02x is accepted", c)
			}
		}
	})
}

// What recovers an address verifies under its key, with s in the lower half.
func FuzzRecover(f *testing.F) {
	v := load(f).SignatureForms
	for _, c := range v.Cases {
		if sig, err := siwe.ParseSignature(c.Signature); err == nil {
			f.Add([]byte(v.Hash), sig)
		}
	}
	h := hash(f, v.Hash)
	f.Add(h[:], unhex(f, v.Cases[0].Signature))
	f.Fuzz(func(t *testing.T, digest, sig []byte) {
		var h [32]byte
		copy(h[:], digest)
		before := slices.Clone(sig)
		a, err := siwe.Recover(h, sig)
		if !slices.Equal(before, sig) {
			t.Fatal("the signature was changed")
		}
		if err != nil {
			if a != (siwe.Address{}) || !errors.Is(err, siwe.ErrSignature) {
				t.Fatalf("%s, error %v", a, err)
			}
			return
		}
		var r, s secp256k1.ModNScalar
		if r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:64]) || s.IsOverHalfOrder() {
			t.Fatal("r or s is out of range")
		}
		key, _, err := ecdsa.RecoverCompact(append([]byte{27 + sig[64]%27}, sig[:64]...), h[:])
		if err != nil || !ecdsa.NewSignature(&r, &s).Verify(h[:], key) {
			t.Fatalf("the key did not sign, error %v", err)
		}
	})
}
