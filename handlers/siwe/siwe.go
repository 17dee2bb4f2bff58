// Package siwe reads, writes and verifies what an Ethereum wallet signs when it
// is asked to sign in: the text of EIP-4361 ("Sign-In with Ethereum"), signed
// as EIP-191 says.
//
// It is the standards and nothing else. It does no I/O, reads no clock and
// keeps no state. That [Recover] returns an address says that the holder of its
// key signed these bytes. It does not say that the text is about your site, that
// the nonce is yours and fresh, or that the text has not expired: [Parse] gives
// the fields, and the caller compares every one of them. The package
// handlers/ethereum does.
//
// # Use
//
// The server writes the text, keeps it, and verifies over what it kept:
//
//	statement := "Sign in to my-app.example"
//	text, err := siwe.Message{
//		Domain:         "my-app.example",
//		Address:        address, // from siwe.ParseAddress
//		Statement:      &statement,
//		URI:            "https://my-app.example",
//		ChainID:        "1",
//		Nonce:          nonce, // 128 bits of crypto/rand in hex, say
//		IssuedAt:       siwe.NewTime(now),
//		ExpirationTime: siwe.NewTime(now.Add(5 * time.Minute)),
//	}.Text()
//
//	// The wallet has signed: the signature is hex from the browser.
//	signature, err := siwe.ParseSignature(proof)
//	signer, err := siwe.Recover(siwe.Hash(text), signature)
//	ok := err == nil && signer == address
//
// A text that the browser built goes through [Parse] first, and the hash is
// taken over the bytes that were received, never over a text rendered anew.
//
// # Stricter than the standard
//
// [Parse] follows the grammar of EIP-4361, RFC 3986 and RFC 3339, including
// what is rare in it: a scheme in front of the domain, an empty statement, an
// empty request id, "Resources:" with nothing below, a leap second. On purpose
// it refuses of that
//
//   - a text of more than [MaxText] bytes
//   - an address without its EIP-55 checksum, which wallets always write
//   - a domain without a host, such as ":443" or "somebody@"
//
// [Recover] refuses a signature with s in the upper half of the order (EIP-2),
// or with v other than 0, 1, 27 and 28: anybody can make such a second
// signature from the first.
//
// # Errors
//
// Every error wraps one of the four below. Their texts contain no signature
// and no input.
package siwe

import (
	"errors"
	"fmt"
	"strings"
)

// MaxText is the length of the longest text that is read or written, in bytes.
// EIP-4361 asks implementers to choose one.
const MaxText = 8 << 10

var (
	// ErrMessage means that a text is not an EIP-4361 message, or that a
	// Message cannot be written as one.
	ErrMessage = errors.New("siwe: not an EIP-4361 message")

	// ErrAddress means that a text is not an Ethereum address, or has not the
	// checksum that it should have.
	ErrAddress = errors.New("siwe: not an Ethereum address")

	// ErrSignatureEncoding means that a text is not a signature in hex.
	ErrSignatureEncoding = errors.New("siwe: malformed signature")

	// ErrSignature means that a signature is not one that a key can have made
	// and that this package accepts.
	ErrSignature = errors.New("siwe: invalid signature")
)

// Message is an EIP-4361 message. Each field is spelled as in the text, so that
// a message that was read is written again byte for byte. A field that the
// standard makes optional is absent if it is "", nil, or the zero Time. The
// version has no field: it is 1.
type Message struct {
	Scheme         string  // of the origin, without "://"; absent means https
	Domain         string  // RFC 3986 authority: "my-app.example:8443"
	Address        Address // who signs
	Statement      *string // one line, may be empty
	URI            string  // what is signed in to
	ChainID        string  // EIP-155, in decimal digits
	Nonce          string  // 8 letters and digits or more
	IssuedAt       Time
	ExpirationTime Time     // optional
	NotBefore      Time     // optional
	RequestID      *string  // may be empty
	Resources      []string // URIs; empty and not nil is the label with nothing below
}

// preamble stands behind the domain on the first line.
const preamble = " wants you to sign in with your Ethereum account:"

// The labels of the fields, in the order they have.
const (
	labelURI       = "URI: "
	labelVersion   = "Version: "
	labelChainID   = "Chain ID: "
	labelNonce     = "Nonce: "
	labelIssuedAt  = "Issued At: "
	labelExpires   = "Expiration Time: "
	labelNotBefore = "Not Before: "
	labelRequestID = "Request ID: "
	labelResources = "Resources:"
	labelResource  = "- "
)

// check holds every field against the grammar. Parse and Text share it, so that
// nothing is written that would be read differently: a line break in a field
// could otherwise add another field.
func (m *Message) check() (problem string) {
	switch {
	case m.Scheme != "" && !isScheme(m.Scheme):
		return "the scheme"
	case !isAuthority(m.Domain, true):
		return "the domain is not an RFC 3986 authority with a host"
	case m.Statement != nil && !isStatement(*m.Statement):
		return "a character in the statement"
	case !isURI(m.URI):
		return "the URI"
	case m.ChainID == "" || !all(m.ChainID, isDigit):
		return "the chain ID is not a number"
	case len(m.Nonce) < 8 || !all(m.Nonce, isAlphanumeric):
		return "the nonce is not 8 or more letters and digits"
	case m.IssuedAt.IsZero():
		return "no time of issue"
	case m.RequestID != nil && !isPath(*m.RequestID, ""):
		return "a character in the request ID"
	}
	for _, r := range m.Resources {
		if !isURI(r) {
			return "a resource is not a URI"
		}
	}
	return ""
}

// Text returns the message as it is to be signed. Errors wrap [ErrMessage]: a
// field that breaks the grammar, or more than [MaxText] bytes in all.
func (m Message) Text() (string, error) {
	if problem := m.check(); problem != "" {
		return "", fmt.Errorf("%w: %s", ErrMessage, problem)
	}
	var b strings.Builder
	b.Grow(512)
	m.write(&b)
	if b.Len() > MaxText {
		return "", fmt.Errorf("%w: longer than %d bytes", ErrMessage, MaxText)
	}
	return b.String(), nil
}

func (m *Message) write(b *strings.Builder) {
	put := func(parts ...string) {
		for _, part := range parts {
			b.WriteString(part)
		}
	}
	if m.Scheme != "" {
		put(m.Scheme, "://")
	}
	put(m.Domain, preamble, "\n", m.Address.String(), "\n\n")
	if m.Statement != nil {
		put(*m.Statement, "\n")
	}
	put("\n", labelURI, m.URI, "\n", labelVersion, "1\n", labelChainID, m.ChainID,
		"\n", labelNonce, m.Nonce, "\n", labelIssuedAt, m.IssuedAt.String())
	if !m.ExpirationTime.IsZero() {
		put("\n", labelExpires, m.ExpirationTime.String())
	}
	if !m.NotBefore.IsZero() {
		put("\n", labelNotBefore, m.NotBefore.String())
	}
	if m.RequestID != nil {
		put("\n", labelRequestID, *m.RequestID)
	}
	if m.Resources != nil {
		put("\n", labelResources)
		for _, r := range m.Resources {
			put("\n", labelResource, r)
		}
	}
}
