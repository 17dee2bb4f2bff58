package handlers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

// gate is a chain whose answers wait until the test lets them go.
type gate struct {
	handlers.Chain
	asked chan store.Account
	open  chan struct{}
}

func (g *gate) Confirm(ctx context.Context, a store.Account) error {
	g.asked <- a
	<-g.open
	return g.Chain.Confirm(ctx, a)
}

func gated(g **gate) func(*handlers.Config) {
	return func(c *handlers.Config) {
		*g = &gate{c.Chains[0], make(chan store.Account, 100), make(chan struct{})}
		c.Chains = []handlers.Chain{*g}
	}
}

// A thief signs one challenge twice with his own key: for himself, whose key
// the chain confirms, and for his victim. Both signatures are valid over the
// key. The yes about one must never sign in the other, however they interleave.
func TestTwoAccountsOneKeyOneChallenge(t *testing.T) {
	t.Parallel()
	var g *gate
	r := newRig(t, gated(&g))
	thief := r.person("thief.testnet")
	r.person("victim.testnet")
	as := wallet{"victim.testnet", thief.private}

	for _, order := range [][]wallet{{thief, as}, {as, thief}} {
		g.asked, g.open = make(chan store.Account, 100), make(chan struct{})
		b := r.browser()
		c := b.challenge(nil)
		answers := make([]response, 2)
		var wg sync.WaitGroup
		for i, w := range order {
			wg.Go(func() { answers[i] = b.do("POST", "/auth/verify", w.answer(c)) })
			if asked := <-g.asked; asked.ID != w.account {
				t.Fatalf("asked about %s, want %s: one question for two accounts", asked.ID, w.account)
			}
		}
		close(g.open)
		wg.Wait()
		for i, w := range order {
			switch res := answers[i]; {
			case w.account == as.account && res.StatusCode == 200:
				t.Fatalf("forged login: %s", res.body)
			case w.account == as.account && res.code() != "key_not_found" && res.code() != "challenge_invalid":
				t.Errorf("victim: %d %s", res.StatusCode, res.body)
			case w.account == thief.account && res.StatusCode != 200 && res.code() != "challenge_invalid":
				t.Errorf("thief: %d %s", res.StatusCode, res.body)
			}
		}
		if got := b.account(); got != "" && got != "near:testnet:thief.testnet" {
			t.Fatalf("signed in as %s", got)
		}
	}
}

// Verifies that ask the same thing share one question, and one of them wins.
func TestOneQuestionForEqualVerifies(t *testing.T) {
	t.Parallel()
	var g *gate
	r := newRig(t, gated(&g))
	w, b := r.person("alice.testnet"), r.browser()
	answer := w.answer(b.challenge(nil))
	// Cookies by hand: the winner's must not change the losers' requests.
	cookies := b.client.Jar.Cookies(b.do("GET", "/public", nil).Request.URL)
	b.client.Jar = nil
	const n = 16
	codes := make(chan string, n)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			res := b.do("POST", "/auth/verify", answer, "Cookie", cookies[0].Name+"="+cookies[0].Value)
			codes <- fmt.Sprint(res.StatusCode, res.code())
		})
	}
	<-g.asked
	time.Sleep(100 * time.Millisecond) // for the others to arrive
	close(g.open)
	wg.Wait()
	close(codes)
	count := map[string]int{}
	for c := range codes {
		count[c]++
	}
	if count["200"] != 1 || count["400challenge_invalid"] != n-1 {
		t.Errorf("answers %v, want one 200", count)
	}
	// Stragglers may have come after the answer, and then found no challenge.
	if asked := 1 + len(g.asked); asked > 2 {
		t.Errorf("the chain was asked %d times", asked)
	}
}

