package blackbox

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	_ "github.com/nearauth/nearauth/store/redis/ha" // whose module has the program
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// traffic is people who use a site of two instances while something happens to
// it: they sign in, twice at once with each challenge and again later; they look
// at pages; they sign out, and somebody tries their old cookies. What they see
// is written down.
type traffic struct {
	t         *testing.T
	name      string
	rec       recording
	node      *nearrpctest.Node
	instances map[string]*exampletest.Process
	urls      map[string]string // of the instances; they keep them
	flags     []string
	client    *http.Client
	logins    atomic.Int64

	mu       sync.Mutex
	signings []*signing
	members  []*member

	stop   chan struct{}
	people sync.WaitGroup

	over      chan struct{}
	endPulses func()
}

const program = "github.com/nearauth/nearauth/store/redis/ha/example"

// both are the instances' names.
var both = []string{"A", "B"}

// newTraffic starts a site on a Redis of any form. There are no people yet.
func newTraffic(t *testing.T, redis string, flags ...string) *traffic {
	t.Helper()
	tr := &traffic{
		t: t, name: strings.ToLower(strings.NewReplacer("/", "-", "_", "-", ",", "").Replace(t.Name()))[len("TestFault"):],
		instances: make(map[string]*exampletest.Process), urls: make(map[string]string), stop: make(chan struct{}),
		client: &http.Client{Timeout: 15 * time.Second, Transport: witness{&http.Transport{MaxIdleConnsPerHost: 100}}},
	}
	node, chain := exampletest.Chain(t)
	tr.node = node
	tr.flags = append([]string{"-origin", exampletest.Site, "-network", "testnet", "-rpc", chain.URL, "-rate-limit", "off", "-redis", redis}, flags...)
	for _, instance := range both {
		tr.start(instance)
	}
	return tr
}

// startTraffic starts a site and people, and returns when all of them are
// served.
func startTraffic(t *testing.T, redis string, servers []*redistest.Server, flags ...string) *traffic {
	t.Helper()
	tr := newTraffic(t, redis, flags...)
	tr.startPulses(servers)
	begun := time.Now()
	for i := range 12 {
		wallet := 20 * time.Millisecond
		if i < 4 {
			wallet = time.Second // so that faults come between challenge and verify
		}
		tr.people.Go(func() { tr.live(wallet) })
	}
	for range 2 {
		tr.people.Go(tr.watch)
	}
	t.Cleanup(sync.OnceFunc(tr.leave))
	if _, full := tr.waitService(begun, 30*time.Second); !full {
		t.Fatalf("no service at the beginning: %v", count(tr.rec.all()))
	}
	return tr
}

// start starts an instance, or starts it again on its port.
func (tr *traffic) start(instance string) {
	tr.t.Helper()
	path, err := exampletest.Build(program)
	if err != nil {
		tr.t.Fatal(err)
	}
	flags := tr.flags
	if old := tr.urls[instance]; old != "" {
		flags = append([]string{"-addr", strings.TrimPrefix(old, "http://")}, flags...)
	}
	p := exampletest.Run(tr.t, path, flags...)
	tr.t.Cleanup(func() {
		secrets.log(tr.t.Name(), p.Log())
		for _, bad := range []string{"panic serving", "panic: ", "fatal error: "} {
			if _, why, found := strings.Cut(p.Log(), bad); found {
				tr.t.Errorf("%s%.2000s", bad, why)
			}
		}
	})
	tr.instances[instance] = p
	if tr.urls[instance] == "" {
		tr.urls[instance] = p.URL
	}
}

func (tr *traffic) going() bool {
	select {
	case <-tr.stop:
		return false
	default:
		return true
	}
}

// leave ends what people do. Whoever is in the middle of something ends it.
func (tr *traffic) leave() {
	if tr.going() {
		close(tr.stop)
	}
	tr.people.Wait()
}

func either() string { return both[rand.N(len(both))] }

// live is a person whose wallet takes so long: signs in again and again, every
// second time stays so, and every other time signs out after a while.
func (tr *traffic) live(wallet time.Duration) {
	for i := 0; tr.going(); i++ {
		pause(60 * time.Millisecond)
		s := tr.begin(either())
		if s == nil {
			continue
		}
		pause(wallet)
		m := tr.verify(s, both...)
		for tries := 0; m == nil && tries < 3 && tr.going(); tries++ {
			pause(60 * time.Millisecond) // it failed; perhaps the answer is good for something yet
			m = tr.verify(s, both...)
		}
		if m == nil {
			continue
		}
		for range 2 {
			pause(60 * time.Millisecond)
			tr.check(m, either())
		}
		if i%2 == 0 {
			tr.signOut(m)
		}
	}
}

// signOut signs out, and after a failure again, at either instance, with the
// same cookie. When it is acknowledged, both instances are asked at once.
func (tr *traffic) signOut(m *member) {
	for tr.logout(m, either()) != 204 {
		if !tr.going() {
			return
		}
		pause(100 * time.Millisecond)
	}
	for _, instance := range both {
		tr.check(m, instance)
	}
}

// watch looks at the sessions of others, those that have ended too, and answers
// old challenges again.
func (tr *traffic) watch() {
	for tr.going() {
		pause(30 * time.Millisecond)
		tr.mu.Lock()
		var m *member
		var s *signing
		if n := len(tr.members); n > 0 {
			m, s = tr.members[rand.N(n)], tr.signings[rand.N(len(tr.signings))]
		}
		tr.mu.Unlock()
		switch {
		case m == nil:
		case rand.N(4) == 0:
			tr.verify(s, either())
		default:
			tr.check(m, either())
		}
	}
}

// waitFor waits until so many of these answers were given to requests that began
// after a moment. What people do in a second depends on the machine.
func (tr *traffic) waitFor(n int, since time.Time, answers ...string) {
	tr.t.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		seen, all := 0, count(tr.rec.during(span{since, time.Now()}))
		for _, answer := range answers {
			seen += all[answer]
		}
		if seen >= n {
			return
		}
		if time.Since(begun) > 30*time.Second {
			tr.t.Fatalf("nobody has got %q: %v", answers, all)
		}
	}
}

// waitService waits for full service and returns how long after back it began.
func (tr *traffic) waitService(back time.Time, limit time.Duration) (time.Duration, bool) {
	for {
		since, full := tr.rec.service(back, time.Now(), both...)
		if full || time.Since(back) > limit {
			return since.Sub(back), full
		}
		time.Sleep(100 * time.Millisecond)
	}
}
