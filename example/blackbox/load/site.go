package main

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// site is the example, what it depends on, and its people.
type site struct {
	t        testing.TB
	redis    *redistest.Server // nil where the sessions are in memory
	process  *exampletest.Process
	browser  browser
	wallets  []exampletest.Wallet
	sessions []session
	conns    []*conn
}

// perWallet is how many of the sessions an account has. Beside them it has
// those of the logins that are under way, so that it never comes near the 100
// that it may have.
const perWallet = 5

// start starts a site and signs its people in.
func start(t testing.TB, l load) *site {
	t.Helper()
	s := &site{t: t}
	// The node is in this process: in one of its own it costs the machine as
	// much, and nothing is measured more evenly for it.
	node, chain := exampletest.Chain(t)
	flags := []string{"-network", "testnet", "-rpc", chain.URL, "-rate-limit", "off"}
	if !l.memory {
		s.redis = redistest.Start(t)
		flags = append(flags, "-redis", s.redis.URL())
	}
	s.process = exampletest.Start(t, flags...)
	addr := strings.TrimPrefix(s.process.URL, "http://")
	s.browser = browser{host: addr, origin: s.process.Origin}
	s.wallets = someWallets((l.sessions + perWallet - 1) / perWallet)
	for _, w := range s.wallets {
		if err := node.AddFullAccessKey(w.Account, w.Key()); err != nil {
			t.Fatal(err)
		}
	}
	for range l.connections {
		s.conns = append(s.conns, &conn{addr: addr})
	}
	t.Cleanup(func() {
		for _, c := range s.conns {
			c.close()
		}
	})
	s.sessions = make([]session, l.sessions)
	s.signIn()
	return s
}

func someWallets(n int) (all []exampletest.Wallet) {
	for i := range n {
		all = append(all, exampletest.NewWallet(fmt.Sprintf("person-%05d.testnet", i)))
	}
	return all
}

// signIn makes the sessions that are checked, over all connections at once.
// That is the most that the load can ask for at a time. So the example takes
// the memory for its worst moment now, and not in the midst of a run, when the
// machine stalls and what has arrived meanwhile is asked at once.
func (s *site) signIn() {
	s.t.Helper()
	failed := make([]error, len(s.conns))
	var all sync.WaitGroup
	for at, c := range s.conns {
		all.Go(func() {
			for i := at; i < len(s.sessions) && failed[at] == nil; i += len(s.conns) {
				w := s.wallets[i%len(s.wallets)]
				cookie, err := s.browser.signIn(c, w)
				// A machine with other things to do may keep Redis from
				// answering for the 300 ms that it has.
				for tries := 1; err != nil && tries < 5; tries++ {
					time.Sleep(time.Second)
					cookie, err = s.browser.signIn(c, w)
				}
				failed[at] = err
				s.sessions[i] = s.browser.session(w, cookie)
			}
		})
	}
	all.Wait()
	if err := cmp.Or(failed...); err != nil {
		s.t.Fatal("signing in beforehand: ", err)
	}
}

// run sends the load and returns what has been measured.
func (s *site) run(l load) *result {
	s.t.Helper()
	r := &result{record: newRecord(l)}
	begin, finished := time.Now().Add(10*time.Millisecond), make(chan struct{})
	go func() {
		s.send(begin, r.record)
		close(finished)
	}()
	r.watch(s, begin, finished)
	return r
}

// send sends the load and returns when everything is answered.
func (s *site) send(begin time.Time, r *record) {
	// What has arrived and found no connection waits in here, for a second at
	// least before dispatch has to wait as well.
	arrivals := make(chan arrival, r.load.checks+r.load.logins)
	var workers sync.WaitGroup
	for _, c := range s.conns {
		workers.Go(func() { s.work(c, arrivals, begin, r) })
	}
	dispatch(begin, arrivals, r)
	workers.Wait()
}

// work does what arrives over one connection, one after the other. What finds
// all connections busy waits, and its latency grows.
func (s *site) work(c *conn, arrivals <-chan arrival, begin time.Time, r *record) {
	for a := range arrivals {
		var err error
		if due := begin.Add(a.due); a.login {
			err = s.browser.timedLogin(c, s.wallets[a.n%len(s.wallets)], a, due, r)
		} else if err = s.sessions[a.n%len(s.sessions)].ask(c); err == nil {
			r.note(check, a, time.Since(due))
		}
		if err != nil {
			r.fail(err.Error())
		}
	}
}
