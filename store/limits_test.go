package store_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/store"
)

// spy is a Memory that counts, notes the last expiry it was given, and can fail
// or hang.
type spy struct {
	*store.Memory
	finds, creates, updates, touches, noted int
	expires                                 time.Time
	keys                                    []store.Key
	records                                 [][]byte
	fail, failList                          error
	hang                                    atomic.Bool
}

func (s *spy) broken(ctx context.Context) error {
	if s.hang.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.fail
}

func (s *spy) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	s.finds++
	return s.Memory.FindSession(ctx, k)
}

func (s *spy) CreateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	s.creates++
	s.expires, s.keys, s.records = e, append(s.keys, k), append(s.records, b)
	if err := s.broken(ctx); err != nil {
		return err
	}
	return s.Memory.CreateSession(ctx, k, b, e)
}

func (s *spy) UpdateSession(ctx context.Context, k store.Key, b []byte, e time.Time) error {
	s.updates++
	s.expires = e
	if err := s.broken(ctx); err != nil {
		return err
	}
	return s.Memory.UpdateSession(ctx, k, b, e)
}

func (s *spy) TouchSession(ctx context.Context, k store.Key, o int, p []byte, e time.Time) error {
	s.touches++
	s.expires = e
	if err := s.broken(ctx); err != nil {
		return err
	}
	return s.Memory.TouchSession(ctx, k, o, p, e)
}

func (s *spy) DeleteSession(ctx context.Context, k store.Key) ([]byte, error) {
	if err := s.broken(ctx); err != nil {
		return nil, err
	}
	return s.Memory.DeleteSession(ctx, k)
}

func (s *spy) IndexSession(ctx context.Context, owner, k store.Key, e time.Time) (n int, err error) {
	n, err = s.Memory.IndexSession(ctx, owner, k, e)
	s.noted = n
	return n, err
}

func (s *spy) IndexedSessions(ctx context.Context, owner store.Key) ([]store.Key, error) {
	if s.failList != nil {
		return nil, s.failList
	}
	return s.Memory.IndexedSessions(ctx, owner)
}

const site = "https://my-app.example"

var alice = store.Account{Chain: "near:testnet", ID: "alice.testnet", PublicKey: "ed25519:1"}

// newSpy is to be called outside of a bubble: scs keeps a goroutine.
func newSpy(t *testing.T, c store.SessionsConfig) (*spy, *scs.SessionManager) {
	t.Helper()
	s := &spy{Memory: store.NewMemory()}
	c.Origin = site
	m, err := store.NewSessions(s, c)
	if err != nil {
		t.Fatal(err)
	}
	return s, m
}

func load(t *testing.T, m *scs.SessionManager, token string) context.Context {
	t.Helper()
	ctx, err := m.Load(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

func signIn(t *testing.T, m *scs.SessionManager) (context.Context, *store.Session) {
	t.Helper()
	return signInAs(t, m, alice)
}

func signInAs(t *testing.T, m *scs.SessionManager, account store.Account) (context.Context, *store.Session) {
	t.Helper()
	ctx := load(t, m, "")
	s, err := store.SignIn(ctx, m, account, store.Client{})
	if err != nil {
		t.Fatal(err)
	}
	return ctx, s
}

// A request that began before the absolute end of a session is nobody's after it.
func TestSessionEndsWhileARequestIsUnderWay(t *testing.T) {
	t.Parallel()
	_, m := newSpy(t, store.SessionsConfig{Lifetime: time.Hour})
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := signIn(t, m)
		ctx = load(t, m, m.Token(ctx))
		time.Sleep(time.Hour - time.Nanosecond)
		if _, err := store.Current(ctx, m); err != nil {
			t.Errorf("before the end: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if _, err := store.Current(ctx, m); !errors.Is(err, store.ErrGone) {
			t.Errorf("at the end: %v", err)
		}
	})
}

// No write asks the backend to keep a record beyond the session's limits.
func TestRecordsAreNotKeptBeyondTheirSession(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{Idle: 10 * time.Hour, Lifetime: 12 * time.Hour})
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		ctx, _ := signIn(t, m)
		if got := spy.expires.Sub(begun); got != 10*time.Hour {
			t.Errorf("a new session is kept for %v, want the idle limit", got)
		}
		time.Sleep(time.Hour)
		ctx = load(t, m, m.Token(ctx))
		s, err := store.Current(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Touch(ctx, m, s, time.Now(), time.Time{}); err != nil || spy.expires.Sub(begun) != 11*time.Hour {
			t.Errorf("touched after an hour: kept for %v, error %v", spy.expires.Sub(begun), err)
		}
		time.Sleep(5 * time.Hour)
		ctx = load(t, m, m.Token(ctx))
		if s, err = store.Current(ctx, m); err != nil {
			t.Fatal(err)
		}
		if err := store.Touch(ctx, m, s, time.Now(), time.Time{}); err != nil || spy.expires.Sub(begun) != 12*time.Hour {
			t.Errorf("touched after six hours: kept for %v, error %v; the session ends after 12h", spy.expires.Sub(begun), err)
		}
		m.Put(ctx, "k", "v")
		if _, _, err := m.Commit(ctx); err != nil || spy.expires.Sub(begun) != 12*time.Hour {
			t.Errorf("written after six hours: kept for %v, error %v", spy.expires.Sub(begun), err)
		}
		if got := store.Expires(m, s).Sub(begun); got != 12*time.Hour {
			t.Errorf("as touched it ends after %v, want the absolute limit", got)
		}
	})
}

