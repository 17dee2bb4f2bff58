package blackbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// The key leaves the chain, or is made a function-call key, or its account is
// deleted: the sessions that it opened end within the interval, a fifth more,
// and the question, on both instances, and others' do not. While the chain
// cannot tell they are served for the grace, then 503, never 401; and when it
// can again, what it says counts.
func TestT30KeyGone(t *testing.T) {
	t.Parallel()
	const every, grace = time.Second, 2 * time.Second
	onBoth(t, func(t *testing.T, s *site) {
		bystander, v := s.signedIn("bob.testnet")
		for how, change := range map[string]func(w exampletest.Wallet){
			"removed":    func(w exampletest.Wallet) { s.node.DeleteKey(w.Account, w.Key()) },
			"downgraded": func(w exampletest.Wallet) { _ = s.node.AddFunctionCallKey(w.Account, w.Key(), "app.testnet") },
			"deleted":    func(w exampletest.Wallet) { s.node.DeleteAccount(w.Account) },
		} {
			c, w := s.signedIn(how + ".testnet")
			other := exampletest.Browser()
			res, body := s.b.SignIn(other, w)
			exampletest.Expect(t, "the second session", res, body, 200, w.Account)
			time.Sleep(every + every/2) // it has been asked about once, and lives
			whoWith(t, how+", before", s.a, "nearauth="+token(s.a, c), w.Account)
			change(w)
			changed := time.Now()
			for _, cookie := range []string{"nearauth=" + token(s.a, c), "nearauth=" + token(s.b, other)} {
				until(t, s.a, cookie, 401, "unauthenticated", 200)
				if took := time.Since(changed); took > every+every/5+3*time.Second {
					t.Errorf("%s: served for %v", how, took)
				}
				until(t, s.b, cookie, 401, "unauthenticated", 200)
				for range 5 {
					whoWith(t, how, s.a, cookie, "")
					whoWith(t, how, s.b, cookie, "")
				}
			}
			whoWith(t, "the bystander", s.b, "nearauth="+token(s.a, bystander), v.Account)
		}
		chainDown(t, s, grace)
	}, "-recheck", every.String(), "-recheck-grace", grace.String())
}

// chainDown is a chain that cannot tell. One key is still there when it is back,
// the other is not.
func chainDown(t *testing.T, s *site, grace time.Duration) {
	t.Helper()
	kept, w := s.signedIn("kept.testnet")
	lost, v := s.signedIn("lost.testnet")
	cookies := []string{"nearauth=" + token(s.a, kept), "nearauth=" + token(s.a, lost)}
	s.node.Fault(nearrpctest.Down())
	s.node.DeleteKey(v.Account, v.Key())
	down := time.Now()
	for _, cookie := range cookies {
		until(t, s.a, cookie, 503, "chain_unavailable", 200)
		if took := time.Since(down); took < grace || took > grace+10*time.Second {
			t.Errorf("served for %v without the chain", took)
		}
	}
	for _, cookie := range cookies { // still 503, with the cookie kept
		res, body := send(t, s.a, "GET", "/api/me", "", http.Header{"Cookie": {cookie}})
		refused(t, "after the grace", res, body, 503, "chain_unavailable")
		if len(res.Cookies()) != 0 || res.Header.Get("Retry-After") == "" {
			t.Errorf("%v", res.Header)
		}
	}
	s.node.Fault(nil)
	until(t, s.a, cookies[0], 200, w.Account, 503)
	until(t, s.a, cookies[1], 401, "unauthenticated", 503)
	// There it has ended when the store has been told, or when it has asked.
	until(t, s.b, cookies[1], 401, "unauthenticated", 200)
}

// until asks who is signed in until the answer is another than it has been, and
// says what that must be.
func until(t *testing.T, p *exampletest.Process, cookie string, status int, contains string, before int) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		res, body := send(t, p, "GET", "/api/me", "", http.Header{"Cookie": {cookie}})
		if res.StatusCode == before && time.Since(begun) < 20*time.Second {
			continue
		}
		exampletest.Expect(t, "at last", res, body, status, contains)
		return
	}
}

