package ethereum

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/siwe"
)

// skew is how far the clock of a browser may be off.
const skew = 3 * time.Minute

// Challenge implements handlers.Chain. For an account, the message becomes the
// text of EIP-4361 with the configured message as its statement, and the answer
// has two further members, "messageHex" and "address", the parameters of
// personal_sign. Without an account there is no text yet, and the message is
// empty. The nonce is spelled as 64 hex digits.
func (c *Chain) Challenge(r handlers.Request) (handlers.Challenge, error) {
	challenge := handlers.Challenge{Request: r, NonceText: nonceOf(r)}
	if r.AccountID == "" {
		challenge.Message = ""
		return challenge, nil
	}
	address, err := siwe.ParseAddress(r.AccountID)
	if err != nil {
		return handlers.Challenge{}, malformed(err)
	}
	challenge.AccountID = address.String()
	if challenge.Message, err = c.text(r, address); err != nil {
		return handlers.Challenge{}, err
	}
	challenge.Members = []handlers.Member{
		{Name: "messageHex", Value: hexBytes([]byte(challenge.Message))},
		{Name: "address", Value: challenge.AccountID},
	}
	return challenge, nil
}

// text is what the server lets an account sign. A missing scheme means https
// (EIP-4361), so another one is written.
func (c *Chain) text(r handlers.Request, address siwe.Address) (string, error) {
	scheme, domain := splitOrigin(r.Origin)
	if scheme == "https" {
		scheme = ""
	}
	m := siwe.Message{
		Scheme:         scheme,
		Domain:         domain,
		Address:        address,
		URI:            r.Origin,
		ChainID:        c.chainIDs[0],
		Nonce:          nonceOf(r),
		IssuedAt:       siwe.NewTime(r.IssuedAt),
		ExpirationTime: siwe.NewTime(r.ExpiresAt),
	}
	if r.Message != "" {
		m.Statement = &r.Message
	}
	text, err := m.Text()
	if err != nil {
		return "", fmt.Errorf("ethereum: Message and Origin make no text: %w", err)
	}
	return text, nil
}

// splitOrigin takes "https://my-app.example:8443" apart.
func splitOrigin(origin string) (scheme, domain string) {
	scheme, domain, _ = strings.Cut(origin, "://")
	return scheme, domain
}

// Check returns what is wrong with a site's configuration for this chain: a
// Message that cannot be a statement of EIP-4361, which has no character other
// than ASCII letters, digits, the space and -._~:/?#[]@!$&'()*+,;= in it.
func (c *Chain) Check(r handlers.Request) error {
	r.IssuedAt = time.Unix(0, 0)
	_, err := c.text(r, siwe.Address{})
	return err
}

// ReadMessage reads a text that the client wrote, and returns the challenge with
// it and the account it names. See the package comment for what it must say. An
// error is handlers.ErrMalformed, or handlers.ErrUnsupportedChain for a chain id.
func (c *Chain) ReadMessage(challenge handlers.Challenge, message string) (handlers.Challenge, error) {
	return c.readMessage(challenge, message, nonceOf(challenge.Request))
}

func (c *Chain) readMessage(challenge handlers.Challenge, message, nonce string) (handlers.Challenge, error) {
	if challenge.Message != "" && challenge.Message != message {
		return handlers.Challenge{}, malformed(errIssued)
	}
	m, err := siwe.Parse(message)
	if err != nil {
		return handlers.Challenge{}, malformed(err)
	}
	switch err := c.compare(challenge, m, nonce, time.Now()); {
	case errors.Is(err, errOtherChainID):
		return handlers.Challenge{}, fmt.Errorf("ethereum: %w: %w", handlers.ErrUnsupportedChain, err)
	case err != nil:
		return handlers.Challenge{}, malformed(err)
	}
	challenge.Message, challenge.AccountID = message, m.Address.String()
	return challenge, nil
}

// errOtherChainID is for the front end to hear: it is what comes of a wallet that
// is connected to another network.
var errOtherChainID = errors.New("the chain ID is not one of those configured")

// compare holds every field of a client's text against the challenge.
func (c *Chain) compare(challenge handlers.Challenge, m *siwe.Message, nonce string, now time.Time) error {
	scheme, domain := splitOrigin(challenge.Origin)
	switch {
	case m.Domain != domain:
		return errors.New("the domain is not the site's")
	case m.Scheme != "" && m.Scheme != scheme:
		return errors.New("the scheme is not the site's")
	case !within(m.URI, challenge.Origin):
		return errors.New("the URI is not on the site")
	case !slices.Contains(c.chainIDs, m.ChainID):
		return errOtherChainID
	case m.Nonce != nonce:
		return errors.New("the nonce is not the challenge's")
	case m.Statement != nil && *m.Statement == "", slices.ContainsFunc(m.Resources, hasIPLiteral):
		return errUnchecked
	}
	return compareTimes(challenge, m, now)
}

// errUnchecked is about texts by the grammar that wallets do not take for a
// sign-in: MetaMask then shows them as any other, and does not hold their domain
// against the page that asks. Its parser (@spruceid/siwe-parser 2.1) knows no
// empty statement, and few IPv6 addresses.
var errUnchecked = errors.New("an empty statement or an IP literal in a resource: wallets do not check such a text")

func hasIPLiteral(uri string) bool { return strings.Contains(uri, "[") }

// nonceOf is the nonce as a text has it: letters and digits only.
func nonceOf(r handlers.Request) string { return hex.EncodeToString(r.Nonce[:]) }

// within reports whether the URI is the origin or below it. Scheme and host are
// the same in any letter case (RFC 3986 §6.2.2.1). What follows an authority
// begins with one of three characters, and "@" or ":" would change the host.
func within(uri, origin string) bool {
	if origin == "" || len(uri) < len(origin) || !strings.EqualFold(uri[:len(origin)], origin) {
		return false
	}
	rest := uri[len(origin):]
	return rest == "" || strings.IndexByte("/?#", rest[0]) >= 0
}

// compareTimes allows for the browser's clock where the text says when it was
// written. Where it says when it holds, that is taken at its word. Each time
// counts by itself.
func compareTimes(challenge handlers.Challenge, m *siwe.Message, now time.Time) error {
	issued, expires, begins := m.IssuedAt.Time(), m.ExpirationTime, m.NotBefore
	switch {
	case issued.Before(challenge.IssuedAt.Add(-skew)):
		return errors.New("issued before the challenge was: is the clock of the device wrong?")
	case issued.After(now.Add(skew)):
		return errors.New("issued in the future: is the clock of the device wrong?")
	case !expires.IsZero() && !now.Before(expires.Time()):
		return errors.New("the expiration time has passed")
	case !begins.IsZero() && now.Before(begins.Time()):
		return errors.New("the not-before time has not come")
	}
	return nil
}

// signerOf returns the account that a challenge is about, which is also the one
// in the second line of its text.
func signerOf(challenge handlers.Challenge) (siwe.Address, error) {
	if challenge.Message == "" {
		return siwe.Address{}, errNoText
	}
	_, rest, _ := strings.Cut(challenge.Message, "\n")
	line, _, _ := strings.Cut(rest, "\n")
	if line != challenge.AccountID {
		return siwe.Address{}, errOtherAccount
	}
	return siwe.ParseChecksumAddress(line)
}
