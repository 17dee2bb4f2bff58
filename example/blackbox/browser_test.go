package blackbox

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// foreign are the headers of requests that other sites make a browser send, or
// that somebody hopes to pass for the site with.
var foreign = map[string][]string{
	"cross-site":            {"Sec-Fetch-Site: cross-site"},
	"same-site":             {"Sec-Fetch-Site: same-site"},
	"cross-site, no-cors":   {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"},
	"another site":          {"Origin: https://evil.example"},
	"an opaque origin":      {"Origin: null"},
	"an empty origin":       {"Origin: "},
	"the site as user":      {"Origin: http://localhost:8080@evil.example"},
	"a user of the site":    {"Origin: http://evil@localhost:8080"},
	"another scheme":        {"Origin: https://localhost:8080"},
	"another port":          {"Origin: http://localhost:8081"},
	"no port":               {"Origin: http://localhost"},
	"a longer port":         {"Origin: http://localhost:80801"},
	"the site as beginning": {"Origin: http://localhost:8080.evil.example"},
	"the site as end":       {"Origin: http://evil-localhost:8080"},
	"a subdomain":           {"Origin: http://evil.localhost:8080"},
	"upper case":            {"Origin: HTTP://LOCALHOST:8080"},
	"a slash":               {"Origin: http://localhost:8080/"},
	"a trailing dot":        {"Origin: http://localhost.:8080"},
	"the address":           {"Origin: http://127.0.0.1:8080"},
	"two origins":           {fromSite, "Origin: https://evil.example"},
	"two in one":            {fromSite + ", https://evil.example"},
	"evil but same-origin":  {"Origin: https://evil.example", "Sec-Fetch-Site: same-origin"},
}

// T38: every way of sending a sign-in, a sign-out and the application's own
// unsafe requests from another site's page.
func TestT38OtherOrigins(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, _ := s.signedIn("alice.testnet")
		other, w := s.person("bob.testnet")
		answer := s.a.Signed(other, w)
		id := sessionID(s, c)
		for what, headers := range foreign {
			denied := func(c *http.Client, method, path, body string) {
				t.Helper()
				res, said, err := ask(c, method, s.a.URL+path, body, append(headers, asJSON)...)
				if err != nil {
					t.Fatal(err)
				}
				exampletest.Expect(t, what+": "+method+" "+path, res, said, 403, "cross_origin")
				if len(res.Cookies()) != 0 {
					t.Errorf("%s: %s sets %v", what, path, res.Cookies())
				}
			}
			denied(c, "POST", "/auth/challenge", "")
			denied(other, "POST", "/auth/verify", answer)
			denied(c, "POST", "/auth/logout", "")
			denied(c, "POST", "/auth/logout?scope=all", "")
			denied(c, "DELETE", "/auth/sessions/"+id, "")
			denied(c, "POST", "/api/me", "")
		}
		res, body := s.b.Do(c, "GET", "/api/me", "")
		exampletest.Expect(t, "the session", res, body, 200, "alice.testnet")
		res, body = s.a.Do(other, "POST", "/auth/verify", answer)
		exampletest.Expect(t, "the challenge", res, body, 200, "bob.testnet")
	})
}

// T39: login CSRF. The attacker signs in as himself with the victim's browser,
// to see later what the victim does there. Where the table says 401 our
// contract says 400: the victim's browser has not asked for that challenge.
func TestT39LoginCSRF(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		attacker, mallory := s.person("mallory.testnet")
		answer := s.a.Signed(attacker, mallory)
		signedIn, w := s.signedIn("alice.testnet")
		fresh := exampletest.Browser()
		for _, victim := range []struct {
			who  string
			c    *http.Client
			code string // where the request's origin does not give it away
		}{
			{"a browser that has signed in", signedIn, "challenge_invalid"},
			{"a browser that has not", fresh, "cookie_missing"},
		} {
			res, body, _ := ask(victim.c, "POST", s.a.URL+"/auth/verify", answer, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", asJSON)
			exampletest.Expect(t, victim.who, res, body, 403, "cross_origin")
			for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
				res, body, _ = ask(victim.c, "POST", s.a.URL+"/auth/verify", answer, "Content-Type: "+kind)
				exampletest.Expect(t, victim.who+", a form", res, body, 415, "unsupported_media_type")
			}
			res, body, _ = ask(victim.c, "POST", s.a.URL+"/auth/verify", answer, asJSON)
			exampletest.Expect(t, victim.who+", no headers", res, body, 400, victim.code)
			if len(res.Cookies()) != 0 {
				t.Errorf("%s: %v", victim.who, res.Cookies())
			}
		}
		res, body := s.b.Do(signedIn, "GET", "/auth/session", "")
		exampletest.Expect(t, "the victim's session", res, body, 200, w.Account)
		res, body = s.b.Do(fresh, "GET", "/auth/session", "")
		exampletest.Expect(t, "the other victim's", res, body, 200, "null")
		// The body was good: what failed was the attack.
		res, body = s.a.Do(attacker, "POST", "/auth/verify", answer)
		exampletest.Expect(t, "at home", res, body, 200, mallory.Account)
	})
}

