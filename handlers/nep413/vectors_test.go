package nep413

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// signed is one entry of nep413_collected.json and nep413_generated.json.
type signed struct {
	ID          string  `json:"id"`
	AccountID   *string `json:"account_id"`
	Message     string  `json:"message"`
	NonceHex    string  `json:"nonce_hex"`
	Recipient   string  `json:"recipient"`
	CallbackURL *string `json:"callback_url"`
	PublicKey   *string `json:"public_key"`
	Signature   *string `json:"signature"`
	SHA256      string  `json:"sha256"`
	PreimageHex string  `json:"preimage_hex"`
	Expected    string  `json:"expected"`
}

func (v signed) payload(t testing.TB) Payload {
	t.Helper()
	return Payload{v.Message, [32]byte(unhex(t, v.NonceHex)), v.Recipient, v.CallbackURL}
}

// check runs the texts of v through the whole package, as published.
func (v signed) check(t testing.TB) error {
	t.Helper()
	key, err := ParsePublicKey(*v.PublicKey)
	if err != nil {
		return err
	}
	sig, err := ParseSignature(*v.Signature)
	if err != nil {
		return err
	}
	return Verify(key, v.payload(t), sig)
}

// load reads testdata/name.json and fails unless it holds what it should: a
// table that lost its rows passes every test.
func load[T any](t testing.TB, name string) T {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func loadCollected(t testing.TB) []signed {
	v := load[[]signed](t, "nep413_collected")
	wantLen(t, v, 34)
	return v
}

func loadGenerated(t testing.TB) []signed {
	v := load[struct {
		Vectors []signed `json:"vectors"`
		MLDSA65 []signed `json:"ml_dsa_65"`
	}](t, "nep413_generated")
	wantLen(t, v.Vectors, 73)
	wantLen(t, v.MLDSA65, 1)
	return append(v.Vectors, v.MLDSA65...)
}

func wantLen[T any](t testing.TB, v []T, n int) {
	t.Helper()
	if len(v) != n {
		t.Fatalf("%d vectors, want %d", len(v), n)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantErr(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
