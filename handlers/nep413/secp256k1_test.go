package nep413

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/mr-tron/base58"
)

// The oracle: SEC 1 word for word, in affine coordinates, slow, and sharing
// nothing with the library. SEC 2 §2.4.1 has the parameters.
var (
	secpP = number("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f")
	secpN = number("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
	secpG = affine{
		number("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
		number("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"),
	}
)

func number(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 16)
	if !ok {
		panic("not a number: " + s)
	}
	return n
}

func mulMod(a, b, m *big.Int) *big.Int { c := new(big.Int).Mul(a, b); return c.Mod(c, m) }

// affine is a point; without coordinates, the one at infinity.
type affine struct{ x, y *big.Int }

func pointOf(raw [64]byte) affine {
	return affine{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])}
}

// onCurve is y² = x³ + 7 with both below p.
func (a affine) onCurve() bool {
	x3 := mulMod(mulMod(a.x, a.x, secpP), a.x, secpP)
	x3.Add(x3, big.NewInt(7)).Mod(x3, secpP)
	return a.x.Cmp(secpP) < 0 && a.y.Cmp(secpP) < 0 && mulMod(a.y, a.y, secpP).Cmp(x3) == 0
}

func (a affine) plus(b affine) affine {
	switch {
	case a.x == nil:
		return b
	case b.x == nil:
		return a
	}
	num, den := new(big.Int).Sub(b.y, a.y), new(big.Int).Sub(b.x, a.x)
	if a.x.Cmp(b.x) == 0 {
		if a.y.Cmp(b.y) != 0 || a.y.Sign() == 0 {
			return affine{}
		}
		num, den = mulMod(big.NewInt(3), mulMod(a.x, a.x, secpP), secpP), new(big.Int).Lsh(a.y, 1)
	}
	k := mulMod(num, new(big.Int).ModInverse(den.Mod(den, secpP), secpP), secpP)
	x := new(big.Int).Sub(mulMod(k, k, secpP), a.x)
	x.Sub(x, b.x).Mod(x, secpP)
	y := mulMod(k, new(big.Int).Sub(a.x, x), secpP)
	return affine{x, y.Sub(y, a.y).Mod(y, secpP)}
}

func (a affine) times(k *big.Int) (sum affine) {
	for i := k.BitLen() - 1; i >= 0; i-- {
		if sum = sum.plus(sum); k.Bit(i) == 1 {
			sum = sum.plus(a)
		}
	}
	return sum
}

// signedOracle is §4.1.4, which finds the point R whose x is r, and then asks
// whether v tells that R: the parity of y in bit 0, x ≥ n in bit 1 (§4.1.6).
func signedOracle(key [64]byte, hash [32]byte, sig [65]byte) bool {
	q, r, s := pointOf(key), new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:64])
	if r.Sign() == 0 || s.Sign() == 0 || r.Cmp(secpN) >= 0 || s.Cmp(new(big.Int).Rsh(secpN, 1)) > 0 || !q.onCurve() {
		return false
	}
	w := new(big.Int).ModInverse(s, secpN)
	point := secpG.times(mulMod(new(big.Int).SetBytes(hash[:]), w, secpN)).plus(q.times(mulMod(r, w, secpN)))
	if point.x == nil || new(big.Int).Mod(point.x, secpN).Cmp(r) != 0 {
		return false
	}
	v := point.y.Bit(0)
	if point.x.Cmp(secpN) >= 0 {
		v |= 2
	}
	return uint(sig[64]) == v
}

// checkSecp256k1 compares what ParsePublicKey makes of two coordinates with
// the oracle.
func checkSecp256k1(t testing.TB, raw [64]byte) {
	t.Helper()
	text := "secp256k1:" + base58.Encode(raw[:])
	key, err := ParsePublicKey(text)
	read, readErr := ReadPublicKey(text)
	if pointOf(raw).onCurve() {
		if err != nil || readErr != nil || read != key || key.raw != raw || key.String() != text || key.ImplicitAccountID() != "" {
			t.Errorf("%s: %v, %v, %v", text, key, err, readErr)
		}
	} else if !errors.Is(err, ErrKey) || !errors.Is(readErr, ErrKey) || key != (PublicKey{}) {
		t.Errorf("%s: %v, %v, %v", text, key, err, readErr)
	}
}

// secpSigner makes a key out of a seed. sign returns r, s and v.
func secpSigner(seed string) (key [64]byte, sign func(hash [32]byte) [65]byte) {
	scalar := sha256.Sum256([]byte(seed))
	private := secp256k1.PrivKeyFromBytes(scalar[:])
	return [64]byte(private.PubKey().SerializeUncompressed()[1:]), func(hash [32]byte) [65]byte {
		compact := ecdsa.SignCompact(private, hash[:], false)
		return [65]byte(append(compact[1:], compact[0]-27))
	}
}

