// The example is a complete web application with NEAR sign-in in it.
//
//	go run ./example
//
// serves http://localhost:8080 with a chain and a wallet of its own, for
// development, without a network. With -network testnet it is a real one:
//
//	go run ./example -network testnet -rpc https://rpc.example.com
//
// Each flag has an environment variable: -session-idle is
// NEARAUTH_SESSION_IDLE. Where a flag may be repeated, the variable takes its
// values separated by commas.
package main

import (
	"github.com/nearauth/nearauth/example/app"
	"github.com/nearauth/nearauth/store/redis"
)

func main() {
	app.Main(func(url string) (app.Store, error) { return redis.Open(url) })
}
