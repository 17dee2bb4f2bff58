package blackbox

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/example/exampletest"
)

// wrote is the body of a verify as front ends post it that write the text.
func (w ethereumWallet) wrote(text string) string {
	return object(map[string]any{"message": text, "signature": w.sign(text)})
}

// T08, where the browser writes the text of EIP-4361 and the times in it. Issued
// At may be off by three minutes, which the table's 60 seconds are within.
// Expiration Time and Not Before are taken at their word, each without the other.
// By the contract a text that does not hold is 400 invalid_request and not 401,
// and uses no challenge up.
func TestT08EthereumClocks(t *testing.T) {
	t.Parallel()
	at := func(label string, d time.Duration) string {
		return label + ": " + time.Now().Add(d).UTC().Format(time.RFC3339)
	}
	zoned := func(label string, d time.Duration, zone string, hours int) string {
		return label + ": " + time.Now().Add(d).UTC().Add(time.Duration(hours)*time.Hour).Format("2006-01-02T15:04:05") + zone
	}
	const expires, begins = "Expiration Time", "Not Before"
	cases := []struct {
		name   string
		issued time.Duration
		more   func() []string
		good   bool
	}{
		{name: "now", good: true},
		{name: "a minute ago", issued: -time.Minute, good: true},
		{name: "in a minute", issued: time.Minute, good: true},
		{name: "two and a half minutes ago", issued: -150 * time.Second, good: true},
		{name: "in two and a half minutes", issued: 150 * time.Second, good: true},
		{name: "three and a half minutes ago", issued: -210 * time.Second},
		{name: "in three and a half minutes", issued: 210 * time.Second},
		{name: "ten minutes ago", issued: -10 * time.Minute},
		{name: "in ten minutes", issued: 10 * time.Minute},
		{name: "years ago", issued: -20 * 365 * 24 * time.Hour},

		{name: "expires later", more: func() []string { return []string{at(expires, time.Hour)} }, good: true},
		{name: "expired, and no beginning", more: func() []string { return []string{at(expires, -time.Second)} }},
		{name: "expired, and begun", more: func() []string { return []string{at(expires, -time.Second), at(begins, -time.Minute)} }},
		{name: "begun, and no end", more: func() []string { return []string{at(begins, -time.Second)} }, good: true},
		{name: "begins later, and no end", more: func() []string { return []string{at(begins, time.Minute)} }},
		{name: "begins later, and ends", more: func() []string { return []string{at(expires, time.Hour), at(begins, time.Minute)} }},
		{name: "begun, and ends later", more: func() []string { return []string{at(expires, time.Hour), at(begins, -time.Second)} }, good: true},
		{name: "expired, in another time zone", more: func() []string { return []string{zoned(expires, -time.Second, "+14:00", 14)} }},
		{name: "expires later, in another time zone", more: func() []string { return []string{zoned(expires, time.Minute, "-12:00", -12)} }, good: true},
		{name: "an end that nobody can read", more: func() []string { return []string{expires + ": never"} }},
		{name: "an end that is no day", more: func() []string { return []string{expires + ": 2999-02-31T00:00:00Z"} }},
		{name: "an empty end", more: func() []string { return []string{expires + ": "} }},
		{name: "a beginning that nobody can read", more: func() []string { return []string{begins + ": 0"} }},
		{name: "two ends", more: func() []string { return []string{at(expires, -time.Second), at(expires, time.Hour)} }},
		{name: "the end behind the beginning", more: func() []string { return []string{at(begins, -time.Second), at(expires, time.Hour)} }},
	}
	onBoth(t, func(t *testing.T, s *site) {
		w := newEthereumWallet(t)
		for _, test := range cases {
			c := exampletest.Browser()
			ch := s.issue(c, "ethereum", "")
			var more []string
			if test.more != nil {
				more = test.more()
			}
			res, body := s.b.Do(c, "POST", "/auth/verify", w.wrote(w.text(ch.Nonce, time.Now().Add(test.issued), more...)))
			if !test.good {
				refused(t, test.name, res, body, 400, "invalid_request")
				res, body = s.a.Do(c, "POST", "/auth/verify", w.wrote(w.text(ch.Nonce, time.Now())))
			}
			exampletest.Expect(t, test.name, res, body, 200, w.address())
		}
	}, "-ethereum")
}

