package handlers

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// This file knows what front ends send, and no other does. Much of the field
// posts the wallet's answer as it came, in one of several shapes. All of them
// mean the same few values; where a value is sent twice it must be the same.

// verifyRequest is a verify request in whatever shape it came.
type verifyRequest struct {
	proof    Proof
	nonce    []byte  // 32 bytes, or nil for the newest challenge
	message  *string // what was signed
	state    *string
	compared struct{ recipient, callbackURL *string }
}

// verifyNames are the names in a verify request, at the top and within its
// parts: every value is read wherever it stands.
var verifyNames = []string{
	"accountId", "account_id", "walletAddress", "address", "publicKey", "public_key", "signerAddress", "signature",
	"message", "nonce", "challenge", "recipient", "callbackUrl", "callback_url", "state",
	"signedMessage", "signed_message", "payload",
}

func parseVerify(body []byte) (*verifyRequest, error) {
	top, err := parseObject(body, verifyNames)
	if err != nil {
		return nil, err
	}
	parts := []object{top}
	signature := []string{"signature"}
	for _, name := range []string{"signedMessage", "signed_message", "payload"} {
		if name == "signedMessage" && top.isText(name) { // Freighter's name for the signature
			signature = append(signature, name)
			continue
		}
		part, err := top.object(name, verifyNames)
		if err != nil {
			return nil, err
		}
		if part != nil {
			parts = append(parts, part)
		}
	}
	v := new(verifyRequest)
	c := collector{parts: parts}
	c.required(&v.proof.AccountID, accountNames...)
	c.required(&v.proof.PublicKey, "publicKey", "public_key", "signerAddress")
	c.required(&v.proof.Signature, signature...)
	c.optional(&v.message, "message")
	c.optional(&v.compared.recipient, "recipient")
	c.optional(&v.compared.callbackURL, "callbackUrl", "callback_url")
	c.nonce(&v.nonce, "nonce", "challenge")
	if v.nonce == nil && v.message != nil {
		v.nonce = nonceLine(*v.message)
	}
	// The state of a signedMessage is ignored: libraries put other things there.
	c.parts = parts[:1]
	c.optional(&v.state, "state")
	return v, c.err
}

// accountNames are what front ends call the account; those for Ethereum and
// Stellar say address.
var accountNames = []string{"accountId", "account_id", "walletAddress", "address"}

// nonceLine finds the nonce in a text by EIP-4361, which front ends that write
// it themselves post without any more: it says which of the browser's
// challenges the text answers, and no more than that.
func nonceLine(text string) []byte {
	const label = "Nonce: "
	for line := range strings.SplitSeq(text, "\n") {
		if digits, ok := strings.CutPrefix(line, label); ok && len(digits) == 64 {
			return decodeNonce(digits)
		}
	}
	return nil
}

// collector finds one value under several names in several objects. The first
// error stays.
type collector struct {
	parts []object
	err   error
}

func (c *collector) optional(to **string, names ...string) {
	for _, part := range c.parts {
		for _, name := range names {
			if !part.has(name) || c.err != nil {
				continue
			}
			s, err := part.text(name)
			if err == nil && *to != nil && **to != s {
				err = fmt.Errorf("%w: two different values of %s", errJSON, name)
			}
			*to, c.err = &s, err
		}
	}
}

// required is optional for values that the chain will miss if they are empty.
func (c *collector) required(to *string, names ...string) {
	var s *string
	if c.optional(&s, names...); s != nil {
		*to = *s
	}
}

func (c *collector) nonce(to *[]byte, names ...string) {
	for _, part := range c.parts {
		for _, name := range names {
			if !part.has(name) || c.err != nil {
				continue
			}
			nonce, err := parseNonce(part[name])
			if err == nil && *to != nil && string(*to) != string(nonce) {
				err = fmt.Errorf("%w: two different nonces", errJSON)
			}
			*to, c.err = nonce, err
		}
	}
}

// parseNonce reads 32 bytes: a string in base64 or base64url, padded or not,
// or of 64 hex digits; an array of numbers; or what JSON.stringify makes of a
// Node Buffer.
func parseNonce(raw json.RawMessage) ([]byte, error) {
	var nonce []byte
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, errJSON
		}
		nonce = decodeNonce(s)
	case '[':
		nonce = byteArray(raw)
	case '{':
		buffer, err := parseObject(raw, []string{"type", "data"})
		if err != nil {
			return nil, err
		}
		if kind, err := buffer.text("type"); err == nil && kind == "Buffer" {
			nonce = byteArray(buffer["data"])
		}
	}
	if len(nonce) != 32 {
		return nil, fmt.Errorf("%w: the nonce is not 32 bytes in a known encoding", errJSON)
	}
	return nonce, nil
}

func decodeNonce(s string) []byte {
	if len(s) == 64 {
		b, err := hex.DecodeString(s)
		if err != nil {
			return nil
		}
		return b
	}
	if len(s) > 44 || strings.ContainsAny(s, "\r\n") {
		return nil // Go's base64 skips line breaks
	}
	s = strings.TrimSuffix(s, "=")
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := e.Strict().DecodeString(s); err == nil {
			return b
		}
	}
	return nil
}

func byteArray(raw json.RawMessage) []byte {
	var numbers []*uint8 // pointers, because null would pass for 0
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &numbers) != nil {
		return nil
	}
	var b []byte
	for _, n := range numbers {
		if n == nil {
			return nil
		}
		b = append(b, *n)
	}
	return b
}

// challengeRequest is the body of a challenge request. All of it is optional.
type challengeRequest struct {
	accountID, chain, callbackURL string
}

var challengeNames = append([]string{"chain", "callbackUrl"}, accountNames...)

func parseChallenge(body []byte) (c challengeRequest, err error) {
	if len(body) == 0 {
		return c, nil
	}
	o, err := parseObject(body, challengeNames)
	if err != nil {
		return c, err
	}
	collect := collector{parts: []object{o}}
	collect.required(&c.accountID, accountNames...)
	collect.required(&c.chain, "chain")
	collect.required(&c.callbackURL, "callbackUrl")
	return c, collect.err
}

// namespace returns the CAIP-2 namespace that a front end means.
func namespace(s string) string {
	if s == "ethereum" {
		return "eip155"
	}
	return s
}
