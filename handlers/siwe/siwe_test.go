package siwe_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// base is a message with every field, and its text.
const base = `https://app.example:8443 wants you to sign in with your Ethereum account:
0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266

Sign in to app.example

URI: https://app.example:8443/login
Version: 1
Chain ID: 1
Nonce: 0123456789abcdef
Issued At: 2026-01-01T00:00:00Z
Expiration Time: 2026-01-01T00:05:00.250Z
Not Before: 2025-12-31T23:59:59Z
Request ID: some_id
Resources:
- https://app.example/terms
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/`

func baseMessage(t testing.TB) siwe.Message {
	t.Helper()
	m, err := siwe.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

// parse fails unless the text is read and written again byte for byte.
func parse(t testing.TB, name, text string) *siwe.Message {
	t.Helper()
	m, err := siwe.Parse(text)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return &siwe.Message{}
	}
	if again, err := m.Text(); err != nil || again != text {
		t.Errorf("%s: written as %q, error %v", name, again, err)
	}
	return m
}

func refuse(t testing.TB, name, text string) {
	t.Helper()
	_, err := siwe.Parse(text)
	wantErr(t, name, err, siwe.ErrMessage)
}

func TestParsePositive(t *testing.T) {
	t.Parallel()
	v := load(t)
	for name, c := range v.Positive {
		m := parse(t, name, c.Message)
		want, err := c.Fields.message()
		if err != nil || !reflect.DeepEqual(*m, want) {
			t.Errorf("%s: %+v, want %+v, error %v", name, *m, want, err)
		}
	}
	for _, text := range v.SpecExamples {
		parse(t, "EIP-4361", text)
	}
}

func TestParseNegative(t *testing.T) {
	t.Parallel()
	for name, text := range load(t).Negative {
		refuse(t, name, text)
	}
}

