package handlers

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/store"
)

// Whatever becomes of a question without an answer, it is "cannot tell": for
// the one who asked and for those who wait. It is never a yes, nor a no.
func TestQuestionsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, confirm := range map[string]func(context.Context, store.Account) error{
		"panics":                 func(context.Context, store.Account) error { panic("nil map") },
		"panics with nil error":  func(context.Context, store.Account) error { panic(error(nil)) },
		"exits":                  func(context.Context, store.Account) error { runtime.Goexit(); return nil },
		"hangs until its end":    func(ctx context.Context, _ store.Account) error { <-ctx.Done(); return ctx.Err() },
		"hangs, then panics":     func(ctx context.Context, _ store.Account) error { <-ctx.Done(); panic(ctx.Err()) },
		"says so, and also a no": func(context.Context, store.Account) error { return errors.Join(ErrUnavailable, ErrKeyNotFound) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var qs questions
				var asked atomic.Int64
				begun := time.Now()
				var wg sync.WaitGroup
				for range 4 {
					wg.Go(func() {
						_, err := qs.ask(context.Background(), question{}, func(ctx context.Context, a store.Account) error {
							asked.Add(1)
							time.Sleep(time.Millisecond)
							return confirm(ctx, a)
						})
						if refused := chainError(err); err == nil || refused.Status != 503 || refused.Code != "chain_unavailable" {
							t.Errorf("%v", err)
						}
					})
				}
				wg.Wait()
				if took := time.Since(begun); took > questionTimeout {
					t.Errorf("took %v", took)
				}
				if asked.Load() != 1 || len(qs.open) != 0 {
					t.Errorf("asked %d times, %d questions open", asked.Load(), len(qs.open))
				}
			})
		})
	}
}

// An answer is for those who wait for it, and not for who asks later.
func TestAnswersAreNotKept(t *testing.T) {
	t.Parallel()
	var qs questions
	for _, want := range []error{ErrUnavailable, ErrKeyNotFound, nil, ErrKeyNotFullAccess} {
		_, err := qs.ask(t.Context(), question{}, func(context.Context, store.Account) error { return want })
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// Questions of one challenge about another account or key are others.
func TestQuestionsAreAboutAnAccountAndKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var qs questions
		accounts := []store.Account{
			{Chain: "near:testnet", ID: "alice.testnet", PublicKey: "ed25519:1"}, {Chain: "near:testnet", ID: "alice.testnet", PublicKey: "ed25519:2"},
			{Chain: "near:testnet", ID: "mallory.testnet", PublicKey: "ed25519:1"}, {Chain: "near:other", ID: "alice.testnet", PublicKey: "ed25519:1"},
		}
		var wg sync.WaitGroup
		for i, a := range accounts {
			wg.Go(func() {
				_, err := qs.ask(context.Background(), question{account: a}, func(_ context.Context, about store.Account) error {
					time.Sleep(time.Second)
					if about == accounts[0] {
						return nil
					}
					return ErrKeyNotFound
				})
				if (err == nil) != (i == 0) {
					t.Errorf("%+v: %v", a, err)
				}
			})
		}
		wg.Wait()
	})
}

// Who hangs up gets no answer, and is gone at once unless others wait for what
// he asked; the question goes on for them.
func TestWhoHangsUpGetsNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var qs questions
		confirm := func(ctx context.Context, _ store.Account) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		begun := time.Now()
		var wg sync.WaitGroup
		ask := func(patience, took time.Duration, want error) {
			wg.Go(func() {
				ctx, hangUp := context.WithTimeout(context.Background(), patience)
				defer hangUp()
				if _, err := qs.ask(ctx, question{}, confirm); !errors.Is(err, want) || time.Since(begun) != took {
					t.Errorf("patience %v: %v after %v", patience, err, time.Since(begun))
				}
			})
			synctest.Wait()
		}
		ask(time.Millisecond, time.Second, ErrUnavailable) // it is the question
		ask(2*time.Millisecond, 2*time.Millisecond, ErrUnavailable)
		ask(time.Minute, time.Second, nil)
		wg.Wait()
	})
}
