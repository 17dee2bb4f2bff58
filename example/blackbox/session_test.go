package blackbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// The cookies of an https site, whatever the request says of its transport, and
// those of http on this machine, which by the contract have plain names.
func TestT20Cookies(t *testing.T) {
	t.Parallel()
	onHTTPS(t, func(t *testing.T, s *site) {
		c, w := s.onHTTPSPerson("alice.testnet")
		r := request(t, s.a, "POST", "/auth/challenge", "")
		r.Header = http.Header{"X-Forwarded-Proto": {"http"}, "Forwarded": {"proto=http"}, "X-Forwarded-Host": {"evil.example"}, "Origin": {s.a.Origin}}
		res, _ := s.a.Send(c, r)
		oneCookie(t, res, "__Host-nearauth-login", true)
		res, body := s.a.SignIn(c, w)
		exampletest.Expect(t, "sign in", res, body, 200, w.Account)
		signedIn := oneCookie(t, res, "__Host-nearauth", true)
		if signedIn.Expires.IsZero() && signedIn.MaxAge == 0 || len(signedIn.Value) < 43 {
			t.Errorf("%v", signedIn)
		}
		res, body = s.b.Do(c, "POST", "/auth/logout", "")
		exampletest.Expect(t, "logout", res, body, 204, "")
		if gone := oneCookie(t, res, "__Host-nearauth", true); gone.Value != "" || gone.MaxAge >= 0 {
			t.Errorf("not cleared: %v", gone)
		}
	})
	p := inMemory(t)
	c, w := p.person("alice.testnet")
	res, _ := p.a.SignIn(c, w)
	oneCookie(t, res, "nearauth", false)
}

// oneCookie checks the only cookie that an answer sets.
func oneCookie(t *testing.T, res *http.Response, name string, secure bool) *http.Cookie {
	t.Helper()
	lines := res.Header["Set-Cookie"]
	if len(lines) != 1 || len(lines[0]) > 4096 {
		t.Fatalf("cookies %q", lines)
	}
	c := res.Cookies()[0]
	if c.Name != name || c.Secure != secure || !c.HttpOnly || c.Path != "/" || c.SameSite != http.SameSiteLaxMode ||
		strings.Contains(strings.ToLower(lines[0]), "domain") || len(c.Unparsed) != 0 {
		t.Errorf("%q", lines[0])
	}
	return c
}

// Session tokens that are invented, a bit off, huge, or no text. They are
// nobody's, nothing is stored for them, and a sign-in does not adopt them.
func TestT21InventedTokens(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.signedIn("alice.testnet")
		real := token(s.a, c)
		invented := map[string]string{
			"empty": "", "a space": " ", "invented": strings.Repeat("A", 43), "10 kB": strings.Repeat("A", 10_000), "60 kB": strings.Repeat("A", 60_000),
			"non-ASCII": "Ω" + real, "not UTF-8": "\xff\xfe" + real[2:], "quoted": `"` + real + `"`, "percent": "%" + real, "a NUL": real + "\x00", "a dot": real + ".",
			"twice as long": real + real, "shorter": real[:42], "a path": "../" + real, "for Redis": real + "\r\nFLUSHALL\r\n", "a pattern": "*", "padded": real + "=",
		}
		for i := range real {
			for bit := range 7 {
				if flipped := real[i] ^ 1<<bit; flipped > ' ' && flipped != ';' && flipped != 0x7f {
					invented[fmt.Sprintf("bit %d of character %d", bit, i)] = real[:i] + string(rune(flipped)) + real[i+1:]
				}
			}
		}
		before := 0
		if s.redis != nil {
			before = len(s.redis.Do(t, "KEYS", "*").([]any))
		}
		for name, value := range invented {
			for path, nobody := range map[string]string{"/api/me": "unauthenticated", "/auth/session": "null"} {
				res, body := raw(t, s.b, written("GET "+path, []string{"Cookie: nearauth=" + value}, ""))
				// What is no HTTP is 400 before anybody looks for a session.
				if malformed := strings.ContainsAny(value, "\x00\r\n"); malformed && res.StatusCode == 400 {
					continue
				}
				if !strings.Contains(body, nobody) || res.StatusCode >= 500 || len(res.Cookies()) != 0 {
					t.Errorf("%s: %d %s %v", name, res.StatusCode, body, res.Cookies())
				}
			}
		}
		if s.redis != nil {
			if after := len(s.redis.Do(t, "KEYS", "*").([]any)); after != before {
				t.Errorf("%d keys, and %d after the inventions", before, after)
			}
		}
		whoWith(t, "the real one", s.b, "nearauth="+real, w.Account)
		mallory, v := s.person("mallory.testnet")
		for name, value := range invented {
			if strings.HasPrefix(name, "bit ") || strings.ContainsAny(value, "\x00\r\n") {
				continue
			}
			answer := s.a.Signed(mallory, v)
			res, body := raw(t, s.a, written("POST /auth/verify", []string{
				"Content-Type: application/json", sized(answer), "Cookie: nearauth=" + value + "; " + loginCookie(s.a, mallory),
			}, answer))
			// What does not get through to the endpoint signs nobody in.
			if session := setSession(res); res.StatusCode != 200 || session == nil || session.Value == value || len(session.Value) != 43 {
				t.Errorf("sign in over %s: %d %s", name, res.StatusCode, body)
			}
		}
	})
}

