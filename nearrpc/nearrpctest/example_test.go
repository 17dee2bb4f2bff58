package nearrpctest_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

func Example() {
	const key = "ed25519:6E8sCci9badyRkXb3JoRpBj5p8C6Tw41ELDZoiihKEtp"
	node := nearrpctest.NewNode("localnet")
	node.SetDialect(nearrpctest.Nearcore214)
	node.AddFunctionCallKey("bob.testnet", key, "app.testnet", "vote")
	server, err := nearrpctest.Serve(node)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	client, err := nearrpc.New(nearrpc.Config{
		ChainID:        "localnet",
		Endpoints:      []nearrpc.Endpoint{{URL: server.URL}},
		AttemptTimeout: 100 * time.Millisecond,
		Timeout:        300 * time.Millisecond,
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	fmt.Println(client.FullAccess(ctx, "bob.testnet", key))
	fmt.Println(client.FullAccess(ctx, "nobody.testnet", key))
	node.AddFullAccessKey("bob.testnet", key)
	fmt.Println(client.FullAccess(ctx, "bob.testnet", key))
	fmt.Println("asked", node.Queries(), "times")
	// Output:
	// nearrpc: the key is not a full-access key
	// nearrpc: the account does not exist
	// <nil>
	// asked 3 times
}
