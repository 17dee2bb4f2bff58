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
// without one, and those behind a proxy on this machine that nobody declared.
func (g *Guard) ClientPrefix(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := g.client(peer.Addr().Unmap(), r.Header["X-Forwarded-For"])
	if addr.IsLoopback() {
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

// client walks back from the peer over the proxies that each trusted one
// names. The first address that is no proxy's is the client's; what stands
// before it anybody may have written.
func (g *Guard) client(addr netip.Addr, forwarded []string) netip.Addr {
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0 && g.proxy(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
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
		if !p.IsValid() || p.Bits() == 0 {
			return errors.New("TrustedProxies: a network that is none, or everything")
		}
	}
	return nil
}