// T40: links and images that sign people in or out.
func TestT40GetChangesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.signedIn("alice.testnet")
		s.a.Signed(c, w)
		cookies := cookieHeader(s, c)
		asks := map[string][]string{
			"a script": {"Sec-Fetch-Mode: cors"},
			"an image": {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"},
			"a link":   {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Accept: text/html"},
		}
		for _, path := range []string{"/auth/logout", "/auth/logout?scope=all", "/auth/challenge", "/auth/verify", "/auth/sessions/" + sessionID(s, c)} {
			for _, method := range []string{"GET", "HEAD"} {
				for what, headers := range asks {
					res, body, err := ask(c, method, s.a.URL+path, "", headers...)
					if err != nil {
						t.Fatal(err)
					}
					exampletest.Expect(t, what+": "+method+" "+path, res, body, 405, "")
					if allow := res.Header.Get("Allow"); allow != "POST" && allow != "DELETE" {
						t.Errorf("%s: Allow %q", path, allow)
					}
					if len(res.Cookies()) != 0 {
						t.Errorf("%s sets %v", path, res.Cookies())
					}
				}
			}
		}
		if cookieHeader(s, c) != cookies {
			t.Error("the cookies are others")
		}
		res, body := s.b.Do(c, "GET", "/api/me", "")
		exampletest.Expect(t, "the session", res, body, 200, w.Account)
	})
}

// T41: methods that nobody asked for, and headers that rename one. OPTIONS is
// one of them here, since this site trusts no other origin.
func TestT41MethodsAndOverrides(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.signedIn("alice.testnet")
		allow := map[string]string{
			"/auth/challenge": "POST", "/auth/verify": "POST", "/auth/logout": "POST",
			"/auth/session": "GET, HEAD", "/auth/sessions": "GET, HEAD", "/auth/sessions/x": "DELETE",
		}
		overrides := []string{"X-HTTP-Method-Override: POST", "X-HTTP-Method: POST", "X-Method-Override: POST"}
		for path, want := range allow {
			for _, method := range []string{"TRACE", "PUT", "PATCH", "OPTIONS", "PROPFIND", "BREW"} {
				res, body, err := ask(c, method, s.a.URL+path+"?_method=POST", "", append(overrides, fromSite)...)
				if err != nil {
					t.Fatal(err)
				}
				exampletest.Expect(t, method+" "+path, res, body, 405, "method_not_allowed")
				if res.Header.Get("Allow") != want {
					t.Errorf("%s %s: Allow %q, want %q", method, path, res.Header.Get("Allow"), want)
				}
				for _, cookie := range s.a.Cookies(c) {
					if strings.Contains(body, cookie.Value) { // what TRACE is for
						t.Errorf("%s %s echoes a cookie", method, path)
					}
				}
			}
		}
		for _, override := range append(overrides, "X-HTTP-Method-Override: DELETE") {
			res, body, _ := ask(c, "GET", s.a.URL+"/auth/session?_method=DELETE", "", override)
			exampletest.Expect(t, "GET with "+override, res, body, 200, w.Account)
			res, body, _ = ask(c, "POST", s.a.URL+"/auth/sessions/"+sessionID(s, c), "_method=DELETE", "X-HTTP-Method-Override: DELETE", fromSite, "Content-Type: application/x-www-form-urlencoded")
			exampletest.Expect(t, "POST to a session", res, body, 405, "method_not_allowed")
		}
		for _, method := range []string{"TRACE", "PUT", "PATCH", "DELETE"} {
			res, body, _ := ask(c, method, s.a.URL+"/private", "", fromSite)
			exampletest.Expect(t, method+" /private", res, body, 405, "")
		}
		res, body := s.b.Do(c, "GET", "/api/me", "")
		exampletest.Expect(t, "the session", res, body, 200, w.Account)
	})
}

// T42: no other origin reads anything, by a preflight or without one. Where
// one is trusted, that one does, and others still do not.
func TestT42NoCORS(t *testing.T) {
	t.Parallel()
	const trusted = "http://app.localhost:8080"
	check := func(t *testing.T, s *site, trusts bool) {
		c, _ := s.signedIn("alice.testnet")
		origins := []string{"https://evil.example", "null", "http://localhost:8080.evil.example", "https://localhost:8080", "http://evil.localhost:8080", trusted + ".evil.example", trusted}
		for _, path := range []string{"/auth/challenge", "/auth/verify", "/auth/logout", "/auth/session", "/auth/sessions", "/api/me", "/private"} {
			for _, origin := range origins {
				for _, method := range []string{"OPTIONS", "GET", "POST"} {
					ours := trusts && origin == trusted && path != "/private"
					if method == "POST" && ours {
						continue // it is let in, and would sign out
					}
					res, _, err := ask(c, method, s.a.URL+path, "", "Origin: "+origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type")
					if err != nil {
						t.Fatal(err)
					}
					got := res.Header.Get("Access-Control-Allow-Origin") + res.Header.Get("Access-Control-Allow-Credentials")
					if ours && got != trusted+"true" || !ours && got != "" {
						t.Errorf("%s %s from %s: %q", method, path, origin, got)
					}
				}
			}
		}
		res, body := s.b.Do(c, "GET", "/api/me", "")
		exampletest.Expect(t, "the session", res, body, 200, "alice.testnet")
	}
	onBoth(t, func(t *testing.T, s *site) { check(t, s, false) })
	t.Run("trusted", func(t *testing.T) {
		onBoth(t, func(t *testing.T, s *site) { check(t, s, true) }, "-trusted-origin", trusted)
	})
}

func sessionID(s *site, c *http.Client) string {
	s.t.Helper()
	_, body := s.a.Do(c, "GET", "/auth/sessions", "")
	found := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(body)
	if found == nil {
		s.t.Fatal("no session: ", body)
	}
	return found[1]
}

func cookieHeader(s *site, c *http.Client) string {
	var b strings.Builder
	for _, cookie := range s.a.Cookies(c) {
		b.WriteString(cookie.String() + "; ")
	}
	return b.String()
}
