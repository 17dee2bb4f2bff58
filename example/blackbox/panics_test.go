package blackbox

import (
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// T49: handlers of the application that panic behind the middleware. Without
// anything that recovers, net/http breaks the connection off, which is no
// answer at all; with it the answer is the application's 500. Nothing that the
// handler did to the session before remains unless something answered, and the
// process lives.
func TestT49Panics(t *testing.T) {
	t.Parallel()
	path, err := exampletest.Build("github.com/nearauth/nearauth/example/blackbox/panics")
	if err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, flags ...string) {
		node, chain := exampletest.Chain(t)
		s := &site{t: t, node: node, chain: chain}
		s.a = exampletest.Run(t, path, append([]string{"-origin", exampletest.Site, "-rpc", chain.URL}, flags...)...)
		t.Cleanup(func() { secrets.log(t.Name(), s.a.Log()) })
		c, w := s.signedIn("alice.testnet")
		for range 3 {
			if res, body, err := ask(c, "GET", s.a.URL+"/panic", ""); err == nil {
				t.Errorf("/panic: %d %s", res.StatusCode, body)
			}
			for _, page := range []string{"/outside", "/inside", "/optional"} {
				res, body := s.a.Do(c, "GET", page, "")
				exampletest.Expect(t, page, res, body, 500, "something went wrong")
				if strings.Contains(body, "goroutine") || strings.Contains(body, "mistake") || len(res.Cookies()) != 0 && page != "/inside" {
					t.Errorf("%s tells %q, %v", page, body, res.Cookies())
				}
			}
		}
		res, body := s.a.Do(c, "GET", "/count", "")
		exampletest.Expect(t, "the session", res, body, 200, "visit 4") // the three inside answered
		// A sign-in whose own code panics signs nobody in.
		p, panicking := s.person("panic.testnet")
		res, body = s.a.Do(p, "POST", "/login", s.a.Signed(p, panicking))
		exampletest.Expect(t, "a panic in OnSignIn", res, body, 500, "something went wrong")
		if res, body, err := ask(p, "POST", s.a.URL+"/auth/verify", s.a.Signed(p, panicking), fromSite, asJSON); err == nil {
			t.Errorf("the same without recovering: %d %s", res.StatusCode, body)
		}
		res, body = s.a.Do(p, "GET", "/count", "")
		exampletest.Expect(t, "afterwards", res, body, 401, "unauthenticated")
		res, body = s.a.SignIn(p, w)
		exampletest.Expect(t, "others", res, body, 200, w.Account)
	}
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		run(t)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		run(t, "-redis", redistest.Start(t).URL())
	})
}
