package nearrpc_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

func TestFailedEndpointIsAskedLastFor30s(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, net, nodes := scene(t, 1, "a:yes b:yes")
		nodes[0].Fault(nearrpctest.Down())
		ask := func(want string) {
			t.Helper()
			if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil {
				t.Error(err)
			}
			if got := strings.Join(net.took(), " "); got != want {
				t.Errorf("asked %q, want %q", got, want)
			}
		}
		ask("b1") // a0 failed at its chain-id check
		nodes[0].Fault(nil)
		time.Sleep(29 * time.Second)
		ask("b1")
		nodes[1].Fault(nearrpctest.Only("query", nearrpctest.Down()))
		ask("b1 a0") // last is not never
		nodes[1].Fault(nil)
		ask("a0") // and it has recovered
		time.Sleep(31 * time.Second)
		nodes[0].Fault(nearrpctest.Only("query", nearrpctest.Down()))
		ask("a0 b1")
		nodes[0].Fault(nil)
		time.Sleep(30 * time.Second)
		ask("a0")
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header string
		want   time.Duration // that the endpoint is left alone
	}{
		{"7", 7 * time.Second},
		{"100000", 10 * time.Minute},
		{"99999999999999999999999", 10 * time.Minute},
		{"Sat, 01 Jan 2000 00:01:30 GMT", 90 * time.Second}, // bubbles begin at midnight
		{"Sat, 01 Jan 2050 00:01:30 GMT", 10 * time.Minute},
		{"Fri, 31 Dec 1999 00:01:30 GMT", 0},
		{"0", 0},
		{"-5", 0},
		{"soon", 0},
		{"", 0},
	}
	for _, status := range []int{429, 503} {
		for _, test := range tests {
			synctest.Test(t, func(t *testing.T) {
				client, net, nodes := scene(t, 1, "a:yes b:yes")
				nodes[0].Fault(func(w http.ResponseWriter, r *http.Request) bool {
					w.Header().Set("Retry-After", test.header)
					w.WriteHeader(status)
					return true
				})
				nodes[1].Fault(nearrpctest.Only("query", nearrpctest.Down()))
				err := client.FullAccess(t.Context(), alice, aliceKey)
				var u *nearrpc.UnavailableError
				if !errors.As(err, &u) || u.RetryAfter != 2*time.Second {
					t.Errorf("%q: got %v with %+v; one endpoint may be asked soon", test.header, err, u)
				}
				nodes[0].Fault(nil)
				net.took()
				if test.want > 0 {
					time.Sleep(test.want - time.Second)
					client.FullAccess(t.Context(), alice, aliceKey)
					if slices.Contains(net.took(), "a0") {
						t.Errorf("%d %q: asked too early", status, test.header)
					}
					time.Sleep(2 * time.Second)
				}
				if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil {
					t.Errorf("%d %q: not asked again: %v", status, test.header, err)
				}
			})
		}
	}
}

func TestRetryAfterIsPassedOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, net, nodes := scene(t, 2, "a:yes b:yes c:yes")
		waits := []time.Duration{9 * time.Second, 20 * time.Second, 40 * time.Second}
		for i, node := range nodes {
			node.Fault(nearrpctest.TooManyRequests(waits[i]))
		}
		for range 2 { // the second time nobody is asked, and the wait stands
			err := client.FullAccess(t.Context(), alice, aliceKey)
			var u *nearrpc.UnavailableError
			if !errors.As(err, &u) || u.RetryAfter != 20*time.Second { // when two of them can be asked
				t.Fatalf("got %v", err)
			}
		}
		if n := nodes[0].Requests() + nodes[1].Requests() + nodes[2].Requests(); n != 3 {
			t.Errorf("%d requests, want 3", n)
		}
		net.took()
	})
}

func TestSecondPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _, nodes := scene(t, 1, "a:yes b:yes")
		var mu sync.Mutex
		requests := 0
		flaky := func(w http.ResponseWriter, r *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			requests++
			if requests <= 2 {
				return nearrpctest.Down()(w, r)
			}
			return false
		}
		nodes[0].Fault(flaky)
		nodes[1].Fault(flaky)
		start := time.Now()
		if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d < 50*time.Millisecond || d > 100*time.Millisecond {
			t.Errorf("paused %v between the passes", d)
		}
		nodes[0].Fault(nearrpctest.Down())
		nodes[1].Fault(nearrpctest.Down())
		before := nodes[0].Requests() + nodes[1].Requests()
		if err := client.FullAccess(t.Context(), alice, aliceKey); !errors.Is(err, nearrpc.ErrUnavailable) {
			t.Error(err)
		}
		if n := nodes[0].Requests() + nodes[1].Requests() - before; n != 4 {
			t.Errorf("%d requests, want two passes over two endpoints", n)
		}
		// What is our fault, or a rate limit, is not tried a second time.
		nodes[0].Fault(nearrpctest.TooManyRequests(0))
		nodes[1].Fault(nearrpctest.Redirect("https://b1/"))
		before = nodes[0].Requests() + nodes[1].Requests()
		client.FullAccess(t.Context(), alice, aliceKey)
		if n := nodes[0].Requests() + nodes[1].Requests() - before; n != 2 {
			t.Errorf("%d requests, want one pass over two endpoints", n)
		}
	})
}

func TestHealthIsLogged(t *testing.T) {
	t.Parallel()
	var out logs
	client, _, nodes := scene(t, 1, "a:yes", func(c *nearrpc.Config) { c.Logger = out.logger() })
	for _, fault := range []nearrpctest.Fault{nil, nearrpctest.Down(), nearrpctest.Down(), nil, nil, nearrpctest.Down()} {
		nodes[0].Fault(fault)
		client.FullAccess(t.Context(), alice, aliceKey)
	}
	var levels []string
	for line := range strings.Lines(out.String()) {
		levels = append(levels, strings.Fields(line)[1])
	}
	if want := []string{"level=WARN", "level=INFO", "level=WARN"}; !slices.Equal(levels, want) {
		t.Errorf("logged\n%s", out.String())
	}
}
