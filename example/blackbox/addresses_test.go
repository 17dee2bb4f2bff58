package blackbox

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/nearauth/nearauth/example/exampletest"
)

// T34 on Stellar, where the address is the key: of small order it is none, and no
// signature of small order counts.
func TestT34StellarSmallOrder(t *testing.T) {
	t.Parallel()
	vectors := speccheck(t)
	onBoth(t, func(t *testing.T, s *site) {
		c, w := exampletest.Browser(), newStellarWallet()
		ch := s.issue(c, "stellar", w.address())
		for _, k := range vectors.SmallOrderKeys {
			weak := strkey(strkeyAccount, unhex(t, k.Hex)...)
			res, body := s.a.Do(c, "POST", "/auth/challenge", object(map[string]any{"chain": "stellar", "accountId": weak}))
			refused(t, "a challenge for "+k.Hex, res, body, 400, "invalid_request")
			forged := base64.StdEncoding.EncodeToString(forge(t, unhex(t, k.Hex), sep53Hash(ch.Message)))
			for _, changed := range []map[string]any{{"accountId": weak}, {"publicKey": weak}, {"accountId": weak, "publicKey": weak}} {
				res, body = s.a.Do(c, "POST", "/auth/verify", with(t, ch.answer(w.address(), forged), changed))
				refused(t, k.Hex, res, body, 400, "invalid_request")
			}
		}
		honest, _ := base64.StdEncoding.DecodeString(w.sign(ch.Message))
		s.noneOf(c, w, ch, map[string]string{
			"R of small order":     base64.StdEncoding.EncodeToString(smallR(w.private, sep53Hash(ch.Message))),
			"S and the order more": base64.StdEncoding.EncodeToString(moreS(honest)),
			"all zero":             base64.StdEncoding.EncodeToString(make([]byte, 64)),
		})
	}, "-stellar")
}

// swapped is a text with its letters in the other case.
func swapped(text string) string {
	return strings.Map(func(r rune) rune {
		if upper := []rune(strings.ToUpper(string(r)))[0]; upper != r {
			return upper
		}
		return []rune(strings.ToLower(string(r)))[0]
	}, text)
}

// T35 on Ethereum: an address in lower and upper case is the one with the
// checksum, and the same account; anything else is 400.
func TestT35OneSpellingOfAnEthereumAccount(t *testing.T) {
	t.Parallel()
	// The key that EIP-155 has for its example: its address has letters of both
	// cases.
	w := ethereumWallet{secp256k1.PrivKeyFromBytes(bytes.Repeat([]byte{0x46}, 32))}
	address := w.address()
	digits := address[2:]
	if address != "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F" {
		t.Fatal(address)
	}
	onBoth(t, func(t *testing.T, s *site) {
		c := exampletest.Browser()
		ch := s.issue(c, "ethereum", address)
		own := s.issue(c, "ethereum", "")
		for name, bad := range map[string]string{
			"a bad checksum": "0x" + swapped(digits), "a letter in the other case": "0x" + digits[:3] + "a" + digits[4:], "another digit": "0x8" + digits[1:], "0X": "0X" + digits,
			"no 0x": digits, "39 digits": address[:41], "41 digits": address + "0", "a space": address + " ", "a line break": address + "\n", "ENS": "vitalik.eth", "CAIP-10": "eip155:1:" + address,
			"full width": "0x" + strings.Replace(digits, "f", "ｆ", 1), "a Cyrillic letter": "0x" + strings.Replace(digits, "a", "а", 1), "ICAP": "XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS", "a pattern": ".*", "a NUL": address + "\x00",
		} {
			res, body := s.a.Do(c, "POST", "/auth/challenge", object(map[string]any{"chain": "ethereum", "accountId": bad}))
			refused(t, "a challenge for "+name, res, body, 400, "invalid_request")
			for _, member := range []string{"accountId", "publicKey"} {
				res, body = s.a.Do(c, "POST", "/auth/verify", with(t, ch.answer(address, w.sign(ch.Message)), map[string]any{member: bad}))
				refused(t, name+" as "+member, res, body, 400, "invalid_request")
			}
			res, body = s.a.Do(c, "POST", "/auth/verify", with(t, w.wrote(replaced(t, w.text(own.Nonce, time.Now()), address, bad)), map[string]any{"nonce": own.Nonce}))
			refused(t, name+" in a text", res, body, 400, "invalid_request")
		}
		// The text has the checksum in it, whoever writes it.
		for _, spelling := range []string{strings.ToLower(address), "0x" + strings.ToUpper(digits)} {
			res, body := s.a.Do(c, "POST", "/auth/verify", with(t, w.wrote(replaced(t, w.text(own.Nonce, time.Now()), address, spelling)), map[string]any{"nonce": own.Nonce}))
			refused(t, "no checksum in a text", res, body, 400, "invalid_request")
		}

		for i, spelling := range []string{address, strings.ToLower(address), "0x" + strings.ToUpper(digits)} {
			c := exampletest.Browser()
			ch := s.issue(c, "ethereum", spelling)
			if ch.Address != address || !strings.Contains(ch.Message, "\n"+address+"\n") {
				t.Errorf("%s: %+v", spelling, ch)
			}
			res, body := s.a.Do(c, "POST", "/auth/verify", with(t, ch.answer(spelling, w.sign(ch.Message)), map[string]any{"publicKey": spelling}))
			exampletest.Expect(t, spelling, res, body, 200, `"account":"eip155:1:`+address+`"`)
			if n, _ := sessionsOf(t, s.b, "nearauth="+token(s.a, c)); n != i+1 {
				t.Errorf("%s: the account has %d sessions", spelling, n)
			}
		}
	}, "-ethereum")
}

