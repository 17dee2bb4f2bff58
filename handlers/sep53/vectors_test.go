package sep53_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers/sep53"
)

// vectors is testdata/stellar_vectors.json. Its sources are in its _meta: the
// test cases of SEP-53 and of SEP-23, and what was made with go-stellar-sdk and
// checked with @stellar/stellar-sdk.
type vectors struct {
	SEP53 []struct {
		Name, Address string
		Message       string `json:"message_base64"`
		Hash          string `json:"payload_sha256_hex"`
		Base64        string `json:"signature_base64"`
		Hex           string `json:"signature_hex"`
	}
	Freighter struct {
		Message string
		SHA256  string `json:"sha256_base64"`
	} `json:"freighter_sep53_hash"`
	StrkeyValid   []struct{ Value, Type string } `json:"strkey_valid"`
	StrkeyInvalid []struct{ Value, Why string }  `json:"strkey_invalid"`
	Valid         []string                       `json:"login_address_valid"`
	Invalid       []struct{ Value, Why string }  `json:"login_address_invalid"`
	Login         struct {
		Address, Message string
		Hash             string `json:"payload_sha256_hex"`
		Cases            []struct {
			Name, Expect, Signature string
			JSON                    json.RawMessage `json:"signature_json"`
		}
	} `json:"sep53_login"`
	Legacy []struct {
		Name, Message string
		Hex           string `json:"signature_hex"`
		Signed        string `json:"signed_bytes_hex"`
	}
}

// load fails unless the file holds what it should: a table that lost its rows
// passes every test.
func load(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/stellar_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string][2]int{
		"sep53": {len(v.SEP53), 3}, "strkey_valid": {len(v.StrkeyValid), 8}, "strkey_invalid": {len(v.StrkeyInvalid), 11},
		"login_address_valid": {len(v.Valid), 2}, "login_address_invalid": {len(v.Invalid), 18},
		"sep53_login": {len(v.Login.Cases), 9}, "legacy": {len(v.Legacy), 2},
	} {
		if n[0] != n[1] {
			t.Fatalf("%s: %d vectors, want %d", name, n[0], n[1])
		}
	}
	return v
}

func unbase64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func address(t testing.TB, s string) sep53.Address {
	t.Helper()
	a, err := sep53.ParseAddress(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return a
}

// verify is the whole package, from the texts.
func verify(t testing.TB, account, message, signature string) error {
	t.Helper()
	s, err := sep53.ParseSignature(signature)
	if err != nil {
		return err
	}
	return sep53.Verify(address(t, account), []byte(message), s)
}

func TestSEP53Vectors(t *testing.T) {
	t.Parallel()
	v := load(t)
	for _, c := range v.SEP53 {
		message := unbase64(t, c.Message)
		if hash := sep53.Hash(message); hex.EncodeToString(hash[:]) != c.Hash {
			t.Errorf("%s: hash %x, want %s", c.Name, hash, c.Hash)
		}
		for _, signature := range []string{c.Base64, c.Hex, strings.ToUpper(c.Hex)} {
			if err := verify(t, c.Address, string(message), signature); err != nil {
				t.Errorf("%s: %s: %v", c.Name, signature, err)
			}
			if err := verify(t, c.Address, string(message)+" ", signature); !errors.Is(err, sep53.ErrSignature) {
				t.Errorf("%s: over another message: %v", c.Name, err)
			}
		}
	}
	if hash := sep53.Hash([]byte(v.Freighter.Message)); !bytes.Equal(hash[:], unbase64(t, v.Freighter.SHA256)) {
		t.Errorf("Freighter: hash %x", hash)
	}
}

func TestStrkeyVectors(t *testing.T) {
	t.Parallel()
	v := load(t)
	accepted := 0
	for _, c := range v.StrkeyValid {
		a, err := sep53.ParseAddress(c.Value)
		if isG := strings.HasPrefix(c.Type, "G "); isG != (err == nil) || isG && a.String() != c.Value {
			t.Errorf("%s %s: %q, %v", c.Type, c.Value, a, err)
		}
		if err == nil {
			accepted++
		} else if !errors.Is(err, sep53.ErrAddress) {
			t.Errorf("%s: %v", c.Type, err)
		}
	}
	for _, s := range v.Valid {
		if a := address(t, s); a.String() != s {
			t.Errorf("%s is written %s", s, a)
		}
		accepted++
	}
	if accepted != 3 {
		t.Errorf("%d addresses accepted, want 3", accepted)
	}
	for _, c := range append(v.StrkeyInvalid, v.Invalid...) {
		a, err := sep53.ParseAddress(c.Value)
		if !errors.Is(err, sep53.ErrAddress) || a != (sep53.Address{}) {
			t.Errorf("%s: %.60q: %q, %v", c.Why, c.Value, a, err)
		}
		for i := range len(c.Value) - 4 { // a seed is among them
			if strings.Contains(err.Error(), c.Value[i:i+5]) {
				t.Errorf("%s: the error shows some of it: %v", c.Why, err)
				break
			}
		}
	}
}

// What may be decided either way is accepted, as for NEAR: no padding, and the
// alphabet of URLs. A Buffer as JSON is no text.
func TestLoginVectors(t *testing.T) {
	t.Parallel()
	v := load(t).Login
	if hash := sep53.Hash([]byte(v.Message)); hex.EncodeToString(hash[:]) != v.Hash {
		t.Errorf("hash %x, want %s", hash, v.Hash)
	}
	counts := map[string]int{}
	for _, c := range v.Cases {
		signature := c.Signature
		if c.JSON != nil {
			signature = string(c.JSON)
		}
		err := verify(t, v.Address, v.Message, signature)
		var want bool
		switch c.Expect {
		case "accept", "accept or reject, decide once":
			want = true
		case "reject", "client must encode; server may reject":
		default:
			t.Errorf("expect is %q", c.Expect)
		}
		if (err == nil) != want {
			t.Errorf("%s: %v", c.Name, err)
		}
		switch {
		case err == nil:
			counts["accepted"]++
		case errors.Is(err, sep53.ErrSignature):
			counts["wrong"]++
		case errors.Is(err, sep53.ErrSignatureEncoding):
			counts["malformed"]++
		}
	}
	if counts["accepted"] != 3 || counts["wrong"] != 2 || counts["malformed"] != 4 {
		t.Errorf("%v", counts)
	}
}

// A signature over the bare text, as it was made before SEP-53, proves nothing.
func TestLegacyVectors(t *testing.T) {
	t.Parallel()
	v := load(t)
	for _, c := range v.Legacy {
		hash := sep53.Hash([]byte(c.Message))
		isSEP53 := hex.EncodeToString(hash[:]) == c.Signed
		err := verify(t, v.Login.Address, c.Message, c.Hex)
		if isSEP53 != strings.Contains(c.Name, "SEP-53") || isSEP53 != (err == nil) {
			t.Errorf("%s: %v", c.Name, err)
		}
		if err != nil && !errors.Is(err, sep53.ErrSignature) {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}
