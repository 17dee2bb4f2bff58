package blackbox

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"golang.org/x/crypto/sha3"

	"github.com/nearauth/nearauth/example/exampletest"
)

// wallet is one of Ethereum or Stellar. What they do is written here a second
// time, as with claim: the kit's own code does not judge itself.
type wallet interface {
	chain() string // as a front end calls it
	address() string
	sign(text string) string
}

type ethereumWallet struct{ private *secp256k1.PrivateKey }

func newEthereumWallet(t *testing.T) ethereumWallet {
	t.Helper()
	private, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	return ethereumWallet{private}
}

func keccak(b ...[]byte) []byte {
	h := sha3.NewLegacyKeccak256()
	for _, part := range b {
		h.Write(part)
	}
	return h.Sum(nil)
}

func (w ethereumWallet) chain() string { return "ethereum" }

// address is the one with the checksum of EIP-55.
func (w ethereumWallet) address() string {
	digits := []byte(hex.EncodeToString(keccak(w.private.PubKey().SerializeUncompressed()[1:])[12:]))
	sum := hex.EncodeToString(keccak(digits))
	for i, c := range digits {
		if c >= 'a' && sum[i] >= '8' {
			digits[i] = c - 'a' + 'A'
		}
	}
	return "0x" + string(digits)
}

// personalHash is EIP-191, version 0x45.
func personalHash(text string) []byte {
	return keccak(fmt.Appendf(nil, "\x19Ethereum Signed Message:\n%d%s", len(text), text))
}

// raw is r, s and v, which is 27 or 28.
func (w ethereumWallet) raw(hash []byte) []byte {
	compact := ecdsa.SignCompact(w.private, hash, false) // v, r, s
	return append(compact[1:], compact[0])
}

func (w ethereumWallet) sign(text string) string { return toHex(w.raw(personalHash(text))) }

func toHex(b []byte) string { return "0x" + hex.EncodeToString(b) }

// text is what a front end on wagmi, RainbowKit or Reown makes of a nonce.
func (w ethereumWallet) text(nonce string, issuedAt time.Time, more ...string) string {
	return strings.Join(append([]string{
		"localhost:8080 wants you to sign in with your Ethereum account:", w.address(), "", "Sign in to the app.", "",
		"URI: " + exampletest.Site + "/login", "Version: 1", "Chain ID: 1", "Nonce: " + nonce, "Issued At: " + issuedAt.UTC().Format(time.RFC3339),
	}, more...), "\n")
}

// stellarWallet is the master key of an account.
type stellarWallet struct{ private ed25519.PrivateKey }

func newStellarWallet() stellarWallet {
	_, private, _ := ed25519.GenerateKey(nil)
	return stellarWallet{private}
}

// What a strkey is of (SEP-23).
const (
	strkeyAccount  = 6 << 3
	strkeyMuxed    = 12 << 3
	strkeyContract = 2 << 3
	strkeySeed     = 18 << 3
	strkeyHash     = 23 << 3
)

// strkey is SEP-23.
func strkey(version byte, payload ...byte) string {
	b := append([]byte{version}, payload...)
	sum := 0 // CRC-16/XMODEM
	for _, c := range b {
		sum ^= int(c) << 8
		for range 8 {
			if sum <<= 1; sum > 0xffff {
				sum ^= 0x11021
			}
		}
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(append(b, byte(sum), byte(sum>>8)))
}

func (w stellarWallet) chain() string   { return "stellar" }
func (w stellarWallet) key() []byte     { return w.private.Public().(ed25519.PublicKey) }
func (w stellarWallet) address() string { return strkey(strkeyAccount, w.key()...) }
func (w stellarWallet) seed() string    { return strkey(strkeySeed, w.private.Seed()...) }

// sep53Hash is what a key signs of a text.
func sep53Hash(text string) []byte {
	hash := sha256.Sum256([]byte("Stellar Signed Message:\n" + text))
	return hash[:]
}

func (w stellarWallet) sign(text string) string { return w.signHash(sep53Hash(text)) }

func (w stellarWallet) signHash(hash []byte) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(w.private, hash))
}