// The attacker plants a token in the victim's browser: one made up, and the one
// of the attacker's own session. The victim's is new, and the planted one is
// nobody's after the sign-in.
func TestT22Fixation(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		mallory, _ := s.signedIn("mallory.testnet")
		for name, planted := range map[string]string{"made up": strings.Repeat("B", 43), "the attacker's own": token(s.a, mallory)} {
			c, w := s.person("alice.testnet")
			answer := s.a.Signed(c, w)
			login := loginCookie(s.a, c)
			res, body := send(t, s.b, "POST", "/auth/verify", answer, http.Header{
				"Content-Type": {"application/json"}, "Cookie": {"nearauth=" + planted + "; " + login},
			})
			exampletest.Expect(t, name, res, body, 200, w.Account)
			session := setSession(res)
			if session == nil || session.Value == planted {
				t.Fatalf("%s: the session is %v", name, session)
			}
			whoWith(t, name+", the victim's", s.a, "nearauth="+session.Value, w.Account)
			whoWith(t, name+", the planted", s.a, "nearauth="+planted, "")
			whoWith(t, name+", the planted", s.b, "nearauth="+planted, "")
			// The login cookie can be planted too: it opens nothing.
			whoWith(t, name+", the login cookie", s.a, strings.Replace(login, "nearauth-login", "nearauth", 1), "")
			res, body = send(t, s.a, "POST", "/auth/verify", answer, http.Header{"Content-Type": {"application/json"}, "Cookie": {login}})
			refused(t, name+", with the login cookie", res, body, 400, "challenge_invalid")
		}
	})
}

// Somebody else signs in in the same browser: a new token, the old one dead on
// both instances, and the new account has one session and not two. (The example
// keeps no values in its sessions; that none are carried over is
// store/storetest's.)
func TestT23AnotherAccount(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, alice := s.signedIn("alice.testnet")
		_, bob := s.person("bob.testnet")
		first := token(s.a, c)
		for i, w := range []exampletest.Wallet{bob, bob, alice} { // the second is the same account again
			old := token(s.a, c)
			res, body := s.b.SignIn(c, w)
			exampletest.Expect(t, "sign in", res, body, 200, w.Account)
			if fresh := token(s.a, c); fresh == old || fresh == first || fresh == "" {
				t.Errorf("sign-in %d: the token is %q", i, fresh)
			}
			whoWith(t, "the new", s.a, "nearauth="+token(s.a, c), w.Account)
			for _, p := range []*exampletest.Process{s.a, s.b} {
				whoWith(t, "the old", p, "nearauth="+old, "")
			}
			res, body = s.a.Do(c, "GET", "/auth/sessions", "")
			exampletest.Expect(t, "list", res, body, 200, w.Key())
			if n := strings.Count(body, `"id":`); n != 1 {
				t.Errorf("sign-in %d: %d sessions: %s", i, n, body)
			}
		}
	})
}

// A cookie that was copied before the logout opens nothing after it, and the
// browser is told to forget it. Clear-Site-Data is not promised.
func TestT24Logout(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		for i, logout := range []string{"/auth/logout", "/auth/logout?scope=all"} {
			c, w := s.signedIn("alice.testnet")
			copied := "nearauth=" + token(s.a, c)
			whoWith(t, "before", s.b, copied, w.Account)
			res, body := s.a.Do(c, "POST", logout, "")
			exampletest.Expect(t, logout, res, body, 204, "")
			if gone := setSession(res); gone == nil || gone.MaxAge >= 0 || gone.Value != "" {
				t.Errorf("%s: the cookie is not cleared: %v", logout, gone)
			}
			for _, p := range []*exampletest.Process{s.a, s.b, s.a} {
				whoWith(t, "after", p, copied, "")
				res, body = send(t, p, "GET", "/auth/session", "", http.Header{"Cookie": {copied}})
				exampletest.Expect(t, "session", res, body, 200, "null")
				res, body = send(t, p, "POST", "/auth/logout", "", http.Header{"Cookie": {copied}})
				exampletest.Expect(t, "logout again", res, body, 204, "")
			}
			// A second sign-in of the browser does not bring it back.
			res, body = s.b.SignIn(c, w)
			exampletest.Expect(t, fmt.Sprint("sign-in ", i), res, body, 200, w.Account)
			whoWith(t, "after another sign-in", s.a, copied, "")
		}
	})
}
