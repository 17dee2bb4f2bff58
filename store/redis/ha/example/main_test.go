package main

import (
	"net/url"
	"os"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	exampletest.Clean()
	os.Exit(code)
}

// Two instances are one site, in whichever form Redis comes: who signs in at one
// is signed in at the other, and out at both.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) string{
		"server":   func(t *testing.T) string { return redistest.Start(t).URL() },
		"sentinel": func(t *testing.T) string { return redistest.StartSentinel(t, 1).URL() },
		"cluster":  func(t *testing.T) string { return redistest.StartCluster(t, 3, 0).URL() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := start(t)
			program, err := exampletest.Build("github.com/nearauth/nearauth/store/redis/ha/example")
			if err != nil {
				t.Fatal(err)
			}
			node, chain := exampletest.Chain(t)
			instance := func() *exampletest.Process {
				return exampletest.Run(t, program, "-origin", exampletest.Site, "-network", "testnet", "-rpc", chain.URL, "-redis", address)
			}
			a, b := instance(), instance()
			w, person := exampletest.NewWallet("alice.testnet"), exampletest.Browser()
			if err := node.AddFullAccessKey(w.Account, w.Key()); err != nil {
				t.Fatal(err)
			}
			answer := a.Signed(person, w)
			res, body := b.Do(person, "POST", "/auth/verify", answer)
			exampletest.Expect(t, "sign in there with a challenge from here", res, body, 200, "alice.testnet")
			res, body = a.Do(person, "GET", "/api/me", "")
			exampletest.Expect(t, "here", res, body, 200, "alice.testnet")
			res, body = b.Do(person, "POST", "/auth/verify", answer)
			exampletest.Expect(t, "the same challenge again", res, body, 400, "challenge_invalid")
			res, body = a.Do(person, "GET", "/readyz", "")
			exampletest.Expect(t, "ready", res, body, 200, `"store":"ok"`)
			stolen := b.Cookies(person)
			res, body = b.Do(person, "POST", "/auth/logout", "")
			exampletest.Expect(t, "log out", res, body, 204, "")
			thief := exampletest.Browser()
			where, err := url.Parse(a.URL)
			if err != nil {
				t.Fatal(err)
			}
			thief.Jar.SetCookies(where, stolen)
			res, body = a.Do(thief, "GET", "/api/me", "")
			exampletest.Expect(t, "a copy of the cookie", res, body, 401, "unauthenticated")
		})
	}
}