// Reading is no write, except once in a tenth of the shorter limit.
func TestTouchIsRareAndInTime(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{Idle: 1000 * time.Hour, Lifetime: 10 * time.Hour, Touch: 2 * time.Hour})
	synctest.Test(t, func(t *testing.T) {
		ctx, s := signIn(t, m)
		for range 59 {
			time.Sleep(time.Minute)
			if err := store.Touch(ctx, m, s, time.Now(), time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		if spy.touches != 0 {
			t.Errorf("%d writes within a tenth", spy.touches)
		}
		time.Sleep(time.Minute)
		if err := store.Touch(ctx, m, s, time.Now(), time.Time{}); err != nil || spy.touches != 1 {
			t.Errorf("after a tenth: %d writes, error %v", spy.touches, err)
		}
	})
}

// A backend that hangs holds no request for more than two seconds a write.
func TestWritesAreGivenUp(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{Idle: time.Hour})
	synctest.Test(t, func(t *testing.T) {
		ctx, s := signIn(t, m)
		time.Sleep(30 * time.Minute)
		spy.hang.Store(true)
		within := func(what string, f func() error) {
			begun := time.Now()
			err := f()
			if took := time.Since(begun); took > 2*time.Second || !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: %v after %v", what, err, took)
			}
		}
		within("touch", func() error { return store.Touch(ctx, m, s, time.Now(), time.Time{}) })
		within("commit", func() error { m.Put(ctx, "k", "v"); _, _, err := m.Commit(ctx); return err })
		within("revoke", func() error { _, err := store.RevokeAll(ctx, m, alice); return err })
		within("sign out", func() error { return store.SignOut(ctx, m) })
		spy.hang.Store(false)
		time.Sleep(5 * time.Second) // what could not be ended is ended now
	})
}

// What was never a token is not looked for.
func TestOnlyTokensAreLookedFor(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{})
	for _, n := range []int{1, 32, 42, 44, 64, 10_000} {
		if _, err := store.Current(load(t, m, strings.Repeat("A", n)), m); !errors.Is(err, store.ErrGone) {
			t.Errorf("%d characters: %v", n, err)
		}
	}
	if spy.finds != 0 {
		t.Errorf("the backend was asked %d times", spy.finds)
	}
	load(t, m, strings.Repeat("A", 43))
	if spy.finds != 1 {
		t.Errorf("a token was looked for %d times", spy.finds)
	}
}

// Who has a copy of what the backend holds has no part of a token.
func TestBackendHoldsNoPartOfAToken(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{})
	for range 20 {
		ctx, _ := signIn(t, m)
		token, key, record := m.Token(ctx), spy.keys[len(spy.keys)-1], spy.records[len(spy.records)-1]
		for i := range len(token) - 6 {
			if part := []byte(token[i : i+6]); bytes.Contains(key.Hash[:], part) || bytes.Contains(record, part) {
				t.Fatalf("%q of the token %q is in the backend", part, token)
			}
		}
	}
}

