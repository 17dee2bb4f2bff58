package ethereum_test

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/siwe"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

func TestNew(t *testing.T) {
	t.Parallel()
	endpoint := []ethereum.Endpoint{{URL: "https://rpc.example.com/key"}}
	for name, c := range map[string]ethereum.Config{
		"no chain":            {},
		"no chain, with RPC":  {RPC: endpoint},
		"chain 0 also":        {ChainID: 1, AlsoChainIDs: []uint64{10, 0}},
		"agreement of nobody": {ChainID: 1, Agree: 2},
		"more than there are": {ChainID: 1, RPC: endpoint, Agree: 2},
		"plain HTTP":          {ChainID: 1, RPC: []ethereum.Endpoint{{URL: "http://rpc.example.com/key"}}},
		"a negative time":     {ChainID: 1, RPC: endpoint, Timeout: -1},
		"an attempt too long": {ChainID: 1, RPC: endpoint, Timeout: 1, AttemptTimeout: 2},
		"no URL":              {ChainID: 1, RPC: []ethereum.Endpoint{{}}},
	} {
		if chain, err := ethereum.New(c); err == nil || chain != nil || !strings.HasPrefix(err.Error(), "ethereum: ") || strings.Contains(err.Error(), "key") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for want, c := range map[string]ethereum.Config{
		"eip155:1":                    {ChainID: 1},
		"eip155:8453":                 {ChainID: 8453, RPC: endpoint},
		"eip155:18446744073709551615": {ChainID: 1<<64 - 1, AlsoChainIDs: []uint64{1}},
		"eip155:10":                   {ChainID: 10, RPC: []ethereum.Endpoint{{URL: "http://rpc.example.com"}}, InsecureHTTP: true},
	} {
		if chain := newChain(t, c); chain.ID() != want || (chain.MaxBody() == 40<<10) != (c.RPC != nil) {
			t.Errorf("%s: %s, %d bytes", want, chain.ID(), chain.MaxBody())
		}
	}
	if id := ethereum.Mainnet().ID(); id != "eip155:1" {
		t.Error(id)
	}
}

// The text of a challenge is EIP-4361's to the byte.
func TestChallenge(t *testing.T) {
	t.Parallel()
	r := request(strings.ToLower(alice.Address()))
	r.IssuedAt = time.Date(2026, 1, 1, 0, 0, 0, 250e6, time.UTC)
	r.ExpiresAt = time.Date(2026, 1, 1, 0, 5, 0, 0, time.UTC)
	c, err := newChain(t, ethereum.Config{ChainID: 8453}).Challenge(r)
	const want = `app.example wants you to sign in with your Ethereum account:
0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266

Sign in to app.example

URI: https://app.example
Version: 1
Chain ID: 8453
Nonce: ab63646566303132333435363738396162636465663031323334353637383900
Issued At: 2026-01-01T00:00:00.250Z
Expiration Time: 2026-01-01T00:05:00Z`
	if err != nil || c.Message != want || c.AccountID != alice.Address() || c.NonceText != hex.EncodeToString(r.Nonce[:]) {
		t.Errorf("%+v, error %v", c, err)
	}
	members := []handlers.Member{{Name: "messageHex", Value: "0x" + hex.EncodeToString([]byte(want))}, {Name: "address", Value: alice.Address()}}
	if !slices.Equal(c.Members, members) {
		t.Errorf("%+v", c.Members)
	}
	if m, err := siwe.Parse(c.Message); err != nil || m.Scheme != "" {
		t.Errorf("%+v, error %v", m, err)
	}
}

// The scheme is written when it is not https, and the port belongs to the domain.
func TestChallengeOrigin(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{
		"http://localhost:8080":         "http://localhost:8080 wants",
		"https://app.example:8443":      "app.example:8443 wants",
		"http://[::1]:3000":             "http://[::1]:3000 wants",
		"https://xn--bcher-kva.example": "xn--bcher-kva.example wants",
	} {
		r := request(alice.Address())
		r.Origin, r.Message = origin, ""
		c, err := ethereum.Mainnet().Challenge(r)
		if err != nil || !strings.HasPrefix(c.Message, want) || !strings.Contains(c.Message, "\n\n\nURI: "+origin+"\n") {
			t.Errorf("%s: %q, error %v", origin, c.Message, err)
		}
	}
}

// Who builds the text needs the nonce and nothing else.
func TestChallengeWithoutAccount(t *testing.T) {
	t.Parallel()
	c := issue(t, ethereum.Mainnet(), "")
	if c.Message != "" || c.AccountID != "" || c.Members != nil || len(c.NonceText) != 64 {
		t.Errorf("%+v", c)
	}
	_, err := ethereum.Mainnet().Verify(c, handlers.Proof{AccountID: alice.Address(), Signature: alice.Sign("")})
	wantErr(t, "a signature over nothing", err, handlers.ErrMalformed)
}

func TestChallengeRefuses(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"alice.near", "0x", "vitalik.eth", alice.Address() + "\n", "0xF" + alice.Address()[3:], "eip155:1:" + alice.Address()} {
		c, err := ethereum.Mainnet().Challenge(request(id))
		wantErr(t, id, err, handlers.ErrMalformed)
		if c.AccountID != "" {
			t.Errorf("%+v", c)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	check := func(change func(*handlers.Request)) error {
		r := handlers.Request{Origin: origin, Message: "Sign in to app.example"}
		change(&r)
		return ethereum.Mainnet().Check(r)
	}
	for _, message := range []string{"", "Sign in to app.example", "Terms: https://app.example/terms?a=b#c [1], (2); it's $0 & more!", strings.Repeat("a", 400)} {
		if err := check(func(r *handlers.Request) { r.Message = message }); err != nil {
			t.Errorf("%.40q: %v", message, err)
		}
	}
	for _, message := range []string{"a\nb", `"app"`, "100%", "<b>", "a|b", "a\\b", "`", "{a}", "^", "é", "\x00", strings.Repeat("a", siwe.MaxText)} {
		err := check(func(r *handlers.Request) { r.Message = message })
		if err == nil || errors.Is(err, handlers.ErrMalformed) {
			t.Errorf("%.40q: %v", message, err)
		}
		// What was not checked is not signed either.
		r := request(alice.Address())
		r.Message = message
		if c, err := ethereum.Mainnet().Challenge(r); err == nil {
			t.Errorf("%.40q: %+v", message, c)
		}
	}
	for _, origin := range []string{"", "https://", "app.example", "https://app.example/", "https://app example"} {
		if err := check(func(r *handlers.Request) { r.Origin = origin }); err == nil {
			t.Errorf("origin %q", origin)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	chain := ethereum.Mainnet()
	challenge := issue(t, chain, alice.Address())
	signature := alice.Sign(challenge.Message)
	want := store.Account{Chain: "eip155:1", ID: alice.Address(), PublicKey: alice.Address()}
	lower := strings.ToLower(alice.Address())
	for name, p := range map[string]handlers.Proof{
		"the signature alone": {Signature: signature},
		"and the account":     {Signature: signature, AccountID: alice.Address()},
		"in small letters":    {Signature: signature, AccountID: lower, PublicKey: lower},
		"capital hex":         {Signature: "0x" + strings.ToUpper(signature[2:])},
	} {
		account, err := chain.Verify(challenge, p)
		if err != nil || account != want {
			t.Errorf("%s: %+v, error %v", name, account, err)
		}
		if err := chain.Confirm(t.Context(), account); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		proof handlers.Proof
		want  error
	}{
		"nothing":            {handlers.Proof{}, handlers.ErrMalformed},
		"another account":    {handlers.Proof{Signature: signature, AccountID: bob.Address()}, handlers.ErrMalformed},
		"another key":        {handlers.Proof{Signature: signature, PublicKey: bob.Address()}, handlers.ErrMalformed},
		"no account":         {handlers.Proof{Signature: signature, AccountID: "alice.near"}, handlers.ErrMalformed},
		"no hex":             {handlers.Proof{Signature: signature[2:]}, handlers.ErrMalformed},
		"a long signature":   {handlers.Proof{Signature: "0x" + strings.Repeat("00", siwe.MaxSignature+1)}, handlers.ErrMalformed},
		"a contract's":       {handlers.Proof{Signature: signature + "00"}, handlers.ErrInvalidSignature},
		"bob's signature":    {handlers.Proof{Signature: bob.Sign(challenge.Message)}, handlers.ErrInvalidSignature},
		"of another text":    {handlers.Proof{Signature: alice.Sign(challenge.Message + " ")}, handlers.ErrInvalidSignature},
		"of the configured":  {handlers.Proof{Signature: alice.Sign("Sign in to app.example")}, handlers.ErrInvalidSignature},
		"of the text in hex": {handlers.Proof{Signature: alice.Sign(challenge.Members[0].Value)}, handlers.ErrInvalidSignature},
		"of nothing":         {handlers.Proof{Signature: alice.Sign("")}, handlers.ErrInvalidSignature},
	} {
		account, err := chain.Verify(challenge, c.proof)
		wantErr(t, name, err, c.want)
		if account != (store.Account{}) || err != nil && strings.Contains(err.Error(), signature[2:34]) {
			t.Errorf("%s: %+v, error %v", name, account, err)
		}
	}
}

// The challenge itself may have come apart: its account and its text.
func TestVerifyChallenge(t *testing.T) {
	t.Parallel()
	chain := ethereum.Mainnet()
	good := issue(t, chain, alice.Address())
	for name, change := range map[string]func(c *handlers.Challenge){
		"bob's, with alice's text": func(c *handlers.Challenge) { c.AccountID = bob.Address() },
		"nobody's":                 func(c *handlers.Challenge) { c.AccountID = "" },
		"in small letters":         func(c *handlers.Challenge) { c.AccountID = strings.ToLower(c.AccountID) },
		"no text":                  func(c *handlers.Challenge) { c.Message = "" },
		"another chain's text":     func(c *handlers.Challenge) { c.Message = "Sign in to app.example" },
		"of NEAR": func(c *handlers.Challenge) {
			c.Message, c.AccountID = "Sign in to app.example\nalice.near\n", "alice.near"
		},
	} {
		c := good
		change(&c)
		_, err := chain.Verify(c, handlers.Proof{Signature: alice.Sign(c.Message)})
		wantErr(t, name, err, handlers.ErrMalformed)
	}
}

// What was signed for one challenge is nothing for another one.
func TestConfusion(t *testing.T) {
	t.Parallel()
	mainnet, base := ethereum.Mainnet(), newChain(t, ethereum.Config{ChainID: 8453, AlsoChainIDs: []uint64{10}})
	good := issue(t, mainnet, alice.Address())
	proof := handlers.Proof{Signature: alice.Sign(good.Message)}
	for name, change := range map[string]func(r *handlers.Request){
		"nonce":     func(r *handlers.Request) { r.Nonce[31] ^= 1 },
		"domain":    func(r *handlers.Request) { r.Origin = "https://app.example:8443" },
		"scheme":    func(r *handlers.Request) { r.Origin = "http://app.example" },
		"statement": func(r *handlers.Request) { r.Message = "Sign in to app.exampl" },
		"address":   func(r *handlers.Request) { r.AccountID = bob.Address() },
		"issued":    func(r *handlers.Request) { r.IssuedAt = r.IssuedAt.Add(time.Millisecond) },
		"expires":   func(r *handlers.Request) { r.ExpiresAt = r.ExpiresAt.Add(time.Millisecond) },
	} {
		r := good.Request
		r.Message = "Sign in to app.example"
		change(&r)
		c, err := mainnet.Challenge(r)
		must(t, err)
		_, err = mainnet.Verify(c, proof)
		wantErr(t, name, err, handlers.ErrInvalidSignature)
	}
	_, err := base.Verify(issue(t, base, alice.Address()), proof)
	wantErr(t, "chain", err, handlers.ErrInvalidSignature)
	// An account of one is none of another, when it is asked about again.
	account, err := mainnet.Verify(good, proof)
	must(t, err)
	wantErr(t, "re-check by another chain", base.Confirm(t.Context(), account), handlers.ErrInvalidSignature)
	for name, change := range map[string]func(a *store.Account){
		"another's key": func(a *store.Account) { a.PublicKey = bob.Address() },
		"no key":        func(a *store.Account) { a.PublicKey = "" },
		"lost evidence": func(a *store.Account) { a.PublicKey = "erc1271:00" },
	} {
		a := account
		change(&a)
		wantErr(t, name, mainnet.Confirm(t.Context(), a), handlers.ErrUnavailable)
	}
}

func TestSignatureForms(t *testing.T) {
	t.Parallel()
	v := load(t).SignatureForms
	challenge := handlers.Challenge{Request: handlers.Request{AccountID: v.Address, Message: v.Message}}
	accepted := 0
	for _, c := range v.Cases {
		account, err := ethereum.Mainnet().Verify(challenge, handlers.Proof{Signature: c.Signature})
		if c.Expect == "accept" {
			accepted++
			if err != nil || account.ID != v.Address {
				t.Errorf("%s: %+v, error %v", c.Name, account, err)
			}
			continue
		}
		if account != (store.Account{}) || !errors.Is(err, handlers.ErrMalformed) && !errors.Is(err, handlers.ErrInvalidSignature) {
			t.Errorf("%s: %+v, error %v", c.Name, account, err)
		}
	}
	if accepted != 3 {
		t.Errorf("%d accepted", accepted)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	must(t, ethereum.Mainnet().Ready(t.Context()))
	node, endpoint := serve(t, 1)
	chain := newChain(t, ethereum.Config{RPC: []ethereum.Endpoint{endpoint}})
	must(t, chain.Ready(t.Context()))
	node.Fault(nearrpctest.Down())
	if err := chain.Ready(t.Context()); err == nil {
		t.Error("ready, and the node is down")
	}
	other := newChain(t, ethereum.Config{ChainID: 5, RPC: []ethereum.Endpoint{endpoint}})
	node.Fault(nil)
	if err := other.Ready(t.Context()); err == nil {
		t.Error("ready, and the node is on another chain")
	}
}
