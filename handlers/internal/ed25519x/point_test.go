package ed25519x

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
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

// checkOracle compares the predicates, and what Check makes of them.
func checkOracle(t testing.TB, e [32]byte) {
	t.Helper()
	v := oracle(e)
	if OnCurve(e) != v.onCurve {
		t.Errorf("%x: onCurve %v", e, OnCurve(e))
	}
	if smallOrder(e) != v.smallOrder {
		t.Errorf("%x: smallOrder %v", e, smallOrder(e))
	}
	// canonical leaves x = 0 to smallOrder.
	if v.onCurve && (canonical(e) && !smallOrder(e)) != (v.canonical && !v.smallOrder) {
		t.Errorf("%x: canonical %v, want %v", e, canonical(e), v.canonical)
	}
	if good := v.canonical && !v.smallOrder; v.onCurve && (Check(e) == nil) != good {
		t.Errorf("%x: Check %v, want %v", e, Check(e), good)
	}
}

// speccheck is the file of package nep413, of github.com/novifinancial/ed25519-speccheck
// and of the 14 encodings of points of small order.
func speccheck(t testing.TB) (file struct {
	Cases []struct {
		Message, Signature string
		PubKey             string `json:"pub_key"`
		Result             map[string]string
	}
	SmallOrderKeys []struct{ Hex string }
}) {
	t.Helper()
	b, err := os.ReadFile("../../nep413/testdata/ed25519_speccheck.json")
	if err == nil {
		err = json.Unmarshal(b, &file)
	}
	if err != nil || len(file.Cases) != 12 || len(file.SmallOrderKeys) != 14 {
		t.Fatalf("%d cases, %d keys, error %v", len(file.Cases), len(file.SmallOrderKeys), err)
	}
	return file
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The answers are those of verify_strict in dalek and of libsodium.
func TestSpeccheck(t *testing.T) {
	t.Parallel()
	refused := 0
	for i, c := range speccheck(t).Cases {
		key := [32]byte(unhex(t, c.PubKey))
		got := Check(key) == nil && Verify(key, unhex(t, c.Message), [64]byte(unhex(t, c.Signature)))
		for name, want := range c.Result {
			if strings.HasPrefix(name, "strict ") && got != (want == "accept") {
				t.Errorf("%d: got %v, want %s", i, got, want)
			}
		}
		if !got {
			refused++
		}
	}
	if refused != 11 {
		t.Errorf("%d refused, want all but number 3", refused)
	}
}

func TestPointOracle(t *testing.T) {
	t.Parallel()
	// All 2·38 encodings within 19 of a wrap of y, where every special case
	// but order 8 is, and those of order 8.
	for _, k := range speccheck(t).SmallOrderKeys {
		e := [32]byte(unhex(t, k.Hex))
		if Check(e) == nil {
			t.Errorf("%s may verify", k.Hex)
		}
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
		counts[OnCurve(e)]++
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
		if refused := strings.Contains(err.Error(), "bad public key"); refused == OnCurve(e) {
			t.Errorf("%x: on the curve %v, crypto/ed25519 says %v", e, OnCurve(e), err)
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

// d = -121665/121666.
func TestCurveConstants(t *testing.T) {
	t.Parallel()
	p := new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	if p.Cmp(curveP) != 0 || mul(curveD, big.NewInt(121666)).Cmp(new(big.Int).Sub(p, big.NewInt(121665))) != 0 {
		t.Error("p or d")
	}
}

func FuzzPoint(f *testing.F) {
	for _, k := range speccheck(f).SmallOrderKeys {
		f.Add(unhex(f, k.Hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var e [32]byte
		copy(e[:], b)
		checkOracle(t, e)
	})
}

func BenchmarkOnCurve(b *testing.B) {
	key := [32]byte{0x58, 0x66, 0x66} // reduced or not, on the curve or not: it is all the same
	b.ReportAllocs()
	for b.Loop() {
		OnCurve(key)
	}
}
