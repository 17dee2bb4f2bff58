package nep413

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers/internal/ed25519x"
)

// encodings lists every text that may stand for the signature b.
func encodings(b []byte) map[string]string {
	typ := "ed25519:"
	if len(b) == 65 {
		typ = "secp256k1:"
	}
	return map[string]string{
		"base64":          base64.StdEncoding.EncodeToString(b),
		"base64 unpadded": base64.RawStdEncoding.EncodeToString(b),
		"url":             base64.URLEncoding.EncodeToString(b),
		"url unpadded":    base64.RawURLEncoding.EncodeToString(b),
		"base58":          base58.Encode(b),
		"prefixed":        typ + base58.Encode(b),
	}
}

// has reports whether b is a reading of s.
func (s Signature) has(b []byte) bool {
	for _, r := range s.readings {
		if r.typ != "" && bytes.Equal(r.raw[:signatureSize(r.typ)], b) {
			return true
		}
	}
	return false
}

// count returns how many readings s has.
func (s Signature) count() int {
	n := 0
	for _, r := range s.readings {
		if r.typ != "" {
			n++
		}
	}
	return n
}

func TestSignatureEncodings(t *testing.T) {
	t.Parallel()
	var samples [][]byte
	rnd := rand.NewChaCha8([32]byte{64})
	for _, size := range []int{64, 65} {
		for range 500 {
			b := make([]byte, size)
			rnd.Read(b)
			samples = append(samples, b)
		}
		samples = append(samples, make([]byte, size), append(make([]byte, size-1), 1), slices.Repeat([]byte{0xff}, size))
	}
	two := 0
	for _, b := range samples {
		for name, s := range encodings(b) {
			sig, err := ParseSignature(s)
			if err != nil || !sig.has(b) {
				t.Errorf("%s %s: %v", name, s, err)
			}
			if sig.count() == 2 {
				two++
			}
		}
	}
	// The base58 of 64 bytes that is the base64 of 65.
	if two < 10 || two > 50 {
		t.Errorf("%d texts with two readings", two)
	}
}

func TestSignatureRefused(t *testing.T) {
	t.Parallel()
	b := unhex(t, strings.Repeat("fbefbe", 21)+"fb") // '+' and '/' in plenty
	std, url := base64.StdEncoding.EncodeToString(b), base64.URLEncoding.EncodeToString(b)
	b58 := base58.Encode(b)
	if !strings.ContainsAny(std, "+/") || len(std) != 88 || std[85] != 'w' {
		t.Fatalf("not the sample it should be: %s", std)
	}
	for name, s := range map[string]string{
		"empty":                "",
		"colon":                ":",
		"only a prefix":        "ed25519:",
		"half a padding":       std[:87],
		"too much padding":     std + "=",
		"padding in front":     "==" + std[:86],
		"pad bits":             std[:85] + "x==",
		"pad bits, unpadded":   std[:85] + "x",
		"mixed alphabets":      url[:44] + std[44:],
		"newline at the end":   std + "\n",
		"newline for padding":  std[:86] + "\r\n",
		"newline for a symbol": std[:40] + "\n" + std[41:],
		"newline within":       std[:40] + "\n" + std[40:86],
		"space in front":       " " + std,
		"63 bytes":             base64.StdEncoding.EncodeToString(b[:63]),
		"newline in 86":        std[:40] + "\n" + std[40:85],
		"62 bytes":             base64.StdEncoding.EncodeToString(b[:62]),
		"66 bytes":             base64.StdEncoding.EncodeToString(append(slices.Clone(b), 0, 0)),
		"pad bits of 65":       base64.StdEncoding.EncodeToString(append(slices.Clone(b), 0, 0xff))[:87] + "=",
		"the same, unpadded":   base64.StdEncoding.EncodeToString(append(slices.Clone(b), 0, 0xff))[:87],
		"66 bytes, base58":     base58.Encode(append(slices.Clone(b), 0, 0)),
		"hex":                  hex.EncodeToString(b),
		"0x":                   "0x" + hex.EncodeToString(b),
		"base58, 11 in front":  "11" + b58,
		"base58, one short":    b58[:len(b58)-2],
		"base58 and a NUL":     b58 + "\x00",
		"secp256k1 prefix":     "secp256k1:" + b58,
		"ed25519 prefix":       "ed25519:" + base58.Encode(append(slices.Clone(b), 0)),
		"ml-dsa-65 prefix":     "ml-dsa-65:" + b58,
		"upper-case prefix":    "ED25519:" + b58,
		"no type":              ":" + b58,
		"prefixed base64":      "ed25519:" + std,
		"prefix twice":         "ed25519:ed25519:" + b58,
		"prefixed, 1 in front": "ed25519:1" + b58,
		"prefixed, 63 bytes":   "ed25519:" + base58.Encode(b[:63]),
		"prefixed, 32 bytes":   "ed25519:" + base58.Encode(b[:32]),
	} {
		sig, err := ParseSignature(s)
		if !errors.Is(err, ErrSignatureEncoding) || sig != (Signature{}) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(s) > 20 && (strings.Contains(err.Error(), s[10:18]) || strings.Contains(err.Error(), s[:8])) {
			t.Errorf("%s: the error repeats the signature: %v", name, err)
		}
	}
}

