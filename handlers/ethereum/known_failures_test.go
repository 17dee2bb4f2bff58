package ethereum_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/store"
)

// What implementations in the field got wrong beyond the text itself, whose tests
// are in package siwe.

// siwe-go: any signature of less than 65 bytes is a panic. With servers to ask,
// it may be a contract's, and is nothing yet.
func TestKnownFailureShortSignature(t *testing.T) {
	t.Parallel()
	_, endpoint := serve(t, 1)
	for _, chain := range []*ethereum.Chain{ethereum.Mainnet(), newChain(t, ethereum.Config{RPC: []ethereum.Endpoint{endpoint}})} {
		challenge := issue(t, chain, alice.Address())
		for _, n := range []int{0, 1, 2, 31, 32, 33, 64, 66, 96} {
			account, err := chain.Verify(challenge, handlers.Proof{Signature: "0x" + strings.Repeat("00", n)})
			if err == nil {
				err = chain.Confirm(t.Context(), account)
			}
			if err == nil {
				t.Errorf("%d bytes are accepted", n)
			}
		}
	}
}

// viem, eth-sig-util and siwe-go: the second signature that anybody can make.
func TestKnownFailureHighS(t *testing.T) {
	t.Parallel()
	v := load(t).SignatureForms
	challenge := handlers.Challenge{Request: handlers.Request{AccountID: v.Address, Message: v.Message}}
	signature := unhex(t, v.Cases[0].Signature)
	var s secp256k1.ModNScalar
	s.SetByteSlice(signature[32:64])
	s.Negate().PutBytesUnchecked(signature[32:64])
	signature[64] = 27 + 28 - signature[64]
	_, err := ethereum.Mainnet().Verify(challenge, handlers.Proof{Signature: fmt.Sprintf("0x%x", signature)})
	wantErr(t, "high s", err, handlers.ErrInvalidSignature)
}

// Supabase: the expiration counts only beside a not-before. The whole matrix.
func TestKnownFailureExpiryWithoutNotBefore(t *testing.T) {
	t.Parallel()
	chain := ethereum.Mainnet()
	challenge := issue(t, chain, "")
	past, future := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, expires := range []string{"", past, future} {
		for _, begins := range []string{"", past, future} {
			text := clientText(alice.Address(), challenge.NonceText)
			if expires != "" {
				text += "\nExpiration Time: " + expires
			}
			if begins != "" {
				text += "\nNot Before: " + begins
			}
			_, err := chain.ReadMessage(challenge, text)
			if want := expires != past && begins != future; (err == nil) != want {
				t.Errorf("expires %q, not before %q: %v", expires, begins, err)
			}
		}
	}
}

// better-auth at HEAD, viem before 2.55.16, thirdweb: an expiration that cannot
// be read is none.
func TestKnownFailureUnparseableExpiry(t *testing.T) {
	t.Parallel()
	challenge := issue(t, ethereum.Mainnet(), "")
	for _, expires := range []string{"", "never", "2000-02-31T00:00:00Z", "Sat, 01 Jan 2000 00:00:00 GMT", "946684800"} {
		_, err := ethereum.Mainnet().ReadMessage(challenge, clientText(alice.Address(), challenge.NonceText)+"\nExpiration Time: "+expires)
		wantErr(t, expires, err, handlers.ErrMalformed)
	}
}

// Supabase: an account for each way to write an address.
func TestKnownFailureLetterCase(t *testing.T) {
	t.Parallel()
	chain := ethereum.Mainnet()
	var accounts []store.Account
	for _, id := range []string{alice.Address(), strings.ToLower(alice.Address()), "0x" + strings.ToUpper(alice.Address()[2:])} {
		challenge := issue(t, chain, id)
		account, err := chain.Verify(challenge, handlers.Proof{AccountID: id, Signature: alice.Sign(challenge.Message)})
		must(t, err)
		accounts = append(accounts, account)
	}
	if accounts[0] != accounts[1] || accounts[0] != accounts[2] {
		t.Errorf("%+v", accounts)
	}
}

