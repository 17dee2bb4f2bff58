package stellar_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/sep53"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/store"
)

func TestNew(t *testing.T) {
	t.Parallel()
	own := []stellar.Endpoint{{URL: "https://horizon.example.com"}}
	for name, c := range map[string]struct {
		config stellar.Config
		want   string // "" for no error
	}{
		"offline":             {stellar.Config{Network: "pubnet"}, ""},
		"its passphrase":      {stellar.Config{Network: "pubnet", Passphrase: pubnet}, ""},
		"own network":         {stellar.Config{Network: "standalone", Passphrase: "Standalone Network ; February 2017"}, ""},
		"with a network":      {stellar.Config{Network: "testnet", Horizon: own, Threshold: stellar.High, AllowUnfunded: true}, ""},
		"both kinds agree":    {stellar.Config{Network: "testnet", Horizon: own, RPC: []stellar.Endpoint{{URL: "https://rpc.example.net"}}, Agree: 2}, ""},
		"no network":          {stellar.Config{}, "Network"},
		"a whole id":          {stellar.Config{Network: "stellar:pubnet"}, "Network"},
		"upper case":          {stellar.Config{Network: "Pubnet", Passphrase: pubnet}, "Network"},
		"no passphrase":       {stellar.Config{Network: "standalone"}, "Passphrase is required"},
		"another passphrase":  {stellar.Config{Network: "pubnet", Passphrase: testnet}, "not the one of pubnet"},
		"no level":            {stellar.Config{Network: "pubnet", Horizon: own, Threshold: 3}, "is no level"},
		"a level, offline":    {stellar.Config{Network: "pubnet", Threshold: stellar.High}, "mean nothing"},
		"unfunded, offline":   {stellar.Config{Network: "pubnet", AllowUnfunded: true}, "mean nothing"},
		"agreement, offline":  {stellar.Config{Network: "pubnet", Agree: 2}, "mean nothing"},
		"http":                {stellar.Config{Network: "pubnet", Horizon: []stellar.Endpoint{{URL: "http://horizon.example.com"}}}, "https"},
		"http, RPC":           {stellar.Config{Network: "pubnet", Horizon: own, RPC: []stellar.Endpoint{{URL: "http://rpc.example.com/?key=secret"}}}, "https"},
		"http all the same":   {stellar.Config{Network: "pubnet", InsecureHTTP: true, Horizon: []stellar.Endpoint{{URL: "http://horizon.example.com"}}}, ""},
		"two of one operator": {stellar.Config{Network: "pubnet", Horizon: own, RPC: own, Agree: 2}, "distinct operators"},
	} {
		chain, err := stellar.New(c.config)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err == nil && chain.ID() != "stellar:"+c.config.Network {
			t.Errorf("%s: %s", name, chain.ID())
		}
	}
	if stellar.Pubnet().ID() != "stellar:pubnet" || stellar.Testnet().ID() != "stellar:testnet" {
		t.Error("the ready networks have other ids than they should")
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for url, public := range map[string]bool{
		"https://horizon.stellar.org": true, "https://Soroban-Testnet.STELLAR.org/x": true,
		"https://horizon.example.com": false, "https://notstellar.org": false, "https://stellar.org.example.com": false,
	} {
		for _, c := range []stellar.Config{{Horizon: []stellar.Endpoint{{URL: url}}}, {RPC: []stellar.Endpoint{{URL: url}}}} {
			c.Network = "pubnet"
			if got := mustNew(t, c).Public(); got != public {
				t.Errorf("%s: %v", url, got)
			}
		}
	}
	if stellar.Pubnet().Public() {
		t.Error("nobody is asked, and nobody is public")
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	c := challenge(t, stellar.Pubnet(), request(vectorAccount))
	const nonce = "90010000000000000000000000000000000000000000000000000000000000ff"
	const want = "example.com wants you to sign in with your Stellar account:\n" +
		vectorAccount + "\n\nSign in to Example.\n\n" +
		"URI: https://example.com\nVersion: 1\nChain ID: pubnet\nNonce: " + nonce + "\n" +
		"Issued At: 2026-01-01T00:00:00Z\nExpiration Time: 2026-01-01T00:05:00Z"
	if c.Message != want {
		t.Errorf("the text is\n%s\nwant\n%s", c.Message, want)
	}
	members := []handlers.Member{{Name: "address", Value: vectorAccount}, {Name: "networkPassphrase", Value: pubnet}}
	if c.AccountID != vectorAccount || c.NonceText != nonce || !slices.Equal(c.Members, members) {
		t.Errorf("%+v", c)
	}
	if c.Nonce != request("").Nonce || c.Recipient != "example.com" {
		t.Errorf("the request is not kept: %+v", c.Request)
	}

	r := request(vectorAccount)
	r.Origin, r.Message = "http://localhost:8080", ""
	r.IssuedAt = r.IssuedAt.In(time.FixedZone("", 3600)).Add(999 * time.Millisecond)
	c = challenge(t, stellar.Testnet(), r)
	if !strings.HasPrefix(c.Message, "http://localhost:8080 wants you to sign in with your Stellar account:\n"+vectorAccount+"\n\nURI: http://localhost:8080\nVersion: 1\nChain ID: testnet\n") ||
		!strings.Contains(c.Message, "\nIssued At: 2026-01-01T00:00:00Z\n") {
		t.Errorf("%s", c.Message)
	}
	own := mustNew(t, stellar.Config{Network: "standalone", Passphrase: "Standalone Network ; February 2017"})
	if c := challenge(t, own, request(vectorAccount)); !strings.Contains(c.Message, "\nChain ID: standalone\n") || c.Members[1].Value != "Standalone Network ; February 2017" {
		t.Errorf("%+v", c)
	}
}

// The text names the account, so there is one, and in its one form.
func TestChallengeAccount(t *testing.T) {
	t.Parallel()
	v := loadVectors(t)
	for _, s := range v.Valid {
		if c := challenge(t, stellar.Pubnet(), request(s)); c.AccountID != s {
			t.Errorf("%s became %s", s, c.AccountID)
		}
	}
	bad := []string{"", strings.ToLower(vectorAccount), vectorAccount + "\n", " " + vectorAccount, "pubnet:" + vectorAccount, vectorAccount + "-1", "alice.near", "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"}
	for _, c := range v.Invalid {
		bad = append(bad, c.Value)
	}
	for _, s := range bad {
		c, err := stellar.Pubnet().Challenge(request(s))
		if !errors.Is(err, handlers.ErrMalformed) || c.Message != "" {
			t.Errorf("%.60q: %v", s, err)
		}
		if s == "" && !strings.Contains(err.Error(), "is required") {
			t.Errorf("no account: %v", err)
		}
		if len(s) > 8 && strings.Contains(err.Error(), s[:8]) {
			t.Errorf("%.60q: the error shows it: %v", s, err)
		}
	}
}

// A wallet takes a text of hex digits for bytes, and Freighter Mobile signs no
// more than 1,024 bytes.
func TestCheck(t *testing.T) {
	t.Parallel()
	chain := stellar.Pubnet()
	fit := request("")
	fit.Message = strings.Repeat("m", 399)
	if err := chain.Check(fit); err != nil {
		t.Error(err)
	}
	r := request(vectorAccount)
	for n := range 1024 {
		r.Message = strings.Repeat("m", n)
		text := challenge(t, chain, r).Message
		ask := r
		ask.AccountID, ask.Nonce, ask.IssuedAt = "", [32]byte{}, time.Time{}
		if err := chain.Check(ask); (err == nil) != (len(text) < 1024) {
			t.Fatalf("a text of %d bytes: %v", len(text), err)
		}
		if regexp.MustCompile(`^(0x)?[0-9A-Fa-f]+$`).MatchString(text) {
			t.Errorf("%s is all hex", text)
		}
	}
	r.Message, r.Origin = "Sign in", "https://"+strings.Repeat("a", 400)+".example"
	if err := chain.Check(r); err == nil {
		t.Error("an origin too long is accepted")
	}
	for _, message := range []string{"two\nlines", "tab\t", "caf\u00e9", "right\u202eleft", "\x7f", "\xff", "NUL\x00"} {
		r := request("")
		if r.Message = message; chain.Check(r) == nil {
			t.Errorf("%q is accepted", message)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	chain := stellar.Testnet()
	c := challenge(t, chain, request(alice.address))
	good := handlers.Proof{AccountID: alice.address, Signature: alice.sign(c.Message)}
	raw, _ := base64.StdEncoding.DecodeString(good.Signature)
	want := store.Account{Chain: "stellar:testnet", ID: alice.address, PublicKey: alice.address}
	cosigned := want
	cosigned.PublicKey = bob.address
	seed := "SAKICEVQLYWGSOJS4WW7HZJWAHZVEEBS527LHK5V4MLJALYKICQCJXMW"
	offCurve := offCurveAddress(t)
	for name, p := range map[string]struct {
		change func(*handlers.Proof)
		want   store.Account
		err    error
	}{
		"base64":                       {func(p *handlers.Proof) {}, want, nil},
		"hex":                          {func(p *handlers.Proof) { p.Signature = hex.EncodeToString(raw) }, want, nil},
		"the account of the challenge": {func(p *handlers.Proof) { p.AccountID = "" }, want, nil},
		"the key beside it":            {func(p *handlers.Proof) { p.PublicKey = alice.address }, want, nil},
		"a co-signer":                  {func(p *handlers.Proof) { p.PublicKey, p.Signature = bob.address, bob.sign(c.Message) }, cosigned, nil},

		"another key":              {func(p *handlers.Proof) { p.Signature = bob.sign(c.Message) }, store.Account{}, handlers.ErrInvalidSignature},
		"a co-signer did not sign": {func(p *handlers.Proof) { p.PublicKey = bob.address }, store.Account{}, handlers.ErrInvalidSignature},
		"another account's":        {func(p *handlers.Proof) { p.AccountID = bob.address }, store.Account{}, handlers.ErrInvalidSignature},
		"another text":             {func(p *handlers.Proof) { p.Signature = alice.sign(c.Message + " ") }, store.Account{}, handlers.ErrInvalidSignature},
		"the configured message":   {func(p *handlers.Proof) { p.Signature = alice.sign("Sign in to Example.") }, store.Account{}, handlers.ErrInvalidSignature},
		"the bare text": {func(p *handlers.Proof) {
			p.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(alice.private, []byte(c.Message)))
		}, store.Account{}, handlers.ErrInvalidSignature},
		"zeros":             {func(p *handlers.Proof) { p.Signature = strings.Repeat("0", 128) }, store.Account{}, handlers.ErrInvalidSignature},
		"no signature":      {func(p *handlers.Proof) { p.Signature = "" }, store.Account{}, handlers.ErrMalformed},
		"short signature":   {func(p *handlers.Proof) { p.Signature = p.Signature[:84] }, store.Account{}, handlers.ErrMalformed},
		"account":           {func(p *handlers.Proof) { p.AccountID = strings.ToLower(alice.address) }, store.Account{}, handlers.ErrMalformed},
		"a seed as account": {func(p *handlers.Proof) { p.AccountID = seed }, store.Account{}, handlers.ErrMalformed},
		"a seed as key":     {func(p *handlers.Proof) { p.PublicKey = seed }, store.Account{}, handlers.ErrMalformed},
		"key of NEAR":       {func(p *handlers.Proof) { p.PublicKey = "ed25519:6E8sCci9badyRkXb3JoRpBj5p8C6Tw41ELDZoiihKEtp" }, store.Account{}, handlers.ErrMalformed},
		"muxed": {func(p *handlers.Proof) {
			p.AccountID = "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ"
		}, store.Account{}, handlers.ErrMalformed},
		"off the curve": {func(p *handlers.Proof) { p.PublicKey = offCurve }, store.Account{}, handlers.ErrMalformed},
	} {
		proof := good
		p.change(&proof)
		got, err := chain.Verify(c, proof)
		if got != p.want || !errors.Is(err, p.err) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		for _, secret := range []string{seed[:6], good.Signature[:8]} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows what it must not: %v", name, err)
			}
		}
	}
	c.AccountID = ""
	good.AccountID = ""
	if got, err := chain.Verify(c, good); !errors.Is(err, handlers.ErrMalformed) {
		t.Errorf("no account at all: %+v, %v", got, err)
	}
}

// offCurveAddress returns an address that no key can own.
func offCurveAddress(t testing.TB) string {
	for y := byte(2); y < 100; y++ {
		a, err := sep53.AddressOf([32]byte{y})
		if err != nil {
			t.Fatal(err)
		}
		if errors.Is(sep53.Verify(a, nil, sep53.Signature{}), sep53.ErrAddress) {
			return a.String()
		}
	}
	t.Fatal("none found")
	return ""
}

// A signature is good for one challenge of one network, site and account.
func TestConfusion(t *testing.T) {
	t.Parallel()
	base := request(alice.address)
	chains := map[string]*stellar.Chain{
		"stellar:pubnet": stellar.Pubnet(), "stellar:testnet": stellar.Testnet(),
		"stellar:standalone": mustNew(t, stellar.Config{Network: "standalone", Passphrase: "Standalone Network ; February 2017"}),
	}
	changes := map[string]func(*handlers.Request){
		"the same":        func(*handlers.Request) {},
		"another account": func(r *handlers.Request) { r.AccountID = bob.address },
		"another nonce":   func(r *handlers.Request) { r.Nonce[31] ^= 1 },
		"another site":    func(r *handlers.Request) { r.Origin = "https://example.com.evil.example" },
		"another port":    func(r *handlers.Request) { r.Origin += ":8443" },
		"plain http":      func(r *handlers.Request) { r.Origin = "http://example.com" },
		"another message": func(r *handlers.Request) { r.Message = "Sign in to Example!" },
		"another time":    func(r *handlers.Request) { r.IssuedAt = r.IssuedAt.Add(time.Second) },
		"another expiry":  func(r *handlers.Request) { r.ExpiresAt = r.ExpiresAt.Add(time.Second) },
	}
	texts := map[string]string{}
	for id, chain := range chains {
		for name, change := range changes {
			r := base
			change(&r)
			text := challenge(t, chain, r).Message
			if other, twice := texts[text]; twice {
				t.Errorf("%s of %s has the text of %s", name, id, other)
			}
			texts[text] = name + " of " + id
		}
	}
	if len(texts) != len(chains)*len(changes) {
		t.Fatalf("%d texts", len(texts))
	}
	for id, chain := range chains {
		c := challenge(t, chain, base)
		for text, name := range texts {
			account, err := chain.Verify(c, handlers.Proof{Signature: alice.sign(text)})
			if text == c.Message {
				if err != nil || account.Chain != id {
					t.Errorf("%s: %+v, %v", name, account, err)
				}
			} else if !errors.Is(err, handlers.ErrInvalidSignature) {
				t.Errorf("%s is accepted by %s: %v", name, id, err)
			}
		}
	}
}

func FuzzVerify(f *testing.F) {
	chain := stellar.Testnet()
	c := challenge(f, chain, request(alice.address))
	issued := c.Message
	f.Add(alice.address, "", alice.sign(issued), issued)
	f.Add("", bob.address, bob.sign(issued), issued)
	f.Add(bob.address, alice.address, strings.Repeat("0", 128), "")
	f.Fuzz(func(t *testing.T, account, key, signature, message string) {
		c := c
		c.Message = message
		got, err := chain.Verify(c, handlers.Proof{AccountID: account, PublicKey: key, Signature: signature})
		if err != nil {
			if got != (store.Account{}) || !errors.Is(err, handlers.ErrMalformed) && !errors.Is(err, handlers.ErrInvalidSignature) {
				t.Errorf("%+v, %v", got, err)
			}
			return
		}
		// Nobody has a key but the wallets of the seeds, and they signed one text.
		if message != issued || got.PublicKey != alice.address && got.PublicKey != bob.address || got.Chain != chain.ID() {
			t.Errorf("%+v signed %q", got, message)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	chain := stellar.Testnet()
	c := challenge(b, chain, request(alice.address))
	proof := handlers.Proof{AccountID: alice.address, Signature: alice.sign(c.Message)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chain.Verify(c, proof); err != nil {
			b.Fatal(err)
		}
	}
}
