package blackbox

import (
	"bufio"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// The session ends while requests of it are under way, their bodies half sent.
// They may finish, but neither they nor the activity that they were bring it
// back. Activity is noted every tenth of the idle limit, here every half second;
// so there are also rounds in which it is noted and the session ended at the
// same moment. (The example changes no values of a session in a request; that a
// late commit brings nothing back is shown in store/storetest.)
func TestT25LogoutDuringRequests(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		for _, end := range []string{"/auth/logout", "/auth/logout?scope=all"} {
			c, w := s.signedIn("alice.testnet")
			cookie := "nearauth=" + token(s.a, c)
			time.Sleep(600 * time.Millisecond) // so that they are activity to be noted
			var finish []func() (*http.Response, string)
			for range 10 {
				finish = append(finish, underWay(t, s.a, cookie), underWay(t, s.b, cookie))
			}
			res, body := s.b.Do(c, "POST", end, "")
			exampletest.Expect(t, end, res, body, 204, "")
			whoWith(t, "meanwhile", s.a, cookie, "")
			for _, f := range finish {
				res, body := f()
				exampletest.Expect(t, "the slow one", res, body, 200, w.Account)
				if len(res.Cookies()) != 0 {
					t.Errorf("a late answer sets %v", res.Cookies())
				}
				whoWith(t, "after a late answer", s.b, cookie, "")
			}
			whoWith(t, "after all", s.a, cookie, "")
		}
		for range 5 {
			atTheSameMoment(t, s)
		}
		if s.redis != nil {
			if n := len(s.redis.Do(t, "KEYS", "nearauth:*:s:*").([]any)) - 1; n != 0 { // without the epoch
				t.Errorf("%d sessions in Redis", n)
			}
		}
	}, "-session-idle", "5s")
}

// atTheSameMoment ends a session among requests that note its activity.
func atTheSameMoment(t *testing.T, s *site) {
	t.Helper()
	c, _ := s.signedIn("alice.testnet")
	cookie := "nearauth=" + token(s.a, c)
	time.Sleep(600 * time.Millisecond)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 40 {
		p := []*exampletest.Process{s.a, s.b}[i%2]
		r := request(t, p, "GET", "/api/me", "")
		if i == 20 {
			r = request(t, p, "POST", "/auth/logout", "")
		}
		r.Header.Set("Cookie", cookie)
		wg.Go(func() {
			<-start
			if res, body := p.Send(noJar, r); res.StatusCode >= 300 && res.StatusCode != 401 {
				t.Errorf("%s: %d %s", r.URL.Path, res.StatusCode, body)
			}
		})
	}
	close(start)
	wg.Wait()
	whoWith(t, "after the moment", s.a, cookie, "")
	whoWith(t, "after the moment", s.b, cookie, "")
}

// underWay begins a request and returns when the handler has let it in and
// waits for its body, which is when the server asks for it. What it returns
// sends the rest.
func underWay(t *testing.T, p *exampletest.Process, cookie string) (finish func() (*http.Response, string)) {
	t.Helper()
	c := dial(t, p)
	_, err := io.WriteString(c, written("POST /api/me", []string{"Cookie: " + cookie, "Content-Length: 10", "Expect: 100-continue"}, ""))
	r := bufio.NewReader(c)
	var line, blank string
	if err == nil {
		line, err = r.ReadString('\n')
	}
	if err == nil {
		blank, err = r.ReadString('\n')
	}
	if err == nil {
		_, err = io.WriteString(c, "12345")
	}
	if err != nil || line != "HTTP/1.1 100 Continue\r\n" || blank != "\r\n" {
		t.Fatalf("not let in: %q %v", line, err)
	}
	return func() (*http.Response, string) {
		_, _ = io.WriteString(c, "67890")
		return answerOn(t, r)
	}
}

// An unused session ends a second after the idle limit and not a second before;
// use postpones that, and asking who is signed in is no use.
func TestT26Idle(t *testing.T) {
	t.Parallel()
	const idle = 4 * time.Second
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.signedIn("alice.testnet")
		watched, _ := s.signedIn("bob.testnet")
		cookie, begun := "nearauth="+token(s.a, c), time.Now()
		for _, p := range []*exampletest.Process{s.a, s.b} { // together longer than the limit
			used := time.Now()
			for time.Since(used) < idle-time.Second {
				res, body := s.a.Do(watched, "GET", "/auth/session", "")
				if gone := time.Since(begun) > idle; res.StatusCode != 200 || !gone && body == "null\n" {
					t.Errorf("watched for %v: %d %s", time.Since(begun), res.StatusCode, body)
				}
				time.Sleep(100 * time.Millisecond)
			}
			whoWith(t, "a second before", p, cookie, w.Account)
		}
		res, body := s.a.Do(watched, "GET", "/auth/session", "")
		exampletest.Expect(t, "watched, never used", res, body, 200, "null")
		time.Sleep(idle + time.Second)
		for _, p := range []*exampletest.Process{s.a, s.b} {
			whoWith(t, "a second after", p, cookie, "")
		}
	}, "-session-idle", idle.String())
}

// A session in constant use ends at its first deadline. The table rotates the
// token in between: the example does so only where a wallet signs again, which
// is a sign-in with a deadline of its own; that scs's RenewToken does not
// extend one is shown in store/storetest, "the absolute limit holds however
// much the session is used or renewed".
func TestT27Lifetime(t *testing.T) {
	t.Parallel()
	const lifetime = 5 * time.Second
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		begun := time.Now()
		res, body := s.a.SignIn(c, w)
		exampletest.Expect(t, "sign in", res, body, 200, w.Account)
		cookie := "nearauth=" + token(s.a, c)
		if set := setSession(res); set.Expires.After(time.Now().Add(lifetime+2*time.Second)) || set.MaxAge > int(lifetime/time.Second)+1 {
			t.Errorf("the cookie lasts longer: %v", set)
		}
		served := 0
		for i := 0; ; i++ {
			p := []*exampletest.Process{s.a, s.b}[i%2]
			asked := time.Since(begun)
			res, body := send(t, p, "GET", "/api/me", "", http.Header{"Cookie": {cookie}})
			answered := time.Since(begun)
			if len(res.Cookies()) != 0 {
				t.Errorf("use sets %v", res.Cookies())
			}
			if res.StatusCode != 200 {
				refused(t, "after the deadline", res, body, 401, "unauthenticated")
				if answered < lifetime {
					t.Errorf("over after %v", answered)
				}
				break
			}
			if served++; asked > lifetime+time.Second {
				t.Fatalf("served after %v", asked)
			}
			if i == 10 { // signing in again elsewhere is not this session's business
				other := exampletest.Browser()
				res, body := s.b.SignIn(other, w)
				exampletest.Expect(t, "elsewhere", res, body, 200, w.Account)
			}
			time.Sleep(50 * time.Millisecond)
		}
		if served < 20 {
			t.Errorf("served only %d times", served)
		}
	}, "-session-lifetime", lifetime.String(), "-session-idle", "3s")
}
