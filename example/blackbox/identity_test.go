package blackbox

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/handlers/nep413"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// T34: an account whose "key" is a point of small order, which crypto/ed25519
// takes signatures under that nobody made. The chain even says that the key is
// a full-access key. Where the table says 401 our contract says 400: such a key
// is none, whatever is signed with it.
func TestT34KeysOfSmallOrder(t *testing.T) {
	t.Parallel()
	vectors := speccheck(t)
	onBoth(t, func(t *testing.T, s *site) {
		c := exampletest.Browser()
		for _, k := range vectors.SmallOrderKeys {
			raw := unhex(t, k.Hex)
			for _, account := range []string{k.Hex, "weak.testnet"} { // an implicit account is its key
				if err := s.node.AddFullAccessKey(account, k.NearPublicKey); err != nil {
					t.Fatal(err)
				}
				ch := s.a.Challenge(c)
				answer := proof(account, k.NearPublicKey, ch, forge(t, raw, hashOf(t, ch)))
				res, body := s.a.Do(c, "POST", "/auth/verify", answer)
				exampletest.Expect(t, account+" "+k.Hex, res, body, 400, "invalid_request")
			}
		}
		for _, v := range vectors.Cases {
			key := "ed25519:" + base58.Encode(unhex(t, v.PubKey))
			_ = s.node.AddFullAccessKey("check.testnet", key)
			res, body := s.a.Do(c, "POST", "/auth/verify", proof("check.testnet", key, s.a.Challenge(c), unhex(t, v.Signature)))
			if res.StatusCode != 400 && res.StatusCode != 401 {
				t.Errorf("speccheck %d: %d %s", v.I, res.StatusCode, body)
			}
		}
		if s.node.Queries() != 0 {
			t.Errorf("the chain was asked %d times about keys that are none", s.node.Queries())
		}
	})
}

// T34, the other half: signatures that only the key's holder can make, but
// not the one there should be. Beside them an honest one, which counts.
func TestT34SignaturesOfSmallOrder(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		for what, sign := range map[string]func(hash []byte) []byte{
			"R of small order":     func(hash []byte) []byte { return smallR(w.Private, hash) },
			"S and the order more": func(hash []byte) []byte { return moreS(ed25519.Sign(w.Private, hash)) },
		} {
			ch := s.a.Challenge(c)
			signature := sign(hashOf(t, ch))
			if what == "R of small order" && !ed25519.Verify(w.Private.Public().(ed25519.PublicKey), hashOf(t, ch), signature) {
				t.Error("crypto/ed25519 refuses it too: this is no attack")
			}
			res, body := s.a.Do(c, "POST", "/auth/verify", proof(w.Account, w.Key(), ch, signature))
			exampletest.Expect(t, what, res, body, 401, "invalid_signature")
		}
		res, body := s.a.SignIn(c, w)
		exampletest.Expect(t, "an honest one", res, body, 200, w.Account)
	})
}

// T35: one account in many spellings. NEAR ids have one; others are refused,
// 400, before anything is looked up. Ethereum and Stellar are no chains of this
// site: their addresses, by chain and as account ids, are refused as well, and
// a Stellar seed that somebody pastes is in no log.
func TestT35OneSpellingOfAnAccount(t *testing.T) {
	t.Parallel()
	const seed = "SBQPDFUGLMWJYEYXFRM5TQX3AX2BR47WKI4FDS7EJQUSEUUVY72MZPJF"
	secrets.add("a Stellar seed", seed)
	bad := []string{
		"Alice.testnet", "ALICE.TESTNET", "аlice.testnet", "alice.testnet.", ".alice.testnet", "alice..testnet", "a",
		strings.Repeat("a", 65), "alice testnet", "alice.testnet\n", "alice\u200b.testnet", "alice/testnet", "ａlice.testnet", "al\u0131ce.testnet",
		"0x71C7656EC7ab88b098defB751B7401B5f6d8976F", "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ", seed,
	}
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		for _, id := range bad {
			quoted, _ := json.Marshal(id)
			res, body := s.a.Do(c, "POST", "/auth/challenge", `{"accountId":`+string(quoted)+`}`)
			exampletest.Expect(t, "a challenge for "+id, res, body, 400, "invalid_request")
			other := w
			other.Account = id
			res, body = s.a.SignIn(c, other)
			exampletest.Expect(t, "sign in as "+id, res, body, 400, "invalid_request")
		}
		for _, chain := range []string{"ethereum", "eip155", "eip155:1", "stellar", "stellar:pubnet", "near:mainnet", "near:demo"} {
			res, body := s.a.Do(c, "POST", "/auth/challenge", `{"chain":"`+chain+`"}`)
			exampletest.Expect(t, chain, res, body, 400, "unsupported_chain")
		}
		if s.node.Queries() != 0 {
			t.Errorf("the chain was asked %d times", s.node.Queries())
		}
		res, body := s.a.SignIn(c, w)
		exampletest.Expect(t, "the one spelling", res, body, 200, `"account":"near:testnet:alice.testnet"`)
	})
}

