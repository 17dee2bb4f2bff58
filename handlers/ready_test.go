package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/store"
)

// readyChain is a chain that can be asked whether it answers.
type readyChain struct {
	fakeChain
	ready func(context.Context) error
	asked atomic.Int32
}

func (c *readyChain) Ready(ctx context.Context) error {
	c.asked.Add(1)
	if c.ready == nil {
		return ctx.Err()
	}
	return c.ready(ctx)
}

// An operator must see which of the two is down, and a visitor of the health
// check cannot make the server ask more than once a second.
func TestReady(t *testing.T) {
	t.Parallel()
	chain, m := &readyChain{fakeChain: "near:testnet"}, &flaky{Memory: store.NewMemory()}
	auth, err := handlers.New(handlers.Config{Origin: origin, Store: m, Chains: []handlers.Chain{chain, fakeChain("near:demo")}})
	if err != nil {
		t.Fatal(err)
	}
	down := func(context.Context) error { return errors.New("no route to host") }
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name         string
			store        error
			chain        func(context.Context) error
			noStore, not bool
		}{
			{"both up", nil, nil, false, false},
			{"store down", errors.New("refused"), nil, true, false},
			{"chain down", nil, down, false, true},
			{"both down", errors.New("refused"), down, true, true},
			{"chain hangs", nil, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, false, true},
			{"up again", nil, nil, false, false},
		} {
			m.fail(nil, c.store)
			chain.ready = c.chain
			before, begun := chain.asked.Load(), time.Now()
			for range 20 {
				// A health check that gives up at once must not spoil the answer.
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				err := auth.Ready(ctx)
				if errors.Is(err, store.ErrUnavailable) != c.noStore || errors.Is(err, handlers.ErrUnavailable) != c.not || (err == nil) == (c.noStore || c.not) {
					t.Errorf("%s: %v", c.name, err)
				}
			}
			if n := chain.asked.Load() - before; n != 1 {
				t.Errorf("%s: asked %d times", c.name, n)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("%s: took %v", c.name, took)
			}
			time.Sleep(time.Second)
		}
	})
}

// The chain of the kit can be asked, and says what the network says.
func TestReadyOfNear(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := r.auth.Ready(t.Context()); err != nil || r.node.Queries() == 0 {
		t.Errorf("%v after %d queries", err, r.node.Queries())
	}
}

// Cookies for frames of other sites say so, also when they are cleared: a
// browser would keep them otherwise.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	for _, embedded := range []bool{true, false} {
		r := newRig(t, func(c *handlers.Config) { c.Embedded = embedded })
		b, w := r.browser(), r.person("alice.testnet")
		first := b.do("POST", "/auth/challenge", nil)
		var c challenge
		mustDecode(t, first.body, &c)
		in := b.do("POST", "/auth/verify", w.answer(c))
		out := b.do("POST", "/auth/logout", nil)
		b.signIn(w)
		revoked := b.do("DELETE", "/auth/sessions/"+b.id(), nil)
		b.signIn(w)
		r.store.fail(nil, errors.New("down"))
		failed := b.do("POST", "/auth/logout", nil)
		for name, c := range map[string]struct {
			res    response
			cookie string
		}{
			"challenge": {first, "__Host-nearauth-login"}, "sign in": {in, "__Host-nearauth"}, "logout": {out, "__Host-nearauth"},
			"revoke": {revoked, "__Host-nearauth"}, "store down": {failed, "__Host-nearauth"},
		} {
			lines := c.res.Header.Values("Set-Cookie")
			if len(lines) != 1 || !strings.HasPrefix(lines[0], c.cookie+"=") {
				t.Errorf("%s: %q", name, lines)
				continue
			}
			for attribute, want := range map[string]bool{
				"; SameSite=None": embedded, "; Partitioned": embedded, "; SameSite=Lax": !embedded, "; Secure": true, "; HttpOnly": true, "; Path=/": true, "; Domain": false,
			} {
				if strings.Contains(lines[0], attribute) != want {
					t.Errorf("%s, embedded %v: %q %v in %s", name, embedded, attribute, !want, lines[0])
				}
			}
		}
	}
	// Browsers drop such a cookie on http; an own manager has it settled.
	sessions, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]handlers.Config{
		"loopback":      {Origin: "http://localhost:8080"},
		"insecure http": {Origin: "http://example.com", InsecureHTTP: true},
		"own manager":   {Origin: origin, Sessions: sessions},
	} {
		c.Store, c.Chains, c.Embedded = store.NewMemory(), []handlers.Chain{fakeChain("near:testnet")}, true
		if _, err := handlers.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// In embedded mode the cookie comes with other sites' requests: the rules on
// the origin are what is left.
func TestEmbeddedRefusesForgedRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *handlers.Config) { c.Embedded = true })
	b := r.browser()
	b.signIn(r.person("alice.testnet"))
	for _, path := range []string{"/auth/logout", "/auth/challenge", "/auth/verify", "/private"} {
		b.expect(path, b.do("POST", path, nil, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403, "cross_origin")
	}
	if b.account() != alice {
		t.Error("signed out by another site")
	}
}

