package storetest

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/store"
)

// spy notes which keys are created and which bytes reach the backend.
type spy struct {
	store.Store
	mu      sync.Mutex
	created []store.Key
	seen    []string
}

func (s *spy) CreateSession(ctx context.Context, k store.Key, record []byte, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isEpoch(record) {
		s.created = append(s.created, k)
	}
	s.seen = append(s.seen, string(k.Hash[:]), string(record))
	return s.Store.CreateSession(ctx, k, record, expires)
}

// isEpoch tells the one record of a site that is no session.
func isEpoch(record []byte) bool { return len(record) == 8 }

// immortal keeps records longer than it is told to.
type immortal struct{ store.Store }

func (i *immortal) CreateSession(ctx context.Context, k store.Key, record []byte, _ time.Time) error {
	return i.Store.CreateSession(ctx, k, record, in(long))
}

// impatient does nothing for a request that has gone.
type impatient struct{ store.Store }

func (i *impatient) CreateSession(ctx context.Context, k store.Key, record []byte, expires time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return i.Store.CreateSession(ctx, k, record, expires)
}

func (i *impatient) DeleteSession(ctx context.Context, k store.Key) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return i.Store.DeleteSession(ctx, k)
}

// broken fails where it is told to.
type broken struct {
	store.Store
	find, create, index error
	created             []store.Key
}

func (b *broken) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	if b.find != nil {
		return nil, b.find
	}
	return b.Store.FindSession(ctx, k)
}

func (b *broken) CreateSession(ctx context.Context, k store.Key, record []byte, expires time.Time) error {
	if b.create != nil {
		return b.create
	}
	if !isEpoch(record) {
		b.created = append(b.created, k)
	}
	return b.Store.CreateSession(ctx, k, record, expires)
}

func (b *broken) IndexSession(ctx context.Context, owner, k store.Key, expires time.Time) (int, error) {
	if b.index != nil {
		return 0, b.index
	}
	return b.Store.IndexSession(ctx, owner, k, expires)
}

// manager makes a manager for a site of its own.
func manager(t *testing.T, s store.Sessions, idle, lifetime time.Duration) *scs.SessionManager {
	t.Helper()
	return managerAt(t, s, newOrigin(), idle, lifetime)
}

func newOrigin() string {
	key := newKey()
	return "https://" + hex.EncodeToString(key.Hash[:8]) + ".example"
}

func managerAt(t *testing.T, s store.Sessions, origin string, idle, lifetime time.Duration) *scs.SessionManager {
	t.Helper()
	m, err := store.NewSessions(s, store.SessionsConfig{Origin: origin, Idle: idle, Lifetime: lifetime})
	must(t, "NewSessions", err)
	return m
}

func load(t *testing.T, m *scs.SessionManager, token string) context.Context {
	t.Helper()
	ctx, err := m.Load(context.Background(), token)
	must(t, "load", err)
	return ctx
}

func commit(t *testing.T, m *scs.SessionManager, ctx context.Context) string {
	t.Helper()
	token, _, err := m.Commit(ctx)
	must(t, "commit", err)
	return token
}

func signIn(t *testing.T, m *scs.SessionManager, token string, a store.Account) string {
	t.Helper()
	ctx := load(t, m, token)
	_, err := store.SignIn(ctx, m, a, store.Client{})
	must(t, "sign in", err)
	return m.Token(ctx)
}

func account(t *testing.T, m *scs.SessionManager, token string) string {
	t.Helper()
	session, err := store.Current(load(t, m, token), m)
	must(t, "current", err)
	return session.Account.ID
}

func signedOut(t *testing.T, m *scs.SessionManager, token string) {
	t.Helper()
	_, err := store.Current(load(t, m, token), m)
	if !errors.Is(err, store.ErrGone) {
		t.Fatalf("a session that should have ended: error %v", err)
	}
}

func get(t *testing.T, url string, cookie *http.Cookie) (status int, body string, cookies []*http.Cookie) {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	must(t, "request", err)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	res, err := http.DefaultClient.Do(r)
	must(t, "get", err)
	defer res.Body.Close()
	// A body that ends early is part of what is tested.
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b), res.Cookies()
}
