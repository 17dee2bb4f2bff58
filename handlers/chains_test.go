package handlers_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"golang.org/x/crypto/sha3"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/stellar"
)

// newRigOfThree is a site for accounts of NEAR, Ethereum and Stellar. What the
// wallets of the other two do is written out here, and not the kit's.
func newRigOfThree(t *testing.T, change ...func(*handlers.Config)) *rig {
	t.Helper()
	return newRig(t, append([]func(*handlers.Config){func(c *handlers.Config) {
		c.Chains = append(c.Chains, ethereum.Mainnet(), stellar.Pubnet(), stellar.Testnet())
	}}, change...)...)
}

// ethereumKey is a wallet of Ethereum.
type ethereumKey struct{ private *secp256k1.PrivateKey }

func newEthereumKey(t *testing.T) ethereumKey {
	t.Helper()
	private, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	return ethereumKey{private}
}

func keccak(b ...[]byte) []byte {
	h := sha3.NewLegacyKeccak256()
	for _, part := range b {
		h.Write(part)
	}
	return h.Sum(nil)
}

// address is the EIP-55 form.
func (k ethereumKey) address() string {
	digits := hex.EncodeToString(keccak(k.private.PubKey().SerializeUncompressed()[1:])[12:])
	sum := hex.EncodeToString(keccak([]byte(digits)))
	b := []byte(digits)
	for i, c := range b {
		if c > '9' && sum[i] >= '8' {
			b[i] = c - 'a' + 'A'
		}
	}
	return "0x" + string(b)
}

// personalSign is EIP-191, version 0x45.
func (k ethereumKey) personalSign(text string) []byte {
	hash := keccak(fmt.Appendf(nil, "\x19Ethereum Signed Message:\n%d", len(text)), []byte(text))
	sig := ecdsa.SignCompact(k.private, hash, false)
	return append(sig[1:], sig[0])
}

func toHex(b []byte) string { return "0x" + hex.EncodeToString(b) }

// text is what a front end on wagmi makes of a nonce.
func (k ethereumKey) text(nonce, issuedAt string, more ...string) string {
	return strings.Join(append([]string{
		"example.com wants you to sign in with your Ethereum account:", k.address(), "", "Sign in to the app.", "",
		"URI: " + origin, "Version: 1", "Chain ID: 1", "Nonce: " + nonce, "Issued At: " + issuedAt,
	}, more...), "\n")
}

// stellarKey is a wallet of Stellar.
type stellarKey struct{ private ed25519.PrivateKey }

func newStellarKey() stellarKey {
	_, private, _ := ed25519.GenerateKey(nil)
	return stellarKey{private}
}

// strkey is SEP-23.
func strkey(version byte, payload []byte) string {
	b := append([]byte{version}, payload...)
	var crc uint16
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return base32.StdEncoding.EncodeToString(append(b, byte(crc), byte(crc>>8)))
}

func (k stellarKey) address() string {
	return strkey(6<<3, k.private.Public().(ed25519.PublicKey))
}

func (k stellarKey) seed() string { return strkey(18<<3, k.private.Seed()) }

// signMessage is SEP-53.
func (k stellarKey) signMessage(text string) []byte {
	hash := sha256.Sum256([]byte("Stellar Signed Message:\n" + text))
	return ed25519.Sign(k.private, hash[:])
}

// textChallenge is what the answer of these chains has besides.
type textChallenge struct {
	challenge
	MessageHex, Address, NetworkPassphrase string
}

func (b *browser) textChallenge(request any, header ...string) (c textChallenge) {
	b.t.Helper()
	res := b.do("POST", "/auth/challenge", request, header...)
	b.expect("challenge", res, 200, "")
	mustDecode(b.t, res.body, &c)
	return c
}

type members = map[string]any

