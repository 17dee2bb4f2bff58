package middleware_test

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"testing"

	"github.com/nearauth/nearauth/middleware"
)

func TestClientPrefix(t *testing.T) {
	t.Parallel()
	plain := newSite(t)
	proxied := newSite(t, func(c *middleware.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("127.0.0.0/8")}
	})
	for _, c := range []struct {
		site              *site
		remote, forwarded string
		want              string
	}{
		{plain, "192.0.2.1:1234", "198.51.100.7", "192.0.2.1"},
		{plain, "[::ffff:192.0.2.1]:1234", "", "192.0.2.1"},
		{plain, "[2001:db8:1:2:3:4:5:6]:443", "", "2001:db8:1:2::/64"},
		{plain, "[2001:DB8:1:2::9]:443", "", "2001:db8:1:2::/64"},
		{plain, "[fe80::1%eth0]:1", "", "fe80::/64"},
		{plain, "127.0.0.1:1", "198.51.100.7", ""},
		{plain, "@", "", ""},
		{plain, "", "", ""},
		{proxied, "192.0.2.1:1234", "198.51.100.7", "192.0.2.1"},
		{proxied, "10.0.0.1:1", "198.51.100.7", "198.51.100.7"},
		{proxied, "10.0.0.1:1", "203.0.113.9, 198.51.100.7", "198.51.100.7"},
		{proxied, "10.0.0.1:1", "203.0.113.9, 198.51.100.7, 10.9.9.9", "198.51.100.7"},
		{proxied, "10.0.0.1:1", "203.0.113.9,garbage", "10.0.0.1"},
		{proxied, "10.0.0.1:1", "198.51.100.7:1234", "198.51.100.7"},
		{proxied, "10.0.0.1:1", "[2001:db8::1]:1234", "2001:db8::/64"},
		{proxied, "10.0.0.1:1", "[2001:db8::1]", "2001:db8::/64"},
		{proxied, "10.0.0.1:1", "", "10.0.0.1"},
		{proxied, "[fd00::1]:1", "2001:DB8::1", "2001:db8::/64"},
		{proxied, "[::ffff:10.0.0.1]:1", "::ffff:198.51.100.7", "198.51.100.7"},
		{proxied, "127.0.0.1:1", "198.51.100.7", "198.51.100.7"},
		{proxied, "127.0.0.1:1", "", ""},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}, TLS: new(tls.ConnectionState)}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := c.site.guard.ClientPrefix(r); got != c.want {
			t.Errorf("%q for %q: %q, want %q", c.remote, c.forwarded, got, c.want)
		}
	}
}
