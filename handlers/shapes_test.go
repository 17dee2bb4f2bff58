package handlers_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
)

// Every shape that front ends in the field send signs in.
func TestBodyShapes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.person("alice.testnet")
	type m = map[string]any
	for name, shape := range map[string]func(c challenge, sig []byte) m{
		"canonical":            func(c challenge, sig []byte) m { return w.answer(c) },
		"challenge for nonce":  func(c challenge, sig []byte) m { return rename(w.answer(c), "nonce", "challenge") },
		"both, equal":          func(c challenge, sig []byte) m { return with(w.answer(c), "challenge", c.Nonce) },
		"no nonce":             func(c challenge, sig []byte) m { return without(w.answer(c), "nonce") },
		"null nonce and state": func(c challenge, sig []byte) m { return with(with(w.answer(c), "nonce", nil), "state", nil) },
		"snake case":           func(c challenge, sig []byte) m { return snake(w.answer(c)) },
		"unknown members":      func(c challenge, sig []byte) m { return with(w.answer(c), "walletName", m{"accountId": 7}) },
		"message and recipient too": func(c challenge, sig []byte) m {
			return with(with(w.answer(c), "message", c.Message), "recipient", c.Recipient)
		},
		"empty callbackUrl": func(c challenge, sig []byte) m { return with(w.answer(c), "callbackUrl", "") },
		"signedMessage": func(c challenge, sig []byte) m {
			return m{"signedMessage": without(w.answer(c), "nonce"), "nonce": c.Nonce}
		},
		"signedMessage with a state of the library": func(c challenge, sig []byte) m {
			return m{"signedMessage": with(without(w.answer(c), "nonce"), "state", "https://x.example"), "nonce": c.Nonce}
		},
		"signedMessage, message, recipient, accountId": func(c challenge, sig []byte) m {
			return m{"signedMessage": without(w.answer(c), "nonce"), "nonce": hexNonce(c), "message": c.Message, "recipient": c.Recipient, "accountId": w.account}
		},
		"signed_message and payload": func(c challenge, sig []byte) m {
			return m{"signed_message": without(w.answer(c), "nonce"),
				"payload": m{"message": c.Message, "nonce": numbers(c), "recipient": c.Recipient, "callbackUrl": nil}}
		},
		"signed_message in snake case": func(c challenge, sig []byte) m {
			return m{"signed_message": snake(without(w.answer(c), "nonce")), "payload": m{"nonce": c.Nonce}}
		},
		"nonce base64url": func(c challenge, sig []byte) m { return with(w.answer(c), "nonce", recode(c, base64.URLEncoding)) },
		"nonce unpadded":  func(c challenge, sig []byte) m { return with(w.answer(c), "nonce", recode(c, base64.RawStdEncoding)) },
		"nonce url, bare": func(c challenge, sig []byte) m { return with(w.answer(c), "nonce", recode(c, base64.RawURLEncoding)) },
		"nonce hex":       func(c challenge, sig []byte) m { return with(w.answer(c), "nonce", hexNonce(c)) },
		"nonce HEX":       func(c challenge, sig []byte) m { return with(w.answer(c), "nonce", strings.ToUpper(hexNonce(c))) },
		"nonce numbers":   func(c challenge, sig []byte) m { return with(w.answer(c), "nonce", numbers(c)) },
		"nonce Buffer": func(c challenge, sig []byte) m {
			return with(w.answer(c), "nonce", m{"type": "Buffer", "data": numbers(c)})
		},
		"signature url": func(c challenge, sig []byte) m {
			return with(w.answer(c), "signature", base64.URLEncoding.EncodeToString(sig))
		},
		"signature bare": func(c challenge, sig []byte) m {
			return with(w.answer(c), "signature", base64.RawStdEncoding.EncodeToString(sig))
		},
		"signature base58": func(c challenge, sig []byte) m { return with(w.answer(c), "signature", base58.Encode(sig)) },
		"signature prefix": func(c challenge, sig []byte) m { return with(w.answer(c), "signature", "ed25519:"+base58.Encode(sig)) },
	} {
		b := r.browser()
		c := b.challenge(nil)
		b.expect(name, b.do("POST", "/auth/verify", shape(c, w.sign(c))), 200, "")
		if b.account() != alice {
			t.Errorf("%s: not signed in", name)
		}
	}
}

func with(m map[string]any, name string, value any) map[string]any { m[name] = value; return m }
func without(m map[string]any, name string) map[string]any         { delete(m, name); return m }

func rename(m map[string]any, from, to string) map[string]any {
	return without(with(m, to, m[from]), from)
}

func snake(m map[string]any) map[string]any {
	return rename(rename(m, "accountId", "account_id"), "publicKey", "public_key")
}

func numbers(c challenge) (n []int) {
	for _, b := range c.nonce() {
		n = append(n, int(b))
	}
	return n
}