// Both of Ethereum's ways, and Stellar's, in the shapes that front ends send.
func TestSignInOfThreeChains(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key, signer := newEthereumKey(t), newStellarKey()
	for name, c := range map[string]struct {
		ask     members
		answer  func(textChallenge) members
		account string
	}{
		"the server's text": {members{"chain": "ethereum", "accountId": key.address()}, func(c textChallenge) members {
			return members{"accountId": key.address(), "signature": toHex(key.personalSign(c.Message)), "nonce": c.Nonce}
		}, "eip155:1:" + key.address()},
		"no more than address and signature": {members{"chain": "eip155:1", "address": strings.ToLower(key.address())}, func(c textChallenge) members {
			return members{"address": strings.ToLower(key.address()), "signature": toHex(key.personalSign(c.Message))}
		}, "eip155:1:" + key.address()},
		"the front end's text": {members{"chain": "ethereum"}, func(c textChallenge) members {
			text := key.text(c.Nonce, c.IssuedAt.Format("2006-01-02T15:04:05.000Z"))
			return members{"message": text, "signature": toHex(key.personalSign(text))}
		}, "eip155:1:" + key.address()},
		"Stellar, base64": {members{"chain": "stellar:pubnet", "walletAddress": signer.address()}, func(c textChallenge) members {
			return members{"walletAddress": signer.address(), "nonce": c.Nonce, "signature": base64.StdEncoding.EncodeToString(signer.signMessage(c.Message))}
		}, "stellar:pubnet:" + signer.address()},
		"Stellar, hex": {members{"chain": "stellar", "accountId": signer.address()}, func(c textChallenge) members {
			return members{"accountId": signer.address(), "nonce": c.Nonce, "signature": hex.EncodeToString(signer.signMessage(c.Message))}
		}, "stellar:pubnet:" + signer.address()},
		"what Freighter answers": {members{"chain": "stellar:testnet", "accountId": signer.address()}, func(c textChallenge) members {
			return members{"signedMessage": base64.StdEncoding.EncodeToString(signer.signMessage(c.Message)), "signerAddress": signer.address(), "nonce": c.Nonce}
		}, "stellar:testnet:" + signer.address()},
	} {
		b := r.browser()
		challenge := b.textChallenge(c.ask)
		if n, err := hex.DecodeString(challenge.Nonce); err != nil || len(n) != 32 || challenge.ExpiresIn != 300 {
			t.Errorf("%s: nonce %q, expiresIn %d", name, challenge.Nonce, challenge.ExpiresIn)
		}
		if c.ask["chain"] == "ethereum" && challenge.Message != "" && challenge.MessageHex != toHex([]byte(challenge.Message)) {
			t.Errorf("%s: messageHex %q is not %q", name, challenge.MessageHex, challenge.Message)
		}
		answer := c.answer(challenge)
		b.expect(name, b.do("POST", "/auth/verify", answer), 200, "")
		if got := b.account(); got != c.account {
			t.Errorf("%s: signed in as %q, want %q", name, got, c.account)
		}
		b.expect(name+", the same again", b.do("POST", "/auth/verify", answer), 400, "challenge_invalid")
	}
}

// A text posted without its nonce beside it answers the challenge that it
// names, also when the browser has asked for another since.
func TestOwnTextOfAnEarlierTab(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key, b := newEthereumKey(t), r.browser()
	first := b.textChallenge(members{"chain": "ethereum"})
	b.textChallenge(members{"chain": "ethereum"})
	// A nonce that is none is looked for nowhere.
	text := key.text(strings.Repeat("g", 64), first.IssuedAt.Format("2006-01-02T15:04:05.000Z"))
	b.expect("no nonce", b.do("POST", "/auth/verify", members{"message": text, "signature": toHex(key.personalSign(text))}), 400, "invalid_request")
	text = key.text(first.Nonce, first.IssuedAt.Format("2006-01-02T15:04:05.000Z"))
	b.expect("the first tab", b.do("POST", "/auth/verify", members{"message": text, "signature": toHex(key.personalSign(text))}), 200, "")
}

