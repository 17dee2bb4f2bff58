package handlerstest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/handlerstest"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// newSite is the application that is to be tested.
func newSite(auth *handlers.Auth) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", auth))
	mux.Handle("/private", auth.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account, _ := middleware.AccountFrom(r.Context())
		fmt.Fprintf(w, "hello, %s", account)
	})))
	return mux
}

// The whole test of a protected page.
func Example() {
	TestPrivate := func(t *testing.T) {
		auth, err := handlers.New(handlers.Config{
			Origin: "https://my-app.example",
			Store:  store.NewMemory(),
			Chains: []handlers.Chain{handlerstest.Chain("near:testnet")},
		})
		if err != nil {
			t.Fatal(err)
		}
		site := newSite(auth) // the application: an http.Handler

		r := httptest.NewRequest("GET", "/private", nil)
		r.AddCookie(handlerstest.SignIn(t, auth, "alice.testnet"))
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	TestPrivate(new(testing.T)) // go test does this
	// Output: 200 hello, near:testnet:alice.testnet
}