func TestSecp256k1Keys(t *testing.T) {
	t.Parallel()
	key := func(x, y *big.Int) (raw [64]byte) {
		x.FillBytes(raw[:32])
		y.FillBytes(raw[32:])
		return raw
	}
	one, negative := big.NewInt(1), new(big.Int).Sub(secpP, secpG.y)
	x1 := number("1fe1e5ef3fceb5c135ab7741333ce5a6e80d68167653f6b2b24bcbcfaaaff507") // with y = 1
	y1 := number("4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee") // with x = 1
	on := [][64]byte{key(secpG.x, secpG.y), key(secpG.x, negative), key(x1, one), key(one, y1)}
	for i := range 20 {
		raw, _ := secpSigner(fmt.Sprint("key ", i))
		on = append(on, raw)
	}
	over := new(big.Int).Add(secpP, one)
	off := [][64]byte{
		{}, key(secpP, secpP), key(secpG.y, secpG.x), key(secpG.x, secpG.x),
		key(x1, over), key(over, y1), // those above, written another way
	}
	for bit := range 512 {
		raw := on[0]
		raw[bit/8] ^= 1 << (bit % 8)
		off = append(off, raw)
	}
	for i, raw := range append(on, off...) {
		if pointOf(raw).onCurve() != (i < len(on)) {
			t.Errorf("%x: not what the test says it is", raw)
		}
		checkSecp256k1(t, raw)
	}
}

// Texts that are a key of another kind, or a second text of one.
func TestSecp256k1KeyTexts(t *testing.T) {
	t.Parallel()
	raw, _ := secpSigner("key")
	text := base58.Encode(raw[:])
	compressed := base58.Encode(append([]byte{2 | raw[63]&1}, raw[:32]...))
	for _, s := range []string{
		text, "SECP256K1:" + text, "Secp256k1:" + text, "secp256k1:1" + text, "secp256k1:" + text[:86], "secp256k1:" + text + " ", "secp256k1: " + text,
		"secp256k1:" + base58.Encode(append([]byte{4}, raw[:]...)), "secp256k1:" + compressed, "secp256k1:" + base58.Encode(raw[:32]), "secp256k1:",
		"ed25519:" + text, "secp256k1:ed25519:" + text, "secp256k1:" + base58of(64), "p256:" + text,
	} {
		if key, err := ParsePublicKey(s); !errors.Is(err, ErrKey) || key != (PublicKey{}) {
			t.Errorf("%q: %v, %v", s, key, err)
		}
	}
	if _, err := ParsePublicKey("secp256k1:" + text); err != nil {
		t.Error(err)
	}
}

// Of the many texts that a verifier may take for one signature, one is taken.
func TestSecp256k1Signatures(t *testing.T) {
	t.Parallel()
	for i := range 3 {
		p := Payload{Message: fmt.Sprint("message ", i), Recipient: "app.example"}
		hash, _ := p.Hash()
		raw, sign := secpSigner(fmt.Sprint("signer ", i))
		good := sign(hash)
		key := PublicKey{typeSecp256k1, raw}
		accepted := func(key PublicKey, p Payload, sig [65]byte) bool {
			parsed, err := ParseSignature(base64.StdEncoding.EncodeToString(sig[:]))
			if err != nil {
				t.Fatal(err)
			}
			hash, _ := p.Hash()
			err = Verify(key, p, parsed)
			if (err == nil) != signedOracle(key.raw, hash, sig) || err != nil && !errors.Is(err, ErrSignature) {
				t.Errorf("%x: %v, the oracle disagrees", sig, err)
			}
			return err == nil
		}
		if !accepted(key, p, good) {
			t.Fatalf("%x: refused", good)
		}

		set := func(at int, n *big.Int, v byte) (sig [65]byte) {
			sig = good
			n.FillBytes(sig[at : at+32])
			sig[64] = v
			return sig
		}
		r, s := new(big.Int).SetBytes(good[:32]), new(big.Int).SetBytes(good[32:64])
		high, half := new(big.Int).Sub(secpN, s), new(big.Int).Rsh(secpN, 1)
		for name, bad := range map[string][65]byte{
			"high s": set(32, high, good[64]^1), "high s, the same v": set(32, high, good[64]),
			"s is 0": set(32, new(big.Int), good[64]), "s is n": set(32, secpN, good[64]), "s one above the half": set(32, half.Add(half, big.NewInt(1)), good[64]),
			"r is 0": set(0, new(big.Int), good[64]), "r is n": set(0, secpN, good[64]), "r is 2²⁵⁶-1": set(0, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)), good[64]),
			"r and s swapped": set(32, r, good[64]), "all zero": {},
			"v first":      [65]byte(append([]byte{good[64]}, good[:64]...)),
			"Bitcoin's":    [65]byte(append([]byte{good[64] + 27}, good[:64]...)),
			"hashed twice": sign(sha256.Sum256(hash[:])),
			"another's":    func() [65]byte { _, sign := secpSigner("another"); return sign(hash) }(),
		} {
			if accepted(key, p, bad) {
				t.Errorf("%s: accepted", name)
			}
		}
		for _, v := range []byte{0, 1, 2, 3, 4, 5, 27, 28, 29, 30, 31, 32, 35, 36, 128, 228, 229, 230, 232, 255} { // 27+v overflows above 228
			if v != good[64] && accepted(key, p, set(0, r, v)) {
				t.Errorf("v = %d: accepted, signed was %d", v, good[64])
			}
		}

		other, _ := secpSigner("another")
		negative := key
		new(big.Int).Sub(secpP, pointOf(raw).y).FillBytes(negative.raw[32:])
		p2 := p
		p2.Recipient = "evil.example"
		if accepted(PublicKey{typeSecp256k1, other}, p, good) || accepted(negative, p, good) || accepted(key, p2, good) {
			t.Error("a signature by that key over that payload alone is accepted elsewhere")
		}
	}
}