// T36: signatures of other lengths, and everything that ECDSA has: numbers out of
// range, a high s, every v but the one that recovers the key. The chain of
// Ethereum accounts has its own half of this test.
func TestT36SignaturesOfOtherKinds(t *testing.T) {
	t.Parallel()
	private, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	secp := "secp256k1:" + base58.Encode(private.PubKey().SerializeUncompressed()[1:])
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		if err := s.node.AddFullAccessKey(w.Account, secp); err != nil {
			t.Fatal(err)
		}
		honest := func(ch exampletest.Challenge) []byte { return ed25519.Sign(w.Private, hashOf(t, ch)) }
		for _, size := range []int{0, 1, 32, 63, 65, 66, 96, 128} {
			ch := s.a.Challenge(c)
			signature := slices.Concat(honest(ch), make([]byte, 64))[:size]
			res, body := s.a.Do(c, "POST", "/auth/verify", proof(w.Account, w.Key(), ch, signature))
			exampletest.Expect(t, fmt.Sprint(size, " bytes"), res, body, 400, "invalid_request")
		}
		ch := s.a.Challenge(c)
		compact := ecdsa.SignCompact(private, hashOf(t, ch), false)
		good := append(compact[1:], compact[0]-27) // r, s, v
		try := func(name string, signature []byte, status int, code string) {
			t.Helper()
			res, body := s.a.Do(c, "POST", "/auth/verify", proof(w.Account, secp, ch, signature))
			exampletest.Expect(t, "secp256k1, "+name, res, body, status, code)
		}
		for _, v := range []byte{0, 1, 2, 3, 4, 27, 28, 29, 31, 34, 255} {
			if v != good[64] {
				try(fmt.Sprint("v ", v), append(good[:64:64], v), 401, "invalid_signature")
			}
			try(fmt.Sprint("all zero, v ", v), append(make([]byte, 64), v), 401, "invalid_signature")
			try(fmt.Sprint("all ones, v ", v), append(slices.Repeat([]byte{0xff}, 64), v), 401, "invalid_signature")
		}
		var high secp256k1.ModNScalar
		high.SetByteSlice(good[32:64])
		high.Negate()
		negative := high.Bytes()
		for _, v := range []byte{good[64], good[64] ^ 1} {
			try(fmt.Sprint("high s, v ", v), slices.Concat(good[:32], negative[:], []byte{v}), 401, "invalid_signature")
		}
		try("without v", good[:64], 400, "invalid_request")
		try("signed by an ed25519 key", honest(ch), 400, "invalid_request")
		res, body := s.a.Do(c, "POST", "/auth/verify", proof(w.Account, w.Key(), ch, good))
		exampletest.Expect(t, "under an ed25519 key", res, body, 400, "invalid_request")
		res, body = s.a.Do(c, "POST", "/auth/verify", proof(w.Account, w.Key(), ch, make([]byte, 64)))
		exampletest.Expect(t, "all zero", res, body, 401, "invalid_signature")
		// None of that has spoilt the challenge.
		try("the right one", good, 200, w.Account)
		ch = s.a.Challenge(c)
		res, body = s.a.Do(c, "POST", "/auth/verify", proof(w.Account, w.Key(), ch, honest(ch)))
		exampletest.Expect(t, "the right one", res, body, 200, w.Account)
	})
}

