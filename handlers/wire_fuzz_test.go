package handlers

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A nonce has one text in each encoding, and no other.
func TestNonceTexts(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{0xfb, 0xff}, 16)
	std, url := base64.StdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw)
	numbers := strings.TrimSuffix(strings.Repeat("251,255,", 16), ",")
	for _, text := range []string{
		`"` + std + `"`, `"` + url + `"`, `"` + std[:43] + `"`, `"` + url[:43] + `"`, `"` + hex.EncodeToString(raw) + `"`,
		"[" + numbers + "]", `{"type":"Buffer","data":[` + numbers + `]}`,
	} {
		if got, err := parseNonce(json.RawMessage(text)); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%s: %x, error %v", text, got, err)
		}
	}
	stray := func(s string) string { return s[:42] + string(s[42]+1) } // decodes to the same bytes, were it not strict
	for name, text := range map[string]string{
		"stray bits": `"` + stray(std) + `"`, "stray bits, url": `"` + stray(url) + `"`, "both alphabets": `"` + std[:20] + url[20:] + `"`,
		"line break": `"` + std[:20] + `\n` + std[20:43] + `"`, "two pads": `"` + std + `="`, "pad only": `"="`, "a space": `" ` + std[:43] + `"`,
		"31 bytes": `"` + base64.StdEncoding.EncodeToString(raw[:31]) + `"`, "33 bytes": `"` + base64.StdEncoding.EncodeToString(append(raw, 1)) + `"`,
		"33 numbers": "[" + numbers + ",1]", "31 numbers": "[" + numbers[:len(numbers)-4] + "]", "null among them": "[" + numbers[:len(numbers)-4] + ",null]", "null first": "[null," + numbers[4:] + "]",
		"a number too large": "[" + numbers[:len(numbers)-3] + "256]", "a fraction": "[" + numbers[:len(numbers)-3] + "1.5]", "negative": "[" + numbers[:len(numbers)-3] + "-1]",
		"another kind of buffer": `{"type":"Uint8Array","data":[` + numbers + `]}`, "no kind": `{"data":[` + numbers + `]}`, "no data": `{"type":"Buffer"}`,
		"data twice": `{"type":"Buffer","data":[],"data":[` + numbers + `]}`, "63 digits": `"` + hex.EncodeToString(raw)[:63] + `"`,
		"64 that are no digits": `"` + strings.Repeat("zz", 32) + `"`, "a number": "7", "true": "true",
	} {
		if got, err := parseNonce(json.RawMessage(text)); err == nil {
			t.Errorf("%s: %s is read as %x", name, text, got)
		}
	}
}

func TestChallengeRecord(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_795_000_000_123).UTC()
	c := &Challenge{Request: Request{AccountID: "a", Message: "m", Recipient: "r", CallbackURL: "c", IssuedAt: at, ExpiresAt: at.Add(time.Minute)}, Chain: "near:testnet", State: "s"}
	b := encodeChallenge(c)
	if got, err := decodeChallenge(b); err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("%+v, error %v", got, err)
	}
	for i := range b {
		if _, err := decodeChallenge(b[:i]); err == nil {
			t.Errorf("cut to %d bytes it is read", i)
		}
	}
	for name, bad := range map[string][]byte{
		"a byte behind it": append(slices.Clone(b), 0), "another version": append([]byte{challengeVersion + 1}, b[1:]...),
		"a length beyond the end": append(slices.Clone(b[:17]), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
		"a length of 11 bytes":    append(slices.Clone(b[:17]), bytes.Repeat([]byte{0xff}, 11)...),
	} {
		if _, err := decodeChallenge(bad); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
}

// No bytes make it panic, and what it reads says the same again when written.
func FuzzDecodeChallenge(f *testing.F) {
	f.Add(encodeChallenge(&Challenge{Request: Request{Message: "m", Recipient: "r", ExpiresAt: time.UnixMilli(1)}, Chain: "near:testnet"}))
	f.Add([]byte{challengeVersion})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeChallenge(b)
		if err != nil {
			return
		}
		again, err := decodeChallenge(encodeChallenge(c))
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%+v is read back as %+v, error %v", c, again, err)
		}
	})
}