// What a library would be given to write must be refused before it is text.
func TestTextNegative(t *testing.T) {
	t.Parallel()
	for name, object := range load(t).NegativeObjects {
		if err := write(object); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

func write(object []byte) error {
	var f fields
	if err := json.Unmarshal(object, &f); err != nil {
		return err // a chain id that is no number
	}
	m, err := f.message()
	if err != nil {
		return err
	}
	_, err = m.Text()
	return err
}

// Which of the deviations are grammatical is in the vectors; what is made of
// those that are is for package ethereum.
func TestPolicyGrammar(t *testing.T) {
	t.Parallel()
	conform := 0
	for _, c := range load(t).Policy.Cases {
		if !c.Conforms {
			refuse(t, c.Name, c.Message)
			continue
		}
		conform++
		m := parse(t, c.Name, c.Message)
		// All of them are validly signed, one of them by another key.
		signer, err := recoverText(siwe.Hash(c.Message), c.Signature)
		if err != nil || (signer == m.Address.String()) != (c.Name != "address of somebody else") {
			t.Errorf("%s: signed by %s, error %v", c.Name, signer, err)
		}
	}
	if conform != 16 {
		t.Errorf("%d grammatical texts", conform)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	v := load(t)
	for name, c := range v.VerifyPositive {
		m, err := c.message()
		text, e := m.Text()
		if err != nil || e != nil || text != *c.Text || siwe.Hash(text) != hash(t, c.Hash) {
			t.Errorf("%s: %q, errors %v, %v", name, text, err, e)
		}
		if signer, err := recoverText(siwe.Hash(text), c.Signature); err != nil || signer != m.Address.String() || signer != *c.Recovered {
			t.Errorf("%s: signed by %s, error %v", name, signer, err)
		}
	}
	for name, c := range v.VerifyNegative {
		m, err := c.message()
		if c.Text == nil { // a 31st of February
			wantErr(t, name, err, siwe.ErrMessage)
			continue
		}
		text, e := m.Text()
		if err != nil || e != nil || text != *c.Text {
			t.Errorf("%s: %q, errors %v, %v", name, text, err, e)
		}
		signer, err := recoverText(siwe.Hash(text), c.Signature)
		switch {
		case c.Recovered == nil: // half a byte at the end
			wantErr(t, name, err, siwe.ErrSignatureEncoding)
		case err != nil || signer != *c.Recovered:
			t.Errorf("%s: signed by %s, error %v", name, signer, err)
		case (signer == m.Address.String()) != (name == "custom nonce"):
			t.Errorf("%s: signed by %s", name, signer)
		}
	}
}

// with replaces part of the base text, which must be there.
func with(t testing.TB, old, new string) string {
	t.Helper()
	if strings.Count(base, old) != 1 {
		t.Fatalf("%q stands %d times in the base text", old, strings.Count(base, old))
	}
	return strings.Replace(base, old, new, 1)
}

func TestParse(t *testing.T) {
	t.Parallel()
	parse(t, "base", base)
	for name, change := range map[string][2]string{
		"no scheme":               {"https://app.example:8443 wants", "app.example wants"},
		"another scheme":          {"https://app.example:8443 wants", "Wc+x-1.0://app.example wants"},
		"userinfo":                {"https://app.example:8443 wants", "a:b%20c@app.example wants"},
		"an empty port":           {"https://app.example:8443 wants", "app.example: wants"},
		"an IP literal":           {"https://app.example:8443 wants", "[2001:db8::1]:80 wants"},
		"a future IP":             {"https://app.example:8443 wants", "[v1f.a:b!] wants"},
		"no IPv4 address":         {"https://app.example:8443 wants", "1.1.1.256 wants"},
		"a statement of fields":   {"Sign in to app.example\n", "URI: https://evil.example\n"},
		"all of the statement":    {"Sign in to app.example\n", " -._~:/?#[]@!$&'()*+,;=aZ09\n"},
		"no authority":            {"URI: https://app.example:8443/login", "URI: urn:isbn:0451450523"},
		"no path":                 {"URI: https://app.example:8443/login", "URI: did:"},
		"an empty host":           {"URI: https://app.example:8443/login", "URI: file:///x"},
		"query and fragment":      {"URI: https://app.example:8443/login", "URI: https://a@b:1/%C3%A4;x=1//y?q?/#f?/"},
		"a small chain":           {"Chain ID: 1\n", "Chain ID: 0\n"},
		"a large chain":           {"Chain ID: 1\n", "Chain ID: 123456789012345678901234567890\n"},
		"the shortest nonce":      {"0123456789abcdef", "aZ345678"},
		"an offset":               {"Issued At: 2026-01-01T00:00:00Z", "Issued At: 2026-01-01T00:00:00.123456789123+05:30"},
		"small letters":           {"Issued At: 2026-01-01T00:00:00Z", "Issued At: 2026-01-01t00:00:00z"},
		"every pchar":             {"some_id", "aZ09-._~%2f!$&'()*+,;=:@"},
		"an escape at the end":    {"some_id", "%2f"},
		"no expiration":           {"\nExpiration Time: 2026-01-01T00:05:00.250Z", ""},
		"no not-before":           {"\nNot Before: 2025-12-31T23:59:59Z", ""},
		"no request id":           {"\nRequest ID: some_id", ""},
		"one resource":            {"\n- https://app.example/terms", ""},
		"an address of no letter": {"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x0000000000000000000000000000000000000000"},
	} {
		parse(t, name, with(t, change[0], change[1]))
	}
	for name, change := range map[string][2]string{
		"nothing of it":               {base, ""},
		"the first line only":         {base, "app.example wants you to sign in with your Ethereum account:"},
		"an empty scheme":             {"https://app.example:8443 wants", "://app.example wants"},
		"a number for a scheme":       {"https://app.example:8443 wants", "1://app.example wants"},
		"two schemes":                 {"https://app.example:8443 wants", "a://b://app.example wants"},
		"no host":                     {"https://app.example:8443 wants", ":8443 wants"},
		"userinfo and no host":        {"https://app.example:8443 wants", "evil@ wants"},
		"two at signs":                {"https://app.example:8443 wants", "a@b@app.example wants"},
		"a bracket in the userinfo":   {"https://app.example:8443 wants", "a[b@app.example wants"},
		"a path":                      {"https://app.example:8443 wants", "app.example/login wants"},
		"a port of letters":           {"https://app.example:8443 wants", "app.example:http wants"},
		"two ports":                   {"https://app.example:8443 wants", "app.example:1:2 wants"},
		"a space":                     {"https://app.example:8443 wants", "app.example  wants"},
		"no brackets":                 {"https://app.example:8443 wants", "::1 wants"},
		"half a bracket":              {"https://app.example:8443 wants", "[::1 wants"},
		"half of two brackets":        {"https://app.example:8443 wants", "[v1.a wants"},
		"IPv4 in brackets":            {"https://app.example:8443 wants", "[127.0.0.1] wants"},
		"a zone":                      {"https://app.example:8443 wants", "[fe80::1%eth0] wants"},
		"an empty future IP":          {"https://app.example:8443 wants", "[v1.] wants"},
		"half an escape":              {"https://app.example:8443 wants", "app%2.example wants"},
		"another case":                {"wants you to sign in", "wants You to sign in"},
		"another chain":               {"your Ethereum account", "your Solana account"},
		"no checksum":                 {"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"},
		"upper case":                  {"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0xF39FD6E51AAD88F6F4CE6AB8827279CFFFB92266"},
		"a name":                      {"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "vitalik.eth"},
		"a space after the address":   {"cffFb92266\n", "cffFb92266 \n"},
		"no empty line":               {"cffFb92266\n\n", "cffFb92266\n"},
		"a line for the empty one":    {"cffFb92266\n\n", "cffFb92266\nx\n"},
		"a line before the URI":       {"to app.example\n\n", "to app.example\nx\n"},
		"a statement of two lines":    {"Sign in to app.example\n", "Sign in\nto app.example\n"},
		"a carriage return":           {"Sign in to app.example\n", "Sign in to app.example\r\n"},
		"a tab":                       {"Sign in to app.example\n", "Sign\tin\n"},
		"per cent":                    {"Sign in to app.example\n", "100 %25\n"},
		"a quotation mark":            {"Sign in to app.example\n", "\"Sign in\"\n"},
		"a relative URI":              {"URI: https://app.example:8443/login", "URI: //app.example:8443/login"},
		"a URI with a space":          {"URI: https://app.example:8443/login", "URI: https://app.example/ login"},
		"a URI with a bar":            {"URI: https://app.example:8443/login", "URI: https://app.example/a|b"},
		"a URI with a bracket":        {"URI: https://app.example:8443/login", "URI: https://app.example/[a]"},
		"two fragments":               {"URI: https://app.example:8443/login", "URI: https://app.example/#a#b"},
		"no version":                  {"Version: 1\n", ""},
		"version 01":                  {"Version: 1\n", "Version: 01\n"},
		"a negative chain":            {"Chain ID: 1\n", "Chain ID: -1\n"},
		"no number of a chain":        {"Chain ID: 1\n", "Chain ID: \n"},
		"a chain in hex":              {"Chain ID: 1\n", "Chain ID: 0x1\n"},
		"a nonce of seven":            {"0123456789abcdef", "aZ34567"},
		"a nonce with a hyphen":       {"0123456789abcdef", "0123-456789"},
		"no time of issue":            {"Issued At: 2026-01-01T00:00:00Z", "Issued At: "},
		"a label in small letters":    {"Issued At:", "Issued at:"},
		"two spaces":                  {"Nonce: ", "Nonce:  "},
		"a nonce twice":               {"Nonce: 0123456789abcdef\n", "Nonce: 0123456789abcdef\nNonce: 0123456789abcdef\n"},
		"a request id with a slash":   {"some_id", "some/id"},
		"half an escape at the end":   {"some_id", "%2"},
		"no escape at the end":        {"some_id", "%"},
		"an escape of other letters":  {"some_id", "%2g"},
		"text behind Resources":       {"Resources:\n", "Resources: \n"},
		"a resource without its dash": {"- https://app.example/terms", "https://app.example/terms"},
		"an empty resource":           {"- https://app.example/terms", "- "},
		"an unknown field":            {"Resources:", "Purpose: login\nResources:"},
		"a null byte":                 {"some_id", "some\x00id"},
		"a line at the end":           {"avhwq/", "avhwq/\n"},
	} {
		refuse(t, name, with(t, change[0], change[1]))
	}
}

// A text is read up to MaxText bytes, and no longer one is written.
func TestLength(t *testing.T) {
	t.Parallel()
	room := siwe.MaxText - len(base)
	m := parse(t, "the longest", with(t, "some_id", "some_id"+strings.Repeat("a", room)))
	refuse(t, "one byte more", with(t, "some_id", "some_id"+strings.Repeat("a", room+1)))
	longer := *m.RequestID + "a"
	m.RequestID = &longer
	_, err := m.Text()
	wantErr(t, "one byte more", err, siwe.ErrMessage)
}

// A field cannot bring another field with it.
func TestTextInjection(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(m *siwe.Message, evil string){
		"scheme":     func(m *siwe.Message, evil string) { m.Scheme += evil },
		"domain":     func(m *siwe.Message, evil string) { m.Domain += evil },
		"statement":  func(m *siwe.Message, evil string) { m.Statement = &evil },
		"URI":        func(m *siwe.Message, evil string) { m.URI += evil },
		"chain id":   func(m *siwe.Message, evil string) { m.ChainID += evil },
		"nonce":      func(m *siwe.Message, evil string) { m.Nonce += evil },
		"request id": func(m *siwe.Message, evil string) { m.RequestID = &evil },
		"resource":   func(m *siwe.Message, evil string) { m.Resources = []string{"https://app.example", evil} },
	} {
		for _, evil := range []string{"\nRequest ID: x", "x\n", "\n", "\x00", "ä", "\u202e", "<"} {
			m := baseMessage(t)
			change(&m, evil)
			if text, err := m.Text(); err == nil {
				t.Errorf("%s: wrote %q", name, text)
			}
		}
	}
	for name, change := range map[string]func(m *siwe.Message){
		"no domain":     func(m *siwe.Message) { m.Domain = "" },
		"no URI":        func(m *siwe.Message) { m.URI = "" },
		"no chain":      func(m *siwe.Message) { m.ChainID = "" },
		"a short nonce": func(m *siwe.Message) { m.Nonce = "1" },
		"no time":       func(m *siwe.Message) { m.IssuedAt = siwe.Time{} },
		"no real time":  func(m *siwe.Message) { m.IssuedAt = siwe.NewTime(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)) },
	} {
		m := baseMessage(t)
		change(&m)
		_, err := m.Text()
		wantErr(t, name, err, siwe.ErrMessage)
	}
}

// What goes into an error message is not what came in.
func TestErrorsAreQuiet(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"app.example:8443 wants", "app.example\n", "/login", "0123456789abcdef", "some_id", "00:00:00Z"} {
		_, err := siwe.Parse(with(t, field, "MARK\x1b"+field))
		if err == nil || strings.Contains(err.Error(), "MARK") {
			t.Errorf("%s: %v", field, err)
		}
	}
}