// Revoking fails where it is not known what there is to revoke.
func TestRevokingWithoutTheIndex(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{})
	ctx, _ := signIn(t, m)
	spy.failList = errors.New("READONLY")
	if _, err := store.RevokeAll(ctx, m, alice); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("all: %v", err)
	}
	if _, err := store.RevokeOthers(ctx, m, alice); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("others: %v", err)
	}
	spy.failList, spy.fail = nil, errors.New("READONLY")
	if _, err := store.RevokeAll(ctx, m, alice); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("with sessions that cannot be ended: %v", err)
	}
	// The error says that it may be live elsewhere.
	if _, err := store.Current(load(t, m, m.Token(ctx)), m); !errors.Is(err, store.ErrGone) {
		t.Errorf("the session that could not be ended: %v", err)
	}
}

// A session that has ended is none of the account's sessions any more.
func TestEndedSessionsAreNotCounted(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{})
	for range 5 {
		ctx, _ := signIn(t, m)
		if err := store.SignOut(ctx, m); err != nil || spy.noted != 1 {
			t.Fatalf("%d sessions noted, error %v", spy.noted, err)
		}
	}
	signIn(t, m)
	signIn(t, m)
	if n, err := store.RevokeAll(t.Context(), m, alice); n != 2 || err != nil {
		t.Errorf("revoked %d, error %v", n, err)
	}
	if signIn(t, m); spy.noted != 1 {
		t.Errorf("%d sessions noted after revoking all", spy.noted)
	}
}

// A creation that failed has not happened: the same request can try again.
func TestCreationCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{})
	ctx := load(t, m, "")
	m.Put(ctx, "k", "v")
	spy.fail = errors.New("OOM")
	if _, _, err := m.Commit(ctx); !errors.Is(err, store.ErrUnavailable) {
		t.Fatal(err)
	}
	spy.fail = nil
	token, _, err := m.Commit(ctx)
	if err != nil || m.GetString(load(t, m, token), "k") != "v" {
		t.Errorf("second try: %v", err)
	}
}

// A session that was cleared is stored where it was.
func TestClearedSessionsAreStored(t *testing.T) {
	t.Parallel()
	_, m := newSpy(t, store.SessionsConfig{})
	ctx, _ := signIn(t, m)
	ctx = load(t, m, m.Token(ctx))
	if err := m.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	m.Put(ctx, "k", "v")
	token, _, err := m.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ctx = load(t, m, token)
	if _, err := store.Current(ctx, m); !errors.Is(err, store.ErrGone) || m.GetString(ctx, "k") != "v" {
		t.Errorf("%v, %q", err, m.GetString(ctx, "k"))
	}
}

// A record that the backend has kept too long holds nothing, not even an
// anonymous visitor's values.
func TestValuesEndWithTheirSession(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{Lifetime: time.Hour})
	synctest.Test(t, func(t *testing.T) {
		ctx := load(t, m, "")
		m.Put(ctx, "cart", "book")
		token, _, err := m.Commit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		record, err := spy.Memory.FindSession(ctx, spy.keys[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := spy.Memory.UpdateSession(ctx, spy.keys[0], record, time.Now().Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Second)
		if got := m.GetString(load(t, m, token), "cart"); got != "book" {
			t.Errorf("before the end: %q", got)
		}
		time.Sleep(time.Second)
		if got := m.GetString(load(t, m, token), "cart"); got != "" {
			t.Errorf("after the end: %q", got)
		}
	})
}

// The manager's store is given records only, by whoever calls it.
func TestNonsenseIsNotCommitted(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{})
	for _, record := range []string{"", "x", strings.Repeat("x", 100)} {
		if err := m.Store.Commit(strings.Repeat("A", 43), []byte(record), time.Now().Add(time.Hour)); err == nil {
			t.Errorf("%q was stored", record)
		}
	}
	if spy.creates+spy.updates != 0 {
		t.Error("the backend was asked to store it")
	}
}

