package stellar_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/sep53"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/handlers/stellar/stellartest"
	"github.com/nearauth/nearauth/store"
)

const (
	testnet = "Test SDF Network ; September 2015"
	pubnet  = "Public Global Stellar Network ; September 2015"
)

// wallet is a key and its address.
type wallet struct {
	address string
	private ed25519.PrivateKey
}

// newWallet returns the wallet number n.
func newWallet(n byte) wallet {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32))
	address, err := sep53.AddressOf([32]byte(private.Public().(ed25519.PublicKey)))
	if err != nil {
		panic(err)
	}
	return wallet{address.String(), private}
}

var alice, bob, carol = newWallet(1), newWallet(2), newWallet(3)

func (w wallet) sign(text string) string {
	hash := sep53.Hash([]byte(text))
	return base64.StdEncoding.EncodeToString(ed25519.Sign(w.private, hash[:]))
}

func mustNew(t testing.TB, c stellar.Config) *stellar.Chain {
	t.Helper()
	chain, err := stellar.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// serve starts a node of the test network.
func serve(t testing.TB) (*stellartest.Node, stellar.Endpoint) {
	t.Helper()
	node := stellartest.NewNode(testnet)
	server := httptest.NewServer(node)
	t.Cleanup(server.Close)
	return node, stellar.Endpoint{URL: server.URL}
}

// dialects are the two ways to ask a node.
var dialects = map[string]func(*stellar.Config, ...stellar.Endpoint){
	"Horizon": func(c *stellar.Config, e ...stellar.Endpoint) { c.Horizon = e },
	"RPC":     func(c *stellar.Config, e ...stellar.Endpoint) { c.RPC = e },
}

func confirm(chain *stellar.Chain, account, signer wallet) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return chain.Confirm(ctx, store.Account{Chain: chain.ID(), ID: account.address, PublicKey: signer.address})
}

func request(account string) handlers.Request {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return handlers.Request{
		AccountID: account, Origin: "https://example.com", Message: "Sign in to Example.", Recipient: "example.com",
		Nonce: [32]byte{0x90, 1, 31: 0xff}, IssuedAt: at, ExpiresAt: at.Add(5 * time.Minute),
	}
}

func challenge(t testing.TB, chain *stellar.Chain, r handlers.Request) handlers.Challenge {
	t.Helper()
	c, err := chain.Challenge(r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// vectors are the parts of handlers/sep53/testdata/stellar_vectors.json that are
// about accounts and addresses.
type vectors struct {
	Valid   []string                      `json:"login_address_valid"`
	Invalid []struct{ Value, Why string } `json:"login_address_invalid"`
	Checks  struct {
		K2, K3    string
		LedgerKey string `json:"ledger_key_xdr"`
		Accounts  []struct {
			Name    string
			Horizon json.RawMessage
			XDR     string `json:"rpc_ledger_entry_xdr"`
			Expect  map[string]map[string]bool
		}
	} `json:"account_checks"`
	HorizonHTTP []struct {
		Status       int
		Body         string
		OtherAccount bool `json:"body_account_id_mismatch"`
		Meaning      string
	} `json:"horizon_http"`
}

func loadVectors(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile("../sep53/testdata/stellar_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Valid) != 2 || len(v.Invalid) != 18 || len(v.Checks.Accounts) != 2 || len(v.HorizonHTTP) != 4 {
		t.Fatalf("%d, %d, %d and %d vectors", len(v.Valid), len(v.Invalid), len(v.Checks.Accounts), len(v.HorizonHTTP))
	}
	return v
}
