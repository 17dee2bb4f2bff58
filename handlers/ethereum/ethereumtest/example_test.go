package ethereumtest_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
)

func Example() {
	key := ethereumtest.NewKey()
	node := ethereumtest.NewNode(1)
	if err := node.AddWallet(wallet, key.Address()); err != nil { // a contract whose owner is the key
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

	now := time.Now()
	challenge, err := chain.Challenge(handlers.Request{
		AccountID: wallet, Origin: "https://my-app.example", Message: "Sign in to my-app.example", IssuedAt: now, ExpiresAt: now.Add(time.Minute),
	})
	if err != nil {
		log.Fatal(err)
	}
	account, err := chain.Verify(challenge, handlers.Proof{Signature: key.Sign(challenge.Message)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(account, chain.Confirm(context.Background(), account))
	fmt.Println("contracts called:", node.Calls())
	// Output:
	// eip155:1:0xa5b3A53800cD49669F34DE80f2C569c6D4Ca3009 <nil>
	// contracts called: 1
}
