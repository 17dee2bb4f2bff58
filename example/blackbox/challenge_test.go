package blackbox

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/bits"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// The attacker collects challenges and looks for a pattern, or for one that
// comes twice. The table's 0.5±0.02 for each bit needs 20,000 of them: with
// 10,000 it is four standard deviations, and one of 512 bits would be outside
// in every thirtieth run. Without -full there are 2,000, and ±0.06.
func TestT01Nonces(t *testing.T) {
	t.Parallel()
	count, tolerance := 2_000, 0.06
	if *full {
		count, tolerance = 20_000, 0.02
	}
	onBoth(t, func(t *testing.T, s *site) {
		nonces, halves := collect(t, s.a, count)
		uniform(t, "nonces", nonces, tolerance)
		uniform(t, "browsers' halves", halves, tolerance)
	})
}

// collect asks for challenges as that many new browsers.
func collect(t *testing.T, p *exampletest.Process, count int) (nonces, halves [][32]byte) {
	const clients = 8
	c := &http.Client{Transport: witness{&http.Transport{MaxIdleConnsPerHost: clients}}}
	defer c.CloseIdleConnections()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range count / clients {
				r, _ := http.NewRequest("POST", p.URL+"/auth/challenge", nil)
				res, body := p.Send(c, r)
				var ch exampletest.Challenge
				_ = json.Unmarshal([]byte(body), &ch)
				nonce, err := base64.StdEncoding.DecodeString(ch.Nonce)
				var half []byte
				if cookies := res.Cookies(); err == nil && len(cookies) == 1 {
					text, _, _ := strings.Cut(cookies[0].Value, ".")
					half, err = base64.RawURLEncoding.DecodeString(text)
				}
				if err != nil || len(nonce) != 32 || len(half) != 32 {
					t.Errorf("%v: %d %s %v", err, res.StatusCode, body, res.Header)
					return
				}
				mu.Lock()
				nonces, halves = append(nonces, [32]byte(nonce)), append(halves, [32]byte(half))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(nonces) != count/clients*clients {
		t.Fatalf("%d challenges of %d", len(nonces), count)
	}
	return nonces, halves
}

// uniform checks that no value comes twice and that each bit is set half of
// the time.
func uniform(t *testing.T, what string, values [][32]byte, tolerance float64) {
	t.Helper()
	seen := make(map[[32]byte]bool)
	var set [256]int
	for _, v := range values {
		seen[v] = true
		for i, b := range v {
			for ; b != 0; b &= b - 1 {
				set[8*i+bits.TrailingZeros8(b)]++
			}
		}
	}
	if len(seen) != len(values) {
		t.Errorf("%s: %d, and only %d different", what, len(values), len(seen))
	}
	for bit, n := range set {
		if mean := float64(n) / float64(len(values)); mean < 0.5-tolerance || mean > 0.5+tolerance {
			t.Errorf("%s: bit %d is set in %.4f of them", what, bit, mean)
		}
	}
}

// What a challenge tells a stranger: the same for an account that exists as for
// one that does not, and the chain is not asked.
func TestT02AnswerOfChallenge(t *testing.T) {
	t.Parallel()
	const callback = exampletest.Site + "/callback"
	onBoth(t, func(t *testing.T, s *site) {
		_, w := s.person("alice.testnet")
		names := []string{"chain", "challenge", "expiresAt", "expiresIn", "issuedAt", "message", "network", "nonce", "recipient"}
		asked := s.node.Requests()
		for _, account := range []string{"", w.Account, "nobody.testnet"} {
			for _, back := range []string{"", callback} {
				want := names
				if back != "" {
					want = slices.Sorted(slices.Values(append(slices.Clone(names), "callbackUrl", "state")))
				}
				res, body := send(t, s.a, "POST", "/auth/challenge", object(map[string]any{"accountId": account, "callbackUrl": back}), inJSON)
				m := members(t, body)
				if got := slices.Sorted(maps.Keys(m)); res.StatusCode != 200 || !slices.Equal(got, want) {
					t.Errorf("%q: %d, members %v", account, res.StatusCode, got)
				}
				sameHeaders(t, res)
				expiry(t, m)
				if m["challenge"] != m["nonce"] || m["message"] != "Sign in to localhost:8080" || m["recipient"] != "localhost:8080" {
					t.Errorf("%s", body)
				}
			}
		}
		if n := s.node.Requests() - asked; n != 0 {
			t.Errorf("the chain was asked %d times", n)
		}
	}, "-callback", callback)
}

var inJSON = http.Header{"Content-Type": {"application/json"}}

// sameHeaders checks that an answer of challenge has these headers and no others.
func sameHeaders(t *testing.T, res *http.Response) {
	t.Helper()
	h := res.Header
	if h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "application/json" || !strings.Contains(h.Get("Vary"), "Cookie") || len(h["Set-Cookie"]) != 1 {
		t.Errorf("headers %v", h)
	}
	for name := range h {
		if !slices.Contains([]string{"Cache-Control", "Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy", "Date", "Referrer-Policy", "Set-Cookie", "Vary", "X-Content-Type-Options"}, name) {
			t.Errorf("header %s", name)
		}
	}
}

func expiry(t *testing.T, m map[string]any) {
	t.Helper()
	issued, _ := time.Parse(time.RFC3339, m["issuedAt"].(string))
	expires, err := time.Parse(time.RFC3339, m["expiresAt"].(string))
	if m["expiresIn"] != 300.0 || err != nil || expires.Sub(issued) != 5*time.Minute || time.Since(issued).Abs() > time.Minute {
		t.Errorf("from %v to %v, %v seconds", m["issuedAt"], m["expiresAt"], m["expiresIn"])
	}
}

// The client tries to choose what will be signed, and for how long. Unknown
// members, headers and parameters are ignored; a chain or callback that is not
// configured is refused.
func TestT03ServerChooses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		chosen := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
		wishes := map[string]any{
			"nonce": chosen, "challenge": chosen, "message": "Pay 1 NEAR", "recipient": "evil.example", "state": "mine", "network": "mainnet",
			"expiresIn": 1e9, "expiresAt": "2999-01-01T00:00:00Z", "issuedAt": "2000-01-01T00:00:00Z", "ttl": 1e9, "origin": "https://evil.example",
		}
		res, body := s.a.Do(c, "POST", "/auth/challenge?nonce="+chosen+"&recipient=evil.example", object(wishes))
		exampletest.Expect(t, "a challenge of one's own", res, body, 200, `"recipient":"localhost:8080"`)
		m := members(t, body)
		for name, wish := range wishes {
			if m[name] == wish {
				t.Errorf("the client has chosen %s", name)
			}
		}
		expiry(t, m)
		var ch exampletest.Challenge
		_ = json.Unmarshal([]byte(body), &ch)
		own := ch
		own.Nonce = chosen
		res, body = s.a.Do(c, "POST", "/auth/verify", w.Sign(own))
		refused(t, "a nonce of one's own", res, body, 400, "challenge_invalid")
		res, body = s.a.Do(c, "POST", "/auth/verify", w.Sign(ch))
		exampletest.Expect(t, "the server's", res, body, 200, w.Account)

		// The nonce in the login cookie is the browser's word too.
		half, _, _ := strings.Cut(loginCookie(s.a, c), ".")
		mine := strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(chosen), "=")
		res, body = send(t, s.a, "POST", "/auth/challenge", "", http.Header{"Cookie": {half + "." + mine}})
		if members(t, body)["nonce"] == chosen || strings.Contains(res.Header.Get("Set-Cookie"), mine) {
			t.Error("the client has chosen the nonce by its cookie")
		}
		res, body = raw(t, s.a, strings.Replace(written("POST /auth/challenge", []string{
			"X-Forwarded-Host: evil.example", "Forwarded: host=evil.example", "X-Original-URL: http://evil.example/", "X-Forwarded-Proto: https",
		}, ""), "Host: localhost:8080", "Host: evil.example", 1))
		exampletest.Expect(t, "another Host", res, body, 200, `"message":"Sign in to localhost:8080"`)
		if strings.Contains(body, "evil") || strings.Contains(res.Header.Get("Set-Cookie"), "Secure") {
			t.Errorf("the Host header counts: %s %v", body, res.Header)
		}
		for wish, code := range map[string]string{
			`{"chain":"near:mainnet"}`: "unsupported_chain", `{"chain":"ethereum"}`: "unsupported_chain",
			`{"callbackUrl":"https://evil.example/"}`: "invalid_request", `{"accountId":"Alice.testnet"}`: "invalid_request",
		} {
			res, body = s.a.Do(c, "POST", "/auth/challenge", wish)
			refused(t, wish, res, body, 400, code)
		}
	})
}

// The attacker asks for a thousand challenges in the victim's name, between the
// victim's challenge and answer. The attacker has another address: in memory,
// those behind one share a bound of a thousand.
func TestT04NobodyEvictsAnother(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		inHerName := object(map[string]any{"accountId": w.Account})
		res, body := s.a.Do(c, "POST", "/auth/challenge", inHerName)
		exampletest.Expect(t, "the victim's challenge", res, body, 200, "nonce")
		var ch exampletest.Challenge
		_ = json.Unmarshal([]byte(body), &ch)

		attacker := fromAddress("127.0.0.2")
		defer attacker.CloseIdleConnections()
		for range 1000 {
			if res, body = s.a.Do(attacker, "POST", "/auth/challenge", inHerName); res.StatusCode != 200 {
				t.Fatalf("the attacker's: %d %s", res.StatusCode, body)
			}
		}
		res, body = s.a.Do(c, "POST", "/auth/verify", w.Sign(ch))
		exampletest.Expect(t, "the victim", res, body, 200, w.Account)
	})
}

// fromAddress is a client of another address of this machine.
func fromAddress(ip string) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 8}, Timeout: 15 * time.Second}
}
