package nearrpc_test

import (
	"testing"

	"github.com/nearauth/nearauth/nearrpc"
)

// One question over a socket, both ends in this process.
func BenchmarkFullAccess(b *testing.B) {
	_, server := serve(b)
	client := newClient(b, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: server.URL}}})
	b.ReportAllocs()
	for b.Loop() {
		if err := client.FullAccess(b.Context(), alice, aliceKey); err != nil {
			b.Fatal(err)
		}
	}
}
