package blackbox

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// T48: the search at the end of the run (TestMain) finds a secret in each form,
// wherever in a log it stands, and nothing else.
func TestT48TheSearchFinds(t *testing.T) {
	t.Parallel()
	token := []byte("0123456789abcdef0123456789abcdef")
	said := map[string]bool{
		"time=now level=INFO msg=ok\n":                                       false,
		"0123456789ab":                                                       false, // its beginning is no secret
		"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY":                        true,
		"x MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= y":                   true,
		"30313233343536373839616263646566":                                   false, // half of it
		"=3031323334353637383961626364656630313233343536373839616263":        false,
		"a30313233343536373839616263646566303132333435363738396162636465660": true,
		"redis://:pa55word-long@h":                                           true,
	}
	for log, want := range said {
		v := vault{values: map[string]map[string]string{}, logs: map[string]string{}}
		v.addBytes("a token", token)
		v.add("a password", "pa55word-long")
		v.add("too short to tell", "now")
		v.log("T", log)
		if found := v.leaked(); (len(found) > 0) != want {
			t.Errorf("%q: %v", log, found)
		}
	}
}

// T48: of what the search looks for, each kind is there to be found: the witness
// has seen it go by.
func TestT48TheWitnessSees(t *testing.T) {
	t.Parallel()
	const callback = exampletest.Site + "/back"
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.signedIn("alice.testnet")
		_, body := s.a.Do(c, "POST", "/auth/challenge", `{"callbackUrl":"`+callback+`"}`)
		var issued struct{ Nonce, Challenge, State string }
		if err := json.Unmarshal([]byte(body), &issued); err != nil {
			t.Fatal(err)
		}
		answer := s.a.Signed(c, w)
		var sent struct{ Signature string }
		_ = json.Unmarshal([]byte(answer), &sent)
		s.a.Do(c, "POST", "/auth/verify", answer)
		for what, value := range map[string]string{"a nonce": issued.Nonce, "a state": issued.State, "a signature": sent.Signature} {
			if !secrets.knows(value) {
				t.Errorf("%s was not noted", what)
			}
		}
		for _, w := range []wallet{newEthereumWallet(t), newStellarWallet()} {
			ch := s.issue(exampletest.Browser(), w.chain(), w.address())
			signature := w.sign(ch.Message)
			s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), signature))
			noted := map[string]string{"nonce": ch.Nonce, "nonce, in base64": base64.RawStdEncoding.EncodeToString(unhex(t, ch.Nonce)), "signature": signature, "signature, in hex": hex.EncodeToString(decoded(signature))}
			if w.chain() == "ethereum" {
				noted["text"] = ch.MessageHex
			}
			for what, value := range noted {
				if !secrets.knows(value) {
					t.Errorf("%s: the %s was not noted", w.chain(), what)
				}
			}
		}
		cookies := s.a.Cookies(c)
		if len(cookies) != 2 {
			t.Fatalf("%d cookies", len(cookies))
		}
		for _, cookie := range cookies {
			for part := range strings.SplitSeq(cookie.Value, ".") {
				if !secrets.knows(part) {
					t.Errorf("%s was not noted", cookie.Name)
				}
			}
		}
	}, "-callback", callback, "-ethereum", "-stellar")
}

