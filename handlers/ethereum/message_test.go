package ethereum_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/siwe"
)

// at runs f at a moment.
func at(t *testing.T, moment time.Time, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(moment))
		f(t)
	})
}

// Every deviation from an issued text is refused. Without an issued one, three
// of them deviate from nothing: the scheme is the site's, and the text may hold
// as long as it likes, because the challenge does not.
func TestPolicy(t *testing.T) {
	t.Parallel()
	v := load(t).Policy
	free := map[string]bool{"exact": true, "scheme https explicit": true, "expiration removed": true, "expiration extended": true}
	at(t, v.Expected.VerifyAt, func(t *testing.T) {
		for _, issued := range []bool{true, false} {
			challenge := handlers.Challenge{Request: handlers.Request{
				Origin: "https://example.com", IssuedAt: v.Expected.IssuedAt, ExpiresAt: v.Expected.ExpirationTime,
			}}
			if issued {
				challenge.AccountID, challenge.Message = v.Expected.Address, v.Cases[0].Message
			}
			accepted := 0
			for _, c := range v.Cases {
				want := c.Expect == "accept"
				if want && c.Name != "exact" {
					t.Errorf("%s is accepted", c.Name)
				}
				if !issued {
					want = free[c.Name]
				}
				read, err := ethereum.Mainnet().ReadMessageOf(challenge, c.Message, v.Expected.Nonce)
				if err != nil && strings.HasPrefix(c.Name, "chain id") && !issued {
					wantErr(t, c.Name, err, handlers.ErrUnsupportedChain)
				} else if err != nil {
					wantErr(t, c.Name, err, handlers.ErrMalformed)
				} else if _, err = ethereum.Mainnet().Verify(read, handlers.Proof{Signature: c.Signature}); err != nil {
					wantErr(t, c.Name, err, handlers.ErrInvalidSignature)
				}
				if (err == nil) != want {
					t.Errorf("issued %v: %s: %v", issued, c.Name, err)
				}
				if err == nil {
					accepted++
				}
			}
			if want := map[bool]int{true: 1, false: 4}[issued]; accepted != want {
				t.Errorf("issued %v: %d accepted, want %d", issued, accepted, want)
			}
		}
	})
}