// Sessions of an account are listed and ended from one instance while the other
// serves them: what was ended is served to no request that begins after the
// answer. And nobody lists or ends another account's.
func TestT31Revocation(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		admin, w := s.signedIn("alice.testnet")
		var cookies, ids []string
		for range 4 {
			c := exampletest.Browser()
			res, body := s.b.SignIn(c, w)
			exampletest.Expect(t, "sign in", res, body, 200, w.Account)
			cookies = append(cookies, "nearauth="+token(s.b, c))
			_, id := sessionsOf(t, s.a, cookies[len(cookies)-1])
			ids = append(ids, id)
		}
		mine := "nearauth=" + token(s.a, admin)
		if n, _ := sessionsOf(t, s.a, mine); n != 5 {
			t.Errorf("%d sessions are listed", n)
		}
		mallory, _ := s.signedIn("mallory.testnet")
		for _, id := range append(ids, "*", "%2e%2e", strings.Repeat("A", 22), strings.TrimPrefix(cookies[0], "nearauth=")) {
			res, body := s.a.Do(mallory, "DELETE", "/auth/sessions/"+id, "")
			if res.StatusCode != 404 {
				t.Errorf("mallory ends %s: %d %s", id, res.StatusCode, body)
			}
		}
		for _, step := range []struct {
			method, path string
			ended        []string
			left         int
		}{
			{"DELETE", "/auth/sessions/" + ids[0], cookies[:1], 4},
			{"POST", "/auth/logout?scope=others", cookies[1:], 1},
			{"POST", "/auth/logout?scope=all", []string{mine}, 0},
		} {
			stop := served(t, s.b, step.ended)
			res, body := s.a.Do(admin, step.method, step.path, "")
			late := stop()
			exampletest.Expect(t, step.path, res, body, 204, "")
			if late != 0 {
				t.Errorf("%s: %d requests were served after the answer", step.path, late)
			}
			for _, cookie := range step.ended {
				whoWith(t, step.path, s.a, cookie, "")
				whoWith(t, step.path, s.b, cookie, "")
			}
			if step.left > 0 {
				if n, _ := sessionsOf(t, s.b, mine); n != step.left {
					t.Errorf("%s leaves %d sessions", step.path, n)
				}
			}
		}
		whoWith(t, "mallory", s.b, "nearauth="+token(s.a, mallory), "mallory.testnet")
	})
}

// sessionsOf lists the sessions of whoever has the cookie, and says which is
// that one.
func sessionsOf(t *testing.T, p *exampletest.Process, cookie string) (count int, current string) {
	t.Helper()
	res, body := send(t, p, "GET", "/auth/sessions", "", http.Header{"Cookie": {cookie}})
	var list struct {
		Sessions []struct {
			ID      string
			Current bool
		}
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || res.StatusCode != 200 {
		t.Fatalf("list: %d %s", res.StatusCode, body)
	}
	for _, s := range list.Sessions {
		if s.Current {
			current = s.ID
		}
	}
	return len(list.Sessions), current
}

// served keeps asking with these cookies. To stop it, from the moment that they
// count as ended, is to ask a little longer and count who was served that began
// after it.
func served(t *testing.T, p *exampletest.Process, cookies []string) (stop func() (late int)) {
	t.Helper()
	var before, late atomic.Int64
	var ended atomic.Bool
	quit, warm := make(chan struct{}), make(chan struct{}, 1000)
	var wg sync.WaitGroup
	for i := range 4 {
		h := http.Header{"Cookie": {cookies[i%len(cookies)]}}
		wg.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				begunAfter := ended.Load()
				r, _ := http.NewRequest("GET", p.URL+"/api/me", nil)
				r.Header = h
				res, err := noJar.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				_ = res.Body.Close()
				switch {
				case res.StatusCode != 200:
				case begunAfter:
					late.Add(1)
				default:
					before.Add(1)
				}
				select {
				case warm <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 20 {
		<-warm
	}
	return func() int {
		ended.Store(true)
		time.Sleep(100 * time.Millisecond)
		close(quit)
		wg.Wait()
		if before.Load() == 0 {
			t.Error("nobody was served before")
		}
		return int(late.Load())
	}
}
