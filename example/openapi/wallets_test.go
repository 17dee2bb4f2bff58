package openapi

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"testing"

	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
	"github.com/nearauth/nearauth/handlers/sep53"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/handlers/stellar/stellartest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// stellarKey is a wallet of Stellar. That of Ethereum is ethereumtest.Key.
type stellarKey struct {
	private ed25519.PrivateKey
	address string
}

func newStellarKey(t *testing.T) stellarKey {
	t.Helper()
	public, private, _ := ed25519.GenerateKey(nil)
	address, err := sep53.AddressOf([32]byte(public))
	if err != nil {
		t.Fatal(err)
	}
	return stellarKey{private, address.String()}
}

func (k stellarKey) sign(text string) []byte {
	hash := sep53.Hash([]byte(text))
	return ed25519.Sign(k.private, hash[:])
}

func (k stellarKey) base64(text string) string {
	return base64.StdEncoding.EncodeToString(k.sign(text))
}

func (k stellarKey) hex(text string) string { return hex.EncodeToString(k.sign(text)) }

const passphrase = "Public Global Stellar Network ; September 2015"

// newSiteWithNetworks is a site that asks all three networks: contract accounts
// of Ethereum sign in, and so do other signers of Stellar's accounts.
func newSiteWithNetworks(t *testing.T) *site {
	t.Helper()
	contracts, ledger := ethereumtest.NewNode(1), stellartest.NewNode(passphrase)
	ether, err := ethereumtest.Serve(contracts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ether.Close() })
	horizon, err := nearrpctest.Serve(ledger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = horizon.Close() })
	mainnet, err := ethereum.New(ethereum.Config{ChainID: 1, RPC: []ethereum.Endpoint{{URL: ether.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	pubnet, err := stellar.New(stellar.Config{Network: "pubnet", Horizon: []stellar.Endpoint{{URL: horizon.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	s := newSiteOf(t, mainnet, pubnet)
	s.contracts, s.ledger = contracts, ledger
	return s
}

// fund puts an account on the ledger, and another signer of that weight on the
// account, whose medium threshold is 2.
func (s *site) fund(account, signer stellarKey, weight uint8) {
	s.t.Helper()
	for _, err := range []error{
		s.ledger.Fund(account.address),
		s.ledger.SetOptions(account.address, 2, 1, 2, 3),
		s.ledger.SetSigner(account.address, signer.address, weight),
	} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// forEthereum asks for a text of the server's.
func (v *visitor) forEthereum(address string) challenge {
	v.t.Helper()
	return v.challenge(`{"chain":"ethereum","accountId":"` + address + `"}`)
}

func (v *visitor) forStellar(address string) challenge {
	v.t.Helper()
	return v.challenge(`{"chain":"stellar","accountId":"` + address + `"}`)
}

func byEthereum(v *visitor) string {
	key := ethereumtest.NewKey()
	c := v.forEthereum(key.Address())
	return marshal(v.t, map[string]string{"accountId": key.Address(), "signature": key.Sign(c.Message), "nonce": c.Nonce})
}

// byOwnText is a front end that writes the text.
func byOwnText(v *visitor) string { return ownText(v, origin, "1") }

// byOtherSite is one whose text is for another site.
func byOtherSite(v *visitor) string { return ownText(v, "https://evil.example", "1") }

// byOtherChain is one whose wallet is connected to another chain.
func byOtherChain(v *visitor) string { return ownText(v, origin, "8453") }

func ownText(v *visitor, uri, chain string) string {
	key := ethereumtest.NewKey()
	c := v.challenge(`{"chain":"ethereum"}`)
	text := "my-app.example wants you to sign in with your Ethereum account:\n" + key.Address() +
		"\n\n\nURI: " + uri + "\nVersion: 1\nChain ID: " + chain + "\nNonce: " + c.Nonce + "\nIssued At: " + c.IssuedAt
	return marshal(v.t, map[string]string{"message": text, "signature": key.Sign(text)})
}

// byEthereumForger signs a text that names another's address.
func byEthereumForger(v *visitor) string {
	c := v.forEthereum(ethereumtest.NewKey().Address())
	return marshal(v.t, map[string]string{"signature": ethereumtest.NewKey().Sign(c.Message), "nonce": c.Nonce})
}

func byStellar(v *visitor) string {
	key := newStellarKey(v.t)
	c := v.forStellar(key.address)
	return marshal(v.t, map[string]string{"accountId": key.address, "signature": key.base64(c.Message), "nonce": c.Nonce})
}

func byFreighter(v *visitor) string {
	key := newStellarKey(v.t)
	c := v.forStellar(key.address)
	return marshal(v.t, map[string]string{"signedMessage": key.base64(c.Message), "signerAddress": key.address, "nonce": c.Nonce})
}

// byStellarForger names another's key.
func byStellarForger(v *visitor) string {
	c := v.forStellar(newStellarKey(v.t).address)
	return marshal(v.t, map[string]string{"signature": newStellarKey(v.t).hex(c.Message), "nonce": c.Nonce})
}

// byOtherStellar is an account, where another was asked for.
func byOtherStellar(v *visitor) string {
	key := newStellarKey(v.t)
	c := v.forStellar(newStellarKey(v.t).address)
	return marshal(v.t, map[string]string{"accountId": key.address, "signature": key.hex(c.Message), "nonce": c.Nonce})
}

// bySigner is another key than the account's own: by itself no signer, or one of
// that weight, where the account is on the ledger.
func bySigner(weight uint8) func(*visitor) string {
	return func(v *visitor) string {
		account, signer := newStellarKey(v.t), newStellarKey(v.t)
		if v.ledger != nil {
			v.fund(account, signer, weight)
		}
		c := v.forStellar(account.address)
		return marshal(v.t, map[string]string{"accountId": account.address, "publicKey": signer.address, "signature": signer.base64(c.Message), "nonce": c.Nonce})
	}
}

// byContract is a contract account whose owner signs; byContractForger is one
// whose owner somebody else is.
func byContract(v *visitor) string {
	owner := ethereumtest.NewKey()
	return v.contract(owner, owner)
}

func byContractForger(v *visitor) string {
	return v.contract(ethereumtest.NewKey(), ethereumtest.NewKey())
}

func (v *visitor) contract(owner, signer *ethereumtest.Key) string {
	v.t.Helper()
	address := ethereumtest.NewKey().Address()
	if err := v.contracts.AddWallet(address, owner.Address()); err != nil {
		v.t.Fatal(err)
	}
	c := v.forEthereum(address)
	return marshal(v.t, map[string]string{"accountId": address, "signature": signer.Sign(c.Message), "nonce": c.Nonce})
}
