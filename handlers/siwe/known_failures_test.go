package siwe_test

import (
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// What implementations in the field got wrong: siwe-go v0.2.1, Supabase's and
// better-auth's, thirdweb's and viem's before their fixes. Each is one test.

// siwe-go: index out of range, on any signature of less than 65 bytes.
func TestKnownFailureShortSignature(t *testing.T) {
	t.Parallel()
	for n := range 65 {
		_, err := siwe.Recover([32]byte{1}, make([]byte, n))
		wantErr(t, "a short signature", err, siwe.ErrSignature)
	}
	_, err := siwe.Recover([32]byte{1}, nil)
	wantErr(t, "no signature", err, siwe.ErrSignature)
}

// siwe-go, viem and eth-sig-util: the second signature that anybody can make of
// a first, with n-s for s and the other v, is accepted.
func TestKnownFailureHighS(t *testing.T) {
	t.Parallel()
	v := load(t).SignatureForms
	sig := unhex(t, v.Cases[0].Signature)
	var s secp256k1.ModNScalar
	s.SetByteSlice(sig[32:64])
	s.Negate().PutBytesUnchecked(sig[32:64])
	sig[64] = 27 + 28 - sig[64]
	_, err := siwe.Recover(hash(t, v.Hash), sig)
	wantErr(t, "high s", err, siwe.ErrSignature)
}

// siwe-go: v is taken modulo 27.
func TestKnownFailureRecoveryByte(t *testing.T) {
	t.Parallel()
	v := load(t).SignatureForms
	sig := unhex(t, v.Cases[0].Signature)
	accepted := 0
	for b := range 256 {
		sig[64] = byte(b)
		if _, err := siwe.Recover(hash(t, v.Hash), sig); err == nil {
			accepted++
		}
	}
	if accepted != 4 {
		t.Errorf("%d values of v are accepted, not 0, 1, 27, 28", accepted)
	}
	// 2 and 3 are for an r that was as large as the order before it was reduced,
	// which nobody meets and anybody can make: the smallest r are such.
	for r := range byte(32) {
		for _, v := range []byte{2, 3, 29, 30} {
			sig = make([]byte, 65)
			sig[31], sig[63], sig[64] = r, 1, v
			_, err := siwe.Recover([32]byte{1}, sig)
			wantErr(t, "v of 2 or 3", err, siwe.ErrSignature)
		}
	}
}

// viem before 2.55.16, thirdweb, better-auth: an expiry that cannot be parsed is
// none.
func TestKnownFailureUnparseableExpiry(t *testing.T) {
	t.Parallel()
	for _, expiry := range []string{"", "never", "Wed Oct 05 2011 16:48:00 GMT+0200 (CEST)", "2026-02-31T00:00:00Z", "2026-01-01", "1767225600", "2026-01-01T00:05:00.Z"} {
		refuse(t, expiry, with(t, "Expiration Time: 2026-01-01T00:05:00.250Z", "Expiration Time: "+expiry))
		refuse(t, expiry, with(t, "Not Before: 2025-12-31T23:59:59Z", "Not Before: "+expiry))
	}
}

// Supabase: the expiry counts only beside a not-before. Here each is a field of
// its own.
func TestKnownFailureExpiryWithoutNotBefore(t *testing.T) {
	t.Parallel()
	m := parse(t, "expiry alone", with(t, "\nNot Before: 2025-12-31T23:59:59Z", ""))
	if want := time.Date(2026, 1, 1, 0, 5, 0, 250e6, time.UTC); !m.ExpirationTime.Time().Equal(want) || !m.NotBefore.IsZero() {
		t.Errorf("%+v", m)
	}
	m = parse(t, "not-before alone", with(t, "\nExpiration Time: 2026-01-01T00:05:00.250Z", ""))
	if !m.ExpirationTime.IsZero() || m.NotBefore.IsZero() {
		t.Errorf("%+v", m)
	}
}

// Supabase: the account is named by the letters as they were typed. Here an
// address is 20 bytes, with one text.
func TestKnownFailureLetterCase(t *testing.T) {
	t.Parallel()
	const checksum = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
	for _, s := range []string{checksum, strings.ToLower(checksum), "0x" + strings.ToUpper(checksum[2:])} {
		if a, err := siwe.ParseAddress(s); err != nil || a.String() != checksum {
			t.Errorf("%s is %s, error %v", s, a, err)
		}
	}
}

// Supabase and better-auth: fields in any order, and of two the last wins.
func TestKnownFailureLastFieldWins(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"URI: https://app.example:8443/login\n", "Version: 1\n", "Chain ID: 1\n", "Nonce: 0123456789abcdef\n",
		"Issued At: 2026-01-01T00:00:00Z\n", "Expiration Time: 2026-01-01T00:05:00.250Z\n",
		"Not Before: 2025-12-31T23:59:59Z\n", "Request ID: some_id\n", "Resources:\n",
	} {
		refuse(t, "twice "+line, with(t, line, line+line))
		refuse(t, "at the end "+line, base+"\n"+strings.TrimSuffix(line, "\n"))
		refuse(t, "in front "+line, line+base)
	}
}

