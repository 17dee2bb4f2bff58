package handlers_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
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
