package stellar_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/handlers/stellar/stellartest"
	"github.com/nearauth/nearauth/store"
)

func Example() {
	pubnet, err := stellar.New(stellar.Config{
		Network: "pubnet",
		Horizon: []stellar.Endpoint{{URL: "https://horizon.example.com"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := handlers.New(handlers.Config{
		Origin: "https://my-app.example",
		Store:  store.NewMemory(),
		Chains: []handlers.Chain{pubnet},
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = auth // mount it
	fmt.Println(pubnet.ID())
	// Output:
	// stellar:pubnet
}

// The question that is asked of the network, to a fake one.
func ExampleChain_Confirm() {
	const (
		account  = "GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L"
		cosigner = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
	)
	node := stellartest.NewNode("Test SDF Network ; September 2015")
	node.Fund(account)
	node.SetSigner(account, cosigner, 1)
	node.SetOptions(account, 2, 1, 2, 2) // the co-signer alone moves no funds
	server := httptest.NewServer(node)
	defer server.Close()

	for _, level := range []stellar.Level{stellar.Low, stellar.Medium} {
		testnet, err := stellar.New(stellar.Config{
			Network:   "testnet",
			RPC:       []stellar.Endpoint{{URL: server.URL}},
			Threshold: level,
		})
		if err != nil {
			log.Fatal(err)
		}
		err = testnet.Confirm(context.Background(), store.Account{ID: account, PublicKey: cosigner})
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// stellar: handlers: key has not full access: its weight is below the threshold
}
