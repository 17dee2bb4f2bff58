package ethereum_test

import (
	"testing"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/siwe"
)

func BenchmarkVerify(b *testing.B) {
	chain := ethereum.Mainnet()
	challenge := issue(b, chain, alice.Address())
	proof := handlers.Proof{AccountID: alice.Address(), Signature: alice.Sign(challenge.Message)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chain.Verify(challenge, proof); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecover is the part of Verify that nobody can leave out.
func BenchmarkRecover(b *testing.B) {
	challenge := issue(b, ethereum.Mainnet(), alice.Address())
	signature := unhex(b, alice.Sign(challenge.Message))
	for b.Loop() {
		if _, err := siwe.Recover(siwe.Hash(challenge.Message), signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadMessage(b *testing.B) {
	challenge := issue(b, ethereum.Mainnet(), "")
	text := clientText(alice.Address(), challenge.NonceText)
	for b.Loop() {
		if _, err := ethereum.Mainnet().ReadMessage(challenge, text); err != nil {
			b.Fatal(err)
		}
	}
}
