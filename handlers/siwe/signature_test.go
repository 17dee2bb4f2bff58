package siwe_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/nearauth/nearauth/handlers/siwe"
)

func TestHash(t *testing.T) {
	t.Parallel()
	v := load(t)
	for _, c := range v.EIP191 {
		if got := siwe.Hash(c.Message); got != hash(t, c.Hash) {
			t.Errorf("%q: %x", c.Message, got)
		}
	}
	for _, c := range v.ERC1271 {
		if got := siwe.Hash(c.Message); got != hash(t, c.Hash) {
			t.Errorf("%q: %x", c.Message, got)
		}
	}
}

func TestPersonalSign(t *testing.T) {
	t.Parallel()
	v := load(t)
	for _, c := range v.PersonalSign {
		h := siwe.Hash(string(unhex(t, c.MessageHex)))
		if signer, err := recoverText(h, c.Signature); err != nil || h != hash(t, c.Hash) || signer != c.Address {
			t.Errorf("%s: %x by %s, error %v", c.Name, h, signer, err)
		}
	}
	// That a bare number in digits is signed as two different texts is why
	// texts go to the wallet in hex.
	for _, c := range v.Legacy {
		h := siwe.Hash(string(unhex(t, c.SignedHex)))
		if signer, err := recoverText(h, c.Signature); err != nil || h != hash(t, c.Hash) || signer != c.Address {
			t.Errorf("%s: %x by %s, error %v", c.Name, h, signer, err)
		}
	}
}

func TestSignatureForms(t *testing.T) {
	t.Parallel()
	v := load(t).SignatureForms
	if siwe.Hash(v.Message) != hash(t, v.Hash) {
		t.Error("another hash")
	}
	accepted := 0
	for _, c := range v.Cases {
		signer, err := recoverText(hash(t, v.Hash), c.Signature)
		switch {
		case c.Expect == "accept":
			accepted++
			if err != nil || signer != v.Address {
				t.Errorf("%s: signed by %s, error %v", c.Name, signer, err)
			}
		case c.Name == "wrong recovery bit", c.Name == "signed by another key":
			// Each recovers somebody, who is somebody else.
			if err != nil || signer == v.Address {
				t.Errorf("%s: signed by %s, error %v", c.Name, signer, err)
			}
		case err == nil:
			t.Errorf("%s: signed by %s", c.Name, signer)
		}
	}
	if accepted != 3 {
		t.Errorf("%d accepted", accepted)
	}
}

func TestParseSignature(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 64, 65, 66, siwe.MaxSignature} {
		if b, err := siwe.ParseSignature("0x" + strings.Repeat("aF", n)); err != nil || !bytes.Equal(b, bytes.Repeat([]byte{0xaf}, n)) {
			t.Errorf("%d bytes: %d bytes, error %v", n, len(b), err)
		}
	}
	digits := strings.Repeat("ab", 65)
	for _, s := range []string{
		"", "0", "0x", "0xa", "x", digits, "0X" + digits, " 0x" + digits, "0x" + digits + " ", "0x" + digits + "\n", "0x" + digits[1:],
		"0x" + strings.Replace(digits, "a", "g", 1), "0x0x" + digits, "0x" + strings.Repeat("00", siwe.MaxSignature+1),
	} {
		_, err := siwe.ParseSignature(s)
		wantErr(t, s[:min(len(s), 16)], err, siwe.ErrSignatureEncoding)
	}
}

// secret is a key that everybody knows: the first of the development chains.
var secret = secp256k1.PrivKeyFromBytes([]byte("\xac\x09\x74\xbe\xc3\x9a\x17\xe3\x6b\xa4\xa6\xb4\xd2\x38\xff\x94\x4b\xac\xb4\x78\xcb\xed\x5e\xfc\xae\x78\x4d\x7b\xf4\xf2\xff\x80"))

// sign signs as a wallet does.
func sign(message string) []byte {
	h := siwe.Hash(message)
	compact := ecdsa.SignCompact(secret, h[:], false)
	return append(compact[1:], compact[0])
}

// Each part of a signature counts, and each byte of the text.
func TestRecover(t *testing.T) {
	t.Parallel()
	const address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
	sig := sign(base)
	if a, err := siwe.Recover(siwe.Hash(base), sig); err != nil || a.String() != address {
		t.Fatalf("%s, error %v", a, err)
	}
	for i := range sig {
		other := bytes.Clone(sig)
		other[i] ^= 1
		if a, err := siwe.Recover(siwe.Hash(base), other); err == nil && a.String() == address {
			t.Errorf("byte %d does not count", i)
		}
	}
	for i := range base {
		if a, err := siwe.Recover(siwe.Hash(base[:i]+"~"+base[i+1:]), sig); err == nil && a.String() == address {
			t.Errorf("byte %d of the text does not count", i)
		}
	}
	for name, part := range map[string][]byte{"r": sig[:32], "s": sig[32:64]} {
		kept := bytes.Clone(part)
		for _, b := range []byte{0x00, 0xff} {
			copy(part, bytes.Repeat([]byte{b}, 32))
			_, err := siwe.Recover(siwe.Hash(base), sig)
			wantErr(t, name, err, siwe.ErrSignature)
		}
		copy(part, kept)
	}
}
