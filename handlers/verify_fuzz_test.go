package handlers_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/store"
)

// oneKey is a network with one account that has one key.
type oneKey wallet

func (k oneKey) FullAccess(_ context.Context, accountID, publicKey string) error {
	if accountID == k.account && publicKey == wallet(k).key() {
		return nil
	}
	return nearrpc.ErrKeyNotFound
}

// Whatever body and cookie come to verify, with chain and store up: no panic, no
// 5xx, and no 200 without a signature that only the wallet can make over the
// challenge of this very request, for the account whose key it is.
//
// Inputs are templates: each run has a challenge of its own, and what stands in
// braces is replaced by what belongs to it.
func FuzzVerifyHandler(f *testing.F) {
	const body = `{"accountId":"{account}","publicKey":"{key}","signature":"{signature}","nonce":"{nonce}"}`
	f.Add(body, "{cookie}", "application/json")
	for _, s := range []string{
		`{"accountId":"{account}","publicKey":"{key}","signature":"{base58}"}`,
		`{"signedMessage":{"account_id":"{account}","public_key":"{key}","signature":"{signature}"},"challenge":"{nonce}"}`,
		`{"accountId":"mallory.testnet","publicKey":"{key}","signature":"{signature}","nonce":"{nonce}"}`,
		`{"accountId":"{account}","publicKey":"{key}","signature":"{forged}","nonce":"{nonce}"}`,
		`{"accountId":"{account}","publicKey":"{key}","signature":"{signature}","nonce":"` + strings.Repeat("A", 43) + `"}`,
		`{"accountId":"{account}","publicKey":"{key}","signature":"{signature}","payload":{"nonce":{"type":"Buffer","data":[1]}},"state":""}`,
		`{"a":1}{`, ``, `[]`,
	} {
		f.Add(s, "{cookie}", "application/json")
	}
	f.Add(body, "{cookie}; {cookie}", "application/json")
	f.Add(body, "", "application/json")
	f.Add(body, "nearauth-login=x.y; __Host-nearauth=z", "text/plain")

	w := wallet{"alice.testnet", ed25519.NewKeyFromSeed([]byte("a seed of 32 bytes, for one test"))}
	chain, err := near.New(near.Config{Network: "testnet", RPC: oneKey(w)})
	if err != nil {
		f.Fatal(err)
	}
	auth, err := handlers.New(handlers.Config{RateLimit: -1, Origin: origin, Store: store.NewMemory(), Chains: []handlers.Chain{chain}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, template, cookies, contentType string) {
		rec := httptest.NewRecorder()
		auth.Challenge().ServeHTTP(rec, httptest.NewRequest("POST", "/challenge", nil))
		var c challenge
		if rec.Code != 200 || json.Unmarshal(rec.Body.Bytes(), &c) != nil {
			t.Fatalf("challenge: %d %s", rec.Code, rec.Body)
		}
		login := rec.Result().Cookies()[0]
		signature := w.sign(c)
		replace := strings.NewReplacer(
			"{account}", w.account, "{key}", w.key(), "{nonce}", c.Nonce, "{cookie}", login.Name+"="+login.Value,
			"{signature}", base64.StdEncoding.EncodeToString(signature), "{base58}", base58.Encode(signature),
			"{forged}", base64.StdEncoding.EncodeToString(append(signature[:63:63], signature[63]^1)),
		)
		req := httptest.NewRequest("POST", "/verify", strings.NewReader(replace.Replace(template)))
		req.Header["Cookie"] = []string{replace.Replace(cookies)}
		req.Header["Content-Type"] = []string{contentType}
		rec = httptest.NewRecorder()
		auth.Verify().ServeHTTP(rec, req)

		session := sessionCookies(rec)
		if rec.Code != http.StatusOK {
			var e struct{ Error, Code string }
			if rec.Code < 400 || rec.Code >= 500 || json.Unmarshal(rec.Body.Bytes(), &e) != nil || e.Code == "" || session != 0 {
				t.Fatalf("%d %s, %d session cookies", rec.Code, rec.Body, session)
			}
			return
		}
		signed := strings.Contains(template, "{signature}") || strings.Contains(template, "{base58}")
		if !signed || !strings.Contains(cookies, "{cookie}") || session != 1 {
			t.Fatalf("signed in by %q with %q: %s", template, cookies, rec.Body)
		}
		var s struct{ Account, PublicKey string }
		if json.Unmarshal(rec.Body.Bytes(), &s) != nil || s.Account != alice || s.PublicKey != w.key() {
			t.Fatalf("signed in by %q as %s", template, rec.Body)
		}
		// And never twice.
		again := httptest.NewRequest("POST", "/verify", strings.NewReader(replace.Replace(template)))
		again.Header = req.Header
		rec = httptest.NewRecorder()
		if auth.Verify().ServeHTTP(rec, again); rec.Code == http.StatusOK {
			t.Fatalf("replayed: %q", template)
		}
	})
}

func sessionCookies(rec *httptest.ResponseRecorder) (n int) {
	for _, c := range rec.Result().Cookies() {
		if c.Name == "__Host-nearauth" {
			n++
		}
	}
	return n
}