// T35 on Stellar: an account has one spelling, the G address, and nothing else is
// an account. A secret seed that somebody pastes is in no log, on whichever chain
// and in whichever place, and no part of it is either.
func TestT35OneSpellingOfAStellarAccount(t *testing.T) {
	t.Parallel()
	var vectors struct {
		Invalid []struct{ Value, Why string } `json:"login_address_invalid"`
	}
	readVectors(t, "sep53", "stellar_vectors", &vectors)
	if len(vectors.Invalid) != 18 {
		t.Fatalf("%d vectors", len(vectors.Invalid))
	}
	onBoth(t, func(t *testing.T, s *site) {
		c, w := exampletest.Browser(), newStellarWallet()
		address := w.address()
		seeds := []string{w.seed(), w.seed()[:55] + " ", "SAKICEVQLYWGSOJS4WW7HZJWAHZVEEBS527LHK5V4MLJALYKICQCJXMW"}
		last := map[bool]string{true: "B", false: "A"}[address[55] == 'A']
		bad := map[string]string{
			"a bad checksum": address[:55] + last, "lower case": strings.ToLower(address), "mixed case": "g" + address[1:], "muxed": strkey(strkeyMuxed, append(slices.Clone(w.key()), 0, 0, 0, 0, 0, 0, 0, 1)...), "a contract": strkey(strkeyContract, w.key()...),
			"a hash": strkey(strkeyHash, w.key()...), "31 bytes": strkey(strkeyAccount, w.key()[:31]...), "33 bytes": strkey(strkeyAccount, append(slices.Clone(w.key()), 0)...), "a padding": address + "=", "a memo": address + "-123", "CAIP-10": "stellar:testnet:" + address,
			"a line break": address[:20] + "\n" + address[20:], "8 line breaks": address[:20] + strings.Repeat("\n", 8) + address[20:], "a space": " " + address, "full width": "Ｇ" + address[1:], "hex": hex.EncodeToString(w.key()), "federated": "alice*example.com", "of NEAR": "alice.testnet", "a seed in lower case": strings.ToLower(w.seed()),
		}
		for _, v := range vectors.Invalid {
			if v.Value != "" && len(v.Value) < 16<<10 {
				bad[v.Why] = v.Value
			}
		}
		for i, seed := range seeds {
			secrets.add("a Stellar seed", seed)
			bad[fmt.Sprint("seed ", i)] = seed
		}
		ch := s.issue(c, "stellar", address)
		for name, id := range bad {
			res, body := s.a.Do(c, "POST", "/auth/challenge", object(map[string]any{"chain": "stellar", "accountId": id}))
			refused(t, "a challenge for "+name, res, body, 400, "invalid_request")
			for _, member := range []string{"accountId", "publicKey"} {
				res, body = s.a.Do(c, "POST", "/auth/verify", with(t, ch.answer(address, w.sign(ch.Message)), map[string]any{member: id}))
				refused(t, name+" as "+member, res, body, 400, "invalid_request")
			}
		}
		pasted(t, s, c, ch, seeds)
		res, body := s.b.Do(c, "POST", "/auth/verify", ch.answer(address, w.sign(ch.Message)))
		exampletest.Expect(t, "the one spelling", res, body, 200, `"account":"stellar:testnet:`+address+`"`)
	}, "-ethereum", "-stellar")
}

