package handlers_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

var private = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	account, _ := middleware.AccountFrom(r.Context())
	fmt.Fprintf(w, "hello, %s\n", account.ID)
})

// A server with NEAR sign-in. A test builds a program of these very lines and
// looks at what it links.
func Example() {
	auth, err := handlers.New(handlers.Config{
		Origin: "https://my-app.example",         // the site: cookies, CSRF, message, recipient, callbacks follow from it
		Store:  store.NewMemory(),                // sessions and challenges, for one process
		Chains: []handlers.Chain{near.Mainnet()}, // one value per chain and network
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", auth))    // or pick: auth.Challenge(), auth.Verify(), auth.Logout() …
	mux.Handle("GET /private", auth.RequireAccount(private)) // func(http.Handler) http.Handler
	log.Fatal(http.ListenAndServe(":8080", mux))
}

// A line more for each chain more.
func Example_chains() {
	auth, err := handlers.New(handlers.Config{
		Origin: "https://my-app.example",
		Store:  store.NewMemory(),
		Chains: []handlers.Chain{
			near.Mainnet(),
			ethereum.Mainnet(), // handlers/ethereum: EIP-4361, MetaMask and all others
			stellar.Pubnet(),   // handlers/stellar: SEP-53, Freighter and others
		},
	})
	if err != nil {
		panic(err)
	}
	body := strings.NewReader(`{"chain": "ethereum", "accountId": "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"}`)
	r := httptest.NewRequest("POST", "/challenge", body)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	auth.ServeHTTP(w, r)
	var challenge struct{ Message string }
	if err := json.Unmarshal(w.Body.Bytes(), &challenge); err != nil {
		panic(err)
	}
	for _, line := range strings.Split(challenge.Message, "\n")[:4] {
		fmt.Println(strings.TrimSpace(line))
	}
	// Output:
	// my-app.example wants you to sign in with your Ethereum account:
	// 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266
	//
	// Sign in to my-app.example
}

// Endpoints one by one, a policy, and what happens.
func Example_policy() {
	auth, err := handlers.New(handlers.Config{
		Origin: "http://localhost:8080",
		Store:  store.NewMemory(),
		Chains: []handlers.Chain{near.Testnet()},
		Policy: handlers.AllowAccounts("near:testnet:alice.testnet"),
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/wallet/challenge", auth.Challenge())
	mux.Handle("/wallet/verify", auth.Verify())
	mux.Handle("/wallet/session", auth.Session())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/wallet/session", nil))
	fmt.Print(w.Code, " ", w.Body)
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/wallet/verify", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 200 null
	// 405 {"error":"That method is not allowed here.","code":"method_not_allowed"}
}
