package nep413

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers/internal/ed25519x"
)

// refusals are the vectors whose text is refused before any cryptography. The
// files say what the mathematics says, "valid" or "invalid"; here is the error
// of this package and why it is another.
var refusals = map[string]struct {
	err error
	why string
}{
	"ml-dsa-65-plain": {ErrKeyType, "valid, but ml-dsa-65"},

	"near-sign-verify-placeholder": {ErrKey, "a key that is not on the curve; crypto/ed25519 calls that a wrong signature"},

	// Invalid because the text is no signature of the key's type at all.
	"nep641-curve_mismatch_ed25519_key": {ErrSignatureEncoding, "signature of type secp256k1"},
	"neg-curve-mismatch":                {ErrSignatureEncoding, "65 bytes"},
	"neg-sig-63-bytes":                  {ErrSignatureEncoding, "63 bytes"},
	"neg-sig-65-bytes":                  {ErrSignatureEncoding, "65 bytes"},
	"neg-sig-hex":                       {ErrSignatureEncoding, "hex"},
}

func TestVectors(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for _, v := range append(loadCollected(t), loadGenerated(t)...) {
		t.Run(v.ID, func(t *testing.T) {
			hash, err := v.payload(t).Hash()
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(hash[:]); got != v.SHA256 {
				t.Errorf("hash %s, want %s", got, v.SHA256)
			}
			if v.AccountID != nil {
				if _, err := ParseAccountID(*v.AccountID); err != nil {
					t.Error(err)
				}
			}
			refused, isRefused := refusals[v.ID]
			switch {
			case v.Expected == "hash": // no key, no signature
				count["hash"]++
			case isRefused:
				count["refused"]++
				wantErr(t, v.check(t), refused.err)
			case v.Expected == "valid":
				count["valid"]++
				wantErr(t, v.check(t), nil)
			case v.Expected == "invalid":
				count["invalid"]++
				wantErr(t, v.check(t), ErrSignature)
			default:
				t.Errorf("expected is %q", v.Expected)
			}
		})
	}
	if got, want := fmt.Sprint(count), fmt.Sprint(map[string]int{"hash": 5, "valid": 67, "invalid": 29, "refused": 7}); got != want {
		t.Errorf("counted %s, want %s", got, want)
	}
}

