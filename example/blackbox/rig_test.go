package blackbox

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// full is the length of make blackbox. Without it the tests that take their
// time are cut, to what make test has patience for.
var full = flag.Bool("full", false, "run every test at its full length")

func TestMain(m *testing.M) {
	flag.Parse()
	// Most of the tests wait for the clock of a process, not for this one's CPU.
	atOnce := flag.Lookup("test.parallel")
	if atOnce.Value.String() == atOnce.DefValue {
		_ = atOnce.Value.Set("8")
	}
	http.DefaultTransport = witness{http.DefaultTransport}
	code := m.Run()
	exampletest.Clean()
	if found := secrets.leaked(); len(found) > 0 && code == 0 {
		fmt.Fprintln(os.Stderr, "T48: in the logs of the run:", found)
		code = 1
	}
	os.Exit(code)
}

// site is one site as a test sees it.
type site struct {
	t     *testing.T
	node  *nearrpctest.Node
	chain *nearrpctest.Server
	redis *redistest.Server    // nil where the sessions are in memory
	a, b  *exampletest.Process // two instances; in memory b is a
	flags []string             // that a has been started with
}

// onBoth runs a test with the sessions in memory, in one process, and with two
// processes on one Redis. There are no rate limits unless the flags say so:
// all clients of a test have one address.
func onBoth(t *testing.T, f func(t *testing.T, s *site), flags ...string) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		f(t, inMemory(t, flags...))
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		f(t, onRedis(t, flags...))
	})
}

func inMemory(t *testing.T, flags ...string) *site {
	t.Helper()
	s := &site{t: t}
	s.node, s.chain = exampletest.Chain(t)
	s.flags = append([]string{"-origin", exampletest.Site, "-network", "testnet", "-rpc", s.chain.URL, "-rate-limit", "off"}, flags...)
	s.a = start(t, s.flags...)
	s.b = s.a
	return s
}

func onRedis(t *testing.T, flags ...string) *site {
	t.Helper()
	s := &site{t: t, redis: redistest.Start(t)}
	s.node, s.chain = exampletest.Chain(t)
	s.flags = append([]string{"-origin", exampletest.Site, "-network", "testnet", "-rpc", s.chain.URL, "-redis", s.redis.URL(), "-rate-limit", "off"}, flags...)
	s.a, s.b = start(t, s.flags...), start(t, s.flags...)
	return s
}

// start starts the example. What it logs is searched for secrets at the end, and
// it must never have panicked, whatever it was sent.
func start(t *testing.T, flags ...string) *exampletest.Process {
	t.Helper()
	p := exampletest.Start(t, flags...)
	t.Cleanup(func() {
		secrets.log(t.Name(), p.Log())
		for _, bad := range []string{"panic serving", "panic: ", "fatal error: "} {
			if _, why, found := strings.Cut(p.Log(), bad); found {
				t.Errorf("%s%.2000s", bad, why)
			}
		}
	})
	return p
}

// person makes an account with a full-access key on the chain, and a browser.
func (s *site) person(account string) (*http.Client, exampletest.Wallet) {
	s.t.Helper()
	w := exampletest.NewWallet(account)
	if err := s.node.AddFullAccessKey(w.Account, w.Key()); err != nil {
		s.t.Fatal(err)
	}
	return exampletest.Browser(), w
}

// signedIn is person, signed in at a. Where the machine is busy, Redis may be too
// slow for a moment; what a test is about begins after this.
func (s *site) signedIn(account string) (*http.Client, exampletest.Wallet) {
	s.t.Helper()
	c, w := s.person(account)
	res, body := s.a.SignIn(c, w)
	for range 5 {
		if res.StatusCode != 503 {
			break
		}
		time.Sleep(200 * time.Millisecond)
		res, body = s.a.SignIn(c, w)
	}
	exampletest.Expect(s.t, "sign in", res, body, 200, account)
	return c, w
}
