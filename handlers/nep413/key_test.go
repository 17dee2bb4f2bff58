package nep413

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers/internal/ed25519x"
)

// checkKey compares what ParsePublicKey makes of the encoding of a point with
// the predicates that ed25519x holds against an oracle.
func checkKey(t testing.TB, e [32]byte) {
	t.Helper()
	text := "ed25519:" + base58.Encode(e[:])
	key, err := ParsePublicKey(text)
	if ed25519x.OnCurve(e) && ed25519x.Check(e) == nil {
		if err != nil || key.ed25519() != e || [32]byte(key.raw[32:]) != [32]byte{} || key.String() != text || key.ImplicitAccountID() != hex.EncodeToString(e[:]) {
			t.Errorf("%s: %v, %v", text, key, err)
		}
	} else if !errors.Is(err, ErrKey) || key != (PublicKey{}) {
		t.Errorf("%s: %v, %v", text, key, err)
	}
}

func TestPublicKeyVectors(t *testing.T) {
	t.Parallel()
	vectors := load[struct {
		Vectors []struct {
			Key         string
			Valid       bool
			Type        string
			Hex         string
			OnCurve     bool   `json:"on_curve"`
			Canonical   *bool  `json:"canonical_point"`
			SmallOrder  bool   `json:"small_order"`
			Implicit    string `json:"implicit_account_id"`
			LoginAccept bool   `json:"login_accept"`
		}
	}](t, "near_public_keys").Vectors
	wantLen(t, vectors, 50)
	points, accepted, secp := 0, 0, 0
	for _, v := range vectors {
		key, err := ParsePublicKey(v.Key)
		switch {
		case v.LoginAccept:
			accepted++
			if err != nil || key.String() != v.Key || key.ImplicitAccountID() != v.Implicit {
				t.Errorf("%.60q: %v, %v", v.Key, key, err)
			}
		case v.Type == "secp256k1" && v.OnCurve: // what the file proposes is ed25519 alone
			secp++
			if err != nil || key.String() != v.Key || key.ImplicitAccountID() != "" {
				t.Errorf("%.60q: %v, %v", v.Key, key, err)
			}
		case v.Type == "ml-dsa-65":
			wantErr(t, err, ErrKeyType)
		default:
			wantErr(t, err, ErrKey)
		}
		if v.Type != "ed25519" {
			continue
		}
		points++
		e := [32]byte(unhex(t, v.Hex))
		if ed25519x.OnCurve(e) != v.OnCurve || v.OnCurve && (ed25519x.Check(e) == nil) != (*v.Canonical && !v.SmallOrder) {
			t.Errorf("%.60q: on the curve %v, %v", v.Key, ed25519x.OnCurve(e), ed25519x.Check(e))
		}
		checkKey(t, e)
	}
	if points != 15 || accepted != 7 || secp != 2 {
		t.Errorf("%d points, %d accepted, %d of secp256k1", points, accepted, secp)
	}
}

func TestPublicKeyErrors(t *testing.T) {
	t.Parallel()
	const good = "2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy"
	for s, want := range map[string]error{
		"ed25519:" + good:                    nil,
		good:                                 ErrKey,
		"ED25519:" + good:                    ErrKey,
		" ed25519:" + good:                   ErrKey,
		"ed25519:" + good + " ":              ErrKey,
		"ed25519:" + good + "\n":             ErrKey,
		"ed25519:1" + good:                   ErrKey,
		"ed25519:" + good[1:]:                ErrKey,
		"secp256k1:" + good:                  ErrKey, // 32 bytes are no such key
		"ml-dsa-65-hash:" + good:             ErrKey,
		"ml-dsa-65:" + base58of(1952):        ErrKeyType,
		"ml-dsa-65:" + base58of(1951):        ErrKey,
		"ml-dsa-65:" + base58of(1953):        ErrKey,
		"ed25519:" + base58of(64):            ErrKey,
		"ed25519:" + hex.EncodeToString(nil): ErrKey,
	} {
		_, err := ParsePublicKey(s)
		if !errors.Is(err, want) {
			t.Errorf("%.60q: %v, want %v", s, err, want)
		}
	}
	// A private key pasted for a public one is not repeated.
	_, err := ParsePublicKey("ed25519:" + base58of(64))
	if strings.Contains(err.Error(), base58of(64)[:8]) {
		t.Errorf("repeats its input: %v", err)
	}
}

// base58of returns the longest base58 text of n bytes.
func base58of(n int) string { return base58.Encode(slices.Repeat([]byte{0xff}, n)) }

func TestPublicKeyZero(t *testing.T) {
	t.Parallel()
	if k := (PublicKey{}); k.String() != "" || k.ImplicitAccountID() != "" {
		t.Errorf("the zero key is called %q, %q", k, k.ImplicitAccountID())
	}
}

func FuzzParsePublicKey(f *testing.F) {
	for _, v := range load[struct{ Vectors []struct{ Key string } }](f, "near_public_keys").Vectors {
		f.Add(v.Key)
	}
	for _, k := range load[struct{ SmallOrderKeys []struct{ Hex string } }](f, "ed25519_speccheck").SmallOrderKeys {
		f.Add(string(unhex(f, k.Hex)))
	}
	f.Fuzz(func(t *testing.T, s string) {
		switch len(s) { // the fuzzer changes points more easily than base58
		case 32:
			checkKey(t, [32]byte([]byte(s)))
		case 64:
			checkSecp256k1(t, [64]byte([]byte(s)))
		}
		key, err := ParsePublicKey(s)
		if err == nil {
			if key.typ == typeEd25519 {
				checkKey(t, key.ed25519())
			} else {
				checkSecp256k1(t, key.raw)
			}
			if key.String() != s {
				t.Errorf("%q is written %q", s, key)
			}
		} else if !errors.Is(err, ErrKey) && !errors.Is(err, ErrKeyType) || key != (PublicKey{}) {
			t.Errorf("%q: %v, %v", s, key, err)
		}
	})
}

func BenchmarkParsePublicKey(b *testing.B) {
	bench := func(name, s string) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParsePublicKey(s)
			}
		})
	}
	bench("ed25519", "ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy")
	bench("secp256k1", "secp256k1:5r22SrjrDvgY3wdQsnjgxkeAbU1VcM71FYvALEQWihjM3Xk4Be1CpETTqFccChQr4iJwDroSDVmgaWZv2AcXvYeL")
	bench("ml-dsa-65", "ml-dsa-65:"+base58of(1952))
}