// pasted puts secret seeds in every place of both requests.
func pasted(t *testing.T, s *site, c *http.Client, ch issued, seeds []string) {
	t.Helper()
	before := len(said(s.a))
	for _, seed := range seeds {
		for _, chain := range []string{"near", "ethereum", "stellar", seed} {
			for _, member := range []string{"accountId", "account_id", "walletAddress", "address", "callbackUrl", seed} {
				res, body := s.a.Do(c, "POST", "/auth/challenge", object(map[string]any{"chain": chain, member: seed}))
				// A member that nobody knows is ignored.
				if known := member != seed || chain == "stellar" || chain == seed; known != (res.StatusCode == 400) {
					t.Errorf("a seed as %s, of %s: %d %s", member, chain, res.StatusCode, body)
				}
				notSaid(t, "the answer", body, seed)
			}
		}
		answers := map[string]string{"stellar": ch.answer(ch.Address, "AAAA"), "ethereum": s.issue(c, "ethereum", "").answer("", ""), "near": object(map[string]any{"nonce": s.a.Challenge(c).Nonce})}
		for chain, answer := range answers {
			for _, member := range []string{"accountId", "address", "publicKey", "signerAddress", "signature", "signedMessage", "nonce", "challenge", "message", "recipient", "callbackUrl", "state", seed} {
				res, body := s.a.Do(c, "POST", "/auth/verify", with(t, answer, map[string]any{member: seed}))
				refused(t, "a seed as "+member+", of "+chain, res, body, 400, "invalid_request")
				notSaid(t, "the answer", body, seed)
			}
		}
		for _, body := range []string{seed, `"` + seed + `"`, `{"` + seed, `{"accountId":` + seed + `}`} {
			res, said := s.a.Do(c, "POST", "/auth/verify", body)
			refused(t, "a seed for a body", res, said, 400, "invalid_request")
			notSaid(t, "the answer", said, seed)
		}
	}
	log := said(s.a)[before:]
	if !strings.Contains(log, "invalid_request") || !strings.Contains(log, "unsupported_chain") {
		t.Error("nothing was logged")
	}
	for _, seed := range seeds {
		notSaid(t, "the log", log, seed)
	}
}

// notSaid checks that no eight characters of a secret stand together in a text.
func notSaid(t *testing.T, where, text, secret string) {
	t.Helper()
	for i := range len(secret) - 7 {
		if strings.Contains(text, secret[i:i+8]) {
			t.Errorf("a part of a secret is in %s", where)
			return
		}
	}
}