// T09 on Ethereum: signatures of the right key, but of something else, or of the
// right text by another. And texts that a browser sends as its own, which are
// 400: where the server has written one no other will do, and where it has not
// each field must fit.
func TestT09EthereumSignedSomethingElse(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w, other := exampletest.Browser(), newEthereumWallet(t), newEthereumWallet(t)
		elsewhere := s.issue(exampletest.Browser(), "ethereum", w.address())
		ch := s.issue(c, "ethereum", w.address())
		texts := map[string]string{
			"another nonce":       elsewhere.Message,
			"another chain":       replaced(t, ch.Message, "Chain ID: 1\n", "Chain ID: 8453\n"),
			"another version":     replaced(t, ch.Message, "Version: 1\n", "Version: 2\n"),
			"another account":     replaced(t, ch.Message, w.address(), other.address()),
			"the account's lower": replaced(t, ch.Message, w.address(), strings.ToLower(w.address())),
			"another statement":   replaced(t, ch.Message, "Sign in to ", "Pay "),
			"a resource more":     ch.Message + "\nResources:\n- https://evil.example/",
			"a line break more":   ch.Message + "\n",
			"CRLF":                strings.ReplaceAll(ch.Message, "\n", "\r\n"),
			"of Stellar":          replaced(t, ch.Message, "Ethereum account", "Stellar account"),
			"its hex":             ch.MessageHex,
			"the nonce":           ch.Nonce,
			"nothing":             "",
		}
		signatures := map[string]string{
			"another key's":         other.sign(ch.Message),
			"without a prefix":      toHex(w.raw(keccak([]byte(ch.Message)))),
			"the prefix of Stellar": toHex(w.raw(keccak([]byte("Stellar Signed Message:\n" + ch.Message)))),
			"another length":        toHex(w.raw(keccak([]byte("\x19Ethereum Signed Message:\n32"), keccak([]byte(ch.Message))))),
			"SHA-256":               toHex(w.raw(sha256Of("\x19Ethereum Signed Message:\n" + ch.Message))),
			"nothing hashed":        toHex(w.raw(make([]byte, 32))),
		}
		for name, text := range texts {
			signatures[name] = w.sign(text)
			sent := with(t, ch.answer(w.address(), w.sign(text)), map[string]any{"message": text})
			res, body := s.b.Do(c, "POST", "/auth/verify", sent)
			refused(t, name+", and says so", res, body, 400, "invalid_request")
		}
		s.noneOf(c, w, ch, signatures)
		ethereumVectors(t, s, c)

		c = exampletest.Browser()
		ch = s.issue(c, "ethereum", "")
		own := w.text(ch.Nonce, time.Now())
		for name, text := range map[string]string{
			"another nonce":     replaced(t, own, ch.Nonce, elsewhere.Nonce),
			"a shorter nonce":   replaced(t, own, ch.Nonce, ch.Nonce[:63]),
			"another version":   replaced(t, own, "Version: 1\n", "Version: 2\n"),
			"no address":        replaced(t, own, w.address(), w.address()[:41]),
			"two nonces":        replaced(t, own, "Nonce: ", "Nonce: "+elsewhere.Nonce+"\nNonce: "),
			"two chains":        replaced(t, own, "Chain ID: ", "Chain ID: 8453\nChain ID: "),
			"two of the texts":  own + "\n" + own,
			"a line break more": own + "\n",
			"CRLF":              strings.ReplaceAll(own, "\n", "\r\n"),
			"of Stellar":        replaced(t, own, "Ethereum account", "Stellar account"),
			"the nonce":         ch.Nonce,
			"nothing":           "",
		} {
			res, body := s.a.Do(c, "POST", "/auth/verify", with(t, w.wrote(text), map[string]any{"nonce": ch.Nonce}))
			refused(t, "its own text: "+name, res, body, 400, "invalid_request")
		}
		for _, id := range []string{"8453", "01"} {
			text := replaced(t, own, "Chain ID: 1\n", "Chain ID: "+id+"\n")
			res, body := s.a.Do(c, "POST", "/auth/verify", with(t, w.wrote(text), map[string]any{"nonce": ch.Nonce}))
			refused(t, "its own text: chain "+id, res, body, 400, "unsupported_chain")
		}
		for name, wrong := range map[string]struct {
			body   string
			status int
			code   string
		}{
			"no text at all":          {with(t, w.wrote(own), map[string]any{"message": nil, "nonce": ch.Nonce}), 400, "invalid_request"},
			"another text signed":     {with(t, w.wrote(own), map[string]any{"signature": w.sign(own + "!")}), 401, "invalid_signature"},
			"another key's":           {with(t, w.wrote(own), map[string]any{"signature": other.sign(own)}), 401, "invalid_signature"},
			"another account":         {with(t, w.wrote(own), map[string]any{"accountId": other.address()}), 400, "invalid_request"},
			"another browser's nonce": {w.wrote(replaced(t, own, ch.Nonce, elsewhere.Nonce)), 400, "challenge_invalid"},
		} {
			res, body := s.b.Do(c, "POST", "/auth/verify", wrong.body)
			refused(t, "its own text: "+name, res, body, wrong.status, wrong.code)
		}
		res, body := s.b.Do(c, "POST", "/auth/verify", w.wrote(own))
		exampletest.Expect(t, "its own text", res, body, 200, w.address())
	}, "-ethereum")
}

