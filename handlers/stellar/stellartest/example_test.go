package stellartest_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/nearauth/nearauth/handlers/stellar/stellartest"
)

func Example() {
	node := stellartest.NewNode("Test SDF Network ; September 2015")
	server := httptest.NewServer(node)
	defer server.Close()

	res, err := http.Post(server.URL, "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"getNetwork"}`))
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	fmt.Println(string(body))
	fmt.Println("asked", node.Requests(), "time, about accounts", node.Queries())
	// Output:
	// {"jsonrpc":"2.0","id":1,"result":{"passphrase":"Test SDF Network ; September 2015","protocolVersion":23}}
	// asked 1 time, about accounts 0
}
