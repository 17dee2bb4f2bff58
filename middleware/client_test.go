package middleware_test

import (
	"net/http"
	"testing"
)

func TestClientPrefix(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for remote, want := range map[string]string{
		"192.0.2.1:1234":             "192.0.2.1",
		"[::ffff:192.0.2.1]:1234":    "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64",
		"[2001:DB8:1:2::9]:443":      "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1":           "fe80::/64",
		"@":                          "",
		"":                           "",
	} {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {"198.51.100.7"}}}
		if got := s.guard.ClientPrefix(r); got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
}
