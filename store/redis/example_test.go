package redis_test

import (
	"fmt"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis"
)

// Open does not connect: a site starts while its Redis is away, and answers
// 503 until it is back.
func Example() {
	backend, err := redis.Open("redis://app:password@localhost:6379/2")
	if err != nil {
		panic(err)
	}
	defer backend.Close()
	var _ store.Store = backend // for handlers.Config.Store

	_, err = redis.Open("http://localhost:6379")
	fmt.Println(err)
	// Output:
	// redis: not a URL such as redis://localhost:6379
}