// A valid signature whose bare base58 text is also unpadded base64 of 64 bytes:
// read in one way only, one wallet user in 250,000 could not sign in.
func TestSignatureTwoReadings(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(4, 13))
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	for range 100 {
		// 86 characters: the first low enough for 64 bytes, the last a
		// multiple of 16 in base64 (A, Q, g, w).
		text := []byte("1")
		for len(text) < 85 {
			text = append(text, alphabet[rnd.IntN(58)])
		}
		text = append(text, "AQgw"[rnd.IntN(4)])
		sig, err := ParseSignature(string(text))
		as64, err64 := base64.RawStdEncoding.DecodeString(string(text))
		as58, err58 := base58.Decode(string(text))
		if err64 != nil || err58 != nil || len(as64) != 64 {
			t.Fatal(err64, err58)
		}
		want := 1
		if len(as58) == 64 {
			want = 2
		}
		if err != nil || sig.count() != want || !sig.has(as64) || len(as58) == 64 && !sig.has(as58) {
			t.Errorf("%s: %d readings, %v, want %d", text, sig.count(), err, want)
		}
	}
	for i := range 2 { // whichever reading is the real one, it verifies
		v := loadCollected(t)[0]
		key, _ := ParsePublicKey(*v.PublicKey)
		one, _ := ParseSignature(*v.Signature)
		for _, other := range []reading{{typ: typeEd25519, raw: [65]byte{9}}, {typ: typeSecp256k1, raw: [65]byte{9}}, {}} {
			sig := Signature{}
			sig.readings[i], sig.readings[1-i] = one.readings[0], other
			wantErr(t, Verify(key, v.payload(t), sig), nil)
			// As the first 64 of 65 bytes it is none.
			sig.readings[i].typ = typeSecp256k1
			if Verify(key, v.payload(t), sig) == nil {
				t.Error("the beginning of a reading is taken for a signature")
			}
		}
	}
}

// A signature is not shown by accident.
func TestSignatureHidden(t *testing.T) {
	t.Parallel()
	sig, _ := ParseSignature(*loadCollected(t)[0].Signature)
	for _, verb := range []string{"%v", "%+v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, sig); len(got) > 60 || strings.Contains(got, "54") && verb != "%x" {
			t.Errorf("%s: %s", verb, got)
		}
	}
}

func FuzzParseSignature(f *testing.F) {
	for _, v := range append(loadCollected(f), loadGenerated(f)...) {
		if v.Signature != nil {
			f.Add(*v.Signature)
		}
	}
	f.Add("1" + strings.Repeat("z", 84) + "A")
	f.Add(strings.Repeat("1", 64))
	f.Add("1" + strings.Repeat("z", 85) + "A")
	f.Add(strings.Repeat("1", 65))
	f.Fuzz(func(t *testing.T, s string) {
		sig, err := ParseSignature(s)
		if err != nil && (!errors.Is(err, ErrSignatureEncoding) || sig != (Signature{})) {
			t.Errorf("%q: %v, %v", s, sig.count(), err)
		}
		want := readings(s)
		if len(want) != sig.count() || (err == nil) != (len(want) > 0) {
			t.Fatalf("%q: %d readings, %v, want %d", s, sig.count(), err, len(want))
		}
		for _, b := range want {
			if !sig.has(b) {
				t.Errorf("%q: %x is missing", s, b)
			}
		}
	})
}

