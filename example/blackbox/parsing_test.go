package blackbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// hostile are bodies that two readers of JSON would read as two things, or as
// none. Each is made of one that signs in, or of a challenge request for an
// account, so that whoever reads on past the trap is noticed. VALID stands for
// that body, MEMBERS for what is within its braces.
var hostile = []struct{ name, body string }{
	{"the account twice", `{"accountId":"bob.testnet",MEMBERS}`},
	{"the account twice, once escaped", `{"accountI\u0064":"bob.testnet",MEMBERS}`},
	{"the account twice, the same", `{"accountId":"alice.testnet",MEMBERS}`},
	{"another case", `{MEMBERS,"ACCOUNTID":"alice.testnet"}`},
	{"another case in front", `{"accountid":"alice.testnet",MEMBERS}`},
	{"another case, null", `{MEMBERS,"AccountId":null}`},
	{"an unknown member twice", `{MEMBERS,"x":1,"x":1}`},
	{"a second object", `VALID{}`},
	{"a second object, the same", `VALIDVALID`},
	{"trailing bytes", `VALID x`},
	{"a trailing comma", `{MEMBERS,}`},
	{"a trailing NUL", "VALID\x00"},
	{"a leading comma", `{,MEMBERS}`},
	{"a comment", `{/**/MEMBERS}`},
	{"a byte order mark", "\ufeffVALID"},
	{"null", `null`}, {"a list", `[VALID]`}, {"a string", `"x"`}, {"a number", `1`}, {"true", `true`},
	{"white space", ` `}, {"cut off", `{MEMBERS`}, {"single quotes", `{'x':1,MEMBERS}`}, {"no quotes", `{x:1,MEMBERS}`},
	{"NaN", `{MEMBERS,"x":NaN}`}, {"a line break in a string", "{MEMBERS,\"x\":\"\n\"}"}, {"a vertical tab", "\vVALID"}, {"a no-break space", "\u00a0VALID"},
	{"UTF-16", "{\x00}\x00"},
	{"invalid UTF-8 in a value", "{MEMBERS,\"x\":\"\xff\"}"},
	{"invalid UTF-8 in a name", "{MEMBERS,\"\xc3\":1}"},
	{"overlong UTF-8", "{MEMBERS,\"x\":\"\xc0\xaf\"}"},
	{"a surrogate in UTF-8", "{MEMBERS,\"x\":\"\xed\xa0\x80\"}"},
}

// hostileProofs are those of a verify request alone.
var hostileProofs = []struct {
	name  string
	body  string
	value map[string]any // or members of the body changed
}{
	{name: "a long s", body: `{MEMBERS,"ſignature":"x"}`},
	{name: "a long s in state", body: `{MEMBERS,"ſtate":null}`},
	{name: "a Kelvin sign", body: `{MEMBERS,"public` + "\u212a" + `ey":"x"}`},
	{name: "two accounts by two names", body: `{MEMBERS,"account_id":"bob.testnet"}`},
	{name: "two nonces by two names", body: `{MEMBERS,"challenge":"` + strings.Repeat("A", 43) + `="}`},
	{name: "another account inside", body: `{MEMBERS,"signedMessage":{"accountId":"bob.testnet"}}`},
	{name: "a member twice inside", body: `{MEMBERS,"signedMessage":{"accountId":"alice.testnet","accountId":"alice.testnet"}}`},
	{name: "another case inside", body: `{MEMBERS,"payload":{"NONCE":"x"}}`},
	{name: "a text inside", body: `{MEMBERS,"signedMessage":"x"}`},
	{name: "nothing", value: map[string]any{"accountId": nil, "publicKey": nil, "signature": nil, "nonce": nil}},
	{name: "no account", value: map[string]any{"accountId": nil}},
	{name: "no key", value: map[string]any{"publicKey": nil}},
	{name: "no signature", value: map[string]any{"signature": nil}},
	{name: "an empty account", value: map[string]any{"accountId": ""}},
	{name: "a number as account", value: map[string]any{"accountId": 1}},
	{name: "a list as account", value: map[string]any{"accountId": []string{"alice.testnet"}}},
	{name: "an object as account", value: map[string]any{"accountId": map[string]any{}}},
	{name: "true as key", value: map[string]any{"publicKey": true}},
	{name: "bytes as signature", value: map[string]any{"signature": make([]int, 64)}},
	{name: "a NUL in the account", value: map[string]any{"accountId": "alice.testnet\x00"}},
	{name: "a NUL in front of the key", value: map[string]any{"publicKey": "\x00ed25519:1"}},
	{name: "a lone surrogate", body: `{MEMBERS,"message":"\ud800"}`},
	{name: "half a pair", body: `{MEMBERS,"recipient":"\udc00\ud800"}`},
}

