// Package clients shows that the libraries which wallets and front ends use
// sign in: near-api-js and near-kit, viem and ethers, and the Stellar SDK hold
// the keys and sign, plain fetch is the front end, and the example is the site,
// as a process with a Redis and a node of the chain behind it, all over HTTP.
//
// Nothing of the kit is on the libraries' side of the wire. The scripts do and
// tell; what must come of it stands here.
package clients

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// want is what a line of a script must be.
type want struct {
	step     string
	status   int    // 0 for what did not go to the server
	contains string // in the body
}

const (
	challenge    = `"message":"Sign in to localhost:8080","recipient":"localhost:8080"`
	callback     = challenge + `,"callbackUrl":"http://localhost:8080/callback","state":"`
	nobody       = `"code":"unauthenticated"`
	used         = `"code":"challenge_invalid"`
	badSignature = `"code":"invalid_signature"`
	badRequest   = `"code":"invalid_request"`
)

// me is the protected route, read and written.
func me(step string, status int, contains string) []want {
	return []want{{step + ", GET", status, contains}, {step + ", POST", status, contains}}
}

func expect(t *testing.T, lines []line, wants []want) {
	t.Helper()
	for i, w := range wants {
		if i >= len(lines) {
			t.Fatalf("%s: it did not come to that", w.step)
		}
		l := lines[i]
		if l.Step != w.step || l.Status != w.status || !strings.Contains(string(l.Body), w.contains) {
			t.Errorf("%s: %d %s, want %s: %d %s", l.Step, l.Status, l.Body, w.step, w.status, w.contains)
		}
	}
	if len(lines) > len(wants) {
		t.Errorf("then %+v", lines[len(wants):])
	}
}

// Each library signs in, in a popup and by a redirect, with each body that
// its front ends post; each body serves once, and the session ends.
func TestSignIn(t *testing.T) {
	s := start(t)
	for _, c := range []struct {
		library, style, shape string
		sent                  string // what the body must look like
	}{
		{"near-kit", "popup", "hex", `^{"signedMessage":PROOF},"message":"[^"]+","recipient":"[^"]+","nonce":"[0-9a-f]{64}"}$`},
		{"near-kit", "popup", "array", `^{"signedMessage":PROOF},"nonce":\[(\d+,){31}\d+\]}$`},
		{"near-kit", "popup", "buffer", `^{"signedMessage":PROOF},"nonce":{"type":"Buffer","data":\[(\d+,){31}\d+\]}}$`},
		{"near-kit", "popup", "alone", `^PROOF}$`},
		{"near-kit", "redirect", "hex", `^{"signedMessage":ANSWER},"message":"[^"]+","recipient":"[^"]+","nonce":"[0-9a-f]{64}",CALLBACK,STATE}$`},
		{"near-kit", "redirect", "array", `^{"signedMessage":ANSWER},"nonce":\[(\d+,){31}\d+\],CALLBACK,STATE}$`},
		{"near-api-js", "popup", "flat", `^PROOF,"nonce":"[^"]{43}="}$`},
		{"near-api-js", "popup", "nested", `^{"signedMessage":PROOF},"message":"[^"]+","recipient":"[^"]+","nonce":"[^"]{43}="}$`},
		{"near-api-js", "redirect", "flat", `^ANSWER,"nonce":"[^"]{43}="}$`},
		{"near-api-js", "redirect", "nested", `^{"signedMessage":ANSWER},"message":"[^"]+","recipient":"[^"]+","nonce":"[^"]{43}=",CALLBACK,STATE}$`},
	} {
		t.Run(c.library+"/"+c.style+"/"+c.shape, func(t *testing.T) {
			t.Parallel()
			account := strings.Join([]string{c.library, c.style, c.shape}, "-") + ".testnet"
			lines := node(t, "sign-in.mjs", s.url, origin, s.chain.URL, c.library, account, c.style, c.shape)
			expect(t, lines, signedIn(account, c.style == "redirect"))
			if i := slices.IndexFunc(lines, func(l line) bool { return l.Step == "verify" }); i >= 0 && !body(c.sent).Match(lines[i].Sent) {
				t.Errorf("sent %s, want %s", lines[i].Sent, c.sent)
			}
		})
	}
}

