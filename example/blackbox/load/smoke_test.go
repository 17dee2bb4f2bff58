package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	exampletest.Clean()
	os.Exit(code)
}

// A short run shows that everything works together and is counted, and says
// nothing about time or memory.
func TestSmoke(t *testing.T) {
	for _, inMemory := range []bool{true, false} {
		name := map[bool]string{true: "memory", false: "redis"}[inMemory]
		t.Run(name, func(t *testing.T) {
			l := load{checks: 200, logins: 30, warmup: time.Second / 2, duration: 2 * time.Second, sessions: 52, connections: 8, memory: inMemory}
			s := start(t, l)
			r := s.run(l)
			var out strings.Builder
			r.print(&out)
			t.Log("\n" + out.String())
			if !strings.Contains(out.String(), "errors: 0\n") || strings.Contains(out.String(), "NaN") {
				t.Error("errors, or no report")
			}
			for st := range steps {
				want := map[step]int{check: 400, late: 460}[st]
				if want == 0 {
					want = 60
				}
				all := r.record.latencies(st)
				if len(all) != want {
					t.Errorf("%s: %d are done, want %d", stepNames[st], len(all), want)
				}
				if all.quantile(0.5) > all.quantile(0.99) || all.quantile(1) > r.took+timeout {
					t.Errorf("%s: %v … %v", stepNames[st], all.quantile(0.5), all.quantile(1))
				}
			}
			// A login is at least its two requests.
			if whole, part := r.record.latencies(login).quantile(0), r.record.latencies(verify).quantile(0); whole <= part {
				t.Errorf("the fastest login took %v, and the fastest verify %v", whole, part)
			}
			for _, m := range r.example {
				if m < 1<<20 || m > 1<<30 {
					t.Fatalf("the example has %d bytes", m)
				}
			}
			if len(r.example) < 10 || (len(r.redis) > 0) == inMemory || r.own <= 0 || r.busy <= 0 || r.busy > 1 || r.took < l.duration {
				t.Errorf("%d and %d readings, %v of %v", len(r.example), len(r.redis), r.own, r.took)
			}
			s.steady(t)
		})
	}
}

// steady checks that the logins have left nothing behind: each account has the
// sessions that it had before, and nothing more is in Redis.
func (s *site) steady(t *testing.T) {
	t.Helper()
	want := len(s.sessions) / len(s.wallets)
	r, err := s.conns[0].do(s.browser.get("/auth/sessions", s.sessions[len(s.wallets)-1].cookie))
	if err != nil || r.status != 200 {
		t.Fatal(r.status, err)
	}
	if n := strings.Count(string(r.body), `"createdAt"`); n > want+1 || n < want {
		t.Errorf("%d sessions, want %d", n, want)
	}
	if s.redis == nil {
		return
	}
	kinds := map[string]int{}
	for _, key := range keys(t, s.redis) {
		kinds[strings.Split(key, ":")[2]]++
	}
	// The site's epoch may lie among the sessions.
	if n := kinds["s"]; n < len(s.sessions) || n > len(s.sessions)+1 || kinds["o"] != len(s.wallets) || kinds["c"] != 0 {
		t.Errorf("%v, want %d sessions of %d accounts and no challenge", kinds, len(s.sessions), len(s.wallets))
	}
}

func keys(t *testing.T, redis *redistest.Server) (all []string) {
	t.Helper()
	reply, _ := redis.Do(t, "KEYS", "nearauth:*").([]any)
	for _, key := range reply {
		all = append(all, string(key.([]byte)))
	}
	return all
}
