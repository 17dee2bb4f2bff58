package ha_test

import (
	"fmt"

	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis/ha"
)

// Open does not connect: a site starts while its Redis is away, and answers 503
// until it is back.
func Example() {
	backend, err := ha.Open("redis+sentinel://app:password@localhost:26379,localhost:26380,localhost:26381/mymaster?replicas=1")
	if err != nil {
		panic(err)
	}
	defer backend.Close()
	var _ store.Store = backend // for handlers.Config.Store
	fmt.Println("acknowledged when", backend.Replicas, "replica has it")

	_, err = ha.Open("redis+sentinel://app:password@localhost:26379")
	fmt.Println(err)
	// Output:
	// acknowledged when 1 replica has it
	// ha: not a URL such as redis://host:6379, redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379: the name of the master is missing
}

// Where a URL is not enough.
func ExampleNewCluster() {
	backend, err := ha.NewCluster(ha.ClusterConfig{
		Nodes:   []string{"localhost:7000", "localhost:7001"},
		Options: []redigo.DialOption{redigo.DialUsername("app"), redigo.DialPassword("password"), redigo.DialClientName("my-app")},
	})
	if err != nil {
		panic(err)
	}
	defer backend.Close()
}