// body is a pattern with the parts that many bodies share: what a library
// answers, and what is left of it after a redirect.
func body(pattern string) *regexp.Regexp {
	return regexp.MustCompile(strings.NewReplacer(
		"PROOF", `{"accountId":"[^"]+","publicKey":"ed25519:\w{43,44}","signature":"[^"]{86}=="`,
		"ANSWER", `{"accountId":"[^"]+","signature":"[^"]{86}==","publicKey":"ed25519:\w{43,44}","state":"\w+"`,
		"CALLBACK,STATE", `"callbackUrl":"http://localhost:8080/callback","state":"\w+"`,
	).Replace(pattern))
}

// signedIn is what sign-in.mjs must tell.
func signedIn(account string, redirect bool) []want {
	wants := []want{{"challenge", 200, challenge}}
	if redirect {
		wants = []want{{"challenge", 200, callback}, {"fragment", 0, "http://localhost:8080/callback#accountId=" + account + "&signature="}}
	}
	const yes, no = `{"near-api-js":true,"near-kit":true}`, `{"near-api-js":false,"near-kit":false}`
	return slices.Concat(wants,
		[]want{{"as issued", 0, yes}, {"another message", 0, no}, {"another recipient", 0, no}, {"another nonce", 0, no}, {"another callback", 0, no}},
		me("before", 401, nobody),
		[]want{{"verify", 200, `"account":"near:testnet:` + account + `"`}, {"the same again", 400, used}},
		me("signed in", 200, `"accountId":"`+account+`"}`),
		[]want{{"session", 200, `"accountId":"` + account + `"`}, {"log out", 204, "null"}},
		me("signed out", 401, nobody),
		me("a copy of the cookies", 401, nobody),
		[]want{{"no session", 200, "null"}, {"the same, signed out", 400, used}},
	)
}

// What either library signs for somebody or something else opens nothing, and
// costs the right signature nothing unless the chain has said no.
func TestRefused(t *testing.T) {
	s := start(t)
	for _, library := range []string{"near-api-js", "near-kit"} {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			account := library + ".testnet"
			signedIn := `"account":"near:testnet:` + account + `"`
			expect(t, node(t, "refused.mjs", s.url, origin, s.chain.URL, library, account), slices.Concat(
				[]want{
					{"challenge", 200, challenge},
					{"a stranger's key", 401, `"code":"key_not_found"`},
					{"and then the right one", 400, used},
					{"challenge", 200, challenge},
					{"an account that does not exist", 401, `"code":"key_not_found"`},
					{"challenge", 200, challenge},
					{"signed for another site", 401, badSignature},
					{"another message signed", 401, badSignature},
					{"another nonce signed", 401, badSignature},
					{"a callback nobody asked for", 401, badSignature},
				},
				me("still nobody", 401, nobody),
				[]want{{"as issued", 200, signedIn}},
				me("somebody", 200, account),
				[]want{
					{"log out", 204, "null"},
					{"a callback elsewhere", 400, badRequest},
					{"challenge", 200, callback},
					{"another callback signed", 401, badSignature},
					{"another state", 400, badRequest},
				},
				me("still nobody", 401, nobody),
				[]want{{"without the callback", 200, signedIn}},
				me("somebody", 200, account),
			))
		})
	}
}

// near-api-js's own objects, and a type of key that it has and we refuse.
func TestObjects(t *testing.T) {
	s := start(t)
	const account = "objects.testnet"
	expect(t, node(t, "objects.mjs", s.url, origin, s.chain.URL, "near-api-js", account), slices.Concat(
		[]want{
			{"challenge", 200, callback},
			{"objects", 400, badRequest},
			{"text, and the callbackUrl as state", 400, badRequest},
			{"text, nested", 200, account},
		},
		me("somebody", 200, account),
		[]want{
			{"log out", 204, "null"},
			{"challenge", 200, challenge},
			{"ml-dsa-65", 400, `"code":"unsupported_key_type"`},
		},
		me("nobody", 401, nobody),
	))
}

// The lock names versions and hashes, never where somebody had them from, and
// package.json names each library by one version.
func TestLock(t *testing.T) {
	for file, bad := range map[string]string{
		"package-lock.json": `"resolved"|registry|localhost|127\.0\.0\.1`,
		"package.json":      `"(near-api-js|near-kit|viem|ethers|@stellar/stellar-sdk)": "[^0-9]|registry`,
	} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(bad).Find(b); found != nil {
			t.Errorf("%s has %s", file, found)
		}
	}
}