// forms are a good signature's r, s and v in every way but the two that count.
func forms(good []byte) map[string][]byte {
	order := secp256k1.Params().N.Bytes()
	r, s, v := good[:32], good[32:64], good[64]
	var negated secp256k1.ModNScalar
	negated.SetByteSlice(s)
	high := negated.Negate().Bytes()
	zero, ones := make([]byte, 32), bytes.Repeat([]byte{0xff}, 32)
	compact := slices.Concat(r, s) // ERC-2098: the parity is the first bit of s
	compact[32] |= (v - 27) << 7
	all := map[string][]byte{
		"63 bytes": good[:63], "64 bytes": good[:64], "66 bytes": append(slices.Clone(good), 0), "v twice": append(slices.Clone(good), v), "v in front": slices.Concat([]byte{v}, r, s), "130 bytes": slices.Concat(good, good),
		"compact": compact, "the other compact": slices.Concat(r, []byte{compact[32] ^ 0x80}, s[1:]), "s before r": slices.Concat(s, r, []byte{v}), "of little end": slices.Concat(reversed(r), reversed(s), []byte{v}),
		"r = 0": slices.Concat(zero, s, []byte{v}), "s = 0": slices.Concat(r, zero, []byte{v}), "all zero": make([]byte, 65), "all zero, v 27": slices.Concat(zero, zero, []byte{27}), "all ones": slices.Concat(ones, ones, []byte{v}),
		"r = n": slices.Concat(order, s, []byte{v}), "s = n": slices.Concat(r, order, []byte{v}), "r = 2²⁵⁶-1": slices.Concat(ones, s, []byte{v}), "s = 2²⁵⁶-1": slices.Concat(r, ones, []byte{v}),
		"high s": slices.Concat(r, high[:], []byte{27 + 28 - v}), "high s, and the same v": slices.Concat(r, high[:], []byte{v}), "high s, v from 0": slices.Concat(r, high[:], []byte{28 - v}),
		"r and one more": slices.Concat(r[:31], []byte{r[31] + 1}, s, []byte{v}), "s and one more": slices.Concat(r, s[:31], []byte{s[31] + 1, v}),
	}
	for other := range 256 {
		if byte(other) != v && byte(other) != v-27 {
			all[fmt.Sprint("v ", other)] = slices.Concat(r, s, []byte{byte(other)})
		}
	}
	return all
}

func reversed(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

// issueWith asks for challenges until the signature of one has this v.
func (s *site) issueWith(c *http.Client, w ethereumWallet, v byte) (ch issued, signature []byte) {
	s.t.Helper()
	for range 200 {
		ch = s.issue(c, "ethereum", w.address())
		if signature = w.raw(personalHash(ch.Message)); signature[64] == v {
			return ch, signature
		}
	}
	s.t.Fatal("no signature with v ", v)
	return ch, nil
}

// T36 on Ethereum: everything about a signature but the one way to write it, v as
// 27 and 28 or, as some devices have it, 0 and 1. Hex that is none is 400.
func TestT36EthereumSignatures(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := exampletest.Browser(), newEthereumWallet(t)
		for _, v := range []byte{27, 28} {
			ch, good := s.issueWith(c, w, v)
			signatures := make(map[string]string)
			for name, bytes := range forms(good) {
				signatures[name] = toHex(bytes)
			}
			s.noneOf(c, w, ch, signatures)
			ch, good = s.issueWith(c, w, v)
			good[64] -= 27
			res, body := s.b.Do(c, "POST", "/auth/verify", ch.answer(w.address(), toHex(good)))
			exampletest.Expect(t, fmt.Sprint("v ", good[64]), res, body, 200, w.address())
		}
		ch := s.issue(c, "ethereum", w.address())
		good := w.sign(ch.Message)
		raw := unhex(t, good[2:])
		for name, text := range map[string]string{
			"none": "", "0x": "0x", "no 0x": good[2:], "0X": "0X" + good[2:], "0x twice": "0x" + good, "an odd digit": good + "0", "a digit less": good[:131], "a space": good + " ", "a line break": good[:40] + "\n" + good[40:], "no hex": good[:131] + "g",
			"full width": good[:131] + "０", "base64": base64.StdEncoding.EncodeToString(raw), "a number": "0x" + strings.Repeat("0", 16<<10), "in quotes": `"` + good + `"`,
		} {
			res, body := s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), text))
			if res.StatusCode == 413 && len(text) > 16<<10 {
				continue // nobody is asked about contracts here, so that no body is so long
			}
			refused(t, name, res, body, 400, "invalid_request")
		}
		res, body := s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), "0x"+strings.ToUpper(good[2:])))
		exampletest.Expect(t, "upper case", res, body, 200, w.address())
	}, "-ethereum")
}

