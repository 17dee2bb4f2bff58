package middleware

import (
	"net/http"
	"net/url"
	"strings"
)

// maxLocalPath bounds a next parameter.
const maxLocalPath = 2048

// LocalPath returns next if it can only be a path of this site, with its query
// and fragment, and "/" and false otherwise. Use it on every next parameter
// before redirecting to it: browsers also read "//evil.example",
// "/\evil.example" and "/<tab>/evil.example" as another host.
func LocalPath(next string) (string, bool) {
	// Two slashes begin a host, and an empty host parses as none.
	if len(next) > maxLocalPath || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		return "/", false
	}
	for i := range len(next) {
		// Browsers strip tabs and line feeds and take a backslash for a slash.
		if c := next[i]; c <= ' ' || c >= 0x7f || c == '\\' {
			return "/", false
		}
	}
	u, err := url.Parse(next)
	if err != nil {
		return "/", false
	}
	// A path that resolves to "//…" would leave once a browser, or
	// http.Redirect, has cleaned it; and an encoded control character may be
	// decoded on the way.
	if strings.Contains(u.Path, "//") || strings.Contains(u.Path, "\\") ||
		strings.Contains(u.Path, "/../") || strings.HasSuffix(u.Path, "/..") || strings.ContainsFunc(u.Path, control) {
		return "/", false
	}
	return next, true
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// loginURL returns the login page with the requested page in next. The page is
// taken from the request as it came in: the prefix that a mux has stripped
// from the URL belongs to it.
func (g *Guard) loginURL(r *http.Request) string {
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return g.loginPage
	}
	next, ok := LocalPath((&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String())
	if !ok {
		return g.loginPage
	}
	separator := "?"
	if strings.Contains(g.loginPage, "?") {
		separator = "&"
	}
	return g.loginPage + separator + "next=" + url.QueryEscape(next)
}
