package redistest_test

import (
	"testing"

	"github.com/nearauth/nearauth/store/redis/redistest"
)

// Kill is kill -9, and Run starts the server again on the same address.
func Example() {
	_ = func(t *testing.T) {
		server := redistest.Start(t)
		// … redis.Open(server.URL()) …
		server.Kill()
		if err := server.Run(); err != nil {
			t.Fatal(err)
		}
	}
}