// siwe-go and Supabase: other scripts and characters that turn the direction of
// the text are let through to the person who reads it.
func TestKnownFailureBidiAndNonASCII(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"\u202e", "\u2066", "\u200b", "\u00a0", "é", "аpp.example", "\u0085", "\u2028", "\xff", "\x7f", "\x1b[2J"} {
		refuse(t, evil, with(t, "Sign in to app.example", "Sign in "+evil+" to app.example"))
		refuse(t, evil, with(t, "app.example:8443 wants", evil+"app.example:8443 wants"))
		refuse(t, evil, with(t, "some_id", "some_id"+evil))
	}
}

// siwe-go: what is verified is a text rendered anew, so that these valid
// signatures fail. Here what was read is what is written.
func TestKnownFailureReserialisation(t *testing.T) {
	t.Parallel()
	const uri = "URI: https://app.example:8443/login"
	for name, change := range map[string][2]string{
		"capitals":            {uri, "URI: HTTPS://Example.com/"},
		"an empty fragment":   {uri, "URI: https://app.example/#"},
		"an empty query":      {uri, "URI: https://app.example/?"},
		"chain id 01":         {"Chain ID: 1\n", "Chain ID: 01\n"},
		"an empty request id": {"Request ID: some_id", "Request ID: "},
		"an empty statement":  {"Sign in to app.example\n", "\n"},
		"a blank statement":   {"Sign in to app.example\n", "  \n"},
		"no statement":        {"Sign in to app.example\n", ""},
		"an offset of zero":   {"00:00:00Z", "00:00:00.000-00:00"},
	} {
		parse(t, name, with(t, change[0], change[1]))
	}
	if m := parse(t, "chain id 01", with(t, "Chain ID: 1\n", "Chain ID: 01\n")); m.ChainID == "1" {
		t.Error("01 is read as 1")
	}
}

// siwe-go: a scheme in front of the domain is refused.
func TestKnownFailureScheme(t *testing.T) {
	t.Parallel()
	if m := parse(t, "scheme", base); m.Scheme != "https" || m.Domain != "app.example:8443" {
		t.Errorf("%q, %q", m.Scheme, m.Domain)
	}
}

// siwe-go: "Resources:" with nothing below is refused.
func TestKnownFailureEmptyResources(t *testing.T) {
	t.Parallel()
	head, _, _ := strings.Cut(base, "\n- ")
	if m := parse(t, "empty resources", head); m.Resources == nil || len(m.Resources) != 0 {
		t.Errorf("%#v", m.Resources)
	}
	if m := parse(t, "no resources", strings.TrimSuffix(head, "\nResources:")); m.Resources != nil {
		t.Errorf("%#v", m.Resources)
	}
}

// siwe-go: a leap second is refused.
func TestKnownFailureLeapSecond(t *testing.T) {
	t.Parallel()
	m := parse(t, "leap second", with(t, "2025-12-31T23:59:59Z", "2016-12-31T23:59:60Z"))
	if want := time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC); !m.NotBefore.Time().Equal(want) {
		t.Errorf("is %v", m.NotBefore.Time())
	}
}