// readings is the oracle: decode s generously in every way, and keep the 64 or
// 65 bytes of which s is an accepted encoding, character by character.
func readings(s string) (list [][]byte) {
	if len(s) > 1000 {
		return nil
	}
	trimmed := strings.TrimRight(s, "=")
	std, _ := base64.RawStdEncoding.DecodeString(trimmed)
	url, _ := base64.RawURLEncoding.DecodeString(trimmed)
	_, digits, prefixed := strings.Cut(s, ":")
	if !prefixed {
		digits = s
	}
	for _, b := range [][]byte{std, url, slowBase58(digits, 64), slowBase58(digits, 65)} {
		if len(b) != 64 && len(b) != 65 || slices.ContainsFunc(list, func(had []byte) bool { return bytes.Equal(had, b) }) {
			continue
		}
		for _, text := range encodings(b) {
			if text == s {
				list = append(list, b)
				break
			}
		}
	}
	return list
}

// slowBase58 decodes to that many bytes with math/big.
func slowBase58(s string, size int) []byte {
	n := new(big.Int)
	for _, c := range []byte(s) {
		digit := strings.IndexByte("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", c)
		if digit < 0 {
			return nil
		}
		n.Mul(n, big.NewInt(58)).Add(n, big.NewInt(int64(digit)))
	}
	if n.BitLen() > 8*size {
		return nil
	}
	return n.FillBytes(make([]byte, size))
}

func FuzzVerify(f *testing.F) {
	for _, v := range append(loadCollected(f), loadGenerated(f)...) {
		if v.Signature != nil {
			f.Add(*v.PublicKey, *v.Signature, v.Message, v.Recipient, unhex(f, v.NonceHex))
		}
	}
	raw := strings.Repeat("\x01", 32)
	f.Add(raw, raw+raw, "m", "r", []byte{})
	f.Fuzz(func(t *testing.T, keyText, sigText, message, recipient string, nonce []byte) {
		p := Payload{Message: message, Recipient: recipient, CallbackURL: &recipient}
		copy(p.Nonce[:], nonce)
		key, _ := ParsePublicKey(keyText)
		sig, _ := ParseSignature(sigText)
		// Also what the parsers would never let through.
		wild, wildSig := PublicKey{typ: typeEd25519}, Signature{}
		copy(wild.raw[:], keyText)
		wildSecp := PublicKey{typeSecp256k1, wild.raw}
		wildSig.readings[0].typ = []string{"", typeEd25519, typeSecp256k1}[len(sigText)%3]
		wildSig.readings[1].typ = []string{"", typeEd25519, typeSecp256k1}[len(recipient)%3]
		copy(wildSig.readings[0].raw[:], sigText)
		copy(wildSig.readings[1].raw[:], recipient)
		for _, k := range []PublicKey{key, wild, wildSecp, {}} {
			for _, s := range []Signature{sig, wildSig, {}} {
				err := Verify(k, p, s)
				if err != nil && !errors.Is(err, ErrSignature) && !errors.Is(err, ErrPayload) && !errors.Is(err, ErrKey) && !errors.Is(err, ErrSignatureEncoding) {
					t.Error(err)
				}
				if errors.Is(err, ErrKey) && ed25519x.OnCurve(k.ed25519()) {
					t.Error("a key that is one is said to be none")
				}
				if errors.Is(err, ErrSignatureEncoding) && s.of(k.typ) {
					t.Error("a signature of the type is said to be none")
				}
				if err == nil && (k == PublicKey{} || s == Signature{}) {
					t.Error("the zero value proves something")
				}
			}
		}
	})
}

func BenchmarkParseSignature(b *testing.B) {
	texts := encodings(slices.Repeat([]byte{0xa5}, 64))
	for name, s := range encodings(slices.Repeat([]byte{0xa5}, 65)) {
		texts["secp256k1 "+name] = s
	}
	for name, s := range texts {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseSignature(s)
			}
		})
	}
}