// An error in the place of an answer has none of the answer's headers.
func TestErrorsForgetTheAnswer(t *testing.T) {
	t.Parallel()
	spy, m := newSpy(t, store.SessionsConfig{})
	type unregistered struct{ X int }
	names := []string{"Content-Encoding", "Content-Range", "Etag", "Last-Modified", "Expires", "Location"}
	for _, c := range []struct {
		name   string
		value  any
		status int
		code   string
	}{
		{"a store that fails", "v", 503, `"store_unavailable"`},
		{"a value that cannot be encoded", unregistered{1}, 500, `"internal"`},
	} {
		spy.fail = errors.New("OOM")
		w := httptest.NewRecorder()
		m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			m.Put(r.Context(), "k", c.value)
			for _, name := range append(names, "Content-Length", "Cache-Control") {
				w.Header().Set(name, "1")
			}
			w.WriteHeader(http.StatusOK)
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		h := w.Header()
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.code) || h.Get("Cache-Control") != "no-store" || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %s %v", c.name, w.Code, w.Body, h)
		}
		if (h.Get("Retry-After") != "") != (c.status == 503) {
			t.Errorf("%s: Retry-After %q", c.name, h.Get("Retry-After"))
		}
		if h.Get("Content-Length") == "1" || h.Get("Content-Length") == "" {
			t.Errorf("%s: Content-Length %q: net/http would send what the handler writes", c.name, h.Get("Content-Length"))
		}
		if i := slices.IndexFunc(names, func(name string) bool { return h.Get(name) != "" }); i >= 0 {
			t.Errorf("%s: %s is still there", c.name, names[i])
		}
	}
}

// What the guarantees stand on cannot be set otherwise.
func TestCheckSessionsRefuses(t *testing.T) {
	t.Parallel()
	o, err := store.ParseOrigin(site)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := store.ParseOrigin("https://other.example")
	for name, spoil := range map[string]func(*scs.SessionManager){
		"hashing by scs":      func(m *scs.SessionManager) { m.HashTokenInStore = true },
		"idle timeout of scs": func(m *scs.SessionManager) { m.IdleTimeout = time.Hour },
		"lifetime":            func(m *scs.SessionManager) { m.Lifetime = time.Hour },
		"codec":               func(m *scs.SessionManager) { m.Codec = scs.GobCodec{} },
		"no ErrorFunc":        func(m *scs.SessionManager) { m.ErrorFunc = nil },
		"not Secure":          func(m *scs.SessionManager) { m.Cookie.Secure = false },
		"not HttpOnly":        func(m *scs.SessionManager) { m.Cookie.HttpOnly = false },
		"path":                func(m *scs.SessionManager) { m.Cookie.Path = "/app" },
		"domain":              func(m *scs.SessionManager) { m.Cookie.Domain = "my-app.example" },
		"prefix":              func(m *scs.SessionManager) { m.Cookie.Name = "session" },
		"login cookie":        func(m *scs.SessionManager) { m.Cookie.Name = o.CookieName(store.LoginCookieName) },
		"partitioned":         func(m *scs.SessionManager) { m.Cookie.Partitioned = true },
		"SameSite None":       func(m *scs.SessionManager) { m.Cookie.SameSite = http.SameSiteNoneMode },
		"SameSite default":    func(m *scs.SessionManager) { m.Cookie.SameSite = http.SameSiteDefaultMode },
	} {
		_, m := newSpy(t, store.SessionsConfig{})
		if err := store.CheckSessions(m, o); err != nil {
			t.Fatal(err)
		}
		if store.CheckSessions(m, other) == nil {
			t.Fatal("another site's manager passes")
		}
		if spoil(m); store.CheckSessions(m, o) == nil {
			t.Errorf("%s: passes", name)
		}
	}
	_, m := newSpy(t, store.SessionsConfig{})
	likeness := *m
	if store.CheckSessions(&likeness, o) == nil || store.CheckSessions(nil, o) == nil || store.CheckSessions(scs.New(), o) == nil {
		t.Error("a copy, nothing, or a stock manager passes")
	}
	m.Cookie.SameSite, m.Cookie.Name = http.SameSiteStrictMode, "__Host-mine"
	if err := store.CheckSessions(m, o); err != nil {
		t.Error(err)
	}
}
