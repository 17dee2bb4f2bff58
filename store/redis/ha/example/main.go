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
	app.Main(func(url string, replicas int) (app.Store, error) {
		s, err := ha.Open(url)
		if err != nil {
			return nil, err
		}
		s.Replicas = max(s.Replicas, replicas)
		return s, nil
	})
}