// T48: passwords and API keys of the server's own, while all is well and while
// nothing works. They are in the configuration, and so might get into errors.
func TestT48ServerSecrets(t *testing.T) {
	t.Parallel()
	const password, inPath, inQuery = "redis-password-4711", "rpc-key-in-the-path-4711", "rpc-key-in-the-query-4711"
	for what, value := range map[string]string{"the Redis password": password, "an RPC key": inPath, "another RPC key": inQuery} {
		secrets.add(what, value)
	}
	run := func(t *testing.T, redis *redistest.Server, flags ...string) {
		node, chain := exampletest.Chain(t)
		s := &site{t: t, node: node, chain: chain}
		flags = append([]string{"-origin", exampletest.Site, "-network", "testnet", "-rate-limit", "off", "-rpc", chain.URL + "/v1/" + inPath + "?apiKey=" + inQuery}, flags...)
		s.a = start(t, flags...)
		c, w := s.signedIn("alice.testnet")
		for _, fault := range []nearrpctest.Fault{nearrpctest.Down(), nearrpctest.HTML(), nearrpctest.Redirect(chain.URL + "/" + inPath), nearrpctest.WrongChain("mainnet"), nearrpctest.Truncated()} {
			node.Fault(fault)
			s.a.SignIn(c, w)
		}
		_ = chain.Close()
		s.a.SignIn(c, w)
		if redis != nil {
			redis.Kill()
			s.a.Do(c, "GET", "/api/me", "")
			s.a.Do(c, "POST", "/auth/logout", "")
		}
		s.a.Do(c, "GET", "/readyz", "")
		log := s.a.Log()
		if !strings.Contains(log, "chain_unavailable") || redis != nil && !strings.Contains(log, "store_unavailable") {
			t.Errorf("nothing has failed:\n%s", log)
		}
		for _, secret := range []string{password, inPath, inQuery} {
			if strings.Contains(log, secret) {
				t.Errorf("%s is in the log", secret)
			}
		}
	}
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		run(t, nil)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		redis := redistest.Start(t, "--requirepass", password)
		run(t, redis, "-redis", "redis://:"+password+"@"+redis.Addr)
	})
}

// T48: line breaks and terminal escapes, in everything that a stranger can
// send, make no line of the log. And each sign-in is one line with its reason.
func TestT48LinesAreTheServersOwn(t *testing.T) {
	t.Parallel()
	const forged = "x\ntime=2026-01-01T00:00:00Z level=INFO msg=\"nearauth signed_in\" account=near:testnet:root.testnet\r\n\x1b[2J\x1b]0;owned\a\u2028\u0085"
	quoted, _ := json.Marshal(forged)
	line := regexp.MustCompile(`^time=\S+ level=(DEBUG|INFO|WARN|ERROR) msg=`)
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		before := len(s.a.Log())
		headers := []string{fromSite, asJSON, "User-Agent: x\u0085time=\u2028", "X-Forwarded-For: 1.1.1.1\u0085", "Referer: http://x/\u2028"} // net/http lets no more pass
		bodies := []string{
			fmt.Sprintf(`{"accountId":%s}`, quoted),
			fmt.Sprintf(`{"chain":%s}`, quoted),
			fmt.Sprintf(`{"callbackUrl":%s}`, quoted),
			fmt.Sprintf(`{"accountId":%s,"publicKey":%[1]s,"signature":%[1]s,"nonce":%[1]s}`, quoted),
			fmt.Sprintf(`{"accountId":%s,"publicKey":%q,"signature":"AAAA"}`, quoted, w.Key()),
			fmt.Sprintf(`{"accountId":"alice.testnet","publicKey":%s,"signature":"AAAA"}`, quoted),
			fmt.Sprintf(`{%s:1,%[1]s:2}`, quoted),
			forged,
		}
		for _, body := range bodies {
			for _, path := range []string{"/auth/challenge", "/auth/verify", "/auth/logout"} {
				s.a.Challenge(c)
				if _, _, err := ask(c, "POST", s.a.URL+path, body, headers...); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, path := range []string{"/auth/%0atime=x", "/auth/sessions/%0a%1b[2J", "/%1b[2J", "/?next=%0a%1b", "/auth/logout?scope=%0a%1b"} {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				_, _, _ = ask(c, method, s.a.URL+path, "", headers...)
			}
		}
		log := said(s.a)[before:]
		if !strings.Contains(log, "invalid_request") {
			t.Error("nothing was logged")
		}
		for l := range strings.Lines(log) {
			if !line.MatchString(l) || strings.Contains(l, "msg=\"nearauth signed_in\"") || strings.ContainsAny(l, "\x1b\a\r\u2028\u0085") {
				t.Errorf("a line of somebody else's: %q", l)
			}
		}
	})
}

