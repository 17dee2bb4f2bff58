package blackbox

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// T52: Redis is restarted, and the pool is full of dead connections. Nobody
// notices; Redis has kept the sessions. The first to use one may be a read or a
// write. Redis only.
func TestT52StaleConnections(t *testing.T) {
	t.Parallel()
	for what, idle := range map[string]time.Duration{"idle": 1200 * time.Millisecond, "fresh": 0} {
		for _, first := range []string{"GET /api/me", "POST /auth/challenge", "POST /auth/verify", "POST /auth/logout"} {
			t.Run(what+" "+first, func(t *testing.T) {
				t.Parallel()
				stale(t, idle, first)
			})
		}
	}
}

func stale(t *testing.T, idle time.Duration, first string) {
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "no") // the file is there for the next process all the same
	s := onServer(t, server, server.URL())
	c, w := s.signedIn("alice.testnet")
	leaving, _ := s.signedIn("bob.testnet")
	var all sync.WaitGroup
	for range 24 { // more at once than the pool keeps
		all.Go(func() { _, _, _ = ask(c, "GET", s.a.URL+"/api/me", "") })
	}
	answer := s.a.Signed(c, w)
	all.Wait()
	time.Sleep(idle)
	s.redis.Kill()
	s.restart()
	var n tally
	for _, request := range []string{first, "GET /api/me", "POST /auth/challenge", "POST /auth/verify", "POST /auth/logout"} {
		method, path, _ := strings.Cut(request, " ")
		client, body := c, ""
		switch path {
		case "/auth/verify":
			body = answer
		case "/auth/logout":
			client = leaving
		}
		for range 24 {
			res, said := s.a.Do(client, method, path, body)
			n.add(res.StatusCode, 0)
			if res.StatusCode >= 500 {
				t.Logf("%s: %d %s", request, res.StatusCode, said)
			}
		}
	}
	if n.n[500] > 0 || n.n[503] > 0 {
		t.Errorf("%v\n%s", n.n, errorsIn(s.a))
	}
	res, said := s.a.Do(c, "GET", "/api/me", "")
	exampletest.Expect(t, "the session", res, said, 200, w.Account)
}