// The question goes on when the client that began it hangs up: the next one
// gets the answer, and the challenge is still good.
func TestTheQuestionOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	var g *gate
	r := newRig(t, gated(&g))
	w, b := r.person("alice.testnet"), r.browser()
	answer := w.answer(b.challenge(nil))
	ctx, hangUp := context.WithCancel(context.Background())
	j := strings.NewReader(mustJSON(answer))
	req, _ := http.NewRequestWithContext(ctx, "POST", origin+"/auth/verify", j)
	req.Header.Set("Content-Type", "application/json")
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if res, err := b.client.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-g.asked
	hangUp()
	<-gone
	done := make(chan response)
	go func() { done <- b.do("POST", "/auth/verify", answer) }()
	time.Sleep(50 * time.Millisecond)
	close(g.open)
	b.expect("second request", <-done, 200, "")
}

// Eight clients redeem one challenge at once, a thousand times: one succeeds.
func TestParallelRedemption(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) { c.Logger = nil })
	w := r.person("alice.testnet")
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	b := r.browser()
	var losers atomic.Int64
	for round := range rounds {
		c := b.challenge(nil)
		body := mustJSON(w.answer(c))
		cookie := loginCookieOf(b)
		winners := make(chan string, 8)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				<-start
				req, _ := http.NewRequest("POST", origin+"/auth/verify", strings.NewReader(body))
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Cookie", cookie)
				res, err := r.server.Client().Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				text, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				switch {
				case res.StatusCode == 200:
					winners <- string(text)
				case res.StatusCode == 400 && strings.Contains(string(text), "challenge_invalid"):
					losers.Add(1)
				default:
					t.Errorf("%d %s", res.StatusCode, text)
				}
			})
		}
		close(start)
		wg.Wait()
		if len(winners) != 1 {
			t.Fatalf("round %d: %d winners", round, len(winners))
		}
	}
	if got := losers.Load(); got != int64(7*rounds) {
		t.Errorf("%d losers, want %d", got, 7*rounds)
	}
}

