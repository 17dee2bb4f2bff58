package store

import (
	"strings"
	"time"
)

// Account is a proven account on one network of one chain. Chain and ID
// together are the identity: the same ID on another chain or network is
// another account. PublicKey is the key that proved it. A contract has none: it
// is proved by Evidence, and PublicKey is a name for that.
type Account struct {
	Chain     string // CAIP-2: "near:mainnet"
	ID        string // in the chain's canonical form: "alice.near"
	PublicKey string // in the chain's canonical form: "ed25519:…"

	// Evidence is what the chain asks the network about beside the key: a
	// contract's signature. It is bytes of the chain's own, stays on the
	// server, and is empty for an account with keys.
	Evidence string `json:"-"`
}

// String returns the CAIP-10 account id, "near:mainnet:alice.near". Characters
// of the id that CAIP-10 does not allow (NEAR's underscore) are
// percent-encoded, so that different accounts never share one text.
func (a Account) String() string {
	var b strings.Builder
	b.Grow(len(a.Chain) + 1 + len(a.ID))
	b.WriteString(a.Chain)
	b.WriteByte(':')
	const hex = "0123456789ABCDEF"
	for i := range len(a.ID) {
		if c := a.ID[i]; caip10(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// caip10 reports whether CAIP-10 allows c in an account address as it is. The
// percent sign is allowed there only as what begins an encoded character.
func caip10(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.'
}

// Network returns the reference part of the chain: "mainnet".
func (a Account) Network() string {
	_, network, _ := strings.Cut(a.Chain, ":")
	return network
}

// Same reports whether b is the same account, whatever the key.
func (a Account) Same(b Account) bool { return a.Chain == b.Chain && a.ID == b.ID }

// Session is a signed-in session, as it was when the request loaded it.
type Session struct {
	Account    Account
	SignedInAt time.Time // the wallet's signature was accepted
	CheckedAt  time.Time // the chain last confirmed the key
	SeenAt     time.Time // last activity, in steps of SessionsConfig.Touch
	Until      time.Time // absolute end; renewing the token does not move it

	// under is the beginning of the hash of the token that this session was
	// loaded under, and zero for one that is new. It lets a commit tell an
	// update from a creation; see Records.
	under lineage
	// written is the record that Encode made last. CommitCtx notes in it which
	// hash it now lies under, so that a further commit of the same request,
	// after a new token, is an update: were it a creation, it would bring a
	// session back that was revoked between the two.
	written *lineage
	// lost is why the session could not be read: all else is unknown then.
	lost error
	// client is the client as it stands in the record: nobody asks for it on
	// a request.
	client []byte
	// epoch is the one of the realm at the sign-in; see Records.epochNow.
	epoch epoch
}

// Client is what a session remembers of the browser that signed in, for the
// person to recognise it by. It decides nothing.
type Client struct {
	IP        string // a network as CIDR text, "203.0.113.0/24", or as the application has it
	UserAgent string
}

// Public returns s without what only this package understands: a value that
// does not change with a commit.
func (s *Session) Public() Session {
	return Session{Account: s.Account, SignedInAt: s.SignedInAt, CheckedAt: s.CheckedAt, SeenAt: s.SeenAt, Until: s.Until, client: s.client}
}

// Client returns what the session remembers of the browser that signed in.
func (s *Session) Client() Client {
	r := reader{b: s.client}
	return Client{IP: string(r.bytes()), UserAgent: string(r.bytes())}
}

// remember is what the record holds of a client.
func (c Client) remember() []byte {
	return appendString(appendString(nil, c.IP), c.UserAgent)
}

// lineage is the beginning of the hash that a record lies under.
type lineage [16]byte

// Spread returns a byte that differs between sessions and stays the same while
// the token does, for what should not happen to all of them at once.
func (s *Session) Spread() byte { return s.under[0] }

// lineage returns what the record of s lies under.
func (s *Session) lineage() lineage {
	if s.written != nil {
		return *s.written
	}
	return s.under
}

// live reports whether s is a signed-in session at now.
func (s *Session) live(now time.Time) bool {
	return s != nil && s.lost == nil && s.Account.ID != "" && now.Before(s.Until)
}
