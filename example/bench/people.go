package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/store"
)

const (
	origin = "https://bench.example"
	chain  = "near:mainnet"

	// agent is what a widespread browser calls itself: 117 characters.
	agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.00.00"
)

// person is an account and a wallet that has a key of it.
type person struct {
	account string
	key     string // "ed25519:…", 52 characters or one less
	private ed25519.PrivateKey
}

func newPerson(t testing.TB, account string) person {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return person{account, keyText(public), private}
}

func newAlice(t testing.TB) person { return newPerson(t, "alice-of-the-bench.near") }

func (p person) session() store.Account {
	return store.Account{Chain: chain, ID: p.account, PublicKey: p.key}
}

func keyText(public []byte) string { return "ed25519:" + base58.Encode(public) }

// nobodys is the n-th account of a crowd. Its key is random bytes: that is as
// good as a key where nothing is verified, and a million are made in a second.
func nobodys(n int) store.Account {
	var public [32]byte
	_, _ = rand.Read(public[:]) // never fails
	return store.Account{Chain: chain, ID: fmt.Sprintf("bench-person-%07d.near", n), PublicKey: keyText(public[:])}
}

// clients are addresses of the network that is set apart for benchmarks (RFC
// 2544): so many that none of them is anyone's bound.
var clients = func() []string {
	all := make([]string, 1<<17)
	for i := range all {
		all[i] = fmt.Sprintf("198.%d.%d.%d:40000", 18+i>>16, i>>8&0xff, i&0xff)
	}
	return all
}()

func client(i int) string { return clients[i%len(clients)] }

// browsing is what a session remembers of the browser that signed in.
var browsing = store.Client{IP: "198.18.0.0/24", UserAgent: agent}

// signIn makes a session as the endpoint does when all is verified, and returns
// its token.
func signIn(t testing.TB, m *scs.SessionManager, account store.Account, from store.Client) string {
	t.Helper()
	ctx, err := m.Load(context.Background(), "")
	if err == nil {
		_, err = store.SignIn(ctx, m, account, from)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.Token(ctx)
}

// signedIn returns the account of a token, or "".
func signedIn(m *scs.SessionManager, token string) string {
	ctx, err := m.Load(context.Background(), token)
	if err != nil {
		return ""
	}
	session, err := store.Current(ctx, m)
	if err != nil {
		return ""
	}
	return strings.Clone(session.Account.ID)
}
