package nearrpc_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
)

func TestBudget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		agree int
		words string
		want  time.Duration // 2 s an attempt, 5 s in all
		is    string
	}{
		{1, "a:hang b:yes", 2 * time.Second, "yes"},
		{1, "a:hang b:hang c:yes", 4 * time.Second, "yes"},
		{1, "a:hang b:hang c:hang d:yes", 5 * time.Second, "unknown"},
		{2, "a:hang b:hang c:yes d:yes", 2 * time.Second, "yes"},
		{2, "a:yes b:hang c:yes", 2 * time.Second, "yes"},
		{2, "a:hang b:hang", 4 * time.Second, "unknown"}, // two passes,
		{2, "a:no b:hang", 2 * time.Second, "no"},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			client, _, _ := scene(t, test.agree, test.words)
			start := time.Now()
			err := client.FullAccess(t.Context(), alice, aliceKey)
			took := time.Since(start).Truncate(time.Second)
			if word(err) != test.is || took != test.want {
				t.Errorf("%d of %s: %v after %v, want %s after %v", test.agree, test.words, err, took, test.is, test.want)
			}
		})
	}
}

func TestHangingEndpointIsPassedOverNextTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _, _ := scene(t, 1, "a:hang b:yes")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := client.FullAccess(ctx, alice, aliceKey)
		if !errors.Is(err, nearrpc.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		synctest.Wait() // the attempt ends a moment after the question
		start := time.Now()
		if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil || time.Since(start) > 0 {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, net, nodes := scene(t, 1, "a:hang b:yes")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		err := client.FullAccess(ctx, alice, aliceKey)
		if !errors.Is(err, nearrpc.ErrUnavailable) || !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		if err := client.FullAccess(ctx, alice, aliceKey); !errors.Is(err, context.Canceled) || nodes[1].Requests() != 0 {
			t.Errorf("asked for a caller who had left: %v", err)
		}
		nodes[0].Fault(nil)
		nodes[0].AddFullAccessKey(alice, aliceKey)
		synctest.Wait()
		if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil || !slices.Equal(net.took(), []string{"a0"}) {
			t.Errorf("a caller's leaving counted against the endpoint: %v", err)
		}
	})
}

func TestCancelAfterHalfAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _, _ := scene(t, 2, "a:no b:hang")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := client.FullAccess(ctx, alice, aliceKey); !errors.Is(err, nearrpc.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOtherOwnTimeouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _, _ := scene(t, 1, "a:hang b:hang", func(c *nearrpc.Config) {
			c.AttemptTimeout, c.Timeout = 100*time.Millisecond, 150*time.Millisecond
		})
		start := time.Now()
		err := client.FullAccess(t.Context(), alice, aliceKey)
		if time.Since(start) != 150*time.Millisecond || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v after %v", err, time.Since(start)) // the caller's context has not ended
		}
	})
}
