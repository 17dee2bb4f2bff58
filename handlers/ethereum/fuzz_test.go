package ethereum_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/siwe"
	"github.com/nearauth/nearauth/store"
)

// Whatever is sent, an account comes out only for the address in the text, by its
// key, or with evidence that only a contract can confirm.
func FuzzVerify(f *testing.F) {
	v := load(f)
	for _, c := range v.SignatureForms.Cases {
		f.Add(v.SignatureForms.Address, v.SignatureForms.Message, c.Signature, "", "")
	}
	for _, c := range v.Policy.Cases {
		f.Add(v.Policy.Expected.Address, c.Message, c.Signature, c.Message[:0], v.Policy.Expected.Address)
	}
	for _, c := range v.ERC1271 {
		f.Add(c.Address, c.Message, c.Signature, strings.ToLower(c.Address), "")
	}
	keys := ethereum.Mainnet()
	contracts := newChain(f, ethereum.Config{RPC: []ethereum.Endpoint{{URL: "https://rpc.example.com"}}})
	f.Fuzz(func(t *testing.T, account, message, signature, accountID, publicKey string) {
		challenge := handlers.Challenge{Request: handlers.Request{AccountID: account, Message: message}}
		proof := handlers.Proof{AccountID: accountID, PublicKey: publicKey, Signature: signature}
		byKey := false
		for _, chain := range []*ethereum.Chain{keys, contracts} {
			got, err := chain.Verify(challenge, proof)
			if err != nil {
				if got != (store.Account{}) || errors.Is(err, handlers.ErrMalformed) == errors.Is(err, handlers.ErrInvalidSignature) {
					t.Fatalf("%+v, error %v", got, err)
				}
				continue
			}
			if got.Chain != "eip155:1" || got.ID != account || !strings.Contains(message, "\n"+account+"\n") && !strings.HasSuffix(message, "\n"+account) {
				t.Fatalf("%+v for %q", got, message)
			}
			if sent, err := siwe.ParseAddress(accountID); accountID != "" && (err != nil || sent.String() != account) {
				t.Fatalf("%+v for %q", got, accountID)
			}
			sig, err := siwe.ParseSignature(signature)
			if err != nil {
				t.Fatal(err)
			}
			signer, err := siwe.Recover(siwe.Hash(message), sig)
			if isKeys := err == nil && signer.String() == account; isKeys != (got.Evidence == "") || isKeys != (got.PublicKey == account) {
				t.Fatalf("%+v, signed by %s", got, signer)
			}
			byKey = byKey || chain == keys
			if got.Evidence == "" && !byKey {
				t.Fatal("the chains differ about a key")
			}
		}
	})
}

// Whatever text is accepted names this site, this nonce, and a chain of ours.
func FuzzReadMessage(f *testing.F) {
	chain := newChain(f, ethereum.Config{AlsoChainIDs: []uint64{10}})
	challenge := issue(f, chain, "")
	text := clientText(alice.Address(), challenge.NonceText)
	f.Add(text)
	f.Add("https://" + text + "\nExpiration Time: 2999-01-01T00:00:00Z\nNot Before: 2000-01-01T00:00:00Z\nRequest ID: a\nResources:\n- a:b")
	f.Add(issue(f, chain, alice.Address()).Message)
	for _, c := range load(f).Policy.Cases {
		f.Add(c.Message)
	}
	f.Fuzz(func(t *testing.T, text string) {
		challenge := challenge
		challenge.IssuedAt = time.Now()
		read, err := chain.ReadMessage(challenge, text)
		if err != nil {
			if read.Message != "" || read.AccountID != "" || !errors.Is(err, handlers.ErrMalformed) {
				t.Fatalf("%+v, error %v", read, err)
			}
			return
		}
		first, rest, _ := strings.Cut(text, "\n")
		domain := strings.TrimSuffix(strings.TrimPrefix(first, "https://"), " wants you to sign in with your Ethereum account:")
		if read.Message != text || domain != "app.example" || !strings.HasPrefix(rest, read.AccountID+"\n") {
			t.Fatalf("%+v for %q", read, text)
		}
		if strings.Count(text, "\nNonce: "+challenge.NonceText+"\n") < 1 || strings.Count(strings.ToLower(text), "\nuri: https://app.example") < 1 {
			t.Fatalf("accepted %q", text)
		}
	})
}
