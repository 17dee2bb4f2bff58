package middleware

import (
	"net/http"
	"strings"
	"testing"
)

const cookieName = "__Host-nearauth"

// Where a request has two cookies of the name, or one that only looks like it,
// the session is nobody's.
func TestCookie(t *testing.T) {
	t.Parallel()
	const n = cookieName
	for _, c := range []struct {
		lines []string
		value string
		count int
	}{
		{nil, "", 0},
		{[]string{""}, "", 0},
		{[]string{n + "=abc"}, "abc", 1},
		{[]string{"a=1; " + n + "=abc; b=2"}, "abc", 1},
		{[]string{"a=1;" + n + "=abc;b=2;"}, "abc", 1},
		{[]string{"a=1", n + "=abc"}, "abc", 1},
		{[]string{n + "="}, "", 1},
		{[]string{" \t" + n + " = abc \t"}, "abc", 1},
		{[]string{n + "=a=b=="}, "a=b==", 1},
		{[]string{n + "=a; " + n + "=b"}, "b", 2},
		{[]string{n + "=a; " + n + "=a"}, "a", 2},
		{[]string{n + "=a", n + "=b"}, "b", 2},
		{[]string{n}, "", 0}, // a cookie without a name, of this value
		{[]string{"x" + n + "=abc"}, "", 0},
		{[]string{n + "x=abc"}, "", 0},
		{[]string{strings.ToLower(n) + "=abc"}, "", 0},
		{[]string{`a="x; ` + n + `=abc"`}, `abc"`, 1}, // no quotes around semicolons in cookies
		// Browsers do not take these for names that begin with __Host-, so
		// a sibling host may set them.
		{[]string{"\u00a0" + n + "=abc"}, "", 0},
		{[]string{"\u2000" + n + "=abc"}, "", 0},
		{[]string{n + "\u2028=abc"}, "", 0},
		{[]string{"\u0085" + n + "=abc"}, "", 0},
		{[]string{"\x85" + n + "=abc"}, "", 0},
		{[]string{"\v" + n + "=abc"}, "", 0},
		{[]string{"\f" + n + "=abc"}, "", 0},
		{[]string{"\u3000" + n + "=evil; " + n + "=abc"}, "abc", 1},
		{[]string{"a=1, " + n + "=abc"}, "", 0},
		{[]string{"$Version=1; " + n + "=abc"}, "abc", 1},
	} {
		value, count := cookie(c.lines, n)
		if value != c.value || count != c.count {
			t.Errorf("%q: %q, %d of them; want %q, %d", c.lines, value, count, c.value, c.count)
		}
	}
}

// Of cookies as browsers send them nothing else is made than net/http makes;
// and nothing is taken for the session that net/http would not at least take
// for a cookie of the name.
func FuzzCookie(f *testing.F) {
	f.Add("a=1; "+cookieName+"=abc; b=2", "")
	f.Add(cookieName+"=a", cookieName+"=b")
	f.Add(" "+cookieName+" = x ; ;=; =y; z", "\t")
	f.Add("\u2000"+cookieName+"=abc", cookieName+`="q"`)
	f.Add("\u0085"+cookieName+"=abc", cookieName)
	f.Fuzz(func(t *testing.T, one, two string) {
		lines := []string{one, two}
		value, n := cookie(lines, cookieName)
		named := (&http.Request{Header: http.Header{"Cookie": lines}}).CookiesNamed(cookieName)
		if ordinary(one) && ordinary(two) {
			if n != len(named) {
				t.Errorf("%q: %d, net/http finds %d", lines, n, len(named))
			}
			if n == 1 && value != named[0].Value {
				t.Errorf("%q: %q, net/http reads %q", lines, value, named[0].Value)
			}
		}
		// Without the values, of which net/http refuses some, the names alone.
		names := 0
		for _, line := range lines {
			for part := range strings.SplitSeq(line, ";") {
				if k, _, ok := strings.Cut(part, "="); ok {
					names += len((&http.Request{Header: http.Header{"Cookie": {k + "=x"}}}).CookiesNamed(cookieName))
				}
			}
		}
		if n > names {
			t.Errorf("%q: %d, but net/http sees the name %d times", lines, n, names)
		}
	})
}

// ordinary reports whether a line has only what RFC 6265 allows in it.
func ordinary(line string) bool {
	for part := range strings.SplitSeq(line, ";") {
		if _, _, ok := strings.Cut(part, "="); !ok && strings.Trim(part, " ") != "" {
			return false
		}
	}
	return len(line) < 1000 && !strings.Contains(line, "= ") && !strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`",\`, r) })
}