// T36 where there is a node to ask: what is not the key's signature may be a
// contract's. There is no contract, which is a definite no.
func TestT36EthereumSignaturesOfNoContract(t *testing.T) {
	t.Parallel()
	onNodes(t, func(t *testing.T, s *site, n nodes) {
		c, w := exampletest.Browser(), newEthereumWallet(t)
		for name := range forms(make([]byte, 65)) {
			if strings.HasPrefix(name, "v ") && !slices.Contains([]string{"v 2", "v 3", "v 29", "v 34", "v 255"}, name) {
				continue
			}
			ch := s.issue(c, "ethereum", w.address())
			signature := forms(w.raw(personalHash(ch.Message)))[name]
			res, body := s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), toHex(signature)))
			refused(t, name, res, body, 401, "invalid_signature")
			res, body = s.b.Do(c, "POST", "/auth/verify", ch.answer(w.address(), w.sign(ch.Message)))
			refused(t, name+", and then the right one", res, body, 400, "challenge_invalid")
		}
		if n.mainnet.Calls() != 0 {
			t.Errorf("%d calls of no contract", n.mainnet.Calls())
		}
		ch := s.issue(c, "ethereum", w.address())
		res, body := s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), toHex(make([]byte, 16<<10+1))))
		refused(t, "more than 16 KiB", res, body, 400, "invalid_request")
		res, body = s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), toHex(make([]byte, 64<<10))))
		refused(t, "more than a body may have", res, body, 413, "body_too_large")
		res, body = s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), w.sign(ch.Message)))
		exampletest.Expect(t, "the right one", res, body, 200, w.address())
	})
}

// T36 on Stellar: signatures of other lengths and encodings. By the contract the
// ones of wallets are base64, base64url, padded or not, and hex.
func TestT36StellarSignatures(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := exampletest.Browser(), newStellarWallet()
		ch := s.issue(c, "stellar", w.address())
		good := w.sign(ch.Message)
		raw, _ := base64.StdEncoding.DecodeString(good)
		digits, bare := hex.EncodeToString(raw), strings.TrimRight(good, "=")
		for name, text := range map[string]string{
			"none": "", "0x": "0x" + digits, "127 digits": digits[:127], "129 digits": digits + "0", "no hex": digits[:127] + "g", "a space": good + " ", "a line break": good[:40] + "\n" + good[40:], "line breaks for the padding": bare + "\n\n",
			"half a padding": bare + "=", "stray bits": stray(bare) + "==", "stray bits, no padding": stray(bare), "63 bytes": base64.StdEncoding.EncodeToString(raw[:63]), "65 bytes": base64.StdEncoding.EncodeToString(append(slices.Clone(raw), 0)),
			"base64 of hex": base64.StdEncoding.EncodeToString([]byte(digits)), "in quotes": `"` + good + `"`,
		} {
			res, body := s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), text))
			refused(t, name, res, body, 400, "invalid_request")
		}
		for name, form := range map[string]func(b []byte) string{
			"base64": base64.StdEncoding.EncodeToString, "unpadded": base64.RawStdEncoding.EncodeToString, "base64url": base64.URLEncoding.EncodeToString, "base64url, unpadded": base64.RawURLEncoding.EncodeToString,
			"hex": hex.EncodeToString, "upper-case hex": func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) },
		} {
			raw, _ := base64.StdEncoding.DecodeString(w.sign(ch.Message))
			res, body := s.b.Do(c, "POST", "/auth/verify", ch.answer(w.address(), form(raw)))
			exampletest.Expect(t, name, res, body, 200, w.address())
			ch = s.issue(c, "stellar", w.address())
		}
	}, "-stellar")
}
