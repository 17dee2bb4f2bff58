package storetest

import (
	"context"
	"encoding/gob"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store"
)

var alice = store.Account{Chain: "near:testnet", ID: "alice.testnet", PublicKey: "ed25519:1"}
var bob = store.Account{Chain: "near:testnet", ID: "bob.testnet", PublicKey: "ed25519:2"}

// registered is a type of an application's own.
type registered struct{ N int }

func init() { gob.Register(registered{}) }

var managerLaws = []law{
	{"who signs in is signed in, until signing out", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		token := signIn(t, m, "", alice)
		equal(t, "account", account(t, m, token), alice.ID)
		ctx := load(t, m, token)
		must(t, "sign out", store.SignOut(ctx, m))
		signedOut(t, m, token)
		must(t, "sign out again", store.SignOut(load(t, m, token), m))
	}},
	{"a sign-in has a new token, and the old one is dead", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		first := signIn(t, m, "", alice)
		second := signIn(t, m, first, alice)
		if first == second {
			t.Fatal("the token was kept")
		}
		signedOut(t, m, first)
		equal(t, "account", account(t, m, second), alice.ID)
	}},
	{"values stay for the same account and an anonymous session, not for another's", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		ctx := load(t, m, "")
		m.Put(ctx, "cart", "book")
		anonymous := commit(t, m, ctx)
		same := signIn(t, m, anonymous, alice)
		equal(t, "cart", m.GetString(load(t, m, same), "cart"), "book")
		same = signIn(t, m, same, alice)
		equal(t, "cart", m.GetString(load(t, m, same), "cart"), "book")
		other := signIn(t, m, same, bob)
		equal(t, "cart", m.GetString(load(t, m, other), "cart"), "")
		equal(t, "account", account(t, m, other), bob.ID)
	}},
	{"the application's values keep their types", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		ctx := load(t, m, signIn(t, m, "", alice))
		now := time.Now().Round(0)
		values := map[string]any{
			"string": "s", "int": -1, "int64": int64(2), "float": 1.5, "true": true, "false": false,
			"nil": nil, "bytes": []byte{0, 1}, "time": now, "struct": registered{7}, "int32": int32(3), "strings": []string{"a", "b"},
		}
		for k, v := range values {
			m.Put(ctx, k, v)
		}
		ctx = load(t, m, commit(t, m, ctx))
		for _, k := range []string{"string", "int", "int64", "float", "true", "false", "struct", "int32", "nil"} {
			equal(t, k, m.Get(ctx, k), values[k])
		}
		equal(t, "bytes", string(m.GetBytes(ctx, "bytes")), "\x00\x01")
		equal(t, "time", m.GetTime(ctx, "time").Equal(now), true)
		equal(t, "strings", slices.Equal(m.Get(ctx, "strings").([]string), []string{"a", "b"}), true)
	}},
	{"the idle limit ends a session that is not used, and a touch pushes it on", func(t *testing.T, s store.Store) {
		m := manager(t, s, time.Second, time.Hour)
		used, unused := signIn(t, m, "", alice), signIn(t, m, "", bob)
		for range 4 {
			time.Sleep(400 * time.Millisecond)
			ctx := load(t, m, used)
			session, err := store.Current(ctx, m)
			must(t, "current", err)
			must(t, "touch", store.Touch(ctx, m, session, time.Now(), time.Time{}))
		}
		equal(t, "account", account(t, m, used), alice.ID)
		signedOut(t, m, unused)
	}},
	{"the absolute limit holds however much the session is used or renewed", func(t *testing.T, s store.Store) {
		m := manager(t, s, time.Second, 1200*time.Millisecond)
		token := signIn(t, m, "", alice)
		for range 3 {
			time.Sleep(250 * time.Millisecond)
			ctx := load(t, m, token)
			must(t, "renew", m.RenewToken(ctx))
			m.Put(ctx, "n", 1)
			token = commit(t, m, ctx)
		}
		equal(t, "account", account(t, m, token), alice.ID)
		time.Sleep(700 * time.Millisecond)
		signedOut(t, m, token)
	}},
	{"no raw token reaches the backend", func(t *testing.T, s store.Store) {
		spy := &spy{Store: s}
		m := manager(t, spy, 0, 0)
		token := signIn(t, m, "", alice)
		account(t, m, token)
		must(t, "sign out", store.SignOut(load(t, m, token), m))
		if len(spy.seen) == 0 || strings.Contains(strings.Join(spy.seen, "\n"), token) {
			t.Fatalf("the backend saw the token, or nothing: %d records", len(spy.seen))
		}
	}},
	{"another site on the same backend knows nothing of a session", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		other, err := store.NewSessions(s, store.SessionsConfig{Origin: "https://other.example"})
		must(t, "NewSessions", err)
		token := signIn(t, m, "", alice)
		signedOut(t, other, token)
		n, err := store.RevokeAll(t.Context(), other, alice)
		must(t, "revoke", err)
		equal(t, "revoked", n, 0)
		equal(t, "account", account(t, m, token), alice.ID)
	}},
	{"the backend's expiry is not all there is: a record past its end is no session", func(t *testing.T, s store.Store) {
		m := manager(t, &immortal{Store: s}, time.Second, time.Second)
		token := signIn(t, m, "", alice)
		equal(t, "account", account(t, m, token), alice.ID)
		time.Sleep(1100 * time.Millisecond)
		signedOut(t, m, token)
	}},
	{"writes outlive the request that asked for them", func(t *testing.T, s store.Store) {
		m := manager(t, &impatient{Store: s}, 0, 0)
		ctx, hangUp := context.WithCancel(context.Background())
		ctx, err := m.Load(ctx, "")
		must(t, "load", err)
		hangUp()
		_, err = store.SignIn(ctx, m, alice, store.Client{})
		must(t, "sign in", err)
		token := m.Token(ctx)
		ctx, hangUp = context.WithCancel(context.Background())
		ctx, err = m.Load(ctx, token)
		must(t, "load", err)
		hangUp()
		must(t, "sign out", store.SignOut(ctx, m))
		signedOut(t, m, token)
	}},
	{"invented tokens are no session, and are never adopted", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		for _, token := range []string{"x", strings.Repeat("A", 43), strings.Repeat("é", 20), strings.Repeat("A", 10_000)} {
			ctx := load(t, m, token)
			signedOut(t, m, token)
			m.Put(ctx, "k", "v")
			if commit(t, m, ctx) == token {
				t.Fatalf("adopted %.50q", token)
			}
		}
	}},
	{"a record that cannot be read is no session", func(t *testing.T, s store.Store) {
		spy := &spy{Store: s}
		m := manager(t, spy, 0, 0)
		for _, garble := range []func([]byte) []byte{
			func([]byte) []byte { return nil },
			func(b []byte) []byte { return b[:20] },
			func(b []byte) []byte { return b[:len(b)-1] },
			func(b []byte) []byte { return append(slices.Clone(b), 0) },
			func(b []byte) []byte { return append([]byte{77}, b[1:]...) },
			func(b []byte) []byte { b = slices.Clone(b); b[5] ^= 1; return b }, // lies under another hash
			func(b []byte) []byte { return append(slices.Clone(b[:49]), 0xff, 0xff, 0xff, 0xff, 0x0f) },
			func([]byte) []byte { return []byte("{\"account\":\"bob\"}") },
		} {
			token := signIn(t, m, "", alice)
			key := spy.created[len(spy.created)-1]
			record, err := s.FindSession(t.Context(), key)
			must(t, "find", err)
			must(t, "update", s.UpdateSession(t.Context(), key, garble(record), in(long)))
			signedOut(t, m, token)
		}
	}},
	{"the same id on another chain is another account", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		elsewhere := store.Account{Chain: "near:mainnet", ID: alice.ID}
		here, there := signIn(t, m, "", alice), signIn(t, m, "", elsewhere)
		ctx := load(t, m, here)
		m.Put(ctx, "cart", "book")
		here = commit(t, m, ctx)
		n, err := store.RevokeAll(t.Context(), m, elsewhere)
		must(t, "revoke", err)
		equal(t, "revoked", n, 1)
		signedOut(t, m, there)
		equal(t, "account", account(t, m, here), alice.ID)
		other := signIn(t, m, here, elsewhere)
		equal(t, "cart of another account", m.GetString(load(t, m, other), "cart"), "")
	}},
	{"revoke all ends all, revoke others spares one", func(t *testing.T, s store.Store) {
		m := manager(t, s, 0, 0)
		mine, second, others := signIn(t, m, "", alice), signIn(t, m, "", alice), signIn(t, m, "", bob)
		n, err := store.RevokeOthers(load(t, m, mine), m, alice)
		must(t, "revoke others", err)
		equal(t, "revoked", n, 1)
		signedOut(t, m, second)
		equal(t, "account", account(t, m, mine), alice.ID)
		n, err = store.RevokeAll(t.Context(), m, alice)
		must(t, "revoke all", err)
		equal(t, "revoked", n, 1)
		signedOut(t, m, mine)
		equal(t, "account", account(t, m, others), bob.ID)
	}},
	{"beyond the most an account may have, the oldest sign-in ends", func(t *testing.T, s store.Store) {
		m, err := store.NewSessions(s, store.SessionsConfig{Origin: newOrigin(), Max: 3})
		must(t, "NewSessions", err)
		var tokens []string
		for range 6 {
			tokens = append(tokens, signIn(t, m, "", alice))
			time.Sleep(2 * time.Millisecond) // sign-ins are told apart by the millisecond
		}
		for i, token := range tokens {
			if i < 3 {
				signedOut(t, m, token)
			} else {
				equal(t, "account", account(t, m, token), alice.ID)
			}
		}
		equal(t, "another account", account(t, m, signIn(t, m, "", bob)), bob.ID)
	}},
}
