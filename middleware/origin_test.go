package middleware_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/middleware"
)

func TestCheckOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *middleware.Config) { c.TrustedOrigins = []string{"https://admin.my-app.example"} })
	cookie, h := s.signIn(alice), s.guard.RequireAccount(hello)
	for _, c := range []struct {
		name, method string
		header       []string
		ok           bool
	}{
		{"no browser", "POST", nil, true},
		{"same origin", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", origin}, true},
		{"same origin, old browser", "POST", []string{"Origin", origin}, true},
		{"typed by the person", "POST", []string{"Sec-Fetch-Site", "none"}, true},
		{"trusted", "POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://admin.my-app.example"}, true},
		{"trusted, old browser", "DELETE", []string{"Origin", "https://admin.my-app.example"}, true},
		{"cross site", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		{"cross site without Origin", "POST", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"sibling host", "POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://evil.my-app.example"}, false},
		{"sibling host without Origin", "POST", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"old browser, cross site", "POST", []string{"Origin", "https://evil.example"}, false},
		{"null", "POST", []string{"Origin", "null"}, false},
		{"empty Origin", "POST", []string{"Origin", ""}, false},
		{"user in Origin", "POST", []string{"Origin", "https://evil@my-app.example"}, false},
		{"other scheme", "POST", []string{"Origin", "http://my-app.example"}, false},
		{"other port", "POST", []string{"Origin", "https://my-app.example:8443"}, false},
		{"suffix", "POST", []string{"Origin", "https://my-app.example.evil.example"}, false},
		{"upper case", "POST", []string{"Origin", "https://MY-APP.example"}, false},
		{"same-origin claimed, other Origin", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.example"}, false},
		{"two Origins", "POST", []string{"Origin", origin, "Origin", "https://evil.example"}, false},
		{"invented method", "BREW", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"GET", "GET", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, true},
		{"HEAD", "HEAD", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"WebSocket of another site", "GET", []string{"Upgrade", "websocket", "Connection", "Upgrade", "Origin", "https://evil.example"}, false},
		{"WebSocket of another site by metadata", "GET", []string{"Upgrade", "websocket", "Sec-Fetch-Site", "cross-site"}, false},
		{"WebSocket of this site", "GET", []string{"Upgrade", "websocket", "Sec-Fetch-Site", "same-origin", "Origin", origin}, true},
	} {
		w := do(h, c.method, origin+"/private", cookie, c.header...)
		if ok := w.Code == 200; ok != c.ok || !ok && (w.Code != 403 || code(w) != "cross_origin") {
			t.Errorf("%s: %d %s, want ok %v", c.name, w.Code, w.Body, c.ok)
		}
		if w := do(s.guard.OptionalAccount(hello), c.method, origin+"/", cookie, c.header...); (w.Code == 200) != c.ok {
			t.Errorf("%s, optional: %d, want ok %v", c.name, w.Code, c.ok)
		}
	}
	// A proxy that rewrites Host must not break the site's own requests.
	if w := do(h, "POST", "http://10.0.0.7:8080/private", cookie, "Origin", origin); w.Code != 200 {
		t.Errorf("own origin behind a proxy: %d", w.Code)
	}
	// Nor may an attacker's host name that resolves here pass for the site.
	if w := do(h, "POST", "https://evil.example/private", cookie, "Origin", "https://evil.example"); w.Code != 403 {
		t.Errorf("origin equal to Host but not configured: %d", w.Code)
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	const trusted = "https://admin.my-app.example"
	s := newSite(t, func(c *middleware.Config) { c.TrustedOrigins = []string{trusted} })
	h := s.guard.CORS(s.guard.RequireAccount(hello))
	cookie := s.signIn(alice)

	w := do(h, "OPTIONS", "/private", nil, "Origin", trusted, "Access-Control-Request-Method", "POST")
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != trusted ||
		w.Header().Get("Access-Control-Allow-Credentials") != "true" || !strings.Contains(w.Header().Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
	w = do(h, "GET", "/private", cookie, "Origin", trusted)
	if w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != trusted || !strings.Contains(strings.Join(w.Header().Values("Vary"), ","), "Origin") {
		t.Errorf("request: %d %v", w.Code, w.Header())
	}
	for _, other := range []string{"https://evil.example", "null", origin, trusted + ".evil.example", "HTTPS://admin.my-app.example"} {
		for _, method := range []string{"GET", "OPTIONS"} {
			w := do(h, method, "/private", cookie, "Origin", other, "Access-Control-Request-Method", "POST")
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s from %s: %s", method, other, name)
				}
			}
		}
	}
	plain := newSite(t)
	if w := do(plain.guard.CORS(hello), "GET", "/", nil, "Origin", trusted); w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("CORS without a trusted origin")
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"/", "/private", "/a/b?c=d&e=//f#g", "/a%20b", "/%C3%A9", "/a.b/..c", "/?next=https://x.example"} {
		if got, ok := middleware.LocalPath(next); !ok || got != next {
			t.Errorf("%q: %q %v", next, got, ok)
		}
	}
	base, _ := url.Parse(origin)
	for _, next := range []string{
		"", "private", "//evil.example", "///evil.example", `/\evil.example`, `\/evil.example`, `\\evil.example`,
		"/%09/evil.example", "/\t/evil.example", "/%0a/evil.example", "/%5cevil.example", "/%2f/evil.example", "/%2fevil.example/",
		"https:evil.example", "https://evil.example", "https:/evil.example", "HTTPS://evil.example",
		"javascript:alert(1)", "/..//evil.example", "/a/..//evil.example", "/a/../../evil", "/.//evil.example",
		"/\r\nSet-Cookie: a=b", "/%0d%0aSet-Cookie:%20a=b", "@evil.example", " /private", "/é", "/a b", "/%",
		"/" + strings.Repeat("a", 8192), "?a", "#a", "/..",
	} {
		if got, ok := middleware.LocalPath(next); ok || got != "/" {
			u, _ := base.Parse(next)
			t.Errorf("%.40q: %q %v (a browser goes to %v)", next, got, ok, u)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/private", "//evil", `/\evil`, "/%09/evil", "/..//evil"} {
		f.Add(s)
	}
	base, _ := url.Parse(origin)
	f.Fuzz(func(t *testing.T, next string) {
		got, ok := middleware.LocalPath(next)
		u, err := base.Parse(got)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil {
			t.Fatalf("%q (%v) leads to %v", next, ok, u)
		}
		if ok && (strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t")) {
			t.Fatalf("%q passes", next)
		}
	})
}