// Supabase: the same signature signs in for ten minutes. Here once, whoever has
// it, and whichever challenge it is sent for.
func TestKnownFailureReusedSignature(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key, b, thief := newEthereumKey(t), r.browser(), r.browser()
	c := b.textChallenge(members{"chain": "ethereum"})
	text := key.text(c.Nonce, c.IssuedAt.Format("2006-01-02T15:04:05.000Z"))
	answer := members{"message": text, "signature": toHex(key.personalSign(text))}
	thief.textChallenge(members{"chain": "ethereum"})
	thief.expect("another browser", thief.do("POST", "/auth/verify", answer), 400, "challenge_invalid")
	b.expect("the person", b.do("POST", "/auth/verify", answer), 200, "")
	b.expect("again", b.do("POST", "/auth/verify", answer), 400, "challenge_invalid")
	other := b.textChallenge(members{"chain": "ethereum"})
	answer["nonce"] = other.Nonce
	b.expect("for another challenge", b.do("POST", "/auth/verify", answer), 400, "invalid_request")
}

// better-auth: two requests at once, two sessions. Here one success, whoever of
// 50 is first.
func TestKnownFailureParallelRedemption(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key, signer := newEthereumKey(t), newStellarKey()
	for _, chain := range []string{"ethereum", "stellar"} {
		b := r.browser()
		var answer members
		if chain == "ethereum" {
			c := b.textChallenge(members{"chain": chain, "accountId": key.address()})
			answer = members{"nonce": c.Nonce, "signature": toHex(key.personalSign(c.Message))}
		} else {
			c := b.textChallenge(members{"chain": chain, "accountId": signer.address()})
			answer = members{"nonce": c.Nonce, "signature": hex.EncodeToString(signer.signMessage(c.Message))}
		}
		statuses := make([]int, 50)
		var wg sync.WaitGroup
		for i := range statuses {
			wg.Go(func() { statuses[i] = b.do("POST", "/auth/verify", answer).StatusCode })
		}
		wg.Wait()
		count := map[int]int{}
		for _, s := range statuses {
			count[s]++
		}
		if count[200] != 1 || count[400] != len(statuses)-1 {
			t.Errorf("%s: answers %v", chain, count)
		}
	}
}

// However an address is spelled, it is one account.
func TestLetterCaseOfAnAddress(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key := newEthereumKey(t)
	lower := strings.ToLower(key.address())
	for _, spelled := range []string{key.address(), lower, "0x" + strings.ToUpper(lower[2:])} {
		b := r.browser()
		c := b.textChallenge(members{"chain": "ethereum", "accountId": spelled})
		b.expect(spelled, b.do("POST", "/auth/verify", members{"accountId": spelled, "signature": toHex(key.personalSign(c.Message))}), 200, "")
		if got := b.account(); got != "eip155:1:"+key.address() {
			t.Errorf("%s is %s", spelled, got)
		}
	}
	wrong := swapCase(key.address())
	if res := r.browser().do("POST", "/auth/challenge", members{"chain": "ethereum", "accountId": wrong}); res.code() != "invalid_request" {
		t.Errorf("%s, which has a wrong checksum: %d %s", wrong, res.StatusCode, res.body)
	}
	b, signer := r.browser(), newStellarKey()
	b.expect("a Stellar address in lower case", b.do("POST", "/auth/challenge", members{"chain": "stellar", "accountId": strings.ToLower(signer.address())}), 400, "invalid_request")
}

// swapCase changes the case of the first letter.
func swapCase(address string) string {
	i := 2 + strings.IndexFunc(address[2:], func(r rune) bool { return r > '9' })
	if b := address[i : i+1]; strings.ToUpper(b) != b {
		return address[:i] + strings.ToUpper(b) + address[i+1:]
	}
	return address[:i] + strings.ToLower(address[i:i+1]) + address[i+1:]
}

