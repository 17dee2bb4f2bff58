package nearrpc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

func ExampleClient_FullAccess() {
	const alice = "alice.testnet"
	const key = "ed25519:6E8sCci9badyRkXb3JoRpBj5p8C6Tw41ELDZoiihKEtp"

	// A node of our own, in place of one on the network.
	node := nearrpctest.NewNode("testnet")
	node.AddFullAccessKey(alice, key)
	server, err := nearrpctest.Serve(node)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	client, err := nearrpc.New(nearrpc.Config{
		ChainID: "testnet",
		Endpoints: []nearrpc.Endpoint{{
			URL:    server.URL,
			Header: http.Header{"Authorization": {"Bearer secret"}},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}

	report := func() {
		err := client.FullAccess(context.Background(), alice, key)
		var unavailable *nearrpc.UnavailableError
		switch {
		case err == nil:
			fmt.Println("yes")
		case errors.As(err, &unavailable):
			fmt.Println("cannot tell, ask again in", unavailable.RetryAfter)
		default:
			fmt.Println("no:", err)
		}
	}
	report()
	node.DeleteKey(alice, key)
	report()
	node.Fault(nearrpctest.Down())
	report()
	// Output:
	// yes
	// no: nearrpc: the account does not have this key
	// cannot tell, ask again in 2s
}

// Two operators must agree, and a third stands in for one that fails.
func ExampleNew_agree() {
	_, err := nearrpc.New(nearrpc.Config{
		ChainID: "mainnet",
		Endpoints: []nearrpc.Endpoint{
			{URL: "https://free.rpc.fastnear.com", Operator: "fastnear"},
			{URL: "https://rpc.mainnet.fastnear.com", Operator: "fastnear"},
		},
		Agree: 2,
	})
	fmt.Println(err)
	// Output:
	// nearrpc: Agree is 2, but the endpoints have 1 distinct operators (name them in Endpoint.Operator)
}
