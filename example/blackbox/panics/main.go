// Command panics is a site with the sign-in of the kit whose own handlers
// panic, and for which several operators must agree: what the example has no
// route and no flag for.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "`address` to listen on")
	origin := flag.String("origin", "http://localhost:8080", "`URL` of the site")
	url := flag.String("redis", "", "`URL` of a Redis; in memory without one")
	rpc := flag.String("rpc", "", "`URLs` of NEAR endpoints, with commas between, each an operator")
	agree := flag.Int("agree", 1, "`number` of operators that must agree")
	flag.Parse()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := serve(*addr, *origin, *url, strings.Split(*rpc, ","), *agree, log); err != nil {
		log.Error("panics", "error", err)
		os.Exit(1)
	}
}

func serve(addr, origin, redisURL string, rpc []string, agree int, log *slog.Logger) error {
	var sessions store.Store = store.NewMemory()
	if redisURL != "" {
		var err error
		if sessions, err = redis.Open(redisURL); err != nil {
			return err
		}
	}
	config := nearrpc.Config{ChainID: "testnet", Agree: agree, Logger: log}
	for _, u := range rpc {
		config.Endpoints = append(config.Endpoints, nearrpc.Endpoint{URL: u, Operator: u})
	}
	client, err := nearrpc.New(config)
	if err != nil {
		return err
	}
	chain, err := near.New(near.Config{Network: "testnet", RPC: client})
	if err != nil {
		return err
	}
	auth, err := handlers.New(handlers.Config{
		Origin: origin, Store: sessions, Chains: []handlers.Chain{chain}, RateLimit: -1, Logger: log, OnSignIn: onSignIn,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("panics ready at http://%s\n", listener.Addr())
	server := &http.Server{Handler: routes(auth), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError)}
	return server.Serve(listener)
}

func routes(auth *handlers.Auth) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", auth))
	mux.Handle("/count", auth.RequireAccount(count(auth, false)))
	mux.Handle("/panic", auth.RequireAccount(count(auth, true)))
	mux.Handle("/outside", recovered(auth.RequireAccount(count(auth, true))))
	mux.Handle("/inside", auth.RequireAccount(recovered(count(auth, true))))
	mux.Handle("/optional", recovered(auth.OptionalAccount(count(auth, true))))
	mux.Handle("/login", recovered(auth.Verify()))
	return mux
}

// count counts the visits in the session, and then panics perhaps.
func count(auth *handlers.Auth, panics bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := auth.Sessions.GetInt(r.Context(), "visits") + 1
		if account, ok := middleware.AccountFrom(r.Context()); ok {
			auth.Sessions.Put(r.Context(), "visits", n)
			w.Header().Set("X-Account", account.ID)
		}
		if panics {
			panic("a mistake in the application")
		}
		fmt.Fprintf(w, "visit %d", n)
	})
}

// recovered is what applications put around everything.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				http.Error(w, "something went wrong", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// onSignIn panics about one account.
func onSignIn(_ context.Context, account store.Account) error {
	if account.ID == "panic.testnet" {
		panic("another mistake in the application")
	}
	return nil
}
