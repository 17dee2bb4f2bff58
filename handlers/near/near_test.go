package near_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/handlers/nep413"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/store"
)

// answers is an RPC that says one thing.
type answers struct{ err error }

func (a answers) FullAccess(context.Context, string, string) error { return a.err }

func chain(t *testing.T, err error) *near.Chain {
	t.Helper()
	c, e := near.New(near.Config{Network: "testnet", RPC: answers{err}})
	if e != nil {
		t.Fatal(e)
	}
	return c
}

// What the network says is one of three answers, and only a nil is a yes.
func TestConfirm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ said, want error }{
		"no such key":          {nearrpc.ErrKeyNotFound, handlers.ErrKeyNotFound},
		"no such account":      {nearrpc.ErrAccountNotFound, handlers.ErrKeyNotFound},
		"function-call key":    {fmt.Errorf("x: %w", nearrpc.ErrNotFullAccess), handlers.ErrKeyNotFullAccess},
		"outage":               {nearrpc.ErrUnavailable, handlers.ErrUnavailable},
		"outage that says no":  {errors.Join(nearrpc.ErrUnavailable, nearrpc.ErrKeyNotFound), handlers.ErrUnavailable},
		"not to be asked":      {nearrpc.ErrInvalidArgument, handlers.ErrUnavailable},
		"something unknown":    {errors.New("?"), handlers.ErrUnavailable},
		"the client hung up":   {context.Canceled, handlers.ErrUnavailable},
		"outage with a moment": {&nearrpc.UnavailableError{RetryAfter: 7 * time.Second}, handlers.ErrUnavailable},
	} {
		err := chain(t, c.said).Confirm(t.Context(), store.Account{ID: "alice.testnet"})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		for _, other := range []error{handlers.ErrKeyNotFound, handlers.ErrKeyNotFullAccess} {
			if errors.Is(err, other) != (other == c.want) {
				t.Errorf("%s: also reads as %v: %v", name, other, err)
			}
		}
	}
	if err := chain(t, nil).Confirm(t.Context(), store.Account{}); err != nil {
		t.Errorf("yes: %v", err)
	}
	err := chain(t, &nearrpc.UnavailableError{RetryAfter: 7 * time.Second}).Confirm(t.Context(), store.Account{})
	if u, ok := errors.AsType[*handlers.UnavailableError](err); !ok || u.RetryAfter != 7*time.Second {
		t.Errorf("the moment to ask again is lost: %v", err)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	c := chain(t, nil)
	public, private, _ := ed25519.GenerateKey(nil)
	challenge, err := c.Challenge(handlers.Request{AccountID: "alice.testnet", Message: "Sign in to app.example", Recipient: "app.example"})
	if err != nil || challenge.Message != "Sign in to app.example" || challenge.AccountID != "alice.testnet" {
		t.Fatalf("%+v, error %v", challenge, err)
	}
	hash, _ := nep413.Payload{Message: challenge.Message, Nonce: challenge.Nonce, Recipient: challenge.Recipient}.Hash()
	good := handlers.Proof{
		AccountID: "alice.testnet", PublicKey: "ed25519:" + base58.Encode(public),
		Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(private, hash[:])),
	}
	account, err := c.Verify(challenge, good)
	if want := (store.Account{Chain: "near:testnet", ID: "alice.testnet", PublicKey: good.PublicKey}); err != nil || account != want {
		t.Errorf("%+v, error %v", account, err)
	}
	for name, spoil := range map[string]struct {
		change func(*handlers.Proof)
		want   error
	}{
		"account":      {func(p *handlers.Proof) { p.AccountID = "Alice.testnet" }, handlers.ErrMalformed},
		"no account":   {func(p *handlers.Proof) { p.AccountID = "" }, handlers.ErrMalformed},
		"reserved":     {func(p *handlers.Proof) { p.AccountID = "system" }, handlers.ErrMalformed},
		"key":          {func(p *handlers.Proof) { p.PublicKey = "ed25519:x" }, handlers.ErrMalformed},
		"key type":     {func(p *handlers.Proof) { p.PublicKey = "ml-dsa-65:" + base58.Encode(make([]byte, 1952)) }, handlers.ErrUnsupportedKey},
		"signature":    {func(p *handlers.Proof) { p.Signature = "x" }, handlers.ErrMalformed},
		"no signature": {func(p *handlers.Proof) { p.Signature = "" }, handlers.ErrMalformed},
		"over an empty callback, with none bound": {func(p *handlers.Proof) {
			empty := ""
			hash, _ := nep413.Payload{Message: challenge.Message, Nonce: challenge.Nonce, Recipient: challenge.Recipient, CallbackURL: &empty}.Hash()
			p.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(private, hash[:]))
		}, handlers.ErrInvalidSignature},
		"a key off the curve": {func(p *handlers.Proof) { p.PublicKey = "ed25519:23vYngy8iL7q94jby3gszBnZ9JptpMf5Hgf7KVVa2yQ2" }, handlers.ErrMalformed},
		"forged":              {func(p *handlers.Proof) { p.Signature = base64.StdEncoding.EncodeToString(make([]byte, 64)) }, handlers.ErrInvalidSignature},
	} {
		p := good
		spoil.change(&p)
		if a, err := c.Verify(challenge, p); !errors.Is(err, spoil.want) || a != (store.Account{}) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

// A secp256k1 key signs in as an ed25519 one does, also by MyNearWallet's
// redirect; its signature and theirs are not taken for each other.
func TestVerifySecp256k1(t *testing.T) {
	t.Parallel()
	c := chain(t, nil)
	scalar := sha256.Sum256([]byte("alice"))
	private := secp256k1.PrivKeyFromBytes(scalar[:])
	key := "secp256k1:" + base58.Encode(private.PubKey().SerializeUncompressed()[1:])
	challenge, err := c.Challenge(handlers.Request{Message: "Sign in to app.example", Recipient: "app.example", CallbackURL: "https://app.example/callback"})
	if err != nil {
		t.Fatal(err)
	}
	// r, s and v over the payload with this callback.
	sign := func(callback *string) []byte {
		hash, _ := nep413.Payload{Message: challenge.Message, Nonce: challenge.Nonce, Recipient: challenge.Recipient, CallbackURL: callback}.Hash()
		compact := ecdsa.SignCompact(private, hash[:], false)
		return append(compact[1:], compact[0]-27)
	}
	popup, redirect := sign(nil), sign(&challenge.CallbackURL)
	elsewhere, flipped := sign(new("https://evil.example/")), slices.Clone(popup)
	flipped[64] ^= 1
	const edKey = "ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy"
	for name, p := range map[string]struct {
		key       string
		signature []byte
		want      error
	}{
		"popup": {key, popup, nil}, "redirect": {key, redirect, nil},
		"another callback": {key, elsewhere, handlers.ErrInvalidSignature}, "v of another key": {key, flipped, handlers.ErrInvalidSignature},
		"without v": {key, popup[:64], handlers.ErrMalformed}, "under an ed25519 key": {edKey, popup, handlers.ErrMalformed},
		"a key off the curve": {"secp256k1:" + base58.Encode(make([]byte, 64)), popup, handlers.ErrMalformed},
	} {
		account, err := c.Verify(challenge, handlers.Proof{AccountID: "alice.testnet", PublicKey: p.key, Signature: base64.StdEncoding.EncodeToString(p.signature)})
		want := store.Account{}
		if p.want == nil {
			want = store.Account{Chain: "near:testnet", ID: "alice.testnet", PublicKey: key}
		}
		if !errors.Is(err, p.want) || account != want {
			t.Errorf("%s: %+v, %v", name, account, err)
		}
	}
}

func TestSubAccountsOf(t *testing.T) {
	t.Parallel()
	policy := chain(t, nil).SubAccountsOf("dao.near", "team.testnet")
	for account, ok := range map[store.Account]bool{
		{Chain: "near:testnet", ID: "alice.dao.near"}:      true,
		{Chain: "near:testnet", ID: "bob.team.testnet"}:    true,
		{Chain: "near:testnet", ID: "dao.near"}:            false,
		{Chain: "near:testnet", ID: "x.alice.dao.near"}:    false,
		{Chain: "near:testnet", ID: "evildao.near"}:        false,
		{Chain: "near:testnet", ID: "alice.dao.near.evil"}: false,
		{Chain: "near:mainnet", ID: "alice.dao.near"}:      false,
	} {
		if err := policy(account); (err == nil) != ok {
			t.Errorf("%s: %v", account, err)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]near.Config{
		"no network": {RPC: answers{}}, "no RPC": {Network: "testnet"}, "odd network": {Network: "test net", RPC: answers{}},
		"a whole id":            {Network: "near:testnet", RPC: answers{}},
		"another network's RPC": {Network: "mainnet", RPC: nearrpc.Testnet()}, "a nil client": {Network: "testnet", RPC: (*nearrpc.Client)(nil)},
	} {
		if _, err := near.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if near.Mainnet().ID() != "near:mainnet" || near.Testnet().ID() != "near:testnet" {
		t.Error("the ready networks have other ids than they should")
	}
}

// A definite answer about any key is an answer; an outage, whatever it also
// says, is none.
func TestReady(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		said  error
		ready bool
	}{
		"yes": {nil, true}, "no such key": {nearrpc.ErrKeyNotFound, true}, "no such account": {nearrpc.ErrAccountNotFound, true},
		"no full access": {nearrpc.ErrNotFullAccess, true}, "outage": {nearrpc.ErrUnavailable, false}, "unknown": {errors.New("?"), false},
		"outage that says no": {errors.Join(nearrpc.ErrUnavailable, nearrpc.ErrKeyNotFound), false},
	} {
		if err := chain(t, c.said).Ready(t.Context()); (err == nil) != c.ready {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !near.Mainnet().Public() || !near.Testnet().Public() || chain(t, nil).Public() {
		t.Error("which networks are asked by public endpoints is not known")
	}
}
