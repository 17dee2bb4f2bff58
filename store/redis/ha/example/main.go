// The example with Redis in all forms: one server, a master that Redis Sentinel
// watches, a Redis Cluster.
//
//	go run . -redis redis+sentinel://localhost:26379,localhost:26380/mymaster -network testnet
package main

import (
	"github.com/nearauth/nearauth/example/app"
	"github.com/nearauth/nearauth/store/redis/ha"
)

func main() {
	app.Main(func(url string) (app.Store, error) { return ha.Open(url) })
}