// What the libraries of the field let through, each of them refused, and the
// challenge left for the right answer.
func TestFailuresOfTheField(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key := newEthereumKey(t)
	flip := func(sig []byte) []byte { // the same signature with the other s
		var s secp256k1.ModNScalar
		s.SetByteSlice(sig[32:64])
		s.Negate()
		high := s.Bytes()
		return append(append(append([]byte{}, sig[:32]...), high[:]...), 55-sig[64])
	}
	for name, c := range map[string]struct {
		text   func(nonce, at string) string
		change func([]byte) []byte // of the signature
		codes  string
	}{
		"a short signature (siwe-go panics)": {change: func(b []byte) []byte { return b[:64] }, codes: "invalid_request invalid_signature"},
		"an empty signature":                 {change: func([]byte) []byte { return nil }, codes: "invalid_request"},
		"high s":                             {change: flip, codes: "invalid_signature"},
		"v of 54 (siwe-go)":                  {change: func(b []byte) []byte { b[64] *= 2; return b }, codes: "invalid_signature"},
		"a signature over another message (better-auth)": {change: func([]byte) []byte { return key.personalSign("hello") }, codes: "invalid_signature"},
		"expired, without not-before (Supabase)":         {text: func(n, at string) string { return key.text(n, at, "Expiration Time: 2020-01-01T00:00:00Z") }, codes: "invalid_request"},
		"an expiry that is no time (viem, better-auth)":  {text: func(n, at string) string { return key.text(n, at, "Expiration Time: never") }, codes: "invalid_request"},
		"not yet valid": {text: func(n, at string) string { return key.text(n, at, "Not Before: 2120-01-01T00:00:00Z") }, codes: "invalid_request"},
		"the last of two fields (Supabase, better-auth)": {text: func(n, at string) string { return key.text(n, at, "Nonce: "+n) }, codes: "invalid_request"},
		"another nonce first": {text: func(n, at string) string {
			return strings.Replace(key.text(n, at), "Nonce: ", "Nonce: 12345678\nNonce: ", 1)
		}, codes: "invalid_request"},
		"a bidi statement (siwe-go)":    {text: func(n, at string) string { return strings.Replace(key.text(n, at), "the app", "\u202eppa eht", 1) }, codes: "invalid_request"},
		"a statement that is not ASCII": {text: func(n, at string) string { return strings.Replace(key.text(n, at), "the app", "the äpp", 1) }, codes: "invalid_request"},
		"a line in the statement":       {text: func(n, at string) string { return strings.Replace(key.text(n, at), "the app", "the\napp", 1) }, codes: "invalid_request"},
		"another domain": {text: func(n, at string) string {
			return strings.Replace(key.text(n, at), "example.com wants", "evil.example wants", 1)
		}, codes: "invalid_request"},
		"another origin in the URI": {text: func(n, at string) string {
			return strings.Replace(key.text(n, at), "URI: https://example.com", "URI: https://example.com.evil.example", 1)
		}, codes: "invalid_request"},
		"another chain id":            {text: func(n, at string) string { return strings.Replace(key.text(n, at), "Chain ID: 1", "Chain ID: 137", 1) }, codes: "unsupported_chain"},
		"no nonce (Supabase)":         {text: func(n, at string) string { return strings.Replace(key.text(n, at), "Nonce: "+n+"\n", "", 1) }, codes: "invalid_request"},
		"the nonce of no challenge":   {text: func(_, at string) string { return key.text(strings.Repeat("0", 64), at) }, codes: "challenge_invalid"},
		"another address than signed": {text: func(n, at string) string { return newEthereumKey(t).text(n, at) }, codes: "invalid_signature"},
		"the address in lower case": {text: func(n, at string) string {
			return strings.Replace(key.text(n, at), key.address(), strings.ToLower(key.address()), 1)
		}, codes: "invalid_request"},
		"no text at all, and only the nonce asked for": {text: func(string, string) string { return "" }, codes: "invalid_request"},
		"issued in the future":                         {text: func(n, _ string) string { return key.text(n, "2120-01-01T00:00:00Z") }, codes: "invalid_request"},
		"issued long before the challenge":             {text: func(n, _ string) string { return key.text(n, "2020-01-01T00:00:00Z") }, codes: "invalid_request"},
		"CRLF":                                         {text: func(n, at string) string { return strings.ReplaceAll(key.text(n, at), "\n", "\r\n") }, codes: "challenge_invalid invalid_request"},
		"a line break at the end":                      {text: func(n, at string) string { return key.text(n, at) + "\n" }, codes: "invalid_request"},
	} {
		b := r.browser()
		challenge := b.textChallenge(members{"chain": "ethereum"})
		at := challenge.IssuedAt.Format("2006-01-02T15:04:05.000Z")
		text := key.text(challenge.Nonce, at)
		if c.text != nil {
			text = c.text(challenge.Nonce, at)
		}
		sig := key.personalSign(text)
		if c.change != nil {
			sig = c.change(sig)
		}
		answer := members{"message": text, "signature": toHex(sig), "nonce": challenge.Nonce}
		if sig == nil {
			answer["signature"] = ""
		}
		if strings.Contains(c.codes, "challenge_invalid") {
			delete(answer, "nonce")
		}
		if res := b.do("POST", "/auth/verify", answer); res.StatusCode == http.StatusOK || !strings.Contains(c.codes, res.code()) {
			t.Errorf("%s: %d %s, want %s", name, res.StatusCode, res.body, c.codes)
		}
		text = key.text(challenge.Nonce, at)
		b.expect(name+": and then the right answer", b.do("POST", "/auth/verify", members{"message": text, "signature": toHex(key.personalSign(text))}), 200, "")
	}
}

