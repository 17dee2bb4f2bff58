package blackbox

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// What refusals tell about other people. By the contract the reasons have codes
// of their own, because what the chain knows is public; so the table's
// "byte-identical" is for what only this site knows: a challenge that is
// unknown, expired, used, or another browser's, and a session that never was,
// was ended, or has a token made up. And an account that does not exist looks
// like one without the key, whatever the node's version says of it.
func TestT18Enumeration(t *testing.T) {
	t.Parallel()
	const ttl = 3 * time.Second
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		stranger := exampletest.Browser()
		expired, cookie, asked := s.a.Signed(c, w), loginCookie(s.a, c), time.Now()
		time.Sleep(time.Until(asked.Add(ttl + time.Second/2)))
		s.a.Challenge(stranger)

		verify := func(body, cookie string) *http.Request {
			r := request(t, s.b, "POST", "/auth/verify", body)
			r.Header = http.Header{"Content-Type": {"application/json"}, "Cookie": {cookie}}
			return r
		}
		answers := map[string]*http.Request{"expired": verify(expired, cookie)}
		fresh := s.a.Signed(c, w)
		cookie = loginCookie(s.a, c)
		answers["another browser's"] = verify(fresh, loginCookie(s.a, stranger))
		answers["unknown"] = verify(with(t, fresh, map[string]any{"nonce": base64.StdEncoding.EncodeToString(make([]byte, 32))}), cookie)
		answers["unknown, of nobody"] = verify(with(t, fresh, map[string]any{"nonce": base64.StdEncoding.EncodeToString(make([]byte, 32)), "accountId": "nobody.testnet"}), cookie)
		same(t, s, 400, "challenge_invalid", answers)
		res, body := s.a.Do(c, "POST", "/auth/verify", fresh)
		exampletest.Expect(t, "the fresh one", res, body, 200, w.Account)
		same(t, s, 400, "challenge_invalid", map[string]*http.Request{"used": verify(fresh, cookie), "expired": verify(expired, cookie)})

		tokens := map[string]string{"made up": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "no token": "x", "ended": token(s.a, c)}
		res, body = s.b.Do(c, "POST", "/auth/logout", "")
		exampletest.Expect(t, "logout", res, body, 204, "")
		for path, want := range map[string]struct {
			status int
			body   string
		}{"/api/me": {401, `"code":"unauthenticated"`}, "/auth/session": {200, "null"}, "/auth/sessions": {401, `"code":"unauthenticated"`}} {
			asks := map[string]*http.Request{"none": request(t, s.a, "GET", path, "")}
			for name, token := range tokens {
				asks[name] = request(t, s.a, "GET", path, "")
				asks[name].Header.Set("Cookie", "nearauth="+token)
			}
			same(t, s, want.status, want.body, asks)
		}
		onChain(t, s, verify)
	}, "-challenge-ttl", ttl.String())
}

// onChain compares what is said of accounts and keys.
func onChain(t *testing.T, s *site, verify func(body, cookie string) *http.Request) {
	t.Helper()
	if err := s.node.CreateAccount("keyless.testnet"); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]nearrpctest.Dialect)
	for _, dialect := range []nearrpctest.Dialect{nearrpctest.Nearcore213, nearrpctest.Nearcore214} {
		s.node.SetDialect(dialect)
		answers := make(map[string]*http.Request)
		for name, account := range map[string]string{"no account": "nobody.testnet", "without a key": "keyless.testnet", "with another key": "alice.testnet"} {
			c := exampletest.Browser()
			answers[name] = verify(s.a.Signed(c, exampletest.NewWallet(account)), loginCookie(s.a, c))
		}
		seen[same(t, s, 401, "key_not_found", answers)] = dialect
	}
	if len(seen) != 1 {
		t.Errorf("the version of the node can be told: %v", seen)
	}
}

func request(t *testing.T, p *exampletest.Process, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, p.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// same checks that the answers to these requests are the same in every byte but
// those of the clock, and returns it.
func same(t *testing.T, s *site, status int, contains string, requests map[string]*http.Request) (answer string) {
	t.Helper()
	seen := make(map[string][]string)
	for name, r := range requests {
		res, body := s.a.Send(noJar, r)
		exampletest.Expect(t, name, res, body, status, contains)
		answer = dump(res, body)
		seen[answer] = append(seen[answer], name)
	}
	if len(seen) != 1 {
		t.Errorf("%d different answers: %v", len(seen), seen)
	}
	return answer
}

// What refusals tell by the time they take. The hard criterion is whom the
// chain is asked about: it must be nobody without a valid signature, so that
// time cannot tell an account from none; and each valid one costs one question,
// whatever the answer is. The medians are printed, and bounded generously:
// there are 2,000 samples with -full, and 100 without.
func TestT19Timing(t *testing.T) {
	t.Parallel()
	rounds := 100
	if *full {
		rounds = 2000
	}
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.signedIn("alice.testnet")
		limited := exampletest.NewWallet("limited.testnet")
		if err := s.node.AddFunctionCallKey(limited.Account, limited.Key(), "app.testnet"); err != nil {
			t.Fatal(err)
		}
		ch := s.a.Challenge(c)
		wrong := ch
		wrong.Message += "!"
		valid := map[string]exampletest.Wallet{
			"no account": exampletest.NewWallet("nobody.testnet"), "no such key": {Account: w.Account, Private: limited.Private}, "function-call key": limited,
		}
		invalid := map[string]string{
			"unknown challenge":                  with(t, w.Sign(ch), map[string]any{"nonce": base64.StdEncoding.EncodeToString(make([]byte, 32))}),
			"wrong signature":                    w.Sign(wrong),
			"wrong signature, of no account":     valid["no account"].Sign(wrong),
			"wrong signature, of no such key":    valid["no such key"].Sign(wrong),
			"wrong signature, of a limited key":  limited.Sign(wrong),
			"wrong signature, another's account": exampletest.Wallet{Account: limited.Account, Private: w.Private}.Sign(wrong),
		}
		took := make(map[string][]time.Duration)
		unanswered := 0
		sample := func(class, body string) (told bool) {
			begun := time.Now()
			res, said := s.a.Do(c, "POST", "/auth/verify", body)
			if res.StatusCode == 503 { // Redis is late: the machine does other things
				unanswered++
				return false
			}
			took[class] = append(took[class], time.Since(begun))
			if res.StatusCode != 400 && res.StatusCode != 401 {
				t.Fatalf("%s: %d %s", class, res.StatusCode, said)
			}
			return true
		}
		for range rounds {
			asked := s.node.Requests()
			for class, body := range invalid {
				sample(class, body)
			}
			if n := s.node.Requests() - asked; n != 0 {
				t.Fatalf("the chain was asked %d times without a valid signature", n)
			}
			for class, wallet := range valid {
				body, queries := s.a.Signed(c, wallet), s.node.Queries()
				told := sample(class, body)
				if n := s.node.Queries() - queries; n > 1 || told && n != 1 {
					t.Fatalf("%s: %d questions", class, n)
				}
			}
		}
		if unanswered > rounds/100 {
			t.Errorf("%d answers of 503:\n%s", unanswered, lines(s.a.Log(), "request failed"))
		}
		medians := make(map[string]time.Duration)
		for class, all := range took {
			slices.Sort(all)
			medians[class] = all[len(all)/2]
			t.Logf("%-36s %v", class, medians[class].Round(time.Microsecond))
		}
		for class := range invalid {
			if apart := (medians[class] - medians["wrong signature"]).Abs(); apart > 10*time.Millisecond {
				t.Errorf("%s is %v apart", class, apart)
			}
		}
	})
}
