package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

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

// What needs the person, and not only the person's browser, asks for the
// wallet; what needs the key asks the chain.
func ExampleGuard_RequireFresh() {
	sessions, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: "https://my-app.example"})
	if err != nil {
		panic(err)
	}
	guard, err := middleware.New(middleware.Config{
		Origin:   "https://my-app.example",
		Sessions: sessions,
		Chains:   []string{"near:mainnet"},
		CheckKey: func(context.Context, store.Account) error { return middleware.ErrKeyRefused }, // handlers.CheckKey(chains...)
		Recheck:  15 * time.Minute,
	})
	if err != nil {
		panic(err)
	}
	done := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "done") })
	mux := http.NewServeMux()
	mux.Handle("POST /withdraw", guard.RequireFresh(5*time.Minute)(done))
	mux.Handle("POST /members", guard.RequireKeyCheck(time.Minute)(done))
	mux.Handle("POST /search", guard.RateLimit("search", 2)(done))
	for _, path := range []string{"/withdraw", "/members", "/search", "/search", "/search"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("POST", "https://my-app.example"+path, nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 401 {"error":"Sign in with your wallet first.","code":"unauthenticated"}
	// 401 {"error":"Sign in with your wallet first.","code":"unauthenticated"}
	// 200 done
	// 200 done
	// 429 {"error":"Too many requests. Try again in a while.","code":"rate_limited"}
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
