package siwe_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// vectors is testdata/eth_vectors.json; its _meta says where each table is from.
type vectors struct {
	Positive map[string]struct {
		Message string
		Fields  fields
	} `json:"siwe_parsing_positive"`
	Negative        map[string]string          `json:"siwe_parsing_negative"`
	NegativeObjects map[string]json.RawMessage `json:"siwe_parsing_negative_objects"`
	VerifyPositive  map[string]signed          `json:"siwe_verification_positive"`
	VerifyNegative  map[string]signed          `json:"siwe_verification_negative"`
	SpecExamples    []string                   `json:"eip4361_spec_examples"`
	EIP55           struct{ Valid, Invalid []string }
	EIP191          []struct {
		Message string `json:"message_utf8"`
		Hash    string
	} `json:"eip191_hash"`
	PersonalSign []struct {
		Name, Address, Signature string
		Hash                     string `json:"eip191_hash"`
		MessageHex               string `json:"message_hex"`
	} `json:"personal_sign"`
	SignatureForms struct {
		Address, Message string
		Hash             string `json:"eip191_hash"`
		Cases            []struct{ Name, Signature, Expect string }
	} `json:"signature_forms"`
	Policy struct {
		Cases []struct {
			Name, Message, Signature, Expect string
			Conforms                         bool `json:"conforms_to_eip4361_grammar"`
		}
	} `json:"siwe_policy"`
	Legacy []struct {
		Name, Address, Signature string
		Hash                     string `json:"eip191_hash"`
		SignedHex                string `json:"signed_bytes_hex"`
	} `json:"legacy_personal_sign"`
	ERC1271 []struct {
		Message string
		Hash    string `json:"eip191_hash"`
	} `json:"eip1271"`
}

// fields are a message as JavaScript libraries hold it.
type fields struct {
	Scheme, Domain, Address, URI, Version, Nonce string
	Statement, RequestID                         *string
	ChainID                                      json.Number
	IssuedAt, ExpirationTime, NotBefore          string
	Resources                                    []string
}

// signed is a message, as fields or as text, and a signature.
type signed struct {
	fields
	Signature string
	Text      *string `json:"raw_message"`
	Hash      string  `json:"eip191_hash"`
	Recovered *string `json:"recovered_address"`
}

// message builds the message, as far as the types let it be built.
func (f fields) message() (siwe.Message, error) {
	m := siwe.Message{
		Scheme: f.Scheme, Domain: f.Domain, Statement: f.Statement, URI: f.URI, ChainID: f.ChainID.String(),
		Nonce: f.Nonce, RequestID: f.RequestID, Resources: f.Resources,
	}
	var errs [4]error
	m.Address, errs[0] = siwe.ParseAddress(f.Address)
	m.IssuedAt, errs[1] = siwe.ParseTime(f.IssuedAt)
	if f.ExpirationTime != "" {
		m.ExpirationTime, errs[2] = siwe.ParseTime(f.ExpirationTime)
	}
	if f.NotBefore != "" {
		m.NotBefore, errs[3] = siwe.ParseTime(f.NotBefore)
	}
	return m, errors.Join(errs[:]...)
}

// load fails unless the file holds what it should: a table that lost its rows
// passes every test.
func load(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/eth_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	got := []int{
		len(v.Positive), len(v.Negative), len(v.NegativeObjects), len(v.VerifyPositive), len(v.VerifyNegative), len(v.SpecExamples),
		len(v.EIP55.Valid), len(v.EIP55.Invalid), len(v.EIP191), len(v.PersonalSign), len(v.SignatureForms.Cases),
		len(v.Policy.Cases), len(v.Legacy), len(v.ERC1271),
	}
	for i, want := range []int{12, 15, 10, 4, 5, 3, 5, 4, 4, 4, 16, 24, 3, 3} {
		if got[i] != want {
			t.Fatalf("table %d has %d vectors, want %d", i, got[i], want)
		}
	}
	return v
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	if len(s) < 2 || s[:2] != "0x" {
		t.Fatalf("%q has no 0x", s)
	}
	b, err := hex.DecodeString(s[2:])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func hash(t testing.TB, s string) [32]byte {
	t.Helper()
	return [32]byte(unhex(t, s))
}

// recoverText reads the signature and recovers its address, as text.
func recoverText(h [32]byte, signature string) (string, error) {
	sig, err := siwe.ParseSignature(signature)
	if err != nil {
		return "", err
	}
	a, err := siwe.Recover(h, sig)
	if err != nil {
		return "", err
	}
	return a.String(), nil
}

func wantErr(t testing.TB, name string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", name, got, want)
	}
}
