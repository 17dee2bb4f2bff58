package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// A service without sign-in of its own, that shares the session store.
func Example() {
	sessions, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: "https://my-app.example"})
	if err != nil {
		panic(err)
	}
	guard, err := middleware.New(middleware.Config{
		Origin:    "https://my-app.example",
		Sessions:  sessions,
		Chains:    []string{"near:mainnet"},
		LoginPage: "/login",
	})
	if err != nil {
		panic(err)
	}
	private := guard.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account, _ := middleware.AccountFrom(r.Context())
		fmt.Fprintf(w, "hello, %s", account)
	}))

	r := httptest.NewRequest("GET", "/orders?page=2", nil)
	w := httptest.NewRecorder()
	private.ServeHTTP(w, r)
	fmt.Print(w.Code, " ", w.Body, "\n")

	r.Header.Set("Sec-Fetch-Mode", "navigate") // a person going to the page
	w = httptest.NewRecorder()
	private.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output:
	// 401 {"error":"Sign in with your wallet first.","code":"unauthenticated"}
	// 303 /login?next=%2Forders%3Fpage%3D2
}

func ExampleLocalPath() {
	for _, next := range []string{"/orders?page=2", "//evil.example", `/\evil.example`} {
		path, ok := middleware.LocalPath(next)
		fmt.Println(path, ok)
	}
	// Output:
	// /orders?page=2 true
	// / false
	// / false
}