// The text of the server is signed as it is, or not at all.
func TestAnotherTextThanIssued(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key, b := newEthereumKey(t), r.browser()
	c := b.textChallenge(members{"chain": "ethereum", "accountId": key.address()})
	own := key.text(c.Nonce, c.IssuedAt.Format("2006-01-02T15:04:05.000Z"))
	b.expect("one of the front end's", b.do("POST", "/auth/verify", members{"message": own, "signature": toHex(key.personalSign(own)), "nonce": c.Nonce}), 400, "invalid_request")
	signer := newStellarKey()
	d := b.textChallenge(members{"chain": "stellar", "accountId": signer.address()})
	text := strings.Replace(d.Message, "example.com", "evil.example", 1)
	b.expect("a text of Stellar's", b.do("POST", "/auth/verify", members{"message": text, "signature": hex.EncodeToString(signer.signMessage(text)), "nonce": d.Nonce}), 400, "invalid_request")
	b.expect("the text that was issued", b.do("POST", "/auth/verify", members{"message": c.Message, "signature": toHex(key.personalSign(c.Message)), "nonce": c.Nonce}), 200, "")
}

// A challenge of one chain is nothing to a wallet of another, whatever it signs.
func TestChallengeOfAnotherChain(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key, signer, b := newEthereumKey(t), newStellarKey(), r.browser()
	nearPerson := r.person("alice.testnet")
	proof := func(chain string, c textChallenge) members {
		switch chain {
		case "ethereum":
			text := c.Message
			if text == "" || c.Chain != "eip155:1" {
				text = key.text(hex.EncodeToString(nonceBytes(c)), c.IssuedAt.Format("2006-01-02T15:04:05.000Z"))
			}
			return members{"accountId": key.address(), "message": text, "signature": toHex(key.personalSign(text)), "nonce": c.Nonce}
		case "stellar":
			return members{"accountId": signer.address(), "signature": hex.EncodeToString(signer.signMessage(c.Message)), "nonce": c.Nonce}
		}
		return nearPerson.answer(challenge{Message: c.Message, Recipient: c.Recipient, Nonce: base64.StdEncoding.EncodeToString(nonceBytes(c))})
	}
	accounts := map[string]string{"near": "alice.testnet", "ethereum": key.address(), "stellar": signer.address()}
	for asked, account := range accounts {
		for answered := range accounts {
			c := b.textChallenge(members{"chain": asked, "accountId": account})
			res := b.do("POST", "/auth/verify", proof(answered, c))
			if (res.StatusCode == http.StatusOK) != (asked == answered) {
				t.Errorf("a challenge of %s answered by %s: %d %s", asked, answered, res.StatusCode, res.body)
			}
		}
	}
}

func nonceBytes(c textChallenge) []byte {
	if b, err := hex.DecodeString(c.Nonce); err == nil {
		return b
	}
	b, _ := base64.StdEncoding.DecodeString(c.Nonce)
	return b
}