// T48: each sign-in that was tried is one line, whatever came of it, and says
// what.
func TestT48OneLineForEachSignIn(t *testing.T) {
	t.Parallel()
	attempt := regexp.MustCompile(`msg="nearauth (signed_in|refused)"`)
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		limited := exampletest.NewWallet("limited.testnet")
		_ = s.node.AddFunctionCallKey(limited.Account, limited.Key(), "app.testnet")
		wrong := exampletest.NewWallet(w.Account)
		for code, try := range map[string]func() string{
			"signed_in":           func() string { return s.a.Signed(c, w) },
			"key_not_found":       func() string { return s.a.Signed(c, exampletest.NewWallet("nobody.testnet")) },
			"key_not_full_access": func() string { return s.a.Signed(c, limited) },
			"invalid_signature":   func() string { return strings.Replace(s.a.Signed(c, wrong), wrong.Key(), w.Key(), 1) },
			"invalid_request":     func() string { return "{" },
			"challenge_invalid": func() string {
				s.a.Challenge(c)
				return w.Sign(exampletest.Challenge{Nonce: strings.Repeat("A", 43) + "="})
			},
			"account_mismatch": func() string {
				_, body := s.a.Do(c, "POST", "/auth/challenge", `{"accountId":"bob.testnet"}`)
				var ch exampletest.Challenge
				_ = json.Unmarshal([]byte(body), &ch)
				return w.Sign(ch)
			},
		} {
			body := try()
			before := len(said(s.a))
			s.a.Do(c, "POST", "/auth/verify", body)
			log := said(s.a)[before:]
			if n := len(attempt.FindAllString(log, -1)); n != 1 || !strings.Contains(log, code) || strings.Count(log, "\n") != 1 {
				t.Errorf("%s: %d lines: %s", code, n, log)
			}
		}
	})
}

// T49: the example while its store or its chain is down. Every answer is what
// it should be, and says nothing of what is behind it.
func TestT49DependenciesDown(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.signedIn("alice.testnet")
		s.node.Fault(nearrpctest.Down())
		answer := s.a.Signed(c, w)
		res, body := s.a.Do(c, "POST", "/auth/verify", answer)
		unavailable(t, "verify, the chain down", res, body, "chain_unavailable")
		res, body = s.a.Do(c, "GET", "/api/me", "")
		exampletest.Expect(t, "the session", res, body, 200, w.Account)
		s.node.Fault(nil)
		res, body = s.a.Do(c, "POST", "/auth/verify", answer)
		exampletest.Expect(t, "the same signature", res, body, 200, w.Account)
		if s.redis == nil {
			return // what is in memory cannot be down
		}
		answer = s.a.Signed(c, w)
		s.redis.Kill()
		for _, ask := range []struct{ method, path, body string }{
			{"POST", "/auth/challenge", ""}, {"POST", "/auth/verify", answer}, {"GET", "/auth/session", ""}, {"GET", "/auth/sessions", ""},
			{"GET", "/api/me", ""}, {"POST", "/api/me", "{}"}, {"GET", "/private", ""},
		} {
			res, body := s.a.Do(c, ask.method, ask.path, ask.body)
			unavailable(t, ask.method+" "+ask.path, res, body, "store_unavailable")
		}
		for path, want := range map[string]string{"/": "Sign in with NEAR", "/healthz": "ok"} {
			res, body := s.a.Do(c, "GET", path, "")
			exampletest.Expect(t, path, res, body, 200, want)
		}
		if err := s.redis.Run(); err != nil {
			t.Fatal(err)
		}
		res, body = s.a.SignIn(c, w)
		exampletest.Expect(t, "when it is back", res, body, 200, w.Account)
	})
}

// knows reports whether a secret has been noted.
func (v *vault) knows(value string) bool {
	if len(value) < beginning {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	_, known := v.values[value[:beginning]][value]
	return known
}

// said is the log of a process once it has come through the pipe: until then
// there is less from one look to the next than there will be.
func said(p *exampletest.Process) string {
	log := p.Log()
	for {
		time.Sleep(20 * time.Millisecond)
		if next := p.Log(); next == log {
			return log
		} else {
			log = next
		}
	}
}
