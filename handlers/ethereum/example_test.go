package ethereum_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
)

// Base, where contract accounts are asked about at one server, for wallets that
// may also be connected to Ethereum and Optimism.
func ExampleNew() {
	base, err := ethereum.New(ethereum.Config{
		ChainID:      8453,
		AlsoChainIDs: []uint64{1, 10},
		RPC:          []ethereum.Endpoint{{URL: "https://base.example.com/v2/key"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(base.ID())
	// Output:
	// eip155:8453
}

// What package handlers does with a chain, and a wallet with the text.
func Example() {
	// A contract wallet at an address, and the key that owns it.
	key := ethereumtest.NewKey()
	const address = "0xa5b3A53800cD49669F34DE80f2C569c6D4Ca3009"
	node := ethereumtest.NewNode(1)
	if err := node.AddWallet(address, key.Address()); err != nil {
		log.Fatal(err)
	}
	server, err := ethereumtest.Serve(node)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	chain, err := ethereum.New(ethereum.Config{ChainID: 1, RPC: []ethereum.Endpoint{{URL: server.URL}}})
	if err != nil {
		log.Fatal(err)
	}

	challenge, err := chain.Challenge(handlers.Request{
		AccountID: address,
		Origin:    "https://my-app.example",
		Message:   "Sign in to my-app.example",
		IssuedAt:  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		ExpiresAt: time.Date(2026, 1, 1, 0, 5, 0, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(challenge.Message)

	// The wallet is given the text in hex.
	text, err := hex.DecodeString(strings.TrimPrefix(challenge.Members[0].Value, "0x"))
	if err != nil {
		log.Fatal(err)
	}
	account, err := chain.Verify(challenge, handlers.Proof{Signature: key.Sign(string(text))})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(account, chain.Confirm(context.Background(), account))
	// Output:
	// my-app.example wants you to sign in with your Ethereum account:
	// 0xa5b3A53800cD49669F34DE80f2C569c6D4Ca3009
	//
	// Sign in to my-app.example
	//
	// URI: https://my-app.example
	// Version: 1
	// Chain ID: 1
	// Nonce: 0000000000000000000000000000000000000000000000000000000000000000
	// Issued At: 2026-01-01T00:00:00Z
	// Expiration Time: 2026-01-01T00:05:00Z
	// eip155:1:0xa5b3A53800cD49669F34DE80f2C569c6D4Ca3009 <nil>
}