// The same characters on two chains, and on two networks of one, are two
// accounts with sessions of their own.
func TestSameCharactersOnTwoChains(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key, signer := newEthereumKey(t), newStellarKey()
	lower := strings.ToLower(key.address())
	ether, near := r.browser(), r.browser()
	c := ether.textChallenge(members{"chain": "ethereum", "accountId": lower})
	ether.expect("Ethereum", ether.do("POST", "/auth/verify", members{"accountId": lower, "signature": toHex(key.personalSign(c.Message))}), 200, "")
	// NEAR has accounts of such names.
	near.expect("NEAR", near.signIn(r.person(lower)), 200, "")
	if a, b := ether.account(), near.account(); a != "eip155:1:"+key.address() || b != "near:testnet:"+lower {
		t.Errorf("signed in as %s and %s", a, b)
	}
	ether.expect("Ethereum's sessions end", ether.do("POST", "/auth/logout?scope=all", nil), 204, "")
	if near.account() == "" {
		t.Error("NEAR's ended as well")
	}
	networks := []*browser{r.browser(), r.browser()}
	texts := map[string]bool{}
	for i, network := range []string{"pubnet", "testnet"} {
		b := networks[i]
		c := b.textChallenge(members{"chain": "stellar:" + network, "accountId": signer.address()})
		texts[c.NetworkPassphrase] = true
		b.expect(network, b.do("POST", "/auth/verify", members{"accountId": signer.address(), "signature": hex.EncodeToString(signer.signMessage(c.Message))}), 200, "")
		if got := b.account(); got != "stellar:"+network+":"+signer.address() {
			t.Errorf("signed in as %s", got)
		}
	}
	if len(texts) != 2 {
		t.Errorf("two networks with the passphrases %v", texts)
	}
	networks[0].expect("pubnet's end", networks[0].do("POST", "/auth/logout?scope=all", nil), 204, "")
	if networks[1].account() == "" {
		t.Error("testnet's ended as well")
	}
}

// A page on a trusted host gets a text with its own host, which is what its
// wallet compares with; and no other page can have one.
func TestTextOfATrustedPage(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	key, b := newEthereumKey(t), r.browser()
	from := []string{"Origin", trusted, "Sec-Fetch-Site", "same-site"}
	c := b.textChallenge(members{"chain": "ethereum", "accountId": key.address()}, from...)
	if !strings.HasPrefix(c.Message, "admin.example.com wants you") || !strings.Contains(c.Message, "\nURI: https://admin.example.com\n") {
		t.Errorf("the text is %q", c.Message)
	}
	b.expect("a trusted page", b.do("POST", "/auth/verify", members{"signature": toHex(key.personalSign(c.Message))}, from...), 200, "")
	c = b.textChallenge(members{"chain": "ethereum"}, from...)
	text := key.text(c.Nonce, c.IssuedAt.Format("2006-01-02T15:04:05.000Z"))
	b.expect("the text of the site, from the trusted page", b.do("POST", "/auth/verify", members{"message": text, "signature": toHex(key.personalSign(text))}, from...), 400, "invalid_request")
	text = strings.ReplaceAll(text, "example.com", "admin.example.com")
	b.expect("its own text", b.do("POST", "/auth/verify", members{"message": text, "signature": toHex(key.personalSign(text))}, from...), 200, "")
	c = b.textChallenge(members{"chain": "ethereum"})
	text = strings.ReplaceAll(key.text(c.Nonce, c.IssuedAt.Format("2006-01-02T15:04:05.000Z")), "example.com", "admin.example.com")
	b.expect("the trusted page's text, from the site", b.do("POST", "/auth/verify", members{"message": text, "signature": toHex(key.personalSign(text))}), 400, "invalid_request")
}

// A person who takes the seed for the address has told the site a secret. It
// goes no further.
func TestSeedsAreNotLogged(t *testing.T) {
	t.Parallel()
	r := newRigOfThree(t)
	signer, b := newStellarKey(), r.browser()
	seed := signer.seed()
	answers := []response{b.do("POST", "/auth/challenge", members{"chain": "stellar", "accountId": seed})}
	c := b.textChallenge(members{"chain": "stellar", "accountId": signer.address()})
	for _, name := range []string{"accountId", "publicKey", "signature"} {
		answer := members{"accountId": signer.address(), "signature": hex.EncodeToString(signer.signMessage(c.Message)), "nonce": c.Nonce}
		answer[name] = seed
		answers = append(answers, b.do("POST", "/auth/verify", answer))
	}
	for i, res := range answers {
		b.expect(fmt.Sprint("answer ", i), res, 400, "invalid_request")
		if strings.Contains(res.body, seed[:12]) {
			t.Errorf("answer %d shows it: %s", i, res.body)
		}
	}
	if strings.Contains(r.log.String(), seed[:12]) {
		t.Error("it is in the log")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if strings.Contains(fmt.Sprintf("%+v", e), seed[:12]) {
			t.Errorf("it is in an event: %+v", e)
		}
	}
}

