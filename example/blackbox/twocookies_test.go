package blackbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// Two session cookies, as a sibling host can bring about where the prefix does
// not stop it, and names that only look like the one. Two are nobody's: whose
// session it is cannot be told, and is not guessed. A logout ends both.
func TestT33TwoCookies(t *testing.T) {
	t.Parallel()
	onHTTPS(t, func(t *testing.T, s *site) {
		const name = "__Host-nearauth"
		var tokens [2]string
		for i, account := range []string{"alice.testnet", "mallory.testnet"} {
			c, w := s.onHTTPSPerson(account)
			res, body := s.a.SignIn(c, w)
			exampletest.Expect(t, "sign in", res, body, 200, account)
			tokens[i] = token(s.a, c)
		}
		mine, evil := name+"="+tokens[0], tokens[1]
		for _, c := range []struct{ lines, account string }{
			{mine, "alice.testnet"},
			{mine + "; " + name + "=" + evil, ""},
			{name + "=" + evil + "; " + mine, ""},
			{mine + "; " + mine, ""},
			{mine + "; " + name + "=", ""},
			{mine + "\r\nCookie: " + name + "=" + evil, ""},
			{name + "=" + evil + "\r\nCookie: " + mine, ""},
			{"\u2000" + name + "=" + evil, ""},
			{"\u2000" + name + "=" + evil + "; " + mine, "alice.testnet"},
			{"\u00a0" + name + "=" + evil + "; " + mine, "alice.testnet"},
			{"\u3000" + name + "=" + evil + "\r\nCookie: " + mine, "alice.testnet"},
			{name + "\u2028=" + evil + "; " + mine, "alice.testnet"},
			{"\x85" + name + "=" + evil + "; " + mine, "alice.testnet"},
			{"\v" + name + "=" + evil + "; " + mine, "alice.testnet"},
			{strings.ToLower(name) + "=" + evil, ""},
			{strings.ToUpper(name) + "=" + evil + "; " + mine, "alice.testnet"},
			{"nearauth=" + evil, ""},
			{"nearauth=" + evil + "; " + mine, "alice.testnet"},
			{"__Secure-nearauth=" + evil + "; " + mine, "alice.testnet"},
			{name + `="` + evil + `"`, ""},
			{`$Version=1; ` + mine + `; $Path="/"; $Domain=evil.example`, "alice.testnet"},
			{`$Version="1"; ` + name + `="` + evil + `"; $Path="/"`, ""},
			{`x="; ` + name + "=" + evil + `"; ` + mine, ""},
			{"x=1, " + name + "=" + evil + "; " + mine, "alice.testnet"},
			{"=" + mine, ""},
			{mine + "=", ""},
		} {
			status, want := 200, `"accountId":"`+c.account+`"`
			if c.account == "" {
				status, want = 401, `"code":"unauthenticated"`
			}
			for _, p := range []*exampletest.Process{s.a, s.b} {
				res, body := raw(t, p, written("GET /api/me", []string{"Cookie: " + c.lines}, ""))
				if res.StatusCode == 400 && strings.Contains(c.lines, "\v") { // no HTTP
					continue
				}
				exampletest.Expect(t, fmt.Sprintf("%q", c.lines), res, body, status, want)
			}
		}
		both := mine + "; " + name + "=" + evil
		res, body := raw(t, s.a, written("POST /auth/logout?scope=others", []string{"Cookie: " + both}, ""))
		refused(t, "which to spare is not known", res, body, 400, "invalid_request")
		res, body = raw(t, s.b, written("POST /auth/logout", []string{"Cookie: " + both}, ""))
		exampletest.Expect(t, "logout", res, body, 204, "")
		for _, token := range tokens {
			whoWith(t, "after the logout", s.a, name+"="+token, "")
		}
	})
}
