package siwe_test

import (
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// Of the invalid ones, three are no address at all. The other has no checksum,
// which is accepted except where one is demanded.
func TestEIP55(t *testing.T) {
	t.Parallel()
	v := load(t).EIP55
	for _, s := range v.Valid {
		for _, parse := range []func(string) (siwe.Address, error){siwe.ParseAddress, siwe.ParseChecksumAddress} {
			if a, err := parse(s); err != nil || a.String() != s {
				t.Errorf("%s is %s, error %v", s, a, err)
			}
		}
	}
	for _, s := range v.Invalid {
		_, err := siwe.ParseChecksumAddress(s)
		wantErr(t, s, err, siwe.ErrAddress)
		_, err = siwe.ParseAddress(s)
		if plain := s == "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"; (err == nil) != plain {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	const a = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
	for _, s := range []string{
		"", "0x", a[2:], a[:41], a + "0", " " + a, a + "\n", "0x" + a, strings.Replace(a, "0x", "0X", 1), strings.Replace(a, "9", "g", 1),
		strings.ToUpper(a), "0xF" + a[3:], "0x" + strings.Repeat("é", 20), "vitalik.eth",
	} {
		_, err := siwe.ParseAddress(s)
		wantErr(t, s, err, siwe.ErrAddress)
		_, err = siwe.ParseChecksumAddress(s)
		wantErr(t, s, err, siwe.ErrAddress)
	}
	// One letter in the wrong case shows, wherever it is.
	for i := range a {
		if c := a[i]; i > 1 && (c|0x20 >= 'a') {
			_, err := siwe.ParseAddress(a[:i] + string(rune(c^0x20)) + a[i+1:])
			wantErr(t, a[:i], err, siwe.ErrAddress)
		}
	}
}
