package blackbox

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// Every answer that depends on who asks, refusals and redirects too, is kept by
// no cache.
func TestT28CacheHeaders(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		gone := s.a.Signed(c, w)
		check := func(status int, method, path, body string, h http.Header) {
			t.Helper()
			r := request(t, s.a, method, path, body)
			r.Header = http.Header{"Content-Type": {"application/json"}, "Origin": {s.a.Origin}}
			for name, values := range h {
				r.Header[name] = values
			}
			res, said := s.a.Send(c, r)
			vary := strings.Join(res.Header["Vary"], ", ")
			if res.StatusCode != status || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") || !strings.Contains(vary, "Cookie") || len(res.Header["Cache-Control"]) != 1 {
				t.Errorf("%s %s: %d %s, Cache-Control %q, Vary %q; want %d", method, path, res.StatusCode, said, res.Header["Cache-Control"], vary, status)
			}
		}
		page := http.Header{"Accept": {"text/html"}}
		check(200, "POST", "/auth/challenge", "", nil)
		for _, path := range []string{"/auth/challenge", "/auth/verify"} {
			check(400, "POST", path, "[", nil)
			check(403, "POST", path, "", http.Header{"Origin": {"https://evil.example"}})
			check(405, "GET", path, "", nil)
			check(413, "POST", path, strings.Repeat(" ", 20<<10), nil)
			check(415, "POST", path, "x", http.Header{"Content-Type": {"text/plain"}})
		}
		for _, path := range []string{"/auth/", "/auth/nothing", "/auth/sessions/a/b"} {
			check(404, "GET", path, "", nil)
		}
		check(400, "POST", "/auth/verify", with(t, gone, map[string]any{"nonce": strings.Repeat("00", 32)}), nil)
		check(200, "GET", "/auth/session", "", nil)
		check(200, "HEAD", "/auth/session", "", nil)
		check(401, "GET", "/auth/sessions", "", nil)
		check(401, "DELETE", "/auth/sessions/x", "", nil)
		check(401, "GET", "/api/me", "", nil)
		check(401, "GET", "/private", "", nil)
		check(303, "GET", "/private", "", page)
		check(303, "HEAD", "/private", "", page)
		check(403, "POST", "/api/me", "", http.Header{"Origin": {"https://evil.example"}})
		s.node.Fault(nearrpctest.Down())
		check(503, "POST", "/auth/verify", s.a.Signed(c, w), nil)
		s.node.Fault(nil)

		check(401, "POST", "/auth/verify", s.a.Signed(c, exampletest.NewWallet("nobody.testnet")), nil)
		check(200, "POST", "/auth/verify", s.a.Signed(c, w), nil)
		for _, path := range []string{"/auth/session", "/auth/sessions", "/api/me", "/private"} {
			check(200, "GET", path, "", page)
		}
		check(200, "POST", "/api/me", "", nil)
		check(405, "PUT", "/api/me", "", nil)
		check(404, "DELETE", "/auth/sessions/x", "", nil)
		check(204, "POST", "/auth/logout?scope=others", "", nil)
		check(400, "POST", "/auth/logout?scope=x", "", nil)
		check(204, "POST", "/auth/logout", "", nil)
		check(303, "POST", "/auth/logout", "", page)
		if s.redis != nil {
			s.a.SignIn(c, w)
			s.redis.Kill()
			for _, path := range []string{"/auth/session", "/auth/sessions", "/api/me", "/private"} {
				check(503, "GET", path, "", page)
			}
			check(503, "POST", "/auth/challenge", "", nil)
			check(503, "POST", "/auth/verify", gone, nil)
			check(503, "POST", "/auth/logout", "", nil)
		}
	})
}

// wiretap keeps what goes over a client's line, as an eavesdropper sorts it:
// the URLs that are asked for, and what comes back outside of cookies.
type wiretap struct {
	mu   sync.Mutex
	urls strings.Builder
	back strings.Builder
}

func (tap *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	tap.mu.Lock()
	defer tap.mu.Unlock()
	h := res.Header.Clone()
	h.Del("Set-Cookie")
	fmt.Fprintln(&tap.urls, r.URL, r.Header["Referer"], res.Header["Location"])
	_ = h.Write(&tap.back)
	if r.URL.Path != "/auth/challenge" {
		tap.back.Write(body)
	}
	return res, err
}