func loginCookieOf(b *browser) string {
	req, _ := http.NewRequest("GET", origin+"/", nil)
	for _, c := range b.client.Jar.Cookies(req.URL) {
		if strings.HasSuffix(c.Name, "-login") {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

// A challenge belongs to the browser that asked for it: another can neither
// redeem nor spoil it, with no cookie and with one of its own.
func TestBrowserBinding(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.person("alice.testnet")
	mine, other, bare := r.browser(), r.browser(), r.browser()
	c := mine.challenge(nil)
	other.challenge(nil)
	bare.expect("no cookie", bare.do("POST", "/auth/verify", w.answer(c)), 400, "cookie_missing")
	other.expect("another browser", other.do("POST", "/auth/verify", w.answer(c)), 400, "challenge_invalid")
	if other.account() != "" || bare.account() != "" {
		t.Error("signed in in another browser")
	}
	mine.expect("its own", mine.do("POST", "/auth/verify", w.answer(c)), 200, "")
	// Login CSRF: an attacker's own answer, posted from the victim's browser.
	attacker, victim := r.browser(), r.browser()
	victim.signIn(w)
	ac := attacker.challenge(nil)
	mallory := r.person("mallory.testnet")
	victim.expect("posted by another site", victim.do("POST", "/auth/verify", mallory.answer(ac), "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403, "cross_origin")
	victim.expect("posted by the site itself", victim.do("POST", "/auth/verify", mallory.answer(ac)), 400, "challenge_invalid")
	if victim.account() != alice {
		t.Error("the victim's session changed")
	}
}

// Two tabs ask and answer in any order; both sign in.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.person("alice.testnet")
	for _, order := range []string{"1a2b", "12ab", "12ba", "21ab"} {
		b := r.browser()
		challenges := map[rune]challenge{}
		for _, step := range order {
			switch step {
			case '1', '2':
				challenges[step] = b.challenge(nil)
			case 'a':
				b.expect(order+" tab 1", b.do("POST", "/auth/verify", w.answer(challenges['1'])), 200, "")
			case 'b':
				b.expect(order+" tab 2", b.do("POST", "/auth/verify", w.answer(challenges['2'])), 200, "")
			}
		}
		if b.account() != alice {
			t.Errorf("%s: not signed in", order)
		}
	}
}

// The chain fails in every way an endpoint can. Each is a 503 within the
// budget, signs nobody in and takes nothing: the same signature succeeds when
// the chain is back.
func TestChainOutages(t *testing.T) {
	t.Parallel()
	elsewhere, err := nearrpctest.Serve(nearrpctest.NewNode("testnet"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = elsewhere.Close() })
	for name, fault := range map[string]nearrpctest.Fault{
		"down":             nearrpctest.Down(),
		"hanging":          nearrpctest.Hang(),
		"lying about id":   nearrpctest.WrongID(),
		"another chain":    nearrpctest.WrongChain("mainnet"),
		"redirecting":      nearrpctest.Redirect(elsewhere.URL),
		"HTML":             nearrpctest.HTML(),
		"429":              nearrpctest.TooManyRequests(time.Second),
		"a 64 MiB body":    nearrpctest.HugeBody(64 << 20),
		"a 64 MiB bomb":    nearrpctest.GzipBomb(64 << 20),
		"a slow drip":      nearrpctest.SlowDrip(100 * time.Millisecond),
		"a cut answer":     nearrpctest.Truncated(),
		"wrong chain, lie": both(nearrpctest.Only("status", nearrpctest.WrongChain("mainnet")), nearrpctest.Only("query", nearrpctest.LieFullAccess())),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigRPC(t, nearrpc.Config{AttemptTimeout: 300 * time.Millisecond, Timeout: 700 * time.Millisecond})
			b := r.browser()
			// Not on the chain yet, so that a yes could only be a lie.
			w := newWallet("alice.testnet")
			answer := w.answer(b.challenge(nil))
			r.node.Fault(fault)
			begun := time.Now()
			res := b.do("POST", "/auth/verify", answer)
			b.expect("verify", res, 503, "chain_unavailable")
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("took %v with a budget of 0.7 s", took)
			}
			if res.Header.Get("Retry-After") == "" || len(res.Cookies()) != 0 || b.account() != "" {
				t.Errorf("Retry-After %q, cookies %v", res.Header.Get("Retry-After"), res.Cookies())
			}
			r.node.Fault(nil)
			if err := r.node.AddFullAccessKey(w.account, w.key()); err != nil {
				t.Fatal(err)
			}
			for range 40 { // an endpoint that asked to be left alone is, for its Retry-After
				if res = b.do("POST", "/auth/verify", answer); res.StatusCode != 503 {
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
			b.expect("the same signature, with the chain back", res, 200, "")
		})
	}
}

func both(first, second nearrpctest.Fault) nearrpctest.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool { return first(w, r) || second(w, r) }
}

// One lying operator of two signs nobody in.
func TestOneLyingOperatorOfTwo(t *testing.T) {
	t.Parallel()
	honest, liar := nearrpctest.NewNode("testnet"), nearrpctest.NewNode("testnet")
	var endpoints []nearrpc.Endpoint
	for name, node := range map[string]*nearrpctest.Node{"honest": honest, "liar": liar} {
		s, err := nearrpctest.Serve(node)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		endpoints = append(endpoints, nearrpc.Endpoint{URL: s.URL, Operator: name})
	}
	r := newRig(t, func(c *handlers.Config) {
		c.Chains = []handlers.Chain{testnet(t, nearrpc.Config{Endpoints: endpoints, Agree: 2, AttemptTimeout: 300 * time.Millisecond, Timeout: 700 * time.Millisecond})}
	})
	liar.Fault(nearrpctest.LieFullAccess())
	victim, thief := newWallet("victim.testnet"), newWallet("victim.testnet")
	_ = honest.AddFullAccessKey(victim.account, victim.key())
	b := r.browser()
	for _, fault := range []nearrpctest.Fault{nil, nearrpctest.Down(), nearrpctest.Hang()} {
		honest.Fault(fault)
		res := b.signIn(thief)
		if res.StatusCode == 200 || b.account() != "" {
			t.Fatalf("forged login: %s", res.body)
		}
	}
}

func mustJSON(v map[string]any) string {
	var b strings.Builder
	b.WriteByte('{')
	for k, x := range v {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%q", k, x)
	}
	return b.String() + "}"
}
