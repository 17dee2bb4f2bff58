package nearrpc_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

func TestChainCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out logs
		client, _, nodes := scene(t, 1, "a:yes", func(c *nearrpc.Config) { c.Logger = out.logger() })
		ask := func() error { return client.FullAccess(t.Context(), alice, aliceKey) }
		nodes[0].Fault(nearrpctest.WrongChain("mainnet"))
		if err := ask(); !errors.Is(err, nearrpc.ErrUnavailable) || !strings.Contains(err.Error(), "is on mainnet, not on testnet") {
			t.Errorf("got %v", err)
		}
		if nodes[0].Queries() != 0 {
			t.Error("asked a node of another chain")
		}
		if n := strings.Count(out.String(), "level=ERROR"); n != 1 {
			t.Errorf("logged %d errors:\n%s", n, out.String())
		}
		nodes[0].Fault(nearrpctest.Syncing("testnet"))
		if err := ask(); !errors.Is(err, nearrpc.ErrUnavailable) || !strings.Contains(err.Error(), "still syncing") || nodes[0].Queries() != 0 {
			t.Errorf("of a node that is behind: %v after %d queries", err, nodes[0].Queries())
		}
		nodes[0].Fault(nil)
		before := nodes[0].Requests()
		for range 5 {
			if err := ask(); err != nil {
				t.Error(err)
			}
		}
		if n := nodes[0].Requests() - before; n != 6 {
			t.Errorf("%d requests, want 1 status and 5 queries", n)
		}
		// The one check holds, as documented.
		nodes[0].Fault(nearrpctest.WrongChain("mainnet"))
		if err := ask(); err != nil {
			t.Error(err)
		}
	})
}

func TestChainCheckDoesNotStampede(t *testing.T) {
	t.Parallel()
	for _, works := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			client, _, nodes := scene(t, 1, "a:yes")
			nodes[0].Fault(nearrpctest.Only("status", func(w http.ResponseWriter, r *http.Request) bool {
				time.Sleep(100 * time.Millisecond)
				return !works && nearrpctest.TooManyRequests(0)(w, r)
			}))
			var group sync.WaitGroup
			for range 50 {
				group.Go(func() {
					if err := client.FullAccess(t.Context(), alice, aliceKey); (err == nil) != works {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if checks := nodes[0].Requests() - nodes[0].Queries(); checks != 1 {
				t.Errorf("works=%v: %d checks for 50 questions at once", works, checks)
			}
		})
	}
}

func TestChainCheckSurvivesItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out logs
		client, _, nodes := scene(t, 1, "a:yes", func(c *nearrpc.Config) { c.Logger = out.logger() })
		nodes[0].Fault(nearrpctest.Only("status", func(w http.ResponseWriter, r *http.Request) bool {
			time.Sleep(200 * time.Millisecond)
			return false
		}))
		first, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if err := client.FullAccess(first, alice, aliceKey); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		synctest.Wait()
		group.Go(func() {
			if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(50 * time.Millisecond)
		cancel()
		group.Wait()
		if out.String() != "" {
			t.Errorf("the second question met a failure: %s", out.String())
		}
	})
}

func TestChainCheckIsWaitedForWithinContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _, nodes := scene(t, 1, "a:yes")
		nodes[0].Fault(nearrpctest.Hang())
		go client.FullAccess(t.Context(), alice, aliceKey)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := client.FullAccess(ctx, alice, aliceKey)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 50*time.Millisecond || nodes[0].Requests() != 1 {
			t.Error(err, time.Since(start), nodes[0].Requests())
		}
		time.Sleep(5 * time.Second) // the first question ends
	})
}
