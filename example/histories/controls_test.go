package histories

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// controlOps is how long a broken backend may hide.
const controlOps = 2000

// A check that cannot fail proves nothing: each broken backend must be caught,
// by the same clients with the same questions, in quiet times.
func TestControls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		how defect
		mix mix
	}{
		{getThenDel, challengeMix}, {upsert, sessionMix}, {writeBack, sessionMix}, {findThenDel, sessionMix}, {cached, sessionMix}, {neverDeletes, sessionMix},
	} {
		t.Run(string(c.how), func(t *testing.T) {
			t.Parallel()
			storeHistory(t, c.mix, controlOps, c.how).caught(t)
		})
	}
}

// The same over HTTP, with the kit as it is on the broken backend.
func TestControlsOverHTTP(t *testing.T) {
	t.Parallel()
	for _, how := range []defect{getThenDel, cached, neverDeletes} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			overHTTP(t, func() store.Store {
				s, err := redis.Open(server.URL())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = s.Close() })
				return how.in(s)
			}).caught(t)
		})
	}
	t.Run("each process has a memory of its own", func(t *testing.T) {
		t.Parallel()
		overHTTP(t, func() store.Store { return store.NewMemory() }).caught(t)
	})
}

// overHTTP records a history of two instances in this process.
func overHTTP(t *testing.T, backend func() store.Store) *history {
	t.Helper()
	node, rpc := exampletest.Chain(t)
	s := newSite(t)
	for range 2 {
		client, err := nearrpc.New(nearrpc.Config{ChainID: "testnet", Endpoints: []nearrpc.Endpoint{{URL: rpc.URL}}})
		if err != nil {
			t.Fatal(err)
		}
		testnet, err := near.New(near.Config{Network: "testnet", RPC: client})
		if err != nil {
			t.Fatal(err)
		}
		auth, err := handlers.New(handlers.Config{RateLimit: -1, Origin: origin, Store: backend(), Chains: []handlers.Chain{testnet}})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		mux.Handle("/auth/", http.StripPrefix("/auth", auth))
		mux.Handle("/api/me", auth.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			account, _ := middleware.AccountFrom(r.Context())
			_ = json.NewEncoder(w).Encode(map[string]string{"accountId": account.ID})
		})))
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		s.urls = append(s.urls, func() string { return server.URL })
	}
	h := newHistory(controlOps, controlOps)
	signInHistory(t, h, s, node)
	return h
}

// caught fails unless the history shows a violation, and prints one.
func (h *history) caught(t *testing.T) {
	t.Helper()
	v := h.check()
	if len(v.violations) == 0 {
		t.Fatalf("not caught in %d operations on %d keys", v.answered+v.open, v.keys)
	}
	t.Logf("caught on %d of %d keys, for example (µs):%s", len(v.violations), v.keys, lines(shortest(v.violations[0])))
}
