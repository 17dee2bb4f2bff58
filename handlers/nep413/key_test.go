package nep413

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
)

// The oracle for points: RFC 8032 §5.1.3 and §5.1.4 word for word, in affine
// coordinates, slow, and sharing nothing with point.go but the two constants.

// decompress returns the point of an encoding, with the y of non-canonical
// encodings reduced, as crypto/ed25519 does; ok is false off the curve.
func decompress(e [32]byte) (x, y *big.Int, ok bool) {
	sign := uint(e[31] >> 7)
	e[31] &= 0x7f
	slices.Reverse(e[:])
	y = new(big.Int).SetBytes(e[:])
	y.Mod(y, curveP)
	y2 := mul(y, y)
	u := new(big.Int).Sub(y2, one)
	v := new(big.Int).Add(mul(curveD, y2), one)
	x2 := mul(u, new(big.Int).ModInverse(v, curveP))
	if x = new(big.Int).ModSqrt(x2, curveP); x == nil {
		return nil, nil, false
	}
	if x.Bit(0) != sign {
		x.Sub(curveP, x).Mod(x, curveP)
	}
	return x, y, true
}

func mul(a, b *big.Int) *big.Int { c := new(big.Int).Mul(a, b); return c.Mod(c, curveP) }

// double adds (x, y) to itself: x' = 2xy/(1+dx²y²), y' = (y²+x²)/(1-dx²y²).
func double(x, y *big.Int) (*big.Int, *big.Int) {
	xy := mul(x, y)
	dxy := mul(curveD, mul(xy, xy))
	div := func(n, d *big.Int) *big.Int { return mul(n, new(big.Int).ModInverse(d.Mod(d, curveP), curveP)) }
	return div(new(big.Int).Lsh(xy, 1), new(big.Int).Add(one, dxy)),
		div(new(big.Int).Add(mul(x, x), mul(y, y)), new(big.Int).Sub(one, dxy))
}

type verdict struct{ onCurve, canonical, smallOrder bool }

func oracle(e [32]byte) verdict {
	x, y, ok := decompress(e)
	if !ok {
		return verdict{}
	}
	again := [32]byte{}
	y.FillBytes(again[:])
	slices.Reverse(again[:])
	again[31] |= byte(x.Bit(0)) << 7
	for range 3 {
		x, y = double(x, y)
	}
	return verdict{true, again == e, x.Sign() == 0 && y.Cmp(one) == 0}
}

// checkOracle compares the predicates, and what ParsePublicKey makes of them.
func checkOracle(t testing.TB, e [32]byte) {
	t.Helper()
	v := oracle(e)
	if onCurve(e) != v.onCurve {
		t.Errorf("%x: onCurve %v", e, onCurve(e))
	}
	if smallOrder(e) != v.smallOrder {
		t.Errorf("%x: smallOrder %v", e, smallOrder(e))
	}
	// canonical leaves x = 0 to smallOrder.
	if v.onCurve && (canonical(e) && !smallOrder(e)) != (v.canonical && !v.smallOrder) {
		t.Errorf("%x: canonical %v, want %v", e, canonical(e), v.canonical)
	}
	text := "ed25519:" + base58.Encode(e[:])
	key, err := ParsePublicKey(text)
	if v.onCurve && v.canonical && !v.smallOrder {
		if err != nil || key.raw != e || key.String() != text || key.ImplicitAccountID() != hex.EncodeToString(e[:]) {
			t.Errorf("%s: %v, %v", text, key, err)
		}
	} else if !errors.Is(err, ErrKey) || key != (PublicKey{}) {
		t.Errorf("%s: %v, %v", text, key, err)
	}
}

