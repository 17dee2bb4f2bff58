package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Origin is the web origin of a site (RFC 6454): scheme, host and port, as a
// browser writes it in an Origin header. Everything that depends on where the
// site lives follows from this one configured value and never from a request.
type Origin struct {
	scheme string
	host   string // with the port, unless it is the scheme's own
}

// ErrOrigin is wrapped by every error of ParseOrigin.
var ErrOrigin = errors.New("store: invalid origin")

// ParseOrigin reads an origin such as "https://my-app.example" or
// "http://localhost:8080". It is strict, because origins are compared byte for
// byte: lower case, no path, no trailing slash, no user, no default port, and
// international names in their ASCII form.
func ParseOrigin(s string) (Origin, error) {
	fail := func(why string) (Origin, error) {
		return Origin{}, fmt.Errorf("%w %q: %s", ErrOrigin, s, why)
	}
	u, err := url.Parse(s)
	switch {
	case s == "":
		return fail("it is required")
	case err != nil:
		return fail("it is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return fail("the scheme must be https or http")
	case u.Hostname() == "":
		return fail("it has no host")
	}
	o := Origin{scheme: u.Scheme, host: u.Host}
	switch {
	case o.String() != s:
		return fail("it must be scheme://host[:port] and nothing else")
	case strings.ToLower(s) != s:
		return fail("it must be in lower case, as browsers send it")
	case strings.HasSuffix(s, ":"), u.Port() == defaultPorts[u.Scheme]:
		return fail("browsers leave out the default port")
	case !portText(u.Port()):
		return fail("the port is not one")
	case !hostText(u.Host, u.Hostname()):
		return fail("the host is not written as browsers write it")
	case !hostASCII(u.Host):
		return fail("the host must be plain ASCII (punycode for international names)")
	}
	return o, nil
}

var defaultPorts = map[string]string{"https": "443", "http": "80"}

func portText(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0 && strconv.FormatUint(n, 10) == port
}

// hostText reports whether a host has no empty labels and, if it is an IPv6
// address, the one text that RFC 5952 gives it.
func hostText(host, name string) bool {
	if strings.HasPrefix(host, "[") {
		addr, err := netip.ParseAddr(name)
		return err == nil && addr.String() == name
	}
	return !slices.Contains(strings.Split(name, "."), "")
}

func hostASCII(host string) bool {
	for i := range len(host) {
		c := host[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case strings.IndexByte(".-:[]_", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// String returns the origin as a browser sends it.
func (o Origin) String() string { return o.scheme + "://" + o.host }

// Host returns the host, with the port unless it is the scheme's own.
func (o Origin) Host() string { return o.host }

// Secure reports whether the site is served over https. Only then may cookies
// carry the Secure attribute and the __Host- prefix.
func (o Origin) Secure() bool { return o.scheme == "https" }

// Loopback reports whether the host can only be this machine: localhost, a
// name under .localhost (RFC 6761 §6.3), or a loopback address.
func (o Origin) Loopback() bool {
	u, err := url.Parse(o.String())
	if err != nil {
		return false
	}
	name := u.Hostname()
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}

// CheckTransport returns an error for plain http on a host that is not this
// machine, where anybody on the way reads the cookies, unless insecure.
func (o Origin) CheckTransport(insecure bool) error {
	if o.Secure() || o.Loopback() || insecure {
		return nil
	}
	return fmt.Errorf("%w %q: plain http is for loopback hosts; set InsecureHTTP to allow it all the same", ErrOrigin, o)
}

// CookieName returns name with the __Host- prefix where the origin allows it.
// Browsers refuse a cookie of that name from any other host, path or scheme
// (RFC 6265bis §4.1.3.2), so a sibling domain cannot plant one.
func (o Origin) CookieName(name string) string {
	if o.Secure() {
		return "__Host-" + name
	}
	return name
}

// Realm returns what the keys of this site begin with.
func (o Origin) Realm() Realm {
	sum := sha256.Sum256([]byte("nearauth realm\x00" + o.String()))
	return Realm(sum[:len(Realm{})])
}