// What a chain's text cannot hold is told at start.
func TestConfigurationThatAChainCannotSign(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		`Sign in to example.com "now"`: "eip155:1",
		"Sign in to example.com":       "",
	} {
		c := handlers.Config{Origin: origin, Store: &flaky{}, Chains: []handlers.Chain{ethereum.Mainnet(), stellar.Pubnet()}, Message: message}
		_, err := handlers.New(c)
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", message, err)
		}
	}
}

// A trusted page gets a text of its own, so that has to fit as well; and what a
// chain's proofs may bring has an end.
func TestWhatAChainAsksOfASite(t *testing.T) {
	t.Parallel()
	long := "https://" + strings.Repeat("a.", 100) + "example.com"
	c := handlers.Config{Origin: origin, Store: &flaky{}, Chains: []handlers.Chain{stellar.Pubnet()}, TrustedOrigins: []string{long},
		Message: "Sign in to example.com" + strings.Repeat(".", 350)}
	if _, err := handlers.New(c); err == nil || !strings.Contains(err.Error(), "chain stellar:pubnet: ") {
		t.Errorf("a text too long for wallets on the trusted page: %v", err)
	}
	r := newRig(t, func(c *handlers.Config) { c.Chains = []handlers.Chain{greedy{c.Chains[0]}} })
	b := r.browser()
	c2 := b.challenge(nil)
	b.expect("63 KiB", b.do("POST", "/auth/verify", members{"nonce": c2.Nonce, "padding": strings.Repeat("x", 63<<10)}), 400, "invalid_request")
	b.expect("65 KiB", b.do("POST", "/auth/verify", members{"nonce": c2.Nonce, "padding": strings.Repeat("x", 65<<10)}), 413, "body_too_large")
}

// greedy is a chain whose proofs would have no end.
type greedy struct{ handlers.Chain }

func (greedy) MaxBody() int { return 1 << 30 }

// The front ends of the field that ask for a nonce and post a signature, on
// their own paths.
func TestPathsOfTheField(t *testing.T) {
	t.Parallel()
	key, signer := newEthereumKey(t), newStellarKey()
	for _, c := range []struct {
		chain               handlers.Chain
		ask, nonce, session string
		account             string
		answer              func(textChallenge) members
	}{
		{stellar.Pubnet(), "walletAddress", "/api/auth/nonce", "/api/auth/session", signer.address(), func(c textChallenge) members {
			return members{"walletAddress": signer.address(), "nonce": c.Nonce, "signature": base64.StdEncoding.EncodeToString(signer.signMessage(c.Message))}
		}},
		{ethereum.Mainnet(), "address", "/api/user/wallet_nonce", "/api/user/wallet_verify", key.address(), func(c textChallenge) members {
			return members{"address": key.address(), "signature": toHex(key.personalSign(c.Message))}
		}},
	} {
		r := newRig(t, func(config *handlers.Config) { config.Chains = []handlers.Chain{c.chain} })
		mux := http.NewServeMux()
		mux.Handle(c.nonce, r.auth.Challenge())
		mux.Handle(c.session, r.auth.Verify())
		mux.Handle("/private", r.server.Config.Handler)
		r.server.Config.Handler = mux
		b := r.browser()
		res := b.do("POST", c.nonce, members{c.ask: c.account})
		b.expect(c.nonce, res, 200, "")
		var challenge textChallenge
		mustDecode(t, res.body, &challenge)
		if challenge.Nonce == "" || challenge.Message == "" || challenge.ExpiresIn != 300 {
			t.Errorf("%s: %s", c.nonce, res.body)
		}
		b.expect(c.session, b.do("POST", c.session, c.answer(challenge)), 200, "")
		if got := b.account(); !strings.HasSuffix(got, ":"+c.account) {
			t.Errorf("%s: signed in as %q", c.session, got)
		}
	}
}
