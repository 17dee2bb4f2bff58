package store_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/nearauth/nearauth/store"
)

func Example() {
	backend := store.NewMemory()
	sessions, err := store.NewSessions(backend, store.SessionsConfig{Origin: "https://my-app.example"})
	if err != nil {
		panic(err)
	}
	// What the endpoints of package handlers do after a valid proof:
	ctx, _ := sessions.Load(context.Background(), "")
	_, err = store.SignIn(ctx, sessions, store.Account{Chain: "near:mainnet", ID: "alice.near", PublicKey: "ed25519:…"}, store.Client{})
	if err != nil {
		panic(err)
	}
	sessions.Put(ctx, "theme", "dark") // the application's own values
	token, _, _ := sessions.Commit(ctx)

	// A later request with that token:
	ctx, _ = sessions.Load(context.Background(), token)
	session, _ := store.Current(ctx, sessions)
	fmt.Println(session.Account, sessions.GetString(ctx, "theme"))

	// And one that was under way while the person signed out elsewhere:
	slow, _ := sessions.Load(context.Background(), token)
	_, _ = store.RevokeAll(context.Background(), sessions, session.Account)
	sessions.Put(slow, "theme", "light")
	_, _, err = sessions.Commit(slow)
	fmt.Println(errors.Is(err, store.ErrGone))
	// Output:
	// near:mainnet:alice.near dark
	// true
}

// What an administrator does about a lost phone.
func ExampleList() {
	sessions, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: "https://my-app.example"})
	if err != nil {
		panic(err)
	}
	alice := store.Account{Chain: "near:mainnet", ID: "alice.near", PublicKey: "ed25519:…"}
	for _, agent := range []string{"laptop", "phone"} {
		ctx, _ := sessions.Load(context.Background(), "")
		_, _ = store.SignIn(ctx, sessions, alice, store.Client{IP: "203.0.113.0/24", UserAgent: agent})
	}
	ctx := context.Background()
	list, err := store.List(ctx, sessions, alice)
	if err != nil {
		panic(err)
	}
	for _, l := range list {
		if l.Session.Client().UserAgent == "phone" {
			fmt.Println("revoked:", store.Revoke(ctx, sessions, alice, l.ID))
		}
	}
	list, _ = store.List(ctx, sessions, alice)
	fmt.Println(len(list), list[0].Session.Client())
	// Output:
	// revoked: <nil>
	// 1 {203.0.113.0/24 laptop}
}