func hexNonce(c challenge) string                   { n := c.nonce(); return hex.EncodeToString(n[:]) }
func recode(c challenge, e *base64.Encoding) string { n := c.nonce(); return e.EncodeToString(n[:]) }

// Whatever else is sent is 400 before anything is asked or taken: afterwards
// the right answer still signs in.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.person("alice.testnet")
	b := r.browser()
	c := b.challenge(nil)
	good, _ := json.Marshal(w.answer(c))
	insert := func(member string) string { return "{" + member + "," + string(good[1:]) }
	set := func(name string, value any) string {
		j, _ := json.Marshal(with(w.answer(c), name, value))
		return string(j)
	}
	sig := base64.StdEncoding.EncodeToString(w.sign(c))
	for name, body := range map[string]string{
		"empty":                  "",
		"not JSON":               "accountId=alice.testnet",
		"array":                  "[]",
		"string":                 `"x"`,
		"null":                   "null",
		"number":                 "1",
		"cut":                    string(good[:len(good)-1]),
		"two objects":            string(good) + string(good),
		"trailing brace":         string(good) + "}",
		"trailing bytes":         string(good) + "x",
		"byte order mark":        "\ufeff" + string(good),
		"invalid UTF-8":          insert("\"x\":\"\xff\""),
		"duplicate":              insert(`"accountId":"bob.testnet"`),
		"duplicate, equal":       insert(`"accountId":"alice.testnet"`),
		"duplicate, escaped":     insert(`"account\u0049d":"alice.testnet"`),
		"duplicate, unknown":     insert(`"x":1,"x":2`),
		"case":                   insert(`"ACCOUNTID":"bob.testnet"`),
		"case alone":             strings.Replace(string(good), "accountId", "AccountId", 1),
		"long s":                 insert("\"\u017fignature\":\"x\""),
		"Kelvin sign":            insert("\"public\u212aey\":\"x\""),
		"nested duplicate":       insert(`"signedMessage":{"accountId":"alice.testnet","accountId":"alice.testnet"}`),
		"nested case":            insert(`"signedMessage":{"Signature":"x"}`),
		"nested contradiction":   insert(`"signedMessage":{"accountId":"bob.testnet"}`),
		"alias contradiction":    insert(`"account_id":"bob.testnet"`),
		"nonce contradiction":    insert(`"challenge":"` + strings.Repeat("A", 43) + `"`),
		"payload contradiction":  insert(`"payload":{"nonce":"` + strings.Repeat("A", 43) + `"}`),
		"signedMessage string":   insert(`"signedMessage":"x"`),
		"signedMessage array":    insert(`"signedMessage":[]`),
		"account number":         set("accountId", 7),
		"account object":         set("accountId", map[string]any{"a": 1}),
		"account missing":        set("accountId", nil),
		"account empty":          set("accountId", ""),
		"account upper case":     set("accountId", "Alice.testnet"),
		"account Cyrillic":       set("accountId", "аlice.testnet"),
		"account trailing dot":   set("accountId", "alice.testnet."),
		"account NUL":            set("accountId", "alice.testnet\x00"),
		"account line":           set("accountId", "alice.testnet\nlevel=ERROR"),
		"account long":           set("accountId", strings.Repeat("a", 65)),
		"account lone surrogate": strings.Replace(string(good), "alice.testnet", `alice\ud800`, 1),
		"account reserved":       set("accountId", "system"),
		"key missing":            set("publicKey", nil),
		"key bare":               set("publicKey", strings.TrimPrefix(w.key(), "ed25519:")),
		"key upper prefix":       set("publicKey", strings.ToUpper("ed25519:")+strings.TrimPrefix(w.key(), "ed25519:")),
		"key short":              set("publicKey", "ed25519:"+base58.Encode(make([]byte, 31))),
		"key long":               set("publicKey", "ed25519:"+base58.Encode(append(make([]byte, 32), 1))),
		"key empty":              set("publicKey", "ed25519:"),
		"key zero":               set("publicKey", "ed25519:11111111111111111111111111111111"),
		"key alphabet":           set("publicKey", "ed25519:0OIl"+w.key()[12:]),
		"key off the curve":      set("publicKey", "secp256k1:"+base58.Encode(append([]byte{1}, make([]byte, 63)...))),
		"key of another type":    set("publicKey", "secp256k1:5r22SrjrDvgY3wdQsnjgxkeAbU1VcM71FYvALEQWihjM3Xk4Be1CpETTqFccChQr4iJwDroSDVmgaWZv2AcXvYeL"),
		"key huge":               set("publicKey", "ed25519:"+strings.Repeat("z", 15_000)),
		"key object":             set("publicKey", map[string]any{"ed25519Key": map[string]any{"data": []int{1}}}),
		"signature missing":      set("signature", nil),
		"signature empty":        set("signature", ""),
		"signature short":        set("signature", base64.StdEncoding.EncodeToString(make([]byte, 63))),
		"signature long":         set("signature", base64.StdEncoding.EncodeToString(make([]byte, 65))),
		"signature line":         set("signature", sig[:10]+"\n"+sig[10:]),
		"signature trailing bit": set("signature", sig[:85]+"B=="),
		"signature prefix":       set("signature", "secp256k1:"+base58.Encode(w.sign(c))),
		"signature hex":          set("signature", hex.EncodeToString(w.sign(c))),
		"signature numbers":      set("signature", []int{1, 2}),
		"signature huge":         set("signature", strings.Repeat("z", 15_000)),
		"nonce short":            set("nonce", base64.StdEncoding.EncodeToString(make([]byte, 31))),
		"nonce empty":            set("nonce", ""),
		"nonce number":           set("nonce", 7),
		"nonce bool":             set("nonce", true),
		"nonce 33 numbers":       set("nonce", append(numbers(c), 1)),
		"nonce 31 numbers":       set("nonce", numbers(c)[:31]),
		"nonce large number":     set("nonce", append(numbers(c)[:31], 256)),
		"nonce negative":         set("nonce", append(numbers(c)[:31], -1)),
		"nonce fraction":         strings.Replace(set("nonce", numbers(c)), "[", "[0.5,", 1),
		"nonce null inside":      `{"nonce":[` + strings.Repeat("null,", 31) + `null]}`,
		"nonce strings inside":   `{"nonce":[` + strings.Repeat(`"1",`, 31) + `"1"]}`,
		"nonce other Buffer":     set("nonce", map[string]any{"type": "Uint8Array", "data": numbers(c)}),
		"nonce Buffer text":      set("nonce", map[string]any{"type": "Buffer", "data": c.Nonce}),
		"nonce Buffer empty":     set("nonce", map[string]any{"type": "Buffer"}),
		"nonce line":             set("nonce", c.Nonce[:10]+"\n"+c.Nonce[10:]),
		"message differs":        set("message", "Sign in to evil.example"),
		"recipient differs":      set("recipient", "evil.example"),
		"callback differs":       set("callbackUrl", "https://evil.example/"),
		"message number":         set("message", 1),
		"deep":                   strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000) + "x",
		"deep array":             `{"nonce":` + strings.Repeat("[", 8000) + strings.Repeat("]", 8000) + "}",
	} {
		res := b.do("POST", "/auth/verify", body)
		b.expect(name, res, 400, "invalid_request")
	}
	if r.node.Queries() != 0 {
		t.Error("the chain was asked")
	}
	quantum := "ml-dsa-65:" + base58.Encode(append([]byte{1}, make([]byte, 1951)...))
	b.expect("ML-DSA", b.do("POST", "/auth/verify", set("publicKey", quantum)), 400, "unsupported_key_type")
	for _, key := range smallOrderKeys(t) {
		b.expect(key, b.do("POST", "/auth/verify", set("publicKey", key)), 400, "invalid_request")
	}
	b.expect("the right answer, after all that", b.do("POST", "/auth/verify", string(good)), 200, "")
	if log := r.log.String(); strings.Contains(log, "\nlevel=ERROR") {
		t.Errorf("a line was injected into the log, or something failed:\n%s", log)
	}
}

