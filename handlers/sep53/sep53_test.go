package sep53_test

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers/sep53"
)

const (
	alice = "GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L"
	bob   = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
)

// strkey is the oracle: SEP-23 with the checksum by its definition, the rest of
// a long division.
func strkey(version byte, payload []byte) string {
	data := append([]byte{version}, payload...)
	bits := append(slices.Clone(data), 0, 0)
	var rest uint32
	for _, b := range bits {
		for i := 7; i >= 0; i-- {
			rest = rest<<1 | uint32(b>>i&1)
			if rest>>16 != 0 {
				rest ^= 0x11021
			}
		}
	}
	data = append(data, byte(rest), byte(rest>>8))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(data)
}

func TestAddressRefused(t *testing.T) {
	t.Parallel()
	key := address(t, alice).Key()
	if strkey(6<<3, key[:]) != alice {
		t.Fatalf("the oracle is wrong: %s", strkey(6<<3, key[:]))
	}
	changed := func(i int, c byte) string { b := []byte(alice); b[i] = c; return string(b) }
	bad := map[string]string{
		"lower case":              strings.ToLower(alice),
		"one in lower case":       "g" + alice[1:],
		"a line break at the end": alice[:55] + "\n",
		"a line break more":       alice + "\n",
		"line breaks, 35 bytes":   alice[:20] + "\r\n" + alice[20:],
		"a space in front":        " " + alice[:55],
		"padding":                 alice[:55] + "=",
		"a digit that is none":    changed(7, '1'),
		"look-alike":              changed(7, '0'),
		"NUL":                     changed(7, 0),
		"high bit":                changed(7, alice[7]|0x80),
		"twice":                   alice + alice,
	}
	for name, version := range map[string]byte{"T": 19 << 3, "X": 23 << 3, "C": 2 << 3, "S": 18 << 3, "L": 11 << 3, "A": 0, "low bits": 6<<3 | 1} {
		bad["version "+name] = strkey(version, key[:])
	}
	for i := range alice { // no character can be mistyped
		bad[fmt.Sprint("character ", i)] = changed(i, "AB"[btoi(alice[i] == 'A')])
		if i > 0 && alice[i] != alice[i-1] {
			bad[fmt.Sprint("swapped ", i)] = alice[:i-1] + string(alice[i]) + string(alice[i-1]) + alice[i+1:]
		}
	}
	for name, s := range bad {
		if a, err := sep53.ParseAddress(s); !errors.Is(err, sep53.ErrAddress) || a != (sep53.Address{}) || a.String() != "" {
			t.Errorf("%s: %q: %v, %v", name, s, a, err)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A seed says what it is, so that its owner learns to change it, and nothing of
// it is repeated.
func TestSeed(t *testing.T) {
	t.Parallel()
	seed := strkey(18<<3, slices.Repeat([]byte{0xa5}, 32))
	_, err := sep53.ParseAddress(seed)
	if err == nil || !strings.Contains(err.Error(), "secret seed") || strings.Contains(err.Error(), seed[1:6]) {
		t.Errorf("%v", err)
	}
}

// Keys under which anybody can sign: the 14 encodings of the points of small
// order, and second encodings of others.
func TestWeakKeys(t *testing.T) {
	t.Parallel()
	weak := []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p+3
	}
	for _, text := range weak {
		for _, sign := range []byte{0, 0x80} {
			raw, err := hex.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			raw[31] |= sign
			s := strkey(6<<3, raw)
			if a, err := sep53.ParseAddress(s); !errors.Is(err, sep53.ErrAddress) || a != (sep53.Address{}) {
				t.Errorf("%s: %v, %v", s, a, err)
			}
			if _, err := sep53.AddressOf([32]byte(raw)); !errors.Is(err, sep53.ErrAddress) {
				t.Errorf("%x: %v", raw, err)
			}
		}
	}
}

// With R the base point and S = 1, every fourth message or so is signed by the
// key that somebody forgot to set, says crypto/ed25519.
func TestZeroValues(t *testing.T) {
	t.Parallel()
	forgery, err := sep53.ParseSignature("58" + strings.Repeat("66", 31) + "01" + strings.Repeat("00", 31))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := hex.DecodeString("58" + strings.Repeat("66", 31) + "01" + strings.Repeat("00", 31))
	forged := 0
	for n := range 100 {
		message := []byte{byte(n)}
		hash := sep53.Hash(message)
		if ed25519.Verify(make([]byte, 32), hash[:], raw) {
			forged++
		}
		if err := sep53.Verify(sep53.Address{}, message, forgery); !errors.Is(err, sep53.ErrSignature) {
			t.Errorf("%d: %v", n, err)
		}
	}
	if forged == 0 {
		t.Error("no forgery found, nothing tested")
	}
	if err := sep53.Verify(address(t, alice), nil, sep53.Signature{}); !errors.Is(err, sep53.ErrSignature) {
		t.Errorf("the zero signature: %v", err)
	}
	if (sep53.Address{}).String() != "" {
		t.Error("the zero address has a text")
	}
}

// An address off the curve has signed nothing, and is said to be none.
func TestAddressOffTheCurve(t *testing.T) {
	t.Parallel()
	signature, _ := sep53.ParseSignature(load(t).SEP53[0].Hex)
	off, on := 0, 0
	for y := byte(2); y < 50; y++ {
		a := address(t, strkey(6<<3, append([]byte{y}, make([]byte, 31)...)))
		switch err := sep53.Verify(a, nil, signature); {
		case errors.Is(err, sep53.ErrAddress) && !errors.Is(err, sep53.ErrSignature):
			off++
		case errors.Is(err, sep53.ErrSignature) && !errors.Is(err, sep53.ErrAddress):
			on++
		default:
			t.Errorf("y = %d: %v", y, err)
		}
	}
	if off < 10 || on < 10 {
		t.Errorf("%d off the curve, %d on it", off, on)
	}
}

func TestVerifyBindsEverything(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	me, err := sep53.AddressOf([32]byte(public))
	if err != nil || address(t, me.String()) != me || me.Key() != [32]byte(public) {
		t.Fatalf("%v, %v", me, err)
	}
	message := []byte("example.com wants you to sign in")
	hash := sep53.Hash(message)
	raw := ed25519.Sign(private, hash[:])
	parse := func(b []byte) sep53.Signature {
		s, err := sep53.ParseSignature(base64.StdEncoding.EncodeToString(b))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if err := sep53.Verify(me, message, parse(raw)); err != nil {
		t.Fatal(err)
	}
	if err := sep53.Verify(address(t, alice), message, parse(raw)); !errors.Is(err, sep53.ErrSignature) {
		t.Errorf("another address: %v", err)
	}
	for bit := range 8 * len(message) {
		other := slices.Clone(message)
		other[bit/8] ^= 1 << (bit % 8)
		if sep53.Verify(me, other, parse(raw)) == nil {
			t.Errorf("bit %d of the message", bit)
		}
	}
	for bit := range 512 {
		other := slices.Clone(raw)
		other[bit/8] ^= 1 << (bit % 8)
		if sep53.Verify(me, message, parse(other)) == nil {
			t.Errorf("bit %d of the signature", bit)
		}
	}
	for name, signed := range map[string][]byte{
		"the bare text": message, "prefix and text, not hashed": append([]byte("Stellar Signed Message:\n"), message...),
	} {
		if sep53.Verify(me, message, parse(ed25519.Sign(private, signed))) == nil {
			t.Errorf("signed was %s", name)
		}
	}
}

func TestSignatureEncodings(t *testing.T) {
	t.Parallel()
	raw, _ := hex.DecodeString(strings.Repeat("fbefbe", 21) + "fb") // '+' and '/' in plenty
	std, url := base64.StdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw)
	digits := hex.EncodeToString(raw)
	want, err := sep53.ParseSignature(std)
	if err != nil || len(std) != 88 || std[85] != 'w' || !strings.ContainsAny(std, "+/") {
		t.Fatalf("not the sample it should be: %s, %v", std, err)
	}
	for _, s := range []string{std, std[:86], url, url[:86], digits, strings.ToUpper(digits), digits[:64] + strings.ToUpper(digits[64:])} {
		if got, err := sep53.ParseSignature(s); err != nil || got != want {
			t.Errorf("%s: %v", s, err)
		}
	}
	for name, s := range map[string]string{
		"empty":                "",
		"half a padding":       std[:87],
		"too much padding":     std + "=",
		"padding in front":     "==" + std[:86],
		"stray bits":           std[:85] + "x==",
		"stray bits, unpadded": std[:85] + "x",
		"mixed alphabets":      url[:44] + std[44:],
		"newline at the end":   std + "\n",
		"newline for padding":  std[:86] + "\r\n",
		"newline for a symbol": std[:40] + "\n" + std[41:],
		"newline within":       std[:40] + "\n\n" + std[40:86],
		"space in front":       " " + std,
		"63 bytes":             base64.StdEncoding.EncodeToString(raw[:63]),
		"65 bytes":             base64.StdEncoding.EncodeToString(append(slices.Clone(raw), 0)),
		"66 bytes":             base64.StdEncoding.EncodeToString(append(slices.Clone(raw), 0, 0)),
		"0x":                   "0x" + digits,
		"0x, 128 characters":   "0x" + digits[2:],
		"hex, one short":       digits[1:],
		"hex, no digit":        "g" + digits[1:],
		"base64 of 96 bytes":   strings.Repeat("A", 128)[:127] + "+",
		"long":                 strings.Repeat("A", 1<<20),
	} {
		signature, err := sep53.ParseSignature(s)
		if !errors.Is(err, sep53.ErrSignatureEncoding) || signature != (sep53.Signature{}) {
			t.Errorf("%s: %v", name, err)
		} else if len(s) > 20 && strings.Contains(err.Error(), s[10:18]) {
			t.Errorf("%s: the error repeats the signature: %v", name, err)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%s", "%q"} {
		if got := fmt.Sprintf(verb, want); len(got) > 60 || strings.Contains(got, "251") {
			t.Errorf("%s: %s", verb, got)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	v := load(f)
	for _, c := range v.StrkeyValid {
		f.Add(c.Value)
	}
	for _, c := range append(v.StrkeyInvalid, v.Invalid...) {
		f.Add(c.Value)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) == 32 { // the fuzzer changes keys more easily than checksums
			s = strkey(6<<3, []byte(s))
		}
		a, err := sep53.ParseAddress(s)
		if err != nil {
			if !errors.Is(err, sep53.ErrAddress) || a != (sep53.Address{}) || len(s) > 4 && strings.Contains(err.Error(), s) {
				t.Errorf("%q: %v, %v", s, a, err)
			}
			return
		}
		key := a.Key()
		if again, err := sep53.AddressOf(key); err != nil || again != a || a.String() != s || strkey(6<<3, key[:]) != s {
			t.Errorf("%q is written %q, %v", s, a, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	v := load(f)
	for _, c := range v.SEP53 {
		f.Add(c.Address, unbase64(f, c.Message), c.Base64)
		f.Add(c.Address, unbase64(f, c.Message), c.Hex)
	}
	for _, c := range v.Login.Cases {
		f.Add(v.Login.Address, []byte(v.Login.Message), c.Signature)
	}
	f.Add(strkey(6<<3, append([]byte{2}, make([]byte, 31)...)), []byte{}, strings.Repeat("01", 64))
	f.Fuzz(func(t *testing.T, account string, message []byte, text string) {
		a, addressErr := sep53.ParseAddress(account)
		signature, err := sep53.ParseSignature(text)
		if err != nil && (!errors.Is(err, sep53.ErrSignatureEncoding) || signature != (sep53.Signature{})) {
			t.Errorf("%q: %v", text, err)
		}
		got := sep53.Verify(a, message, signature)
		if got != nil && !errors.Is(got, sep53.ErrSignature) && !errors.Is(got, sep53.ErrAddress) {
			t.Error(got)
		}
		if got != nil {
			return
		}
		// What is accepted here, crypto/ed25519 accepts of the texts.
		key, hash := a.Key(), sep53.Hash(message)
		raw, err := hex.DecodeString(text)
		if err != nil {
			raw, _ = base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "="))
		}
		if addressErr != nil || len(raw) != 64 || !ed25519.Verify(key[:], hash[:], raw) {
			t.Errorf("%q accepted %q over %q", account, text, message)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	c := load(b).Login
	message := []byte(c.Message)
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := verify(b, c.Address, c.Message, c.Cases[0].Signature); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ed25519 alone", func(b *testing.B) {
		key, hash := address(b, c.Address).Key(), sep53.Hash(message)
		raw := unbase64(b, c.Cases[0].Signature)
		for b.Loop() {
			ed25519.Verify(key[:], hash[:], raw)
		}
	})
}