// Bodies that are not what they seem. The table refuses unknown members too;
// by the contract they are ignored, because wallets add them. 20,000 levels of
// nesting are more than a body may have bytes: 413.
func TestT12HostileJSON(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		valid := s.a.Signed(c, w)
		fill := func(body, valid string) string {
			inner := strings.TrimSuffix(strings.TrimPrefix(valid, "{"), "}")
			return strings.ReplaceAll(strings.ReplaceAll(body, "VALID", valid), "MEMBERS", inner)
		}
		for _, h := range hostile {
			for path, valid := range map[string]string{"/auth/verify": valid, "/auth/challenge": `{"accountId":"alice.testnet"}`} {
				res, body := s.a.Do(c, "POST", path, fill(h.body, valid))
				refused(t, path+" "+h.name, res, body, 400, "invalid_request")
			}
		}
		for _, h := range hostileProofs {
			text := fill(h.body, valid)
			if h.value != nil {
				text = with(t, valid, h.value)
			}
			res, body := s.b.Do(c, "POST", "/auth/verify", text)
			refused(t, h.name, res, body, 400, "invalid_request")
		}
		res, body := s.a.Do(c, "POST", "/auth/verify", "")
		refused(t, "no body", res, body, 400, "invalid_request")
		nested := func(name string, depth int) string {
			return fill(`{"`+name+`":`+strings.Repeat("[", depth)+strings.Repeat("]", depth)+`,MEMBERS}`, valid)
		}
		res, body = s.a.Do(c, "POST", "/auth/verify", nested("x", 20_000))
		refused(t, "20,000 deep", res, body, 413, "body_too_large")
		res, body = s.a.Do(c, "POST", "/auth/verify", nested("payload", 7_000))
		refused(t, "7,000 deep", res, body, 400, "invalid_request")
		res, body = s.a.Do(c, "POST", "/auth/logout", `{"x":1,"x":1}`)
		refused(t, "logout", res, body, 400, "invalid_request")

		unknown := with(t, valid, map[string]any{"walletName": "x", "": 1, "__proto__": map[string]any{"accountId": "bob.testnet"}, "timestamp": nil})
		res, body = s.a.Do(c, "POST", "/auth/verify", unknown)
		exampletest.Expect(t, "unknown members", res, body, 200, w.Account)
		valid = s.a.Signed(c, w)
		res, body = s.a.Do(c, "POST", "/auth/verify", nested("x", 7_000))
		exampletest.Expect(t, "an unknown member, 7,000 deep", res, body, 200, w.Account)
	})
}

// Bodies that a page of another site could post without a preflight, and some
// that claim to be what they are not: 415. A chunked body is one like any
// other: JSON is read, and the table's 415 is for the rest.
func TestT15ContentTypes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		answer := s.a.Signed(c, w)
		bodies := map[string]string{"/auth/verify": answer, "/auth/challenge": `{"accountId":"alice.testnet"}`, "/auth/logout": `{}`}
		for _, types := range [][]string{
			nil, {""}, {"text/plain"}, {"application/x-www-form-urlencoded"}, {"multipart/form-data; boundary=x"}, {"text/json"}, {"application/jsonp"},
			{"application/problem+json"}, {"application/json, text/plain"}, {"text/plain; application/json"}, {"application/json; charset=utf-16"},
			{"application/json; charset=utf-8; charset=utf-16"}, {"application/json;x"}, {"application/json", "application/json"}, {"text/plain", "application/json"},
		} {
			for path, text := range bodies {
				status, code := 415, "unsupported_media_type"
				if path == "/auth/logout" && strings.HasPrefix(strings.Join(types, ""), "application/x-www-form") {
					status, code = 400, "invalid_request" // a form may sign out, with no fields
				}
				headers := []string{"Cookie: " + loginCookie(s.a, c)}
				for _, kind := range types {
					headers = append(headers, "Content-Type: "+kind)
				}
				what := path + " " + strings.Join(types, " and ")
				res, body := raw(t, s.a, written("POST "+path, append(headers, sized(text)), text))
				refused(t, what, res, body, status, code)
				if status == 415 {
					res, body = raw(t, s.a, written("POST "+path, append(headers, "Transfer-Encoding: chunked"), chunked(text)))
					refused(t, what+", chunked", res, body, status, code)
				}
			}
		}
		for _, encoding := range []string{"gzip", "deflate", "br", "identity"} {
			res, body := send(t, s.a, "POST", "/auth/verify", answer, http.Header{
				"Content-Type": {"application/json"}, "Content-Encoding": {encoding}, "Cookie": {loginCookie(s.a, c)},
			})
			refused(t, encoding, res, body, 415, "unsupported_media_type")
		}
		for _, kind := range []string{"application/json", "application/json; charset=utf-8", `Application/JSON;charset="UTF-8"`} {
			text := s.a.Signed(c, w)
			res, body := raw(t, s.a, written("POST /auth/verify", []string{
				"Cookie: " + loginCookie(s.a, c), "Content-Type: " + kind, "Transfer-Encoding: chunked",
			}, chunked(text)))
			exampletest.Expect(t, kind, res, body, 200, w.Account)
		}
		smuggled(t, s)
	})
}

// smuggled sends requests whose length two servers in a row would not agree
// about.
func smuggled(t *testing.T, s *site) {
	t.Helper()
	for name, headers := range map[string][]string{
		"two lengths":           {"Content-Length: 2", "Content-Length: 3"},
		"a sign":                {"Content-Length: +2"},
		"an unknown encoding":   {"Transfer-Encoding: xchunked"},
		"gzip, chunked":         {"Transfer-Encoding: gzip, chunked"},
		"two encodings":         {"Transfer-Encoding: chunked", "Transfer-Encoding: identity"},
		"a space before colon":  {"Content-Length : 2"},
		"a line that goes on":   {"X: y", " Content-Length: 2", "\tz"},
		"a bare CR in a header": {"X: y\rContent-Length: 2"},
	} {
		res, body := raw(t, s.a, written("POST /auth/challenge", append(headers, "Content-Type: application/json"), "{}"))
		if res.StatusCode == 501 || res.StatusCode == 400 {
			continue
		}
		// What is left is read as one request, and the connection is closed.
		if res.StatusCode != 200 || !res.Close {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
	}
}