func sha256Of(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// ethereumVectors posts published and generated signatures, many of them valid,
// all of them of other challenges: as they are, and with their texts.
func ethereumVectors(t *testing.T, s *site, c *http.Client) {
	t.Helper()
	type vector struct{ Name, Message, Signature string }
	var file struct {
		Policy struct{ Cases []vector } `json:"siwe_policy"`
		Forms  struct {
			Message string
			Cases   []vector
		} `json:"signature_forms"`
		Legacy []vector `json:"legacy_personal_sign"`
	}
	readVectors(t, "siwe", "eth_vectors", &file)
	all := slices.Concat(file.Policy.Cases, file.Forms.Cases, file.Legacy)
	if len(all) != 24+16+3 {
		t.Fatalf("%d vectors", len(all))
	}
	for _, v := range all {
		if v.Message == "" {
			v.Message = file.Forms.Message
		}
		const account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
		res, body := s.a.Do(c, "POST", "/auth/verify", s.issue(c, "ethereum", account).answer(account, v.Signature))
		if res.StatusCode != 400 && res.StatusCode != 401 || setSession(res) != nil {
			t.Errorf("%s: %d %s", v.Name, res.StatusCode, body)
		}
		sent := with(t, s.issue(c, "ethereum", "").answer(account, v.Signature), map[string]any{"message": v.Message})
		res, body = s.a.Do(c, "POST", "/auth/verify", sent)
		refused(t, v.Name+", its own text", res, body, 400, "invalid_request")
	}
}

// T09 on Stellar: the same, and no text but the server's is ever taken.
func TestT09StellarSignedSomethingElse(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w, other := exampletest.Browser(), newStellarWallet(), newStellarWallet()
		elsewhere := s.issue(exampletest.Browser(), "stellar", w.address())
		ch := s.issue(c, "stellar", w.address())
		if ch.NetworkPassphrase != "Test SDF Network ; September 2015" || ch.Address != w.address() {
			t.Errorf("%+v", ch)
		}
		raw := func(b []byte) string { return base64.StdEncoding.EncodeToString(ed25519.Sign(w.private, b)) }
		// What Freighter signed before SEP-53: the text read as base64, as Node reads it.
		legacy, _ := base64.RawStdEncoding.DecodeString(regexp.MustCompile(`[^A-Za-z0-9+/]`).ReplaceAllString(ch.Message, ""))
		if len(legacy) < 100 {
			t.Errorf("%d bytes of the text are base64", len(legacy))
		}
		signatures := map[string]string{
			"another key's":          other.sign(ch.Message),
			"not hashed":             raw([]byte("Stellar Signed Message:\n" + ch.Message)),
			"the text itself":        raw([]byte(ch.Message)),
			"hashed, and no prefix":  raw(sha256Of(ch.Message)),
			"the prefix without \\n": raw(sha256Of("Stellar Signed Message:" + ch.Message)),
			"hashed twice":           raw(sha256Of(string(sep53Hash(ch.Message)))),
			"the prefix of Ethereum": raw(personalHash(ch.Message)),
			"before SEP-53":          raw(legacy),
		}
		for name, text := range map[string]string{
			"another nonce":     elsewhere.Message,
			"another network":   replaced(t, ch.Message, "Chain ID: testnet\n", "Chain ID: pubnet\n"),
			"another account":   replaced(t, ch.Message, w.address(), other.address()),
			"another statement": replaced(t, ch.Message, "Sign in to ", "Pay "),
			"of Ethereum":       replaced(t, ch.Message, "Stellar account", "Ethereum account"),
			"a line break more": ch.Message + "\n",
			"CRLF":              strings.ReplaceAll(ch.Message, "\n", "\r\n"),
			"in base64":         base64.StdEncoding.EncodeToString([]byte(ch.Message)),
			"the nonce":         ch.Nonce,
			"nothing":           "",
		} {
			signatures[name] = w.sign(text)
			sent := with(t, ch.answer(w.address(), w.sign(text)), map[string]any{"message": text})
			res, body := s.b.Do(c, "POST", "/auth/verify", sent)
			refused(t, name+", and says so", res, body, 400, "invalid_request")
		}
		var file struct {
			Login struct {
				Address string
				Cases   []struct{ Name, Signature string }
			} `json:"sep53_login"`
		}
		readVectors(t, "sep53", "stellar_vectors", &file)
		if len(file.Login.Cases) < 8 {
			t.Errorf("%d vectors", len(file.Login.Cases))
		}
		theirs := s.issue(c, "stellar", file.Login.Address)
		for _, v := range file.Login.Cases {
			res, body := s.a.Do(c, "POST", "/auth/verify", theirs.answer(theirs.Address, v.Signature))
			if res.StatusCode != 400 && res.StatusCode != 401 || setSession(res) != nil {
				t.Errorf("%s: %d %s", v.Name, res.StatusCode, body)
			}
		}
		s.noneOf(c, w, ch, signatures)

		// With no network to ask, the account's own key counts and no other.
		ch = s.issue(c, "stellar", w.address())
		res, body := s.a.Do(c, "POST", "/auth/verify", with(t, ch.answer(w.address(), other.sign(ch.Message)), map[string]any{"publicKey": other.address()}))
		refused(t, "signed by another key, which says so", res, body, 401, "key_not_found")
		ch = s.issue(c, "stellar", w.address())
		res, body = s.a.Do(c, "POST", "/auth/verify", ch.answer(other.address(), other.sign(ch.Message)))
		refused(t, "the text of one account, signed by another", res, body, 401, "account_mismatch")
	}, "-stellar")
}

