package blackbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// An answer that has signed somebody in is sent again: at once, after the
// logout, and to the other instance. By the contract a used challenge is 400
// challenge_invalid and not the table's 401.
func TestT05Replay(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		answer := s.a.Signed(c, w)
		res, body := s.a.Do(c, "POST", "/auth/verify", answer)
		exampletest.Expect(t, "the first", res, body, 200, w.Account)
		res, body = s.a.Do(c, "POST", "/auth/verify", answer)
		refused(t, "again", res, body, 400, "challenge_invalid")
		whoWith(t, "the session after it", s.b, "nearauth="+token(s.a, c), w.Account)
		res, body = s.a.Do(c, "POST", "/auth/logout", "")
		exampletest.Expect(t, "logout", res, body, 204, "")
		for where, p := range map[string]*exampletest.Process{"after the logout": s.a, "on the other instance": s.b} {
			res, body = p.Do(c, "POST", "/auth/verify", answer)
			refused(t, where, res, body, 400, "challenge_invalid")
		}

		// A definite no uses the challenge up too: the key cannot be added
		// afterwards, and the old answer be sent again.
		stranger := exampletest.NewWallet("bob.testnet")
		answer = s.a.Signed(c, stranger)
		res, body = s.a.Do(c, "POST", "/auth/verify", answer)
		refused(t, "a key that is not there", res, body, 401, "key_not_found")
		if err := s.node.AddFullAccessKey(stranger.Account, stranger.Key()); err != nil {
			t.Fatal(err)
		}
		res, body = s.b.Do(c, "POST", "/auth/verify", answer)
		refused(t, "added later", res, body, 400, "challenge_invalid")
	})
}

// Fifty clients answer one challenge at once, half of them on each instance:
// one signs in. There are 200 rounds with -full and 20 without, and a thousand in
// example/redemption_test.go.
func TestT06RaceOfFifty(t *testing.T) {
	t.Parallel()
	rounds := 20
	if *full {
		rounds = 200
	}
	onBoth(t, func(t *testing.T, s *site) {
		client := &http.Client{Transport: witness{&http.Transport{MaxIdleConnsPerHost: 50}}, Timeout: 30 * time.Second}
		defer client.CloseIdleConnections()
		for round := range rounds {
			c, w := s.person(fmt.Sprintf("race-%d.testnet", round))
			won, codes := race(s, client, s.a.Signed(c, w), loginCookie(s.a, c))
			if len(won) != 1 || codes["challenge_invalid"] != 49 {
				t.Fatalf("round %d: %d signed in, and %v", round, len(won), codes)
			}
			cookie := http.Header{"Cookie": {"nearauth=" + won[0]}}
			res, body := send(t, s.b, "GET", "/auth/sessions", "", cookie)
			exampletest.Expect(t, "the winner's sessions", res, body, 200, `"current":true`)
			if n := strings.Count(body, `"id":`); n != 1 {
				t.Fatalf("round %d: %d sessions: %s", round, n, body)
			}
		}
		if s.redis != nil {
			// The site's epoch is kept like a session.
			if n := len(s.redis.Do(t, "KEYS", "nearauth:*:s:*").([]any)) - 1; n != rounds {
				t.Errorf("%d sessions in Redis after %d rounds", n, rounds)
			}
		}
	})
}

// race sends one answer fifty times at once, and returns the tokens of those
// who won and how often the others got which code.
func race(s *site, client *http.Client, answer, cookie string) (won []string, codes map[string]int) {
	codes = make(map[string]int)
	start := make(chan struct{})
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 50 {
		p := s.a
		if i%2 == 1 {
			p = s.b
		}
		wg.Go(func() {
			r, _ := http.NewRequest("POST", p.URL+"/auth/verify", strings.NewReader(answer))
			r.Header = http.Header{"Content-Type": {"application/json"}, "Cookie": {cookie}}
			<-start
			res, body := p.Send(client, r)
			mu.Lock()
			defer mu.Unlock()
			if session := setSession(res); session != nil {
				won = append(won, session.Value)
				return
			}
			var refusal struct{ Code string }
			_ = json.Unmarshal([]byte(body), &refusal)
			codes[refusal.Code]++
		})
	}
	close(start)
	wg.Wait()
	return won, codes
}