// The two v above 1, which no signer meets: the x of the point that the
// signature is about is not below the order of the curve. Such a signature can
// be had without a private key, by choosing the key to it.
func TestSecp256k1LargeX(t *testing.T) {
	t.Parallel()
	p := Payload{Message: "m", Recipient: "r"}
	hash, _ := p.Hash()
	for v := byte(2); v < 4; v++ {
		sig := [65]byte{31: 2, 63: 5, 64: v} // n+2 is the x of a point
		key, _, err := ecdsa.RecoverCompact(append([]byte{27 + v}, sig[:64]...), hash[:])
		if err != nil {
			t.Fatal(err)
		}
		raw := [64]byte(key.SerializeUncompressed()[1:])
		for w := range byte(6) {
			sig[64] = w
			parsed := Signature{}
			parsed.add(sig[:])
			err := Verify(PublicKey{typeSecp256k1, raw}, p, parsed)
			if (err == nil) != (w == v) || signedOracle(raw, hash, sig) != (w == v) {
				t.Errorf("v = %d, signed was %d: %v", w, v, err)
			}
		}
	}
}

// A text has a type, by its prefix or its length, and proves nothing for a key
// of another.
func TestSignatureOfAnotherType(t *testing.T) {
	t.Parallel()
	raw, sign := secpSigner("signer")
	v := loadCollected(t)[0]
	p := v.payload(t)
	hash, _ := p.Hash()
	ours := sign(hash)
	theirs, err := base64.StdEncoding.DecodeString(*v.Signature)
	if err != nil {
		t.Fatal(err)
	}
	edKey, _ := ParsePublicKey(*v.PublicKey)
	for _, c := range []struct {
		key     PublicKey
		sig     []byte
		matches bool
	}{
		{edKey, theirs, true}, {edKey, ours[:], false}, {edKey, append(theirs, 0), false},
		{PublicKey{typeSecp256k1, raw}, ours[:], true}, {PublicKey{typeSecp256k1, raw}, theirs, false}, {PublicKey{typeSecp256k1, raw}, ours[:64], false},
	} {
		for name, text := range encodings(c.sig) {
			sig, err := ParseSignature(text)
			if err == nil {
				err = Verify(c.key, p, sig)
			}
			if c.matches {
				wantErr(t, err, nil)
			} else if !errors.Is(err, ErrSignatureEncoding) && !(errors.Is(err, ErrSignature) && sig.count() == 2) {
				t.Errorf("%s, %s: %v", c.key, name, err)
			}
		}
	}
}

func FuzzVerifySecp256k1(f *testing.F) {
	raw, sign := secpSigner("fuzz")
	for _, v := range append(loadCollected(f), loadGenerated(f)...) {
		if v.PublicKey == nil || !strings.HasPrefix(*v.PublicKey, "secp256k1:") {
			continue
		}
		key, err := ParsePublicKey(*v.PublicKey)
		if err != nil {
			f.Fatal(err)
		}
		sig, err := ParseSignature(*v.Signature)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(key.raw[:], unhex(f, v.SHA256), sig.readings[0].raw[:])
	}
	sig := sign([32]byte{})
	f.Add(raw[:], make([]byte, 32), sig[:])
	f.Fuzz(func(t *testing.T, key, hash, sig []byte) {
		if len(key) != 64 || len(hash) != 32 || len(sig) != 65 {
			return
		}
		k, h, s := [64]byte(key), [32]byte(hash), [65]byte(sig)
		if got, want := verifySecp256k1(k, h, s), signedOracle(k, h, s); got != want {
			t.Errorf("%x, %x, %x: %v, want %v", k, h, s, got, want)
		}
	})
}

func BenchmarkVerifySecp256k1(b *testing.B) {
	p := Payload{Message: "Sign in to app.example", Recipient: "app.example"}
	hash, _ := p.Hash()
	raw, sign := secpSigner("signer")
	made := sign(hash)
	sig := Signature{}
	sig.add(made[:])
	b.ReportAllocs()
	for b.Loop() {
		if err := Verify(PublicKey{typeSecp256k1, raw}, p, sig); err != nil {
			b.Fatal(err)
		}
	}
}
