package app

import (
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
)

// The chains that the flags name, in their order: NEAR is first, and what a
// request means that names none.
func TestChains(t *testing.T) {
	t.Parallel()
	const url = "http://localhost:8545"
	for args, want := range map[string]string{
		"":                                     "near:demo",
		"-ethereum":                            "near:demo eip155:1",
		"-stellar":                             "near:demo stellar:testnet",
		"-ethereum -stellar":                   "near:demo eip155:1 stellar:testnet",
		"-network testnet -ethereum -stellar":  "near:testnet eip155:1 stellar:testnet",
		"-network mainnet -horizon " + url:     "near:mainnet stellar:pubnet",
		"-network mainnet -stellar-rpc " + url: "near:mainnet stellar:pubnet",
		"-ethereum-rpc 8453=" + url + "/a -ethereum-rpc 1=" + url + " -ethereum-rpc 8453=" + url: "near:demo eip155:8453 eip155:1",

		"-ethereum-rpc " + url:                                      "error",
		"-ethereum-rpc 8453":                                        "error",
		"-ethereum-rpc 0=" + url:                                    "error",
		"-ethereum-rpc -1=" + url:                                   "error",
		"-ethereum-rpc 1=ftp://secret@localhost":                    "error",
		"-stellar-rpc http://secret@elsewhere.example":              "error", // http, and not this machine
		"-horizon localhost":                                        "error",
		"-network testnet -ethereum -message Größe:-localhost:8080": "error", // no statement of EIP-4361
		"-network testnet -ethereum -message Sign-in-to-localhost:8080-<b>now</b>!": "error",
	} {
		s, err := parseSettings(append(strings.Fields(args), "-origin", "http://localhost:8080"), func(string) string { return "" }, io.Discard)
		if err == nil {
			err = s.complete(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080})
		}
		got := "error"
		if err == nil {
			var a *app
			if a, err = newApp(s, nil, slog.New(slog.DiscardHandler)); err == nil {
				got = strings.Join(a.chains, " ")
				if a.extension() != (s.demo() && len(a.chains) > 1) {
					t.Errorf("%s: the demo extension is %v", args, a.extension())
				}
				a.close()
			}
		}
		if got != want {
			t.Errorf("%s: %s, %v; want %s", args, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"0x" + strings.Repeat("aB", 20):                               "0xaBaB…aBaB",
		"G" + strings.Repeat("A", 55):                                 "GAAAAA…AAAA",
		"alice-with-a-rather-long-name-that-is-still-allowed.testnet": "alice-with-a-rather-long-name-that-is-still-allowed.testnet",
		strings.Repeat("ab", 32):                                      strings.Repeat("ab", 32), // NEAR's implicit accounts are hex as well
		"0xalice.near":                                                "0xalice.near",
	} {
		if got := short(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}