// Where the session token and the nonce may not be: in URLs, bodies, headers,
// HTML, nor in what the chain's node is asked. By the contract a nonce comes in
// the body of its challenge, since the wallet must sign it, and in the login
// cookie. And a token that is not in its cookie opens nothing.
func TestT29Secrets(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		var node strings.Builder
		var mu sync.Mutex
		s.node.Fault(func(_ http.ResponseWriter, r *http.Request) bool {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintln(&node, r.URL, r.Header, string(body))
			return false
		})
		c, w := s.person("alice.testnet")
		tap := new(wiretap)
		c.Transport = tap
		answer := s.a.Signed(c, w)
		s.a.Do(c, "POST", "/auth/verify", strings.Replace(answer, "accountId", "account", 1))
		res, body := s.a.Do(c, "POST", "/auth/verify", answer)
		exampletest.Expect(t, "sign in", res, body, 200, w.Account)
		session := token(s.a, c)
		s.a.Do(c, "POST", "/auth/verify", answer)
		for _, path := range []string{"/", "/private", "/auth/session", "/auth/sessions", "/api/me", "/auth/nothing", "/static/app.js", "/?next=/private"} {
			s.b.Do(c, "GET", path, "")
		}
		_, listed := s.a.Do(c, "GET", "/auth/sessions", "")
		id, _, _ := strings.Cut(listed[strings.Index(listed, `"id":"`)+6:], `"`)
		login := strings.Split(strings.TrimPrefix(loginCookie(s.a, c), "nearauth-login="), ".")
		s.a.Do(c, "POST", "/auth/logout", "")
		r := request(t, s.a, "GET", "/private", "")
		r.Header.Set("Accept", "text/html")
		res, _ = s.a.Send(c, r)
		if res.StatusCode != 303 {
			t.Errorf("no redirect: %d", res.StatusCode)
		}

		nonce, _ := members(t, answer)["nonce"].(string)
		raw, _ := base64.StdEncoding.DecodeString(nonce)
		secrets := append(login, session, nonce, hex.EncodeToString(raw), string(raw), members(t, answer)["signature"].(string))
		for where, text := range map[string]string{"URLs": tap.urls.String(), "answers": tap.back.String(), "the node's requests": node.String(), "the log": s.a.Log() + s.b.Log()} {
			if len(text) < 100 {
				t.Errorf("nothing was seen of %s", where)
			}
			for i, secret := range secrets {
				if len(secret) < 32 || strings.Contains(text, secret) {
					t.Errorf("secret %d in %s", i, where)
				}
			}
		}
		onlyAsCookie(t, s, w, id)
	})
}

// onlyAsCookie presents a live session's token in every other place, and what
// can be seen of the session in its cookie.
func onlyAsCookie(t *testing.T, s *site, w exampletest.Wallet, id string) {
	t.Helper()
	c := exampletest.Browser()
	res, body := s.a.SignIn(c, w)
	exampletest.Expect(t, "sign in", res, body, 200, w.Account)
	live := token(s.a, c)
	for path, h := range map[string]http.Header{
		"/api/me?nearauth=" + live: nil, "/api/me?session=" + live: nil, "/api/me;nearauth=" + live: nil,
		"/api/me":   {"Authorization": {"Bearer " + live}, "X-Session": {live}, "X-Auth-Token": {live}, "Nearauth": {live}},
		"/api/me?1": {"Cookie": {"session=" + live + "; nearauth-login=" + live + "; __Host-nearauth=" + live}},
		"/api/me?2": {"Cookie": {"nearauth=" + id}},
	} {
		res, body := send(t, s.a, "GET", path, "", h)
		if res.StatusCode != 401 && res.StatusCode != 404 {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
	}
	whoWith(t, "in its cookie", s.a, "nearauth="+live, w.Account)
}

// Whoever reads Redis finds no token, no half of a login cookie, no nonce and
// no signature, in keys or values, and nothing stays for ever. It is about
// Redis, so it runs on Redis only, and about NEAR: the text that waits for a
// signature of Ethereum or Stellar has the nonce in it, which opens nothing without
// the browser's half, and the session of a contract its signature, which is asked
// about again.
func TestT32DumpOfRedis(t *testing.T) {
	t.Parallel()
	s := onRedis(t, "-rate-limit", "100")
	s.redis.Do(t, "CONFIG", "SET", "rdbcompression", "no") // so that a dump shows what there is
	people := 20
	for i := range people {
		c, _ := s.signedIn(fmt.Sprintf("person-%d.testnet", i%7))
		s.b.Challenge(c)
		s.a.Do(c, "GET", "/api/me", "")
		s.b.Do(c, "POST", "/auth/verify", "{}")
	}
	keys := s.redis.Do(t, "KEYS", "*").([]any)
	kinds := make(map[string]int)
	for _, key := range keys {
		name := string(key.([]byte))
		kinds[strings.Split(name, ":")[2]]++
		if left := s.redis.Do(t, "PTTL", key).(int64); left == -1 { // -2 is gone by now
			t.Errorf("%s stays for ever", name)
		}
		dump, _ := s.redis.Do(t, "DUMP", key).([]byte)
		if what := secrets.within(name + "\n" + string(dump)); len(what) > 0 {
			t.Errorf("%s holds %v", name, what)
		}
	}
	// Sessions and the epoch, challenges, owners, limits.
	if kinds["s"] != people+1 || kinds["c"] < people || kinds["o"] != 7 || kinds["l"] == 0 {
		t.Errorf("kinds of keys: %v", kinds)
	}
}