// clientText is a message as viem's createSiweMessage writes it; RainbowKit's has
// no expiration.
func clientText(address, nonce string) string {
	return fmt.Sprintf("app.example wants you to sign in with your Ethereum account:\n%s\n\nSign in with Ethereum to the app.\n\n"+
		"URI: https://app.example\nVersion: 1\nChain ID: 1\nNonce: %s\nIssued At: %s",
		address, nonce, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
}

// Front ends of the field sign in, by key, with a text of their own.
func TestReadMessage(t *testing.T) {
	t.Parallel()
	chain := newChain(t, ethereum.Config{AlsoChainIDs: []uint64{10, 8453}})
	challenge := issue(t, chain, "")
	text := clientText(alice.Address(), challenge.NonceText)
	recap := "urn:recap:eyJhdHQiOnsiaHR0cHM6Ly9ub3RpZnkud2FsbGV0Y29ubmVjdC5jb20iOnsibWFuYWdlL2FsbC1hcHBzLW5vdGlmaWNhdGlvbnMiOlt7fV19fX0"
	for name, text := range map[string]string{
		"RainbowKit":              text,
		"viem with an expiration": text + "\nExpiration Time: " + time.Now().Add(time.Minute).UTC().Format(time.RFC3339),
		"viem with a scheme":      "https://" + text,
		"Reown":                   text + "\nResources:\n- https://app.example/terms\n- " + recap,
		"a request id":            text + "\nRequest ID: ",
		"no statement":            strings.Replace(text, "Sign in with Ethereum to the app.\n", "", 1),
		"another chain":           strings.Replace(text, "Chain ID: 1", "Chain ID: 8453", 1),
		"a page of the site":      strings.Replace(text, "URI: https://app.example", "URI: https://app.example/login?next=/a#b", 1),
		"capitals":                strings.Replace(text, "URI: https://app.example", "URI: HTTPS://App.Example/", 1),
		"a time elsewhere":        strings.Replace(text, text[strings.Index(text, "Issued At: "):], "Issued At: "+time.Now().In(time.FixedZone("", -7200)).Format(time.RFC3339), 1),
	} {
		read, err := chain.ReadMessage(challenge, text)
		if err != nil || read.Message != text || read.AccountID != alice.Address() || read.Nonce != challenge.Nonce {
			t.Errorf("%s: %+v, error %v", name, read, err)
			continue
		}
		account, err := chain.Verify(read, handlers.Proof{Signature: alice.Sign(text)})
		if err != nil || account.String() != "eip155:1:"+alice.Address() || account.Evidence != "" {
			t.Errorf("%s: %+v, error %v", name, account, err)
		}
		_, err = chain.Verify(read, handlers.Proof{Signature: bob.Sign(text)})
		wantErr(t, name, err, handlers.ErrInvalidSignature)
	}
}

func TestReadMessageRefuses(t *testing.T) {
	t.Parallel()
	chain := newChain(t, ethereum.Config{AlsoChainIDs: []uint64{10}})
	challenge := issue(t, chain, "")
	text := clientText(alice.Address(), challenge.NonceText)
	for name, change := range map[string][2]string{
		"nothing of it":          {text, ""},
		"the configured message": {text, "Sign in to app.example"},
		"http":                   {"app.example wants", "http://app.example wants"},
		"another scheme":         {"app.example wants", "HTTPS://app.example wants"},
		"a subdomain":            {"app.example wants", "x.app.example wants"},
		"the parent":             {"app.example wants", "example wants"},
		"a port":                 {"app.example wants", "app.example:443 wants"},
		"capitals":               {"app.example wants", "App.example wants"},
		"a dot":                  {"app.example wants", "app.example. wants"},
		"userinfo":               {"app.example wants", "app.example@evil.example wants"},
		"our userinfo":           {"app.example wants", "me@app.example wants"},
		"an empty statement":     {"Sign in with Ethereum to the app.", ""},
		"an IP in a resource":    {"", ""},
		"another nonce":          {challenge.NonceText, strings.Repeat("0", 64)},
		"capitals of the nonce":  {challenge.NonceText, strings.ToUpper(challenge.NonceText)},
		"half the nonce":         {challenge.NonceText, challenge.NonceText[:32]},
		"another site's page":    {"URI: https://app.example\n", "URI: https://evil.example\n"},
		"a longer host":          {"URI: https://app.example\n", "URI: https://app.example.evil.example\n"},
		"a user of another":      {"URI: https://app.example\n", "URI: https://app.example@evil.example\n"},
		"a port of the page":     {"URI: https://app.example\n", "URI: https://app.example:8443/\n"},
		"a password":             {"URI: https://app.example\n", "URI: https://app.example:x@evil.example\n"},
		"plain HTTP":             {"URI: https://app.example\n", "URI: http://app.example\n"},
		"a URN":                  {"URI: https://app.example\n", "URI: urn:app.example\n"},
		"small letters":          {alice.Address(), strings.ToLower(alice.Address())},
	} {
		changed := strings.Replace(text, change[0], change[1], 1)
		if name == "an IP in a resource" {
			changed = text + "\nResources:\n- https://app.example/tos\n- http://[a::1]/"
		}
		if changed == text {
			t.Fatalf("%s: nothing changed", name)
		}
		read, err := chain.ReadMessage(challenge, changed)
		wantErr(t, name, err, handlers.ErrMalformed)
		if read.Message != "" || read.AccountID != "" {
			t.Errorf("%s: %+v", name, read)
		}
	}
	for _, id := range []string{"137", "01"} {
		_, err := chain.ReadMessage(challenge, strings.Replace(text, "Chain ID: 1\n", "Chain ID: "+id+"\n", 1))
		wantErr(t, "chain ID "+id, err, handlers.ErrUnsupportedChain)
	}
	// Whoever asked for a challenge for alice does not sign in as bob with it.
	own := issue(t, chain, alice.Address())
	_, err := chain.ReadMessage(own, strings.Replace(own.Message, alice.Address(), bob.Address(), 1))
	wantErr(t, "bob", err, handlers.ErrMalformed)
	own.Message = ""
	// A challenge without an origin is nobody's.
	own.Origin = ""
	_, err = chain.ReadMessage(own, clientText(alice.Address(), own.NonceText))
	wantErr(t, "no origin", err, handlers.ErrMalformed)
}

// The nonce is the challenge's own bytes, which the client brings and the store
// does not keep.
func TestReadMessageNonce(t *testing.T) {
	t.Parallel()
	challenge := issue(t, ethereum.Mainnet(), "")
	text := clientText(alice.Address(), challenge.NonceText)
	challenge.NonceText = "" // as verify has it
	_, err := ethereum.Mainnet().ReadMessage(challenge, text)
	must(t, err)
	challenge.Nonce[0] ^= 1
	_, err = ethereum.Mainnet().ReadMessage(challenge, text)
	wantErr(t, "another nonce", err, handlers.ErrMalformed)
}

// A text that the server wrote is signed as it is, whatever the deviation.
func TestReadMessageIssued(t *testing.T) {
	t.Parallel()
	chain := newChain(t, ethereum.Config{AlsoChainIDs: []uint64{10}})
	challenge := issue(t, chain, alice.Address())
	_, err := chain.ReadMessage(challenge, challenge.Message)
	must(t, err)
	_, err = chain.ReadMessage(challenge, clientText(alice.Address(), challenge.NonceText))
	wantErr(t, "a text of the client's own", err, handlers.ErrMalformed)
	_, err = chain.ReadMessage(challenge, strings.Replace(challenge.Message, "Chain ID: 1\n", "Chain ID: 10\n", 1))
	wantErr(t, "another chain ID", err, handlers.ErrMalformed)
}

// The clock of the browser may be off by three minutes; what a text says of its
// own time is taken at its word, to the millisecond.
func TestReadMessageTimes(t *testing.T) {
	t.Parallel()
	issued := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at(t, issued.Add(2*time.Minute), func(t *testing.T) {
		r := request("")
		r.IssuedAt = issued
		challenge, err := ethereum.Mainnet().Challenge(r)
		must(t, err)
		now := time.Now()
		const skew, ms, none = 3 * time.Minute, time.Millisecond, ""
		text := func(t time.Time) string { return siwe.NewTime(t).String() }
		for _, c := range []struct {
			name, issued, expires, begins string
			ok                            bool
		}{
			{"now", text(now), none, none, true},
			{"as early as it may be", text(issued.Add(-skew)), none, none, true},
			{"too early", text(issued.Add(-skew - ms)), none, none, false},
			{"as late as it may be", text(now.Add(skew)), none, none, true},
			{"too late", text(now.Add(skew + ms)), none, none, false},
			{"not expired", text(now), text(now.Add(ms)), none, true},
			{"just expired", text(now), text(now), none, false},
			{"long expired", text(now), text(now.Add(-time.Hour)), none, false},
			{"long valid", text(now), "9999-12-31T23:59:59Z", none, true},
			{"just valid", text(now), none, text(now), true},
			{"not yet", text(now), none, text(now.Add(ms)), false},
			{"expired, and valid", text(now), text(now), text(now), false},
			{"not expired, and not yet", text(now), text(now.Add(time.Hour)), text(now.Add(ms)), false},
			{"both", text(now), text(now.Add(ms)), text(now), true},
		} {
			m := clientText(alice.Address(), challenge.NonceText)
			m = m[:strings.LastIndex(m, ": ")+2] + c.issued
			if c.expires != none {
				m += "\nExpiration Time: " + c.expires
			}
			if c.begins != none {
				m += "\nNot Before: " + c.begins
			}
			_, err := ethereum.Mainnet().ReadMessage(challenge, m)
			if c.ok {
				must(t, err)
			} else {
				wantErr(t, c.name, err, handlers.ErrMalformed)
			}
		}
	})
}