func TestPointOracle(t *testing.T) {
	t.Parallel()
	// All 2·38 encodings within 19 of a wrap of y, where every special case
	// but order 8 is, and those of order 8.
	for _, k := range load[struct{ SmallOrderKeys []struct{ Hex string } }](t, "ed25519_speccheck").SmallOrderKeys {
		e := [32]byte(unhex(t, k.Hex))
		checkOracle(t, e)
		for i := range 256 { // and everything one bit away
			near := e
			near[i/8] ^= 1 << (i % 8)
			checkOracle(t, near)
		}
	}
	for low := range 256 {
		for _, fill := range []byte{0, 0xff} {
			for _, top := range []byte{fill & 0x7f, fill | 0x80} {
				e := [32]byte{}
				for i := range e {
					e[i] = fill
				}
				e[0], e[31] = byte(low), top
				checkOracle(t, e)
			}
		}
	}
	rnd := rand.NewChaCha8([32]byte{4, 1, 3})
	counts := map[bool]int{}
	for range 500 {
		var e [32]byte
		rnd.Read(e[:])
		checkOracle(t, e)
		counts[onCurve(e)]++
	}
	if counts[true] < 200 || counts[false] < 200 {
		t.Errorf("half of all y are on the curve: %v", counts)
	}
}

// What we call on the curve, crypto/ed25519 must be able to verify with.
func TestOnCurveAgreesWithStd(t *testing.T) {
	t.Parallel()
	rnd := rand.NewChaCha8([32]byte{8, 0, 3, 2})
	for range 2000 {
		var e [32]byte
		rnd.Read(e[:])
		err := ed25519.VerifyWithOptions(e[:], nil, make([]byte, 64), &ed25519.Options{})
		if refused := strings.Contains(err.Error(), "bad public key"); refused == onCurve(e) {
			t.Errorf("%x: on the curve %v, crypto/ed25519 says %v", e, onCurve(e), err)
		}
	}
}

// The border is between p-1 and p, whatever the sign.
func TestCanonicalBorder(t *testing.T) {
	t.Parallel()
	for low := range 256 {
		for _, top := range []byte{0x7f, 0xff} {
			e := [32]byte(slices.Repeat([]byte{0xff}, 32))
			e[0], e[31] = byte(low), top
			if want := low < 0xed; canonical(e) != want {
				t.Errorf("%x: %v", e, !want)
			}
			e[17] = 0xfe
			if !canonical(e) {
				t.Errorf("%x is far below p", e)
			}
		}
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
	points, accepted := 0, 0
	for _, v := range vectors {
		key, err := ParsePublicKey(v.Key)
		switch {
		case v.LoginAccept:
			accepted++
			if err != nil || key.String() != v.Key || key.ImplicitAccountID() != v.Implicit {
				t.Errorf("%.60q: %v, %v", v.Key, key, err)
			}
		case v.Valid && v.Type != "ed25519":
			wantErr(t, err, ErrKeyType)
		default:
			wantErr(t, err, ErrKey)
		}
		if v.Type != "ed25519" {
			continue
		}
		points++
		e := [32]byte(unhex(t, v.Hex))
		if want := (verdict{v.OnCurve, *v.Canonical, v.SmallOrder}); oracle(e) != want {
			t.Errorf("%.60q: %v, want %v", v.Key, oracle(e), want)
		}
		checkOracle(t, e)
	}
	if points != 15 || accepted != 7 {
		t.Errorf("%d points, %d accepted", points, accepted)
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
		"secp256k1:" + base58of(64):          ErrKeyType,
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

// d = -121665/121666.
func TestCurveConstants(t *testing.T) {
	t.Parallel()
	p := new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	if p.Cmp(curveP) != 0 || mul(curveD, big.NewInt(121666)).Cmp(new(big.Int).Sub(p, big.NewInt(121665))) != 0 {
		t.Error("p or d")
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
		if len(s) == 32 { // the fuzzer changes points more easily than base58
			checkOracle(t, [32]byte([]byte(s)))
		}
		key, err := ParsePublicKey(s)
		if err == nil {
			checkOracle(t, key.raw)
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
	bench("ml-dsa-65", "ml-dsa-65:"+base58of(1952))
}

func BenchmarkOnCurve(b *testing.B) {
	key, _ := ParsePublicKey("ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy")
	b.ReportAllocs()
	for b.Loop() {
		onCurve(key.raw)
	}
}