// warner is a store with something wrong about it.
type warner struct{ *store.Memory }

func (warner) Warnings(ctx context.Context) []string {
	if _, limited := ctx.Deadline(); !limited {
		return []string{"no time limit", "none at all"}
	}
	return []string{"sessions could be evicted"}
}

// What will go wrong later is said at start and not in the outage: public
// endpoints, memory, and what the store knows of itself.
func TestWarnings(t *testing.T) {
	t.Parallel()
	own := testnet(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: "https://rpc.my-app.example"}}})
	const local = "http://localhost:8080"
	for name, c := range map[string]struct {
		origin  string
		backend store.Store
		chains  []handlers.Chain
		recheck time.Duration
		warned  []string
	}{
		"on https":             {origin, store.NewMemory(), []handlers.Chain{near.Testnet()}, 0, []string{"public endpoints", "memory of this process"}},
		"development":          {local, store.NewMemory(), []handlers.Chain{near.Testnet()}, 0, nil},
		"re-checks":            {local, store.NewMemory(), []handlers.Chain{near.Testnet()}, time.Hour, []string{"public endpoints"}},
		"two networks":         {local, store.NewMemory(), []handlers.Chain{near.Testnet(), near.Mainnet()}, time.Hour, []string{"near:testnet", "near:mainnet"}},
		"an endpoint of ours":  {local, store.NewMemory(), []handlers.Chain{own}, time.Hour, nil},
		"one of the two":       {local, store.NewMemory(), []handlers.Chain{own, near.Mainnet()}, time.Hour, []string{"near:mainnet"}},
		"of another author":    {local, store.NewMemory(), []handlers.Chain{fakeChain("near:testnet")}, time.Hour, nil},
		"a store that is ill":  {origin, warner{}, []handlers.Chain{own}, 0, []string{"sessions could be evicted"}},
		"a store that is well": {origin, struct{ store.Store }{store.NewMemory()}, []handlers.Chain{own}, 0, nil},
	} {
		var log bytes.Buffer
		_, err := handlers.New(handlers.Config{
			Origin: c.origin, Store: c.backend, Chains: c.chains, Recheck: c.recheck, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if n := strings.Count(log.String(), "level=WARN"); err != nil || n != len(c.warned) {
			t.Errorf("%s: %v, %d warnings: %s", name, err, n, log.String())
		}
		for _, w := range c.warned {
			if !strings.Contains(log.String(), w) {
				t.Errorf("%s: not warned of %s: %s", name, w, log.String())
			}
		}
	}
}

func TestRefusesNegativeRecheck(t *testing.T) {
	t.Parallel()
	own := testnet(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: "https://rpc.my-app.example"}}})
	for name, c := range map[string]handlers.Config{"negative": {Recheck: -1}, "negative grace": {Recheck: time.Hour, RecheckGrace: -1}} {
		c.Origin, c.Store, c.Chains = origin, store.NewMemory(), []handlers.Chain{own}
		if _, err := handlers.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