// A challenge is answered a second before it expires, and another a second
// after, by a browser that keeps the cookie for longer than it may. By the
// contract expired is 400 challenge_invalid, not 401.
func TestT07Expiry(t *testing.T) {
	t.Parallel()
	const ttl = 4 * time.Second
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		early, late, asked := s.a.Signed(c, w), s.a.Signed(c, w), time.Now()
		kept := http.Header{"Content-Type": {"application/json"}, "Cookie": {loginCookie(s.a, c)}}
		time.Sleep(time.Until(asked.Add(ttl - time.Second)))
		res, body := send(t, s.b, "POST", "/auth/verify", early, kept)
		exampletest.Expect(t, "a second before", res, body, 200, w.Account)
		time.Sleep(time.Until(asked.Add(ttl + time.Second)))
		res, body = send(t, s.b, "POST", "/auth/verify", late, kept)
		refused(t, "a second after", res, body, 400, "challenge_invalid")
		if s.redis != nil {
			if n := len(s.redis.Do(t, "KEYS", "nearauth:*:c:*").([]any)); n != 0 {
				t.Errorf("%d challenges left in Redis", n)
			}
		}
	}, "-challenge-ttl", ttl.String())
}

// The clocks of client, instance and Redis differ. A client's clock is not
// read. The clock of an instance cannot be set here apart from Redis's
// (libfaketime does nothing for Go), so what stands for it is that no command
// that Redis gets has a time of day in it: each lifetime is relative. In memory
// there is one clock. TestT08EthereumClocks is about texts with times in them.
func TestT08Clocks(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		if s.redis != nil {
			s.redis.Do(t, "CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "10000")
		}
		c, w := s.person("alice.testnet")
		for _, skew := range []time.Duration{-10 * time.Minute, 10 * time.Minute, -20 * 365 * 24 * time.Hour} {
			at := time.Now().Add(skew).UTC()
			answer := with(t, s.a.Signed(c, w), map[string]any{"timestamp": at.UnixMilli(), "issuedAt": at, "expiresAt": at, "expirationTime": at, "notBefore": at.Add(24 * time.Hour)})
			res, body := send(t, s.b, "POST", "/auth/verify", answer, http.Header{
				"Content-Type": {"application/json"}, "Cookie": {loginCookie(s.a, c)}, "Date": {at.Format(http.TimeFormat)},
			})
			exampletest.Expect(t, fmt.Sprint("a client ", skew, " away"), res, body, 200, w.Account)
		}
		if s.redis == nil {
			return
		}
		s.a.Challenge(c)
		keys := s.redis.Do(t, "KEYS", "nearauth:*:c:*").([]any)
		if len(keys) != 1 {
			t.Fatalf("%d challenges in Redis", len(keys))
		}
		if left := s.redis.Do(t, "PTTL", keys[0]).(int64); left > 300_000 || left < 240_000 {
			t.Errorf("a new challenge has %d ms to live", left)
		}
		relativeTimes(t, s)
	})
}

// relativeTimes looks through all commands that Redis has got, scripts' arguments
// too: no word is a time of day, and a challenge's lifetime is five minutes. The
// sorted sets of the accounts' sessions have times of Redis's own clock, which a
// script asks for; such a command is not what an instance sends.
func relativeTimes(t *testing.T, s *site) {
	t.Helper()
	challenges := 0
	for _, entry := range s.redis.Do(t, "SLOWLOG", "GET", "10000").([]any) {
		command := entry.([]any)[3].([]any)
		if first, _ := command[0].([]byte); bytes.HasPrefix(bytes.ToUpper(first), []byte("Z")) {
			continue
		}
		for _, word := range command {
			text, _ := word.([]byte)
			switch strings.ToUpper(string(text)) {
			case "EXPIREAT", "PEXPIREAT", "EXAT", "PXAT":
				t.Errorf("%s with %s", command[0], text)
			}
			n, err := strconv.ParseInt(string(text), 10, 64)
			if err != nil {
				continue
			}
			if n > 240_000 && n <= 300_000 {
				challenges++
			}
			for _, at := range []time.Time{time.Unix(n, 0), time.UnixMilli(n), time.UnixMicro(n), time.Unix(0, n)} {
				if time.Since(at).Abs() < 365*24*time.Hour {
					t.Errorf("%s … %s is a time of day", command[0], text)
				}
			}
		}
	}
	if challenges < 4 {
		t.Errorf("%d lifetimes of challenges seen", challenges)
	}
}
