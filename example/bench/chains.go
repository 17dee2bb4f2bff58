package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"golang.org/x/crypto/sha3"

	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/sep53"
	"github.com/nearauth/nearauth/handlers/siwe"
	"github.com/nearauth/nearauth/handlers/stellar"
)

const (
	ethereumVerify = "POST /verify, Ethereum"
	stellarVerify  = "POST /verify, Stellar"
	bareRecovery   = "RecoverCompact of a hash, and Keccak of the key"
)

var chainsContest = contest{
	name:   "chains",
	about:  "signing in with Ethereum and Stellar, in memory, by key",
	slices: 1,
	enter: func(t testing.TB) []*contender {
		return []*contender{
			redeems(t, ethereumVerify, func(int) wallet { return newEthereumWallet(t) }, ethereum.Mainnet()),
			{name: bareRecovery, op: recovers(t)},
			redeems(t, stellarVerify, func(int) wallet { return newStellarWallet(t) }, stellar.Pubnet()),
			{name: bareVerify, op: verifyHash(t)},
		}
	},
	ratios: []ratio{{ethereumVerify, bareRecovery, 1.3}, {stellarVerify, bareVerify, 1.6}},
}

// recovers is what no sign-in with Ethereum can do without: the address of who
// has signed a hash.
func recovers(t testing.TB) func() bool {
	t.Helper()
	private := newSecp256k1Key(t)
	hash := make([]byte, 32)
	_, _ = rand.Read(hash) // never fails
	signature := ecdsa.SignCompact(private, hash, false)
	want := addressOf(private.PubKey())
	return func() bool {
		key, _, err := ecdsa.RecoverCompact(signature, hash)
		return err == nil && addressOf(key) == want
	}
}

func newSecp256k1Key(t testing.TB) *secp256k1.PrivateKey {
	t.Helper()
	private, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func addressOf(key *secp256k1.PublicKey) siwe.Address {
	h := sha3.NewLegacyKeccak256()
	h.Write(key.SerializeUncompressed()[1:])
	return siwe.Address(h.Sum(nil)[12:])
}

// ethereumWallet is an account with a key.
type ethereumWallet struct {
	private *secp256k1.PrivateKey
	address string
}

func newEthereumWallet(t testing.TB) ethereumWallet {
	private := newSecp256k1Key(t)
	return ethereumWallet{private, addressOf(private.PubKey()).String()}
}

func (w ethereumWallet) name() string { return w.address }
func (w ethereumWallet) ask() []byte  { return fmt.Appendf(nil, `{"accountId":%q}`, w.address) }

func (w ethereumWallet) sign(t testing.TB, c challenge) []byte {
	hash := siwe.Hash(c.Message)
	compact := ecdsa.SignCompact(w.private, hash[:], false)
	return answer(t, w.address, c, "0x"+hex.EncodeToString(append(compact[1:], compact[0])))
}

// stellarWallet is an account and its master key.
type stellarWallet struct {
	private ed25519.PrivateKey
	address string
}

func newStellarWallet(t testing.TB) stellarWallet {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	address, err := sep53.AddressOf([32]byte(public))
	if err != nil {
		t.Fatal(err)
	}
	return stellarWallet{private, address.String()}
}

func (w stellarWallet) name() string { return w.address }
func (w stellarWallet) ask() []byte  { return fmt.Appendf(nil, `{"accountId":%q}`, w.address) }

func (w stellarWallet) sign(t testing.TB, c challenge) []byte {
	hash := sep53.Hash([]byte(c.Message))
	return answer(t, w.address, c, hex.EncodeToString(ed25519.Sign(w.private, hash[:])))
}

// answer is the body of a verify request.
func answer(t testing.TB, account string, c challenge, signature string) []byte {
	t.Helper()
	content, err := json.Marshal(map[string]string{"accountId": account, "nonce": c.Nonce, "signature": signature})
	if err != nil {
		t.Fatal(err)
	}
	return content
}