// T37: keys that are on the account and may not sign in, keys that are not, and
// answers of the chain in which "FullAccess" stands somewhere. Where the table
// says 401 for permissions that nobody knows, our contract says 503: they are
// neither a yes nor a no.
func TestT37OnlyFullAccess(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		signIn := func(what string, w exampletest.Wallet, status int, code string) {
			t.Helper()
			c := exampletest.Browser()
			res, body := s.a.SignIn(c, w)
			exampletest.Expect(t, what, res, body, status, code)
			if res, body := s.b.Do(c, "GET", "/api/me", ""); (res.StatusCode == 200) != (status == 200) {
				t.Errorf("%s, afterwards: %d %s", what, res.StatusCode, body)
			}
		}
		w := exampletest.NewWallet("alice.testnet")
		for _, dialect := range []nearrpctest.Dialect{nearrpctest.Nearcore213, nearrpctest.Nearcore214} {
			s.node.SetDialect(dialect)
			signIn("no account", exampletest.NewWallet("nobody.testnet"), 401, "key_not_found")
			_ = s.node.CreateAccount(w.Account)
			s.node.DeleteKey(w.Account, w.Key())
			signIn("no key", w, 401, "key_not_found")
			_ = s.node.AddFunctionCallKey(w.Account, w.Key(), "fullaccess.testnet", "FullAccess", `permission":"FullAccess`)
			signIn("a function-call key", w, 401, "key_not_full_access")
			_ = s.node.AddGasKeyFunctionCall(w.Account, w.Key(), "fullaccess.testnet", "FullAccess")
			signIn("a gas key for function calls", w, 401, "key_not_full_access")
		}
		for what, result := range map[string]string{
			"an unknown name":        `{"permission":"FullAccessButOnlyALittle"}`,
			"another case":           `{"permission":"fullaccess"}`,
			"an unknown object":      `{"permission":{"FullAccess":{}}}`,
			"two at once":            `{"permission":{"GasKeyFullAccess":{"balance":"0","num_nonces":1},"FunctionCall":{"receiver_id":"x","method_names":[]}}}`,
			"two members":            `{"permission":{"FunctionCall":{}},"permission":"FullAccess"}`,
			"a list":                 `{"permission":["FullAccess"]}`,
			"none, but the words":    `{"x":"FullAccess","note":"permission: FullAccess"}`,
			"nested":                 `{"access_key":{"permission":"FullAccess"}}`,
			"a key and an error":     `{"permission":"FullAccess","error":"access key does not exist while viewing"}`,
			"null":                   `{"permission":null}`,
			"FullAccess in an error": `{"error":"permission is not FullAccess"}`,
		} {
			s.node.Fault(says(result))
			signIn(what, w, 503, "chain_unavailable")
		}
		s.node.Fault(nil)
		_ = s.node.AddGasKeyFullAccess(w.Account, w.Key())
		signIn("a gas key with full access", w, 200, w.Account)
		_ = s.node.AddFullAccessKey(w.Account, w.Key())
		signIn("a full-access key", w, 200, w.Account)
	})
}

// says is a node that answers every query with this result.
func says(result string) nearrpctest.Fault {
	return nearrpctest.Only("query", func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"jsonrpc":"2.0","result":%s,"id":%s}`, result, idOf(r))
		return true
	})
}

// idOf is the id of a JSON-RPC request.
func idOf(r *http.Request) json.RawMessage {
	var call struct{ ID json.RawMessage }
	text, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(text, &call)
	return call.ID
}

type vectors struct {
	Cases []struct {
		I         int
		PubKey    string `json:"pub_key"`
		Signature string
	}
	SmallOrderKeys []struct{ Hex, NearPublicKey string }
}

func speccheck(t *testing.T) (v vectors) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "handlers", "nep413", "testdata", "ed25519_speccheck.json"))
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil || len(v.Cases) != 12 || len(v.SmallOrderKeys) != 14 {
		t.Fatal(err, len(v.Cases), len(v.SmallOrderKeys))
	}
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hashOf is what a wallet signs of a challenge.
func hashOf(t *testing.T, c exampletest.Challenge) []byte {
	t.Helper()
	nonce, err := base64.StdEncoding.DecodeString(c.Nonce)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := nep413.Payload{Message: c.Message, Nonce: [32]byte(nonce), Recipient: c.Recipient}.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return hash[:]
}

// proof is the body of a verify, with any signature.
func proof(account, key string, c exampletest.Challenge, signature []byte) string {
	b, _ := json.Marshal(map[string]string{
		"accountId": account, "publicKey": key, "nonce": c.Nonce, "signature": base64.StdEncoding.EncodeToString(signature),
	})
	return string(b)
}