// smallOrderKeys are the encodings under which crypto/ed25519 accepts
// signatures that nobody needed a key for.
func smallOrderKeys(t *testing.T) (keys []string) {
	t.Helper()
	var file struct {
		SmallOrderKeys []struct{ NearPublicKey string }
	}
	b, err := os.ReadFile("nep413/testdata/ed25519_speccheck.json")
	if err == nil {
		err = json.Unmarshal(b, &file)
	}
	if err != nil || len(file.SmallOrderKeys) != 14 {
		t.Fatalf("%d keys, error %v", len(file.SmallOrderKeys), err)
	}
	for _, k := range file.SmallOrderKeys {
		keys = append(keys, k.NearPublicKey)
	}
	return keys
}

func TestHostileChallengeBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.browser()
	for name, body := range map[string]string{
		"array": "[]", "null": "null", "duplicate": `{"chain":"near","chain":"near"}`, "case": `{"Chain":"near"}`,
		"number": `{"accountId":1}`, "trailing": `{}{}`, "cut": `{`, "UTF-8": "{\"accountId\":\"\xff\"}",
	} {
		b.expect(name, b.do("POST", "/auth/challenge", body), 400, "invalid_request")
	}
	for _, body := range []string{"", "{}", `{"accountId":null,"chain":null,"callbackUrl":null}`, " {} \n"} {
		b.expect(body, b.do("POST", "/auth/challenge", body), 200, "")
	}
}
