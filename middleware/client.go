package middleware

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientPrefix returns the network that a request is counted under: the IPv4
// address, or the /64 of an IPv6 address, which is what one subscriber has. It
// is that of the connection, unless the peer is one of the configured proxies.
// The empty string stands for all clients whose address is not known: those
// without one, and those behind a proxy that nobody declared.
func (g *Guard) ClientPrefix(r *http.Request) string {
	addr, ok := g.clientAddr(r)
	if !ok {
		return ""
	}
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return ""
	}
	return prefix.String()
}

// clientAddr returns the client's address, if it is known. A site that is not
// on this machine and is visited from this machine has a proxy in front of it,
// and so has one on https whose server is asked by somebody else without TLS.
func (g *Guard) clientAddr(r *http.Request) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	if g.origin.Secure() && r.TLS == nil && !g.proxy(peer.Addr().Unmap()) {
		g.undeclared.Do(func() {
			g.log.Error("nearauth: a proxy that TrustedProxies does not name is in front of this site: all its clients are counted as one", "proxy", peer.Addr().String())
		})
		return netip.Addr{}, false
	}
	addr := g.client(peer.Addr().Unmap(), r.Header["X-Forwarded-For"])
	return addr, !addr.IsLoopback() || g.loopback
}

// overTLS reports whether the client's connection was encrypted.
func (g *Guard) overTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !g.proxy(peer.Addr().Unmap()) {
		return false
	}
	said := r.Header["X-Forwarded-Proto"]
	return len(said) == 1 && strings.EqualFold(said[0], "https")
}

// CoarseIP returns the client's network as CIDR text, IPv4 /24 or IPv6 /48:
// enough to recognise a session by and no more. FullIP returns the address.
// Both are "" where it is not known.
func (g *Guard) CoarseIP(r *http.Request) string {
	addr, ok := g.clientAddr(r)
	if !ok {
		return ""
	}
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	prefix, _ := addr.WithZone("").Prefix(bits) // the zero Prefix has no text
	if !prefix.IsValid() {
		return ""
	}
	return prefix.String()
}

// FullIP returns the client's address.
func (g *Guard) FullIP(r *http.Request) string {
	addr, ok := g.clientAddr(r)
	if !ok {
		return ""
	}
	return addr.WithZone("").String()
}

// client walks back from the peer over the proxies that each trusted one
// names. The first address that is no proxy's is the client's; what stands
// before it anybody may have written.
func (g *Guard) client(addr netip.Addr, forwarded []string) netip.Addr {
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0 && g.proxy(addr); i-- {
		text := strings.TrimSpace(hops[i])
		if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
			text = text[1 : len(text)-1]
		}
		hop, err := netip.ParseAddr(text)
		if err != nil { // some proxies add the port
			withPort, e := netip.ParseAddrPort(text)
			hop, err = withPort.Addr(), e
		}
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr
}

func (g *Guard) proxy(addr netip.Addr) bool {
	return slices.ContainsFunc(g.proxies, func(p netip.Prefix) bool { return p.Contains(addr.WithZone("")) })
}

func checkProxies(proxies []netip.Prefix) error {
	for _, p := range proxies {
		if !p.IsValid() || p.Bits() == 0 || p.Addr().Is4In6() {
			return errors.New("TrustedProxies: a network that is none, or everything, or IPv4 written as IPv6")
		}
	}
	return nil
}
