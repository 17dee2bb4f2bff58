package blackbox

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// claim is what a wallet signs, written here a second time: the kit's own
// encoder does not judge itself.
type claim struct {
	tag                uint32 // 2³¹+413 by NEP-413
	message, recipient string
	nonce              [32]byte
	callback           string // "" is none
	unhashed           bool
}

const nep413Tag = 1<<31 + 413

func claimOf(ch exampletest.Challenge) claim {
	nonce, _ := base64.StdEncoding.DecodeString(ch.Nonce)
	return claim{tag: nep413Tag, message: ch.Message, recipient: ch.Recipient, nonce: [32]byte(nonce)}
}

func (c claim) sign(key ed25519.PrivateKey) string {
	text := func(b []byte, s string) []byte {
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	b := text(binary.LittleEndian.AppendUint32(nil, c.tag), c.message)
	b = text(append(b, c.nonce[:]...), c.recipient)
	if c.callback == "" {
		b = append(b, 0)
	} else {
		b = text(append(b, 1), c.callback)
	}
	if hash := sha256.Sum256(b); !c.unhashed {
		b = hash[:]
	}
	return base64.StdEncoding.EncodeToString(ed25519.Sign(key, b))
}

// Signatures that are valid, but of something else: another key, nonce,
// message, recipient, tag. A signature that does not fit is 401
// invalid_signature, a nonce that is not this browser's is by the contract 400
// challenge_invalid, and a repeated message that is not the server's is 400
// invalid_request. None of them uses the challenge up, and the chain is not
// asked. NEP-413 signs no network: the server's own counts.
func TestT09SignedSomethingElse(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		_, other := s.person("mallory.testnet")
		ch := s.a.Challenge(c)
		asked := s.node.Requests()
		for name, change := range map[string]func(*claim){
			"another nonce":           func(c *claim) { c.nonce[0] ^= 1 },
			"no nonce":                func(c *claim) { c.nonce = [32]byte{} },
			"another message":         func(c *claim) { c.message += "!" },
			"no message":              func(c *claim) { c.message = "" },
			"another recipient":       func(c *claim) { c.recipient = "localhost:8081" },
			"the host without a port": func(c *claim) { c.recipient = "localhost" },
			"a callback nobody asked": func(c *claim) { c.callback = exampletest.Site + "/" },
			"the tag without 2³¹":     func(c *claim) { c.tag = 413 },
			"the tag of NEP-366":      func(c *claim) { c.tag = 1<<30 + 366 },
			"the tag of NEP-461":      func(c *claim) { c.tag = 1<<31 + 461 },
			"not hashed":              func(c *claim) { c.unhashed = true },
		} {
			signed := claimOf(ch)
			change(&signed)
			body := with(t, w.Sign(ch), map[string]any{"signature": signed.sign(w.Private)})
			res, said := s.a.Do(c, "POST", "/auth/verify", body)
			refused(t, name, res, said, 401, "invalid_signature")
		}
		mallory := claimOf(ch).sign(other.Private)
		for _, wrong := range []struct {
			name    string
			changed map[string]any
			status  int
			code    string
		}{
			{"signed by another key", map[string]any{"signature": mallory}, 401, "invalid_signature"},
			{"of another account's key", map[string]any{"publicKey": other.Key()}, 401, "invalid_signature"},
			{"another nonce sent", map[string]any{"nonce": strings.Repeat("00", 32)}, 400, "challenge_invalid"},
			{"another message sent", map[string]any{"message": ch.Message + "!"}, 400, "invalid_request"},
			{"another recipient sent", map[string]any{"recipient": "localhost"}, 400, "invalid_request"},
			{"a state nobody issued", map[string]any{"state": "x"}, 400, "invalid_request"},
		} {
			res, said := s.a.Do(c, "POST", "/auth/verify", with(t, w.Sign(ch), wrong.changed))
			refused(t, wrong.name, res, said, wrong.status, wrong.code)
		}
		postVectors(t, s, c)
		if n := s.node.Requests() - asked; n != 0 {
			t.Errorf("the chain was asked %d times", n)
		}
		// What was right all the while, by the other encoder, with another
		// network named on the side.
		body := with(t, w.Sign(ch), map[string]any{"signature": claimOf(ch).sign(w.Private), "network": "mainnet", "chain": "near:mainnet"})
		res, said := s.a.Do(c, "POST", "/auth/verify", body)
		exampletest.Expect(t, "the right one", res, said, 200, `"near:testnet:alice.testnet"`)

		// A key of one's own, for an account of somebody else.
		thief := exampletest.Wallet{Account: w.Account, Private: other.Private}
		res, said = s.a.SignIn(c, thief)
		refused(t, "a key of another account", res, said, 401, "key_not_found")
	})
}

