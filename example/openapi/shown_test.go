package openapi

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/handlers/stellar"
)

// example decodes an example of a schema.
func example(t *testing.T, schema string, i int, to any) {
	t.Helper()
	examples, _ := readDocument(t).node("components", "schemas", schema).members["examples"].([]any)
	if i >= len(examples) {
		t.Fatalf("%s has no example %d", schema, i)
	}
	if err := json.Unmarshal([]byte(marshal(t, examples[i])), to); err != nil {
		t.Fatal(err)
	}
}

// reissued is the challenge of the document's example, as the chain makes it.
func reissued(t *testing.T, chain handlers.Chain, schema string, i int) handlers.Challenge {
	t.Helper()
	var shown struct {
		Nonce, Address      string
		IssuedAt, ExpiresAt time.Time
	}
	example(t, schema, i, &shown)
	nonce, err := hex.DecodeString(shown.Nonce)
	if err != nil {
		nonce, err = base64.StdEncoding.DecodeString(shown.Nonce)
	}
	if err != nil || len(nonce) != 32 {
		t.Fatalf("%s: the nonce is %q", schema, shown.Nonce)
	}
	c, err := chain.Challenge(handlers.Request{
		AccountID: shown.Address, Origin: origin, Message: "Sign in to my-app.example", Recipient: "my-app.example",
		Nonce: [32]byte(nonce), IssuedAt: shown.IssuedAt, ExpiresAt: shown.ExpiresAt,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The challenges that the document shows are those that the chains make, member
// for member.
func TestShownChallenges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		chain  handlers.Chain
		schema string
		i      int
	}{
		{near.Mainnet(), "NearChallenge", 0},
		{ethereum.Mainnet(), "EthereumChallenge", 0},
		{ethereum.Mainnet(), "EthereumChallenge", 1},
		{stellar.Pubnet(), "StellarChallenge", 0},
	} {
		made := reissued(t, c.chain, c.schema, c.i)
		nonce := cmp.Or(made.NonceText, base64.StdEncoding.EncodeToString(made.Nonce[:]))
		_, network, _ := strings.Cut(c.chain.ID(), ":")
		want := map[string]any{
			"chain": c.chain.ID(), "network": network, "nonce": nonce, "challenge": nonce, "recipient": made.Recipient,
			"issuedAt": made.IssuedAt.Format(time.RFC3339Nano), "expiresAt": made.ExpiresAt.Format(time.RFC3339Nano),
			"expiresIn": made.ExpiresAt.Sub(made.IssuedAt).Seconds(),
		}
		if made.Message != "" {
			want["message"] = made.Message
		}
		for _, m := range made.Members {
			want[m.Name] = m.Value
		}
		var shown map[string]any
		if example(t, c.schema, c.i, &shown); !maps.Equal(shown, want) {
			t.Errorf("%s, example %d:\n%q\nwant\n%q", c.schema, c.i, shown, want)
		}
	}
}

// What the document shows as signed is: whoever writes a wallet, or a server,
// can try it on the examples. The accounts are those of SignedIn.
func TestShownSignatures(t *testing.T) {
	t.Parallel()
	accounts := make(map[string]bool)
	for i := range 3 {
		var a struct{ Account, PublicKey string }
		example(t, "SignedIn", i, &a)
		accounts[a.Account+" "+a.PublicKey] = true
	}
	for _, c := range []struct {
		chain     handlers.Chain
		challenge string
		over      int // its example
		proof     string
		i         int // its example
		another   bool
	}{
		{near.Mainnet(), "NearChallenge", 0, "NearProof", 0, false},
		{ethereum.Mainnet(), "EthereumChallenge", 0, "EthereumProof", 0, false},
		{ethereum.Mainnet(), "EthereumChallenge", 1, "EthereumTextProof", 0, false},
		{stellar.Pubnet(), "StellarChallenge", 0, "StellarProof", 0, false},
		{stellar.Pubnet(), "StellarChallenge", 0, "StellarProof", 1, true},
		{stellar.Pubnet(), "StellarChallenge", 0, "FreighterProof", 0, false},
	} {
		made := reissued(t, c.chain, c.challenge, c.over)
		var p struct{ AccountID, PublicKey, SignerAddress, Signature, SignedMessage, Message, Nonce string }
		example(t, c.proof, c.i, &p)
		if p.Message != "" {
			var err error
			if made, err = ethereum.Mainnet().ReadMessage(made, p.Message); err != nil {
				t.Fatalf("%s: %v", c.proof, err)
			}
		} else if nonce := cmp.Or(made.NonceText, base64.StdEncoding.EncodeToString(made.Nonce[:])); p.Nonce != nonce {
			t.Errorf("%s: the nonces are %q and %q", c.proof, p.Nonce, nonce)
		}
		account, err := c.chain.Verify(made, handlers.Proof{
			AccountID: p.AccountID, PublicKey: cmp.Or(p.PublicKey, p.SignerAddress), Signature: cmp.Or(p.Signature, p.SignedMessage),
		})
		if err != nil {
			t.Errorf("%s, example %d: %v", c.proof, c.i, err)
		}
		if accounts[account.String()+" "+account.PublicKey] == c.another {
			t.Errorf("%s, example %d: %v, with %s", c.proof, c.i, account, account.PublicKey)
		}
	}
}

// The examples of verify have the same signatures as those of the schemas.
func TestSignaturesOfVerify(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	signed := make(map[string]bool)
	for _, schema := range []string{"NearProof", "EthereumProof", "EthereumTextProof", "StellarProof", "FreighterProof"} {
		examples, _ := d.node("components", "schemas", schema).members["examples"].([]any)
		for _, value := range examples {
			signed[signatureIn(t, value)] = true
		}
	}
	for name, value := range requestExamples(t, d, "POST /verify") {
		if s := signatureIn(t, value); !signed[s] {
			t.Errorf("example %s has a signature of its own: %s", name, s)
		}
	}
}

// signatureIn is the signature of a body, in hex.
func signatureIn(t *testing.T, body any) string {
	t.Helper()
	m := body.(map[string]any)
	if inner, nested := m["signedMessage"].(map[string]any); nested {
		m = inner
	}
	s, ok := m["signature"].(string)
	if !ok {
		s, _ = m["signedMessage"].(string)
	}
	if b, err := base64.StdEncoding.DecodeString(s); err == nil && len(b) == 64 {
		return hex.EncodeToString(b)
	}
	if s == "" {
		t.Fatalf("no signature in %v", body)
	}
	return s
}
