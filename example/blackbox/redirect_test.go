package blackbox

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// T43: everything that browsers and libraries have been talked into taking for
// a path of the site.
func TestT43OpenRedirect(t *testing.T) {
	t.Parallel()
	evil := []string{
		"//evil.example", "///evil.example", `/\evil.example`, `\/evil.example`, `\\evil.example`, "/\t/evil.example", "/\n/evil.example", "\t//evil.example",
		"/%09/evil.example", "/%0a/evil.example", "/%5cevil.example", "/%2f/evil.example", "/%2f%2fevil.example", "https:evil.example", "https://evil.example", "http:/evil.example", "HTTPS://evil.example",
		"/..//evil.example", "/.//evil.example", "/a/..//evil.example", "/%2e%2e//evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "/\r\nLocation: https://evil.example",
		"@evil.example", "/private@evil.example:x\\", ".evil.example", "evil.example", "", " //evil.example", "/ /evil.example", "?next=//evil.example", "#//evil.example",
		"\u2028//evil.example", "／／evil.example", "/\u00a0/evil.example", "//localhost:8080@evil.example", "/" + strings.Repeat("a", 8<<10),
	}
	for _, l := range []string{"//evil.example/x", `/\evil.example`, "/\t/evil.example", "https:evil.example"} {
		if to := leadsTo(t, l); to == "localhost:8080" {
			t.Fatalf("%q leads to %s: the measure is wrong", l, to)
		}
	}
	next := regexp.MustCompile(`data-next="([^"]*)"`)
	onBoth(t, func(t *testing.T, s *site) {
		c := exampletest.Browser()
		for _, n := range evil {
			res, body, err := ask(c, "GET", s.a.URL+"/?next="+url.QueryEscape(n), "")
			if err != nil {
				t.Fatal(err)
			}
			exampletest.Expect(t, n, res, body, 200, `data-next="/private"`)
		}
		res, body, _ := ask(c, "GET", s.a.URL+"/?next="+url.QueryEscape("/private?a=b#c"), "")
		if found := next.FindStringSubmatch(body); res.StatusCode != 200 || found == nil || found[1] != "/private?a=b#c" {
			t.Errorf("a path of the site: %d %v", res.StatusCode, found)
		}
		// Where the server itself redirects, the path is whatever was asked for.
		for _, path := range []string{
			"/private", "/private?next=//evil.example", "//evil.example/private", "//evil.example/..", "///evil.example/", "/%2fevil.example/private", `/\evil.example/private`, "/\\/evil.example", "/./private", "//private",
			"/private?\\\\evil.example", "/private?%0d%0aLocation:%20https://evil.example", "/auth//evil.example", "/private?" + strings.Repeat("a", 8<<10),
		} {
			r, _ := http.NewRequest("GET", s.a.URL, nil)
			r.URL.Opaque = "//" + r.URL.Host + path // as it is, unescaped
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			res, _ := s.a.Send(c, r)
			if to := res.Header.Get("Location"); to != "" && leadsTo(t, to) != "localhost:8080" {
				t.Errorf("%s leads to %s", path, to)
			}
			if path == "/private" && (res.StatusCode != 303 || res.Header.Get("Location") != "/?next=%2Fprivate") {
				t.Errorf("%s: %d %q", path, res.StatusCode, res.Header.Get("Location"))
			}
		}
		res, _, _ = ask(c, "POST", s.a.URL+"/auth/logout?next=//evil.example", "", fromSite, "Sec-Fetch-Mode: navigate")
		if res.StatusCode != 303 || res.Header.Get("Location") != "/" {
			t.Errorf("sign-out by form: %d %q", res.StatusCode, res.Header.Get("Location"))
		}
	})
}

// leadsTo is the host that a browser goes to from a page of the site: browsers
// drop tabs and line breaks and take a backslash for a slash.
func leadsTo(t *testing.T, location string) string {
	t.Helper()
	location = strings.NewReplacer("\t", "", "\r", "", "\n", "", `\`, "/").Replace(location)
	base, _ := url.Parse(exampletest.Site + "/private")
	to, err := base.Parse(location)
	if err != nil {
		return err.Error()
	}
	if to.Opaque != "" { // "https:evil.example"
		return to.Opaque
	}
	return to.Host
}