// postVectors posts every published and generated signature: each was made for some
// other challenge, many are valid.
func postVectors(t *testing.T, s *site, c *http.Client) {
	t.Helper()
	type vector struct {
		AccountID *string `json:"account_id"`
		PublicKey *string `json:"public_key"`
		Signature *string `json:"signature"`
	}
	var generated struct{ Vectors []vector }
	var all []vector
	readVectors(t, "nep413", "nep413_collected", &all)
	readVectors(t, "nep413", "nep413_generated", &generated)
	all = append(all, generated.Vectors...)
	if len(all) != 107 {
		t.Fatalf("%d vectors", len(all))
	}
	codes := make(map[string]int)
	for i, v := range all {
		body := map[string]any{"accountId": "alice.testnet", "publicKey": v.PublicKey, "signature": v.Signature}
		if v.AccountID != nil {
			body["accountId"] = *v.AccountID
		}
		res, said := s.a.Do(c, "POST", "/auth/verify", object(body))
		var refusal struct{ Code string }
		_ = json.Unmarshal([]byte(said), &refusal)
		codes[refusal.Code]++
		if res.StatusCode != 400 && res.StatusCode != 401 || setSession(res) != nil {
			t.Errorf("vector %d: %d %s", i, res.StatusCode, said)
		}
	}
	if codes["invalid_signature"] < 90 || codes["invalid_request"] < 10 {
		t.Errorf("the vectors are refused as %v", codes)
	}
}

// readVectors reads a file of vectors of the package that is attacked with them.
func readVectors(t *testing.T, pkg, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "handlers", pkg, "testdata", name+".json"))
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A look-alike site hands the person a challenge of this site to sign, for
// itself: the wallet signs the look-alike's name, and the answer is worth
// nothing here. So is one of an account that the challenge was not for. (The
// texts of Ethereum and Stellar have tests of their own.)
func TestT10SignedForAnotherSite(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		ch := s.a.Challenge(c)
		for _, evil := range []string{"evil.example", "localhost:8080.evil.example", "evil.example/localhost:8080", "localhost:8080\x00", " localhost:8080", "LOCALHOST:8080"} {
			for _, where := range []string{"recipient", "message"} {
				signed := claimOf(ch)
				if where == "recipient" {
					signed.recipient = evil
				} else {
					signed.message = "Sign in to " + evil
				}
				proof := with(t, w.Sign(ch), map[string]any{"signature": signed.sign(w.Private)})
				res, body := s.a.Do(c, "POST", "/auth/verify", proof)
				refused(t, where+" "+evil, res, body, 401, "invalid_signature")
				res, body = s.a.Do(c, "POST", "/auth/verify", with(t, proof, map[string]any{where: evil}))
				refused(t, "and says so", res, body, 400, "invalid_request")
			}
		}
		signed := claimOf(ch)
		signed.callback = "https://evil.example/"
		proof := with(t, w.Sign(ch), map[string]any{"signature": signed.sign(w.Private), "callbackUrl": signed.callback})
		res, body := s.a.Do(c, "POST", "/auth/verify", proof)
		refused(t, "callback", res, body, 400, "invalid_request")
		res, body = s.a.Do(c, "POST", "/auth/verify", w.Sign(ch))
		exampletest.Expect(t, "for this site", res, body, 200, w.Account)

		_, body = s.a.Do(c, "POST", "/auth/challenge", `{"accountId":"bob.testnet"}`)
		_ = json.Unmarshal([]byte(body), &ch)
		res, body = s.a.Do(c, "POST", "/auth/verify", w.Sign(ch))
		refused(t, "a challenge for bob", res, body, 401, "account_mismatch")
	})
}

// The answer of browser X is posted from browser Y, who has seen it: without a
// login cookie, with Y's own, and with halves of both. By the contract these
// are 400 cookie_missing and challenge_invalid. X signs in afterwards.
func TestT11BrowserBinding(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		x, w := s.person("alice.testnet")
		y, _ := s.person("mallory.testnet")
		answer := s.a.Signed(x, w)
		s.a.Challenge(y)
		mine, theirs := loginCookie(s.a, y), loginCookie(s.a, x)
		mineHalf, mineNonce, _ := strings.Cut(mine, ".")
		theirHalf, theirNonce, _ := strings.Cut(theirs, ".")
		asked := s.node.Requests()
		for _, attack := range []struct{ name, cookie, code string }{
			{"no cookie", "", "cookie_missing"},
			{"Y's cookie", mine, "challenge_invalid"},
			{"Y's half, X's nonce", mineHalf + "." + theirNonce, "challenge_invalid"},
			{"both cookies", mine + "; " + theirs, "cookie_missing"},
			{"both cookies, X's first", theirs + "; " + mine, "cookie_missing"},
			{"X's nonce alone", "nearauth-login=" + theirNonce, "cookie_missing"},
			{"an empty half", "nearauth-login=." + theirNonce, "cookie_missing"},
			{"another name", strings.Replace(theirs, "nearauth-login", "__Host-nearauth-login", 1), "cookie_missing"},
			{"too long", theirs + "A", "cookie_missing"},
		} {
			for _, p := range []*exampletest.Process{s.a, s.b} {
				res, body := send(t, p, "POST", "/auth/verify", answer, http.Header{"Content-Type": {"application/json"}, "Cookie": {attack.cookie}})
				refused(t, attack.name, res, body, 400, attack.code)
			}
		}
		if n := s.node.Requests() - asked; n != 0 {
			t.Errorf("the chain was asked %d times", n)
		}
		// The nonce in the cookie does not matter where the answer names one.
		res, body := send(t, s.b, "POST", "/auth/verify", answer, http.Header{"Content-Type": {"application/json"}, "Cookie": {theirHalf + "." + mineNonce}})
		exampletest.Expect(t, "X", res, body, 200, w.Account)
	})
}
