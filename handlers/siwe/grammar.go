package siwe

import (
	"net/netip"
	"strings"
)

// The rules of RFC 3986 and EIP-4361 as predicates over bytes. Everything they
// accept is printable ASCII: no byte of another script, no control character,
// nothing that changes the direction of the text in front of a person.

func isAlpha(c byte) bool        { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool        { return '0' <= c && c <= '9' }
func isAlphanumeric(c byte) bool { return isAlpha(c) || isDigit(c) }
func isHexDigit(c byte) bool     { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isUnreserved(c byte) bool { return isAlphanumeric(c) || isOneOf(c, "-._~") }
func isSubDelim(c byte) bool   { return isOneOf(c, "!$&'()*+,;=") }
func isGenDelim(c byte) bool   { return isOneOf(c, ":/?#[]@") }

func isOneOf(c byte, set string) bool { return strings.IndexByte(set, c) >= 0 }

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

// isStatement is *( reserved / unreserved / " " ): a single line without
// " % < > \ ^ ` { | }.
func isStatement(s string) bool {
	return all(s, func(c byte) bool { return c == ' ' || isUnreserved(c) || isSubDelim(c) || isGenDelim(c) })
}

// isEncoded is *( unreserved / pct-encoded / sub-delims ), and the bytes of more.
func isEncoded(s, more string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isUnreserved(c), isSubDelim(c), isOneOf(c, more):
		case c == '%' && i+2 < len(s) && isHexDigit(s[i+1]) && isHexDigit(s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return true
}

// isPath is *pchar, and the bytes of more.
func isPath(s, more string) bool { return isEncoded(s, ":@"+more) }

func isScheme(s string) bool {
	return s != "" && isAlpha(s[0]) && all(s, func(c byte) bool { return isAlphanumeric(c) || isOneOf(c, "+-.") })
}

// isURI is the rule URI: a scheme, and no relative reference.
func isURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !isScheme(scheme) {
		return false
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	path, query, _ := strings.Cut(rest, "?")
	if authority, found := strings.CutPrefix(path, "//"); found {
		end := strings.IndexByte(authority, '/')
		if end < 0 {
			end = len(authority)
		}
		if !isAuthority(authority[:end], false) {
			return false
		}
		path = authority[end:]
	}
	return isPath(path, "/") && isPath(query, "/?") && isPath(fragment, "/?")
}

// isAuthority is [ userinfo "@" ] host [ ":" port ]. The grammar lets a host be
// empty, as in "file:///".
func isAuthority(s string, needHost bool) bool {
	host := s
	if i := strings.IndexByte(s, '@'); i >= 0 {
		if !isEncoded(s[:i], ":") {
			return false
		}
		host = s[i+1:]
	}
	// A colon in brackets is the address's own.
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		if !all(host[i+1:], isDigit) {
			return false
		}
		host = host[:i]
	}
	if strings.HasPrefix(host, "[") {
		return isIPLiteral(host)
	}
	// An IPv4 address is a reg-name, too, and "1.1.1.256" is only the latter.
	return isEncoded(host, "") && (host != "" || !needHost)
}

// isIPLiteral is "[" ( IPv6address / IPvFuture ) "]". RFC 3986 has no zones.
func isIPLiteral(s string) bool {
	s, ok := strings.CutSuffix(s[1:], "]")
	if !ok {
		return false
	}
	if s != "" && s[0]|0x20 == 'v' {
		version, address, ok := strings.Cut(s[1:], ".")
		return ok && version != "" && all(version, isHexDigit) && address != "" &&
			all(address, func(c byte) bool { return isUnreserved(c) || isSubDelim(c) || c == ':' })
	}
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Is6() && ip.Zone() == ""
}