// These wallets do what the published vectors say, with the keys that everybody
// knows: the first of the development chains, and the one in SEP-53.
func TestWalletsOfOtherChains(t *testing.T) {
	t.Parallel()
	const knownKey, knownSeed = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", "SAKICEVQLYWGSOJS4WW7HZJWAHZVEEBS527LHK5V4MLJALYKICQCJXMW"
	eth := ethereumWallet{secp256k1.PrivKeyFromBytes(unhex(t, knownKey))}
	raw, err := base32.StdEncoding.DecodeString(knownSeed)
	if err != nil {
		t.Fatal(err)
	}
	xlm := stellarWallet{ed25519.NewKeyFromSeed(raw[1:33])}
	if xlm.seed() != knownSeed {
		t.Errorf("the seed is %s", xlm.seed())
	}
	type signed struct {
		Address, Signature string
		Text               string `json:"message_utf8"`
		Bytes              []byte `json:"message_base64"`
		Base64             string `json:"signature_base64"`
	}
	var vectors struct {
		PersonalSign []signed `json:"personal_sign"`
		SEP53        []signed
	}
	readVectors(t, "siwe", "eth_vectors", &vectors)
	readVectors(t, "sep53", "stellar_vectors", &vectors)
	known := 0
	for _, v := range vectors.PersonalSign {
		if v.Address != eth.address() {
			continue
		}
		known++
		if got := eth.sign(v.Text); got != v.Signature {
			t.Errorf("%q is signed as %s", v.Text, got)
		}
	}
	for _, v := range vectors.SEP53 {
		known++
		if got := xlm.sign(string(v.Bytes)); v.Address != xlm.address() || got != v.Base64 {
			t.Errorf("%s signs %q as %s", xlm.address(), v.Text, got)
		}
	}
	if known != 3+3 {
		t.Errorf("%d vectors", known)
	}
}

// issued is a challenge of Ethereum or Stellar.
type issued struct{ Chain, Nonce, Message, MessageHex, Address, NetworkPassphrase string }

// issue asks for a challenge of a chain, for an account or, with "", for none.
func (s *site) issue(c *http.Client, chain, account string) (ch issued) {
	s.t.Helper()
	res, body := s.a.Do(c, "POST", "/auth/challenge", object(map[string]any{"chain": chain, "accountId": account}))
	if err := json.Unmarshal([]byte(body), &ch); err != nil || res.StatusCode != 200 {
		s.t.Fatalf("challenge: %d %s", res.StatusCode, body)
	}
	return ch
}

// answer is the body of a verify.
func (ch issued) answer(account, signature string) string {
	return object(map[string]any{"accountId": account, "nonce": ch.Nonce, "signature": signature})
}

// signed asks for a challenge, lets the wallet sign its text, and returns what to
// post to verify.
func (s *site) signed(c *http.Client, w wallet) string {
	s.t.Helper()
	ch := s.issue(c, w.chain(), w.address())
	return ch.answer(w.address(), w.sign(ch.Message))
}

// noneOf posts signatures that are not what the account signs of the challenge,
// and then the one that is: nothing has used the challenge up.
func (s *site) noneOf(c *http.Client, w wallet, ch issued, signatures map[string]string) {
	s.t.Helper()
	for name, signature := range signatures {
		if signature == w.sign(ch.Message) {
			s.t.Errorf("%s is the right one", name)
		}
		res, body := s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), signature))
		refused(s.t, name, res, body, 401, "invalid_signature")
	}
	res, body := s.b.Do(c, "POST", "/auth/verify", ch.answer(w.address(), w.sign(ch.Message)))
	exampletest.Expect(s.t, "the right one", res, body, 200, `"accountId":"`+w.address()+`"`)
}

// replaced is a text with a part of it replaced, which is there once.
func replaced(t *testing.T, text, old, by string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q is not once in %q", old, text)
	}
	return strings.Replace(text, old, by, 1)
}
