package siwe_test

import (
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"golang.org/x/crypto/sha3"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// BenchmarkBare is what there is no way around: one recovery and one Keccak.
func BenchmarkBare(b *testing.B) {
	sig := sign(base)
	compact := append([]byte{sig[64]}, sig[:64]...)
	h := siwe.Hash(base)
	for b.Loop() {
		key, _, err := ecdsa.RecoverCompact(compact, h[:])
		if err != nil {
			b.Fatal(err)
		}
		k := sha3.NewLegacyKeccak256()
		k.Write(key.SerializeUncompressed()[1:])
		k.Sum(nil)
	}
}

func BenchmarkRecover(b *testing.B) {
	sig := sign(base)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := siwe.Recover(siwe.Hash(base), sig); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := siwe.Parse(base); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkText(b *testing.B) {
	m := baseMessage(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Text(); err != nil {
			b.Fatal(err)
		}
	}
}
