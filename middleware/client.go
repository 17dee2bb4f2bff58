package middleware

import (
	"net/http"
	"net/netip"
)

// ClientPrefix returns the network that a request is counted under: the IPv4
// address, or the /64 of an IPv6 address, which is what one subscriber has. It
// is that of the connection; no header is believed. The empty string stands for
// all clients whose address is not known.
func (g *Guard) ClientPrefix(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := peer.Addr().Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return ""
	}
	return prefix.String()
}
