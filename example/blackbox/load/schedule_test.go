package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestArrivals(t *testing.T) {
	t.Parallel()
	for _, l := range []load{
		{checks: 2000, logins: 300, warmup: time.Second, duration: 2 * time.Second},
		{checks: 7, logins: 300, duration: time.Second},
		{checks: 1, logins: 1, warmup: time.Second, duration: 9 * time.Second},
	} {
		end := l.warmup + l.duration
		var last time.Duration
		n := map[bool]int{}
		for a := range l.arrivals() {
			rate, offset := l.checks, time.Duration(0)
			if a.login {
				rate, offset = l.logins, time.Second/time.Duration(2*l.checks)
			}
			if a.n != n[a.login] {
				t.Fatalf("%v: number %d, want %d", l, a.n, n[a.login])
			}
			if want := offset + time.Duration(a.n)*time.Second/time.Duration(rate); a.due != want {
				t.Fatalf("%v: %v is due at %v, want %v", l, a, a.due, want)
			}
			if a.due < last || a.due >= end {
				t.Fatalf("%v: %v after one at %v", l, a, last)
			}
			last = a.due
			n[a.login]++
		}
		seconds := int(end.Seconds())
		// A login that the offset moves past the end is none.
		if n[false] != seconds*l.checks || n[true] > seconds*l.logins || n[true] < seconds*l.logins-1-l.logins/(2*l.checks) {
			t.Errorf("%v: %d checks and %d logins in %d s", l, n[false], n[true], seconds)
		}
	}
}

// At the default rates nobody checks a session and signs in at once.
func TestArrivalsApart(t *testing.T) {
	t.Parallel()
	last := arrival{due: -time.Second}
	for a := range (load{checks: 2000, logins: 300, duration: 2 * time.Second}).arrivals() {
		if a.due-last.due < 50*time.Microsecond {
			t.Fatalf("%v right after %v", a, last)
		}
		last = a
	}
}

func TestDispatch(t *testing.T) {
	t.Parallel()
	r := newRecord(load{checks: 100, logins: 10, warmup: 50 * time.Millisecond, duration: 100 * time.Millisecond})
	out := make(chan arrival)
	begin := time.Now()
	go dispatch(begin, out, r)
	for want := range r.load.arrivals() {
		got, open := <-out
		if !open || got != want {
			t.Fatalf("%v, want %v", got, want)
		}
		if early := got.due - time.Since(begin); early > 0 {
			t.Errorf("%v is %v early", got, early)
		}
	}
	if a, open := <-out; open {
		t.Errorf("one more: %v", a)
	}
	if n := len(r.latencies(late)); n != 11 || n != r.offered[late] {
		t.Errorf("%d of %d were timed, want 11", n, r.offered[late])
	}
}

// While the server stands still, everybody who arrives waits, and not only
// those who have a connection.
func TestStall(t *testing.T) {
	t.Parallel()
	const stall = 300 * time.Millisecond
	var asked atomic.Int32
	var standing sync.RWMutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.Error(w, `{"code":"not_here"}`, http.StatusNotFound)
			return
		}
		if asked.Add(1) == 60 {
			standing.Lock()
			time.Sleep(stall)
			standing.Unlock()
		}
		standing.RLock()
		defer standing.RUnlock()
		_, _ = io.WriteString(w, `{"accountId":"person-00000.testnet"}`)
	}))
	defer server.Close()

	l := load{checks: 200, logins: 10, duration: time.Second, connections: 4}
	s := standIn(server, l)
	r := newRecord(l)
	s.send(time.Now(), r)

	waits := r.latencies(check)
	if len(waits) != 200 {
		t.Fatalf("%d checks done, want 200: %v", len(waits), r.errors)
	}
	slow := 0
	for _, micros := range waits {
		if micros >= 100_000 {
			slow++
		}
	}
	// Of the 60 that are due meanwhile, 40 are so in the first 200 ms.
	if slow < 39 {
		t.Errorf("%d waited for 100 ms, want 40: only %d connections had to wait", slow, l.connections)
	}
	if n := r.errors["challenge: 404 not_here"]; n != 10 || r.failures() != 10 {
		t.Errorf("errors: %v, want 10 of the challenges", r.errors)
	}
}

// Answers that are not about the one who asks are errors.
func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/me":
			_, _ = io.WriteString(w, `{"accountId":"b.testnet"}`)
		case "/auth/challenge":
			_, _ = io.WriteString(w, `{"nonce":""}`)
		}
	}))
	l := load{checks: 20, logins: 10, duration: time.Second / 2, connections: 2}
	s := standIn(server, l)
	r := newRecord(l)
	s.send(time.Now(), r)
	if r.errors["check: 200, and not about this account"] != 10 || r.errors["challenge: 0 cookies"] != 5 || r.failures() != 15 {
		t.Error(r.errors)
	}
	if len(r.latencies(check))+len(r.latencies(challenge)) != 0 {
		t.Error("what has failed has been timed")
	}

	server.Close()
	r = newRecord(l)
	s.send(time.Now(), r)
	if n := r.failures(); n != 15 || len(r.errors) > 6 {
		t.Errorf("%d errors without a server, want 15 of a few kinds: %v", n, r.errors)
	}
}

// standIn is a site whose example is something else.
func standIn(server *httptest.Server, l load) *site {
	s := &site{browser: browser{host: "a.test", origin: "http://a.test"}, wallets: someWallets(1)}
	s.sessions = []session{s.browser.session(s.wallets[0], "nearauth=x")}
	for range l.connections {
		s.conns = append(s.conns, &conn{addr: server.Listener.Addr().String()})
	}
	return s
}