var wireSeeds = []string{
	`{}`, `{"accountId":"alice.testnet","publicKey":"ed25519:1","signature":"x","nonce":"` + strings.Repeat("A", 43) + `","state":null}`,
	`{"signedMessage":{"accountId":"a","state":"x"},"challenge":"` + strings.Repeat("0", 64) + `"}`, `{"payload":{"nonce":{"type":"Buffer","data":[1,2]}}}`,
	`{"account_id":"a","accountId":"b"}`, `{"accountId":"\ud800"}`, `{"accountId":"a","account\u0049d":"a"}`, "{\"\u017fignature\":\"x\"}", `{}{}`, `[]`, `null`, "\xff",
	`{"chain":"near","callbackUrl":"https://example.com/callback"}`, `{"a":{"b":[1,{"c":null}]}}`,
}

// What is taken for an object is one to encoding/json too, with the same
// members, and no other reader can take one name for another.
func FuzzParseObject(f *testing.F) {
	for _, s := range wireSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := parseObject(b, verifyNames)
		if err != nil {
			return
		}
		var m map[string]json.RawMessage
		if !utf8.Valid(b) || json.Unmarshal(b, &m) != nil || len(m) != len(o) {
			t.Fatalf("%q: %d members, to encoding/json %d", b, len(o), len(m))
		}
		for name, value := range o {
			if !bytes.Equal(bytes.TrimSpace(m[name]), bytes.TrimSpace(value)) {
				t.Fatalf("%q: member %q is %q, to encoding/json %q", b, name, value, m[name])
			}
			for _, known := range verifyNames {
				if name != known && strings.EqualFold(name, known) {
					t.Fatalf("%q: %q stands for %q", b, name, known)
				}
			}
		}
	})
}

// Each value of a request is one that stands in it, once or equal.
func FuzzParseVerify(f *testing.F) {
	for _, s := range wireSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := parseVerify(b)
		if err != nil {
			return
		}
		if v.nonce != nil && len(v.nonce) != 32 {
			t.Fatalf("a nonce of %d bytes", len(v.nonce))
		}
		said := map[string]map[string]bool{} // values by name, wherever they stand
		var top map[string]json.RawMessage
		if json.Unmarshal(b, &top) != nil {
			t.Fatalf("%q is no object", b)
		}
		collectStrings(said, top)
		for _, name := range []string{"signedMessage", "signed_message", "payload"} {
			var part map[string]json.RawMessage
			_ = json.Unmarshal(top[name], &part)
			collectStrings(said, part)
		}
		for _, c := range []struct {
			got   string
			names []string
		}{
			{v.proof.AccountID, []string{"accountId", "account_id"}}, {v.proof.PublicKey, []string{"publicKey", "public_key"}}, {v.proof.Signature, []string{"signature"}},
		} {
			values := map[string]bool{}
			for _, name := range c.names {
				for s := range said[name] {
					values[s] = true
				}
			}
			if len(values) > 1 || len(values) == 1 && !values[c.got] || len(values) == 0 && c.got != "" || strings.ContainsRune(c.got, utf8.RuneError) {
				t.Fatalf("%q: %v is read as %q", b, c.names, c.got)
			}
		}
	})
}

func collectStrings(said map[string]map[string]bool, part map[string]json.RawMessage) {
	for name, raw := range part {
		var s *string
		if json.Unmarshal(raw, &s) == nil && s != nil {
			if said[name] == nil {
				said[name] = map[string]bool{}
			}
			said[name][*s] = true
		}
	}
}

func FuzzParseChallenge(f *testing.F) {
	f.Add([]byte(""))
	for _, s := range wireSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseChallenge(b)
		if err != nil || len(b) == 0 {
			return
		}
		var m map[string]json.RawMessage
		if json.Unmarshal(b, &m) != nil {
			t.Fatalf("%q is no object", b)
		}
		for name, got := range map[string]string{"accountId": c.accountID, "chain": c.chain, "callbackUrl": c.callbackURL} {
			want := ""
			if raw, ok := m[name]; ok && json.Unmarshal(raw, &want) != nil {
				t.Fatalf("%q: %s is no string", b, name)
			}
			if got != want || strings.ContainsRune(got, utf8.RuneError) {
				t.Fatalf("%q: %s is read as %q", b, name, got)
			}
		}
	})
}