// Signatures that wallets and tools in the field have made.
func TestRealWallets(t *testing.T) {
	t.Parallel()
	byID := map[string]signed{}
	for _, v := range loadCollected(t) {
		byID[v.ID] = v
	}
	for _, id := range []string{
		"naj-without-callback",             // MyNearWallet and Meteor, testnet
		"nearai-zavodil-mainnet",           // MyNearWallet, mainnet, callback URL signed
		"trezu-signed-confidential-intent", // a mainnet service
		"trezu-nep641-cli",                 // near-cli
		"idos-go-nep413",                   // a Go library
	} {
		if v, ok := byID[id]; !ok {
			t.Errorf("%s: no such vector", id)
		} else if err := v.check(t); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// The answers are those of the column "strict" in the file, the ones of
// verify_strict in dalek and of libsodium. Cryptographically, crypto/ed25519
// accepts 0, 1, 2, 3 and 11.
func TestSpeccheck(t *testing.T) {
	t.Parallel()
	cases := load[struct {
		Cases []struct {
			I           int
			Message     string
			PubKey      string `json:"pub_key"`
			Signature   string
			Description string
			Result      map[string]string
		}
	}](t, "ed25519_speccheck").Cases
	wantLen(t, cases, 12)
	why := map[int]struct {
		err error
		why string
	}{
		0:  {ErrKey, "A of small order: anybody can sign"},
		1:  {ErrKey, "A of small order: anybody can sign"},
		2:  {ErrSignature, "R of small order: crypto/ed25519 accepts"},
		3:  {nil, "A and R of mixed order, both equations hold"},
		4:  {ErrSignature, "holds only with the cofactor"},
		5:  {ErrSignature, "holds only with the cofactor"},
		6:  {ErrSignature, "S > L"},
		7:  {ErrSignature, "S >> L"},
		8:  {ErrSignature, "R not canonical"},
		9:  {ErrSignature, "R not canonical"},
		10: {ErrKey, "A not canonical, of small order"},
		11: {ErrKey, "A not canonical, of small order: crypto/ed25519 accepts"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.I), func(t *testing.T) {
			_, err := ParsePublicKey("ed25519:" + base58.Encode(unhex(t, c.PubKey)))
			if err == nil {
				// The messages are no NEP-413 hashes, though 32 bytes long, and
				// so the case starts one step below Verify.
				if !ed25519x.Verify([32]byte(unhex(t, c.PubKey)), unhex(t, c.Message), [64]byte(unhex(t, c.Signature))) {
					err = ErrSignature
				}
			}
			wantErr(t, err, why[c.I].err)
			for name, want := range c.Result {
				if strings.HasPrefix(name, "strict ") && (want == "accept") != (err == nil) {
					t.Errorf("%s: %s, got %v", name, want, err)
				}
			}
		})
	}
}

// Fourteen signatures that nobody made, over real payloads.
func TestForgedLogins(t *testing.T) {
	t.Parallel()
	keys := load[struct {
		SmallOrderKeys []struct {
			Hex           string
			NearPublicKey string
			ForgedNEP413  struct {
				HashHex, Message, NonceHex, Recipient, SignatureBase64 string
			}
		}
	}](t, "ed25519_speccheck").SmallOrderKeys
	wantLen(t, keys, 14)
	for _, k := range keys {
		t.Run(k.Hex, func(t *testing.T) {
			raw, f := [32]byte(unhex(t, k.Hex)), k.ForgedNEP413
			if _, err := ParsePublicKey(k.NearPublicKey); !errors.Is(err, ErrKey) {
				t.Errorf("the key: %v", err)
			}
			if ed25519x.Check(raw) == nil {
				t.Error("not found to be of small order")
			}
			p := Payload{Message: f.Message, Nonce: [32]byte(unhex(t, f.NonceHex)), Recipient: f.Recipient}
			hash, err := p.Hash()
			if err != nil || hex.EncodeToString(hash[:]) != f.HashHex {
				t.Fatalf("hash %x, %v", hash, err)
			}
			sig, err := base64.StdEncoding.DecodeString(f.SignatureBase64)
			if err != nil {
				t.Fatal(err)
			}
			// The danger is real: without our check this is a valid login.
			if !ed25519.Verify(raw[:], hash[:], sig) {
				t.Error("crypto/ed25519 refuses the forgery: is this check still needed?")
			}
		})
	}
}

// The zero PublicKey is the encoding of a point of order 4. A server that
// forgot to parse must not accept forgeries for it.
func TestVerifyZeroValues(t *testing.T) {
	t.Parallel()
	v := loadCollected(t)[0]
	p := v.payload(t)
	key, _ := ParsePublicKey(*v.PublicKey)
	sig, _ := ParseSignature(*v.Signature)
	wantErr(t, Verify(key, p, sig), nil)
	wantErr(t, Verify(PublicKey{}, p, sig), ErrSignature)
	wantErr(t, Verify(key, p, Signature{}), ErrSignatureEncoding)
	wantErr(t, Verify(PublicKey{}, Payload{}, Signature{}), ErrSignature)
	p.Recipient = "\xff"
	wantErr(t, Verify(key, p, sig), ErrPayload)

	// With S = 1 and R the base point, every fourth message or so is signed by
	// the zero key. R is not of small order: only the key is wrong here.
	var forgery [64]byte
	copy(forgery[:], "\x58"+strings.Repeat("\x66", 31)+"\x01")
	forged := 0
	for n := range 100 {
		p := Payload{Nonce: [32]byte{byte(n)}}
		hash, _ := p.Hash()
		if ed25519x.Verify([32]byte{}, hash[:], forgery) {
			forged++
			sig := Signature{}
			sig.add(forgery[:])
			wantErr(t, Verify(PublicKey{}, p, sig), ErrSignature)
			wantErr(t, Verify(PublicKey{typ: typeSecp256k1}, p, sig), ErrSignatureEncoding)
			sig.add(forgery[:])
			wantErr(t, Verify(PublicKey{}, p, sig), ErrSignature)
		}
	}
	if forged == 0 {
		t.Error("no forgery found, nothing tested")
	}
}

// Every part of the payload is under the signature.
func TestVerifyBindsEverything(t *testing.T) {
	t.Parallel()
	pub, priv, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePublicKey("ed25519:" + base58.Encode(pub))
	if err != nil {
		t.Fatal(err)
	}
	good := func() Payload { return Payload{"message", [32]byte{1}, "recipient", new("https://a.example")} }
	hash, _ := good().Hash()
	sig, err := ParseSignature(base64.StdEncoding.EncodeToString(ed25519.Sign(priv, hash[:])))
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, Verify(key, good(), sig), nil)
	for name, change := range map[string]func(*Payload){
		"message":           func(p *Payload) { p.Message += " " },
		"first nonce byte":  func(p *Payload) { p.Nonce[0] ^= 1 },
		"last nonce byte":   func(p *Payload) { p.Nonce[31] ^= 0x80 },
		"recipient":         func(p *Payload) { p.Recipient = "Recipient" },
		"callback URL":      func(p *Payload) { p.CallbackURL = new("https://b.example") },
		"no callback URL":   func(p *Payload) { p.CallbackURL = nil },
		"empty callback":    func(p *Payload) { p.CallbackURL = new("") },
		"boundary":          func(p *Payload) { p.Message, p.Recipient = "messag", "erecipient" },
		"swapped":           func(p *Payload) { p.Message, p.Recipient = p.Recipient, p.Message },
		"message empty":     func(p *Payload) { p.Message = "" },
		"unicode lookalike": func(p *Payload) { p.Message = "mеssage" }, // Cyrillic е
	} {
		p := good()
		change(&p)
		if err := Verify(key, p, sig); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A single flipped bit anywhere in the signature is refused.
func TestVerifyFlippedBits(t *testing.T) {
	t.Parallel()
	v := loadCollected(t)[0]
	key, _ := ParsePublicKey(*v.PublicKey)
	sig, _ := ParseSignature(*v.Signature)
	for bit := range 512 {
		bad := sig
		bad.readings[0].raw[bit/8] ^= 1 << (bit % 8)
		if Verify(key, v.payload(t), bad) == nil {
			t.Errorf("bit %d", bit)
		}
	}
}

func TestVerifyAllocs(t *testing.T) {
	v := loadCollected(t)[0]
	p := v.payload(t)
	key, _ := ParsePublicKey(*v.PublicKey)
	sig, _ := ParseSignature(*v.Signature)
	hash := testing.AllocsPerRun(100, func() { p.Hash() })
	if hash > 60 { // all of them in borsh-go's reflection
		t.Errorf("Hash: %v allocations", hash)
	}
	if verify := testing.AllocsPerRun(100, func() { Verify(key, p, sig) }); verify > hash {
		t.Errorf("Verify: %v allocations, %v of them in Hash", verify, hash)
	}
}

// Long inputs: every parser must refuse them at once, and must not
// hand them on in its error.
func TestHostileInput(t *testing.T) {
	parsers := map[string]func(string) error{
		"key":       func(s string) error { _, err := ParsePublicKey(s); return err },
		"signature": func(s string) error { _, err := ParseSignature(s); return err },
		"account":   func(s string) error { _, err := ParseAccountID(s); return err },
	}
	for _, unit := range []string{"a", "1", "z", "A", "=", ":", "\x00", "\xff", "é", "\n", "ed25519:"} {
		for _, prefix := range []string{"", "ed25519:", "secp256k1:", "ml-dsa-65:"} {
			s := prefix + strings.Repeat(unit, 200_000) + ":"
			if unit == "1" || unit == "z" { // as near as it gets to base58
				s = strings.TrimSuffix(s, ":")
			}
			for name, parse := range parsers {
				start := time.Now()
				err := parse(s)
				// Decoding 200 kB of base58 takes some 150 ms.
				if took := time.Since(start); took > 50*time.Millisecond {
					t.Errorf("%s of %.20q…: took %v", name, s, took)
				}
				if err == nil || len(err.Error()) > 200 {
					t.Errorf("%s of %.20q…: %.300v", name, s, err)
				}
			}
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v := loadCollected(b)[0]
	p := v.payload(b)
	key, _ := ParsePublicKey(*v.PublicKey)
	sig, _ := ParseSignature(*v.Signature)
	b.ReportAllocs()
	for b.Loop() {
		if err := Verify(key, p, sig); err != nil {
			b.Fatal(err)
		}
	}
}

// A key that is no point has signed nothing, and is said to be none: that it is
// malformed is the client's mistake and not a forgery.
func TestVerifyUnderAKeyOffTheCurve(t *testing.T) {
	t.Parallel()
	off := 0
	for y := byte(2); y < 50; y++ {
		key := PublicKey{typ: typeEd25519, raw: [64]byte{y}}
		text := key.String()
		read, err := ReadPublicKey(text)
		if err != nil || read != key {
			t.Fatalf("y = %d: %v", y, err)
		}
		_, err = ParsePublicKey(text)
		sig := Signature{}
		sig.add(append([]byte{9}, make([]byte, 63)...))
		got := Verify(read, Payload{Message: "m", Recipient: "r"}, sig)
		if ed25519x.OnCurve(key.ed25519()) {
			if err != nil || !errors.Is(got, ErrSignature) {
				t.Errorf("y = %d: parsed %v, verified %v", y, err, got)
			}
			continue
		}
		off++
		if !errors.Is(err, ErrKey) || !errors.Is(got, ErrKey) || errors.Is(got, ErrSignature) {
			t.Errorf("y = %d: parsed %v, verified %v", y, err, got)
		}
	}
	if off < 10 {
		t.Errorf("%d keys off the curve", off)
	}
}
