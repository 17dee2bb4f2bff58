package handlerstest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/handlerstest"
	"github.com/nearauth/nearauth/handlers/nep413"
	"github.com/nearauth/nearauth/store"
)

// The chain lets nobody in by a signature.
func TestChain(t *testing.T) {
	t.Parallel()
	auth := newAuth(t)
	server := httptest.NewTLSServer(newSite(auth))
	defer server.Close()
	client := handlerstest.Client(t, auth, server, "alice.testnet")
	res, err := client.Post(server.URL+"/auth/challenge", "application/json", strings.NewReader(`{"chain":"near:mainnet"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var challenge struct{ Chain, Nonce string }
	if err := json.NewDecoder(res.Body).Decode(&challenge); err != nil || challenge.Chain != "near:mainnet" {
		t.Fatalf("challenge %+v: %v", challenge, err)
	}
	proof, err := json.Marshal(map[string]string{"accountId": "bob.near", "publicKey": "ed25519:x", "signature": "eA==", "nonce": challenge.Nonce})
	if err != nil {
		t.Fatal(err)
	}
	verified, err := client.Post(server.URL+"/auth/verify", "application/json", strings.NewReader(string(proof)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = verified.Body.Close() }()
	var refused struct{ Code string }
	if err := json.NewDecoder(verified.Body).Decode(&refused); err != nil || refused.Code != "invalid_signature" {
		t.Errorf("verify: %d %+v %v", verified.StatusCode, refused, err)
	}

	_, err = handlers.New(handlers.Config{
		Origin: "https://my-app.example", Store: store.NewMemory(), Chains: []handlers.Chain{handlerstest.Chain("testnet")},
	})
	if err == nil {
		t.Error("an id that is none was accepted")
	}
}

// The key is one that a wallet could have, and each account's own.
func TestKey(t *testing.T) {
	t.Parallel()
	var asked []store.Account
	auth := newAuth(t, func(c *handlers.Config) { c.Chains = []handlers.Chain{recorder{c.Chains[0], &asked}} })
	page := auth.RequireKeyCheck(0)(http.NotFoundHandler())
	for _, account := range []string{"alice.testnet", "near:testnet:alice.testnet", "bob.testnet"} {
		cookie := handlerstest.SignIn(t, auth, account)
		time.Sleep(time.Millisecond) // the sign-in counts as a question asked
		get(page, cookie)
	}
	if len(asked) < 2 {
		t.Fatalf("the chain was asked about %v", asked)
	}
	keys := make(map[string]string)
	for _, a := range asked {
		if _, err := nep413.ParsePublicKey(a.PublicKey); err != nil {
			t.Errorf("%s: %v", a, err)
		}
		if key, known := keys[a.ID]; known && key != a.PublicKey {
			t.Errorf("%s has two keys", a)
		}
		keys[a.ID] = a.PublicKey
	}
	if len(keys) != 2 || keys["alice.testnet"] == keys["bob.testnet"] {
		t.Errorf("keys %v", keys)
	}
}

// recorder is a chain that notes what it is asked.
type recorder struct {
	handlers.Chain
	asked *[]store.Account
}

func (r recorder) Confirm(ctx context.Context, a store.Account) error {
	*r.asked = append(*r.asked, a)
	return r.Chain.Confirm(ctx, a)
}

// removed is the chain of the package comment.
type removed struct{ handlers.Chain }

func (removed) Confirm(context.Context, store.Account) error { return handlers.ErrKeyNotFound }

func TestRemovedKey(t *testing.T) {
	t.Parallel()
	auth := newAuth(t, func(c *handlers.Config) { c.Chains = []handlers.Chain{removed{c.Chains[0]}} })
	site := newSite(auth)
	cookie := handlerstest.SignIn(t, auth, "alice.testnet")
	if got := get(site, cookie); got != "200 hello, near:testnet:alice.testnet" {
		t.Error(got)
	}
	time.Sleep(time.Millisecond)
	if got := get(auth.RequireKeyCheck(0)(site), cookie); strings.TrimSpace(got) != anonymous {
		t.Errorf("by a key that was removed: %s", got)
	}
	if got := get(site, cookie); strings.TrimSpace(got) != anonymous {
		t.Errorf("afterwards: %s", got)
	}
}