// T09 between the chains: keys that are on two of them, and what they have signed
// for one presented to the other.
func TestT09OneChainForAnother(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, near := s.person("alice.testnet")
		xlm, eth := stellarWallet{near.Private}, newEthereumWallet(t)
		secp := "secp256k1:" + base58.Encode(eth.private.PubKey().SerializeUncompressed()[1:])
		if err := s.node.AddFullAccessKey(near.Account, secp); err != nil {
			t.Fatal(err)
		}
		ch, forXLM, forETH := s.a.Challenge(c), s.issue(c, "stellar", xlm.address()), s.issue(c, "ethereum", eth.address())
		try := func(name, nonce, account, key, signature string, status int, code string) {
			t.Helper()
			res, body := s.a.Do(c, "POST", "/auth/verify", object(map[string]any{"accountId": account, "publicKey": key, "nonce": nonce, "signature": signature}))
			refused(t, name, res, body, status, code)
		}
		// NEAR has v from 0, and base64.
		asNEAR := func(text string) string {
			signature := eth.raw(personalHash(text))
			signature[64] -= 27
			return base64.StdEncoding.EncodeToString(signature)
		}
		for text, what := range map[string]string{ch.Message: "NEAR's message", forXLM.Message: "Stellar's text", forETH.Message: "Ethereum's text"} {
			try("to NEAR: "+what+", signed as on Stellar", ch.Nonce, near.Account, near.Key(), xlm.sign(text), 401, "invalid_signature")
			try("to NEAR: "+what+", signed as on Ethereum", ch.Nonce, near.Account, secp, asNEAR(text), 401, "invalid_signature")
		}
		try("to NEAR: an account of Stellar", ch.Nonce, xlm.address(), xlm.address(), xlm.sign(ch.Message), 400, "invalid_request")
		try("to NEAR: an account of Ethereum", ch.Nonce, eth.address(), eth.address(), eth.sign(ch.Message), 400, "invalid_request")
		for _, other := range []issued{forXLM, forETH} {
			signed := claim{tag: nep413Tag, message: other.Message, recipient: "localhost:8080", nonce: [32]byte(unhex(t, other.Nonce))}
			try("to "+other.Chain+": an account of NEAR", other.Nonce, near.Account, near.Key(), signed.sign(near.Private), 400, "invalid_request")
		}
		try("to Stellar: an account of Ethereum", forXLM.Nonce, eth.address(), eth.address(), eth.sign(forXLM.Message), 400, "invalid_request")
		try("to Ethereum: an account of Stellar", forETH.Nonce, xlm.address(), xlm.address(), xlm.sign(forETH.Message), 400, "invalid_request")

		payload := func(ch issued) exampletest.Challenge {
			return exampletest.Challenge{Message: ch.Message, Recipient: "localhost:8080", Nonce: base64.StdEncoding.EncodeToString(unhex(t, ch.Nonce))}
		}
		s.noneOf(c, xlm, forXLM, map[string]string{"as on NEAR": xlm.signHash(hashOf(t, payload(forXLM))), "Ethereum's text": xlm.sign(forETH.Message), "NEAR's message": xlm.sign(ch.Message)})
		s.noneOf(c, eth, forETH, map[string]string{"as on NEAR": toHex(eth.raw(hashOf(t, payload(forETH)))), "Stellar's text": eth.sign(forXLM.Message), "NEAR's message": eth.sign(ch.Message)})
		res, body := s.a.Do(c, "POST", "/auth/verify", near.Sign(ch))
		exampletest.Expect(t, "NEAR's own", res, body, 200, near.Account)
	}, "-ethereum", "-stellar")
}