// better-auth before 1.6.16: a signature over any message is good enough.
func TestKnownFailureAnotherMessage(t *testing.T) {
	t.Parallel()
	chain := ethereum.Mainnet()
	challenge := issue(t, chain, "")
	for name, text := range map[string]string{
		"any message":      "gm",
		"the nonce":        challenge.NonceText,
		"the nonce in one": "please sign " + challenge.NonceText,
		"another nonce":    clientText(alice.Address(), strings.Repeat("a", 64)),
		"another site's":   strings.ReplaceAll(clientText(alice.Address(), challenge.NonceText), "app.example", "evil.example"),
	} {
		_, err := chain.ReadMessage(challenge, text)
		wantErr(t, name, err, handlers.ErrMalformed)
	}
	text := clientText(alice.Address(), challenge.NonceText)
	read, err := chain.ReadMessage(challenge, text)
	must(t, err)
	_, err = chain.Verify(read, handlers.Proof{Signature: alice.Sign("gm")})
	wantErr(t, "a signature over another", err, handlers.ErrInvalidSignature)
}

// Supabase and better-auth: of two fields the last wins.
func TestKnownFailureLastFieldWins(t *testing.T) {
	t.Parallel()
	challenge := issue(t, ethereum.Mainnet(), "")
	text := clientText(alice.Address(), challenge.NonceText)
	for _, line := range []string{"Nonce: " + challenge.NonceText, "Chain ID: 1", "URI: https://app.example", "Version: 1"} {
		evil := strings.Replace(text, line, strings.Split(line, ": ")[0]+": 12345678", 1)
		for _, both := range []string{evil + "\n" + line, strings.Replace(text, line, line+"\n"+line, 1)} {
			_, err := ethereum.Mainnet().ReadMessage(challenge, both)
			wantErr(t, line, err, handlers.ErrMalformed)
		}
	}
}

// siwe-go and Supabase: a statement that is not what it looks like.
func TestKnownFailureBidiStatement(t *testing.T) {
	t.Parallel()
	challenge := issue(t, ethereum.Mainnet(), "")
	text := clientText(alice.Address(), challenge.NonceText)
	for _, evil := range []string{"\u202e", "\u2066", "é", "\u200b", "\r", "\x1b"} {
		_, err := ethereum.Mainnet().ReadMessage(challenge, strings.Replace(text, "Sign in", "Sign"+evil+"in", 1))
		wantErr(t, evil, err, handlers.ErrMalformed)
	}
}

// siwe-go: a text is verified as it would be written, not as it was signed.
func TestKnownFailureReserialisation(t *testing.T) {
	t.Parallel()
	chain := ethereum.Mainnet()
	challenge := issue(t, chain, "")
	base := clientText(alice.Address(), challenge.NonceText)
	for name, text := range map[string]string{
		"capitals":            strings.Replace(base, "URI: https://app.example", "URI: HTTPS://App.example/", 1),
		"an empty fragment":   strings.Replace(base, "URI: https://app.example", "URI: https://app.example/#", 1),
		"an empty request id": base + "\nRequest ID: ",
		"a blank statement":   strings.Replace(base, "Sign in with Ethereum to the app.", "  ", 1),
		"empty resources":     base + "\nResources:",
		"a scheme":            "https://" + base,
	} {
		read, err := chain.ReadMessage(challenge, text)
		if err == nil {
			_, err = chain.Verify(read, handlers.Proof{Signature: alice.Sign(text)})
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// This one is a matter of policy: a chain has one id.
	_, err := chain.ReadMessage(challenge, strings.Replace(base, "Chain ID: 1", "Chain ID: 01", 1))
	wantErr(t, "chain id 01", err, handlers.ErrUnsupportedChain)
}
