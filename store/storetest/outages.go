package storetest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/store"
)

// outageLaws are about backends that fail.
var outageLaws = []law{
	{"a backend that fails is said to fail, and nothing is written over", func(t *testing.T, s store.Store) {
		broken := &broken{Store: s}
		m := manager(t, broken, 0, 0)
		token := signIn(t, m, "", alice)
		broken.find = errInjected
		ctx := load(t, m, token)
		_, err := store.Current(ctx, m)
		want(t, "current", err, store.ErrUnavailable)
		m.Put(ctx, "k", "v")
		_, _, err = m.Commit(ctx)
		want(t, "commit", err, store.ErrUnavailable)
		_, err = store.SignIn(ctx, m, bob, store.Client{})
		want(t, "sign in", err, store.ErrUnavailable)
		broken.find = nil
		equal(t, "account", account(t, m, token), alice.ID)
	}},
	{"a sign-in that cannot be stored fails, and leaves nothing", func(t *testing.T, s store.Store) {
		for _, where := range []string{"create", "index"} {
			broken := &broken{Store: s, create: map[string]error{"create": errInjected}[where], index: map[string]error{"index": errInjected}[where]}
			m := manager(t, broken, 0, 0)
			ctx := load(t, m, "")
			_, err := store.SignIn(ctx, m, alice, store.Client{})
			want(t, where, err, store.ErrUnavailable)
			_, err = store.Current(ctx, m)
			want(t, where, err, store.ErrGone)
			broken.create, broken.index = nil, nil
			n, err := store.RevokeAll(t.Context(), m, alice)
			must(t, where, err)
			equal(t, where, n, 0)
			for _, key := range broken.created {
				_, err := s.FindSession(t.Context(), key)
				want(t, "record left behind", err, store.ErrGone)
			}
		}
	}},
	{"an answer whose session cannot be stored is 503 and nothing else", func(t *testing.T, s store.Store) {
		m := manager(t, &broken{Store: s, create: errInjected}, 0, 0)
		server := httptest.NewServer(m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			m.Put(r.Context(), "k", "v")
			_, _ = w.Write([]byte("secret success body"))
		})))
		defer server.Close()
		status, body, cookies := get(t, server.URL, nil)
		equal(t, "status", status, http.StatusServiceUnavailable)
		equal(t, "success body", strings.Contains(body, "secret"), false)
		equal(t, "code", strings.Contains(body, `"code":"store_unavailable"`), true)
		equal(t, "cookies", len(cookies), 0)
	}},
}
