package near_test

import (
	"fmt"

	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/store"
)

func Example() {
	rpc, err := nearrpc.New(nearrpc.Config{
		ChainID:   "mainnet",
		Endpoints: []nearrpc.Endpoint{{URL: "https://rpc.example.com"}},
	})
	if err != nil {
		panic(err)
	}
	mainnet, err := near.New(near.Config{Network: "mainnet", RPC: rpc})
	if err != nil {
		panic(err)
	}
	team := mainnet.SubAccountsOf("team.near")
	fmt.Println(mainnet.ID())
	fmt.Println(team(store.Account{Chain: "near:mainnet", ID: "alice.team.near"}))
	fmt.Println(team(store.Account{Chain: "near:mainnet", ID: "alice.near"}))
	// Output:
	// near:mainnet
	// <nil>
	// near: not a sub-account of an admitted account
}