// elsewhere are names of other sites, most of which look like this one.
var elsewhere = []string{
	"evil.example", "localhost:8080.evil.example", "localhost:8080@evil.example", "evil.example@localhost:8080", "localhost", "localhost:", "localhost:8081",
	"localhost:80801", "localhost.:8080", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "%6cocalhost:8080", "https://localhost:8080", "ftp://localhost:8080", "",
}

// T10 on Ethereum: a look-alike site lets the person sign a text that names it,
// with a nonce of this site. By the contract that is 401 for a signature of
// another text, and 400 for a text.
func TestT10EthereumSignedForAnotherSite(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := exampletest.Browser(), newEthereumWallet(t)
		ch := s.issue(c, "ethereum", w.address())
		signatures := make(map[string]string)
		for _, evil := range elsewhere {
			text := replaced(t, ch.Message, exampletest.Site+" wants", evil+" wants")
			signatures["domain "+evil] = w.sign(text)
			signatures["all "+evil] = w.sign(strings.ReplaceAll(ch.Message, "localhost:8080", evil))
			res, body := s.a.Do(c, "POST", "/auth/verify", with(t, w.wrote(text), map[string]any{"nonce": ch.Nonce}))
			refused(t, "and says so: "+evil, res, body, 400, "invalid_request")
		}
		s.noneOf(c, w, ch, signatures)

		ch = s.issue(c, "ethereum", "")
		own := w.text(ch.Nonce, time.Now())
		try := func(name, text string) {
			t.Helper()
			res, body := s.a.Do(c, "POST", "/auth/verify", with(t, w.wrote(text), map[string]any{"nonce": ch.Nonce}))
			refused(t, name, res, body, 400, "invalid_request")
		}
		for _, evil := range elsewhere {
			try("its own text, domain "+evil, replaced(t, own, "localhost:8080 wants", evil+" wants"))
			if evil != "LOCALHOST:8080" { // in a URI that is this site (RFC 3986 §6.2.2.1)
				try("its own text, URI at "+evil, replaced(t, own, "URI: "+exampletest.Site, "URI: http://"+evil))
			}
			try("its own text, all "+evil, strings.ReplaceAll(own, "localhost:8080", evil))
		}
		for _, uri := range []string{
			"https://localhost:8080/login", "http://localhost:8080.evil.example", "http://localhost:8080@evil.example/", "http://localhost:8080:80/", "http:/localhost:8080",
			"//localhost:8080/login", "/login", "javascript:alert(1)", "http://evil.example/?http://localhost:8080", "", " " + exampletest.Site,
		} {
			try("its own text, URI "+uri, replaced(t, own, "URI: "+exampletest.Site+"/login", "URI: "+uri))
		}
		res, body := s.b.Do(c, "POST", "/auth/verify", w.wrote(replaced(t, own, "localhost:8080 wants", exampletest.Site+" wants")))
		exampletest.Expect(t, "for this site", res, body, 200, w.address())

		ch = s.issue(c, "ethereum", newEthereumWallet(t).address())
		res, body = s.a.Do(c, "POST", "/auth/verify", with(t, ch.answer(w.address(), w.sign(ch.Message)), map[string]any{"accountId": nil}))
		refused(t, "a challenge for another account", res, body, 401, "invalid_signature")
	}, "-ethereum")
}

