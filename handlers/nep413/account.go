package nep413

import (
	"fmt"
	"strings"
)

// AccountID is the name of a NEAR account. [ParseAccountID] makes one from
// input; a conversion from string skips the check, but the methods say no for
// what is not an account ID.
type AccountID string

// Kind tells the forms of account IDs apart. The form says how the account came
// to be, not who may use it now: an implicit account can have further keys, and
// some older accounts of the other forms have keys as well. The zero Kind is
// that of a text that is no account ID.
type Kind int

const (
	// Named is every ID that has no other form: "alice.near", "aurora".
	Named Kind = iota + 1
	// Implicit is 64 hex digits: the ID of an account made from a public key.
	Implicit
	// EthImplicit is "0x" and 40 hex digits, an Ethereum address (NEP-518).
	EthImplicit
	// Deterministic is "0s" and 40 hex digits, the hash of a contract's
	// initial state (NEP-616).
	Deterministic
	// Universal is "0u" and 52 digits of base32 (near-account-id 3.0.0).
	Universal
)

func (k Kind) String() string {
	switch k {
	case Named:
		return "named"
	case Implicit:
		return "implicit"
	case EthImplicit:
		return "eth-implicit"
	case Deterministic:
		return "deterministic"
	case Universal:
		return "universal"
	}
	return "invalid"
}

// ParseAccountID accepts the account IDs of the NEAR protocol: 2 to 64 bytes,
// parts of lower-case letters and digits joined by single '.', '-' or '_'
// (near-account-id). It refuses everything else and changes nothing. Folding
// "Alice.near" or a Cyrillic "аlice.near" into another ID would make a server
// speak of an account the person never named. Errors wrap [ErrAccountID].
func ParseAccountID(s string) (AccountID, error) {
	if len(s) < 2 || len(s) > 64 {
		return "", fmt.Errorf("%w: %d bytes long, not 2 to 64", ErrAccountID, len(s))
	}
	// A separator may come neither first, nor last, nor after another one.
	separator := true
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(c), isDigit(c):
			separator = false
		case c != '.' && c != '-' && c != '_':
			return "", fmt.Errorf("%w: byte %#02x at %d", ErrAccountID, c, i)
		case separator:
			return "", fmt.Errorf("%w: separator %q at %d", ErrAccountID, c, i)
		default:
			separator = true
		}
	}
	if separator {
		return "", fmt.Errorf("%w: separator %q at the end", ErrAccountID, s[len(s)-1])
	}
	return AccountID(s), nil
}

// Kind returns the form of a.
func (a AccountID) Kind() Kind {
	s := string(a)
	switch {
	case !a.valid():
		return 0
	case len(s) == 64 && all(s, isHex):
		return Implicit
	case len(s) == 42 && s[:2] == "0x" && all(s[2:], isHex):
		return EthImplicit
	case len(s) == 42 && s[:2] == "0s" && all(s[2:], isHex):
		return Deterministic
	case len(s) == 54 && s[:2] == "0u" && isUniversal(s[2:]):
		return Universal
	}
	return Named
}

// Reserved reports whether a is "system", an account that the protocol uses
// itself. It has no keys, so nobody can sign in with it.
func (a AccountID) Reserved() bool { return a == "system" }

// IsSubAccountOf reports whether a is one label, a dot and parent: the accounts
// that only parent can create. "b.a.near" is a sub-account of "a.near" and not
// of "near". A sub-account is its own account: that its name ends in another's
// gives that other no right to it.
func (a AccountID) IsSubAccountOf(parent AccountID) bool {
	_, rest, ok := strings.Cut(string(a), ".")
	return ok && AccountID(rest) == parent && a.valid() && parent.valid()
}

func (a AccountID) valid() bool {
	_, err := ParseAccountID(string(a))
	return err == nil
}

// isUniversal checks 52 digits of Crockford's base32 in lower case: 256 bits,
// and 4 zero bits that fill up the last digit.
func isUniversal(digits string) bool {
	last := digits[len(digits)-1]
	return all(digits, isBase32) && (last == '0' || last == 'g')
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c && c <= 'f' }

func isBase32(c byte) bool {
	return isDigit(c) || isLetter(c) && c != 'i' && c != 'l' && c != 'o' && c != 'u'
}

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}
