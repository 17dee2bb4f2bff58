package ethereum_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
)

// Two keys that everybody knows: the first of the development chains.
var (
	alice = parseKey("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
	bob   = parseKey("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d")
)

const (
	origin = "https://app.example"
	wallet = "0xa5b3A53800cD49669F34DE80f2C569c6D4Ca3009" // of no key
)

func parseKey(digits string) *ethereumtest.Key {
	k, err := ethereumtest.ParseKey(digits)
	if err != nil {
		panic(err)
	}
	return k
}

func newChain(t testing.TB, c ethereum.Config) *ethereum.Chain {
	t.Helper()
	if c.ChainID == 0 {
		c.ChainID = 1
	}
	chain, err := ethereum.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// request is one that package handlers would make.
func request(accountID string) handlers.Request {
	now := time.Now().UTC().Truncate(time.Millisecond)
	r := handlers.Request{
		AccountID: accountID, Origin: origin, Message: "Sign in to app.example",
		IssuedAt: now, ExpiresAt: now.Add(5 * time.Minute),
	}
	copy(r.Nonce[:], "\xabcdef0123456789abcdef0123456789")
	return r
}

// issue returns the challenge of an account, or of none.
func issue(t testing.TB, chain *ethereum.Chain, accountID string) handlers.Challenge {
	t.Helper()
	c, err := chain.Challenge(request(accountID))
	if err != nil {
		t.Fatal(err)
	}
	c.Chain = chain.ID()
	return c
}

// serve starts a node.
func serve(t testing.TB, chainID uint64) (*ethereumtest.Node, ethereum.Endpoint) {
	t.Helper()
	node := ethereumtest.NewNode(chainID)
	server, err := ethereumtest.Serve(node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return node, ethereum.Endpoint{URL: server.URL}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, name string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", name, got, want)
	}
}

// vectors is the part of ../siwe/testdata/eth_vectors.json that is for a chain.
type vectors struct {
	Policy struct {
		Cases    []struct{ Name, Message, Signature, Expect string }
		Expected struct {
			Address, Nonce, Statement string
			IssuedAt                  time.Time `json:"issued_at"`
			ExpirationTime            time.Time `json:"expiration_time"`
			VerifyAt                  time.Time `json:"verify_at"`
		}
	} `json:"siwe_policy"`
	SignatureForms struct {
		Address, Message string
		Cases            []struct{ Name, Signature, Expect string }
	} `json:"signature_forms"`
	ERC1271 []struct {
		Name, Address, Message, Signature string
		ChainID                           uint64                    `json:"chain_id"`
		Hash                              string                    `json:"eip191_hash"`
		Call                              struct{ To, Data string } `json:"eth_call"`
		Word                              string                    `json:"expect_return_word"`
	} `json:"eip1271"`
	Returns []struct {
		Return, Expect string
		Revert         bool
	} `json:"eip1271_returns"`
	ERC6492 struct {
		Magic   string `json:"magic_suffix"`
		Wrapped struct {
			Signature, Factory string
			Calldata           string `json:"factory_calldata"`
			Inner              string `json:"inner_signature"`
		}
		NotWrapped string `json:"not_wrapped"`
		Validator  struct {
			Bytes  int    `json:"bytecode_bytes"`
			Keccak string `json:"bytecode_keccak256"`
		} `json:"offchain_validator"`
	}
	EIP7702 struct {
		Code string `json:"eth_getCode_delegated"`
	}
}

// load fails unless the file holds what it should.
func load(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("../siwe/testdata/eth_vectors.json")
	must(t, err)
	var v vectors
	must(t, json.Unmarshal(b, &v))
	if len(v.Policy.Cases) != 24 || len(v.SignatureForms.Cases) != 16 || len(v.ERC1271) != 3 || len(v.Returns) != 5 ||
		v.ERC6492.Wrapped.Signature == "" || v.EIP7702.Code == "" {
		t.Fatal("the vectors are not those that they were")
	}
	return v
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	digits, ok := strings.CutPrefix(s, "0x")
	b, err := hex.DecodeString(digits)
	if err != nil || !ok {
		t.Fatalf("%.16q is not hex: %v", s, err)
	}
	return b
}