// T10 on Stellar.
func TestT10StellarSignedForAnotherSite(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := exampletest.Browser(), newStellarWallet()
		ch := s.issue(c, "stellar", w.address())
		signatures := make(map[string]string)
		for _, evil := range elsewhere {
			for where, text := range map[string]string{
				"domain": replaced(t, ch.Message, exampletest.Site+" wants", evil+" wants"),
				"URI":    replaced(t, ch.Message, "URI: "+exampletest.Site, "URI: "+evil),
				"all":    strings.ReplaceAll(ch.Message, exampletest.Site, evil),
			} {
				signatures[where+" "+evil] = w.sign(text)
				res, body := s.a.Do(c, "POST", "/auth/verify", with(t, ch.answer(w.address(), w.sign(text)), map[string]any{"message": text}))
				refused(t, "and says so: "+where+" "+evil, res, body, 400, "invalid_request")
			}
		}
		s.noneOf(c, w, ch, signatures)
	}, "-stellar")
}

const rfc3339 = `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z`

// textOf is what is signed, line for line.
func textOf(w wallet, name, network, nonce string) *regexp.Regexp {
	return regexp.MustCompile(`\A` + regexp.QuoteMeta(exampletest.Site+" wants you to sign in with your "+name+" account:\n"+w.address()+
		"\n\nSign in to localhost:8080\n\nURI: "+exampletest.Site+"\nVersion: 1\nChain ID: "+network+"\nNonce: "+nonce+"\n") +
		`Issued At: ` + rfc3339 + `\nExpiration Time: ` + rfc3339 + `\z`)
}

// T17, where what is signed has lines. A message that would be a statement with
// more than the characters of EIP-4361 is refused at start; nothing that a client
// sends changes a line; and a text of the client's own has no line and no
// character that the grammar does not know.
func TestT17SignedTexts(t *testing.T) {
	t.Parallel()
	path, err := exampletest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.Split("\" % < > \\ ^ ` { | }", " ") {
		out, code := starts(t, path, "-origin", exampletest.Site, "-network", "testnet", "-rpc", "http://127.0.0.1:1", "-ethereum", "-message", "Sign in to localhost:8080 "+c)
		if code != 1 || !strings.Contains(out, "Message") {
			t.Errorf("%s in the message: exit code %d\n%s", c, code, out)
		}
	}
	onBoth(t, func(t *testing.T, s *site) {
		c, eth, xlm := exampletest.Browser(), newEthereumWallet(t), newStellarWallet()
		for _, w := range []wallet{eth, xlm} {
			for name, text := range breaks {
				wishes := map[string]any{"chain": w.chain(), "accountId": w.address(), "message": text, "statement": text, "domain": text, "uri": text, "chainId": text, "nonce": text, "requestId": text, "resources": []string{text}}
				res, body := s.a.Do(c, "POST", "/auth/challenge", object(wishes))
				exampletest.Expect(t, name+" in what is the server's", res, body, 200, "nonce")
				m := members(t, body)
				want := textOf(eth, "Ethereum", "1", m["nonce"].(string))
				if w.chain() == "stellar" {
					want = textOf(xlm, "Stellar", "testnet", m["nonce"].(string))
				}
				if !want.MatchString(m["message"].(string)) {
					t.Errorf("%s: %q", name, m["message"])
				}
				ch := s.issue(c, w.chain(), w.address())
				for _, id := range []string{text + w.address(), w.address() + text, w.address()[:20] + text + w.address()[20:], w.address()[:20] + text + w.address()[20+len(text):], w.address()[:len(w.address())-len(text)] + text} {
					res, body = s.a.Do(c, "POST", "/auth/challenge", object(map[string]any{"chain": w.chain(), "accountId": id}))
					refused(t, name+" in challenge", res, body, 400, "invalid_request")
					res, body = s.a.Do(c, "POST", "/auth/verify", ch.answer(id, w.sign(ch.Message)))
					refused(t, name+" in verify", res, body, 400, "invalid_request")
					res, body = s.a.Do(c, "POST", "/auth/verify", with(t, ch.answer(w.address(), w.sign(ch.Message)), map[string]any{"publicKey": id}))
					refused(t, name+" in the key", res, body, 400, "invalid_request")
				}
			}
		}
		ch := s.issue(c, "ethereum", "")
		own := eth.text(ch.Nonce, time.Now(), "Request ID: x", "Resources:", "- "+exampletest.Site+"/terms")
		for name, text := range breaks {
			for _, before := range []string{"localhost:8080 wants", "account:", eth.address(), "Sign in to", "the app.", "/login", "Version: ", "Chain ID: ", ch.Nonce, "Issued At: ", "Request ID: ", "Resources:", "/terms"} {
				wrong := eth.wrote(replaced(t, own, before, before[:1]+text+before[1:]))
				res, body := s.a.Do(c, "POST", "/auth/verify", with(t, wrong, map[string]any{"nonce": ch.Nonce}))
				refused(t, name+" in "+before, res, body, 400, "invalid_request")
			}
			wrong := eth.wrote(own + text)
			res, body := s.a.Do(c, "POST", "/auth/verify", with(t, wrong, map[string]any{"nonce": ch.Nonce}))
			refused(t, name+" at the end", res, body, 400, "invalid_request")
		}
		res, body := s.b.Do(c, "POST", "/auth/verify", eth.wrote(own))
		exampletest.Expect(t, "as it should be", res, body, 200, eth.address())
		ownLines(t, s.a.Log())
	}, "-ethereum", "-stellar")
}
