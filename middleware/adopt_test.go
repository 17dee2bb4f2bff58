package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// legacy is the store of a site that used scs alone.
type legacy struct {
	mu      sync.Mutex
	records map[string][]byte
}

func (l *legacy) FindLegacy(_ context.Context, token string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if record, ok := l.records[token]; ok {
		return record, nil
	}
	return nil, store.ErrGone
}

func (l *legacy) UpdateLegacy(_ context.Context, token string, record []byte, _ time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.records[token]; !ok {
		return store.ErrGone
	}
	l.records[token] = append([]byte(nil), record...)
	return nil
}

func (l *legacy) DeleteLegacy(_ context.Context, token string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	record, ok := l.records[token]
	if !ok {
		return nil, store.ErrGone
	}
	delete(l.records, token)
	return record, nil
}

var oldToken = strings.Repeat("o", 43)

// newAdopting is a site whose people have sessions from before the kit.
func newAdopting(t *testing.T) (*site, *legacy) {
	t.Helper()
	record, err := scs.GobCodec{}.Encode(time.Now().Add(time.Hour), map[string]any{"user": "alice", "n": 1})
	if err != nil {
		t.Fatal(err)
	}
	old := &legacy{records: map[string][]byte{oldToken: record}}
	sessions, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: origin, Adopt: old})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *middleware.Config) { c.Sessions = sessions })
	s.sessions = sessions
	return s, old
}

// The old cookie opens the old session, until the first change moves it under
// the kit's cookie; nobody has to sign in again.
func TestAdoptedCookie(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(s *site, h http.Handler) http.Handler{
		"guard alone":       func(s *site, h http.Handler) http.Handler { return s.guard.OptionalAccount(h) },
		"under LoadAndSave": func(s *site, h http.Handler) http.Handler { return s.guard.AdoptCookie(s.sessions.LoadAndSave(h)) },
		"guard under LoadAndSave": func(s *site, h http.Handler) http.Handler {
			return s.guard.AdoptCookie(s.sessions.LoadAndSave(s.guard.OptionalAccount(h)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newAdopting(t)
			read := wrap(s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, s.sessions.GetString(r.Context(), "user"), s.sessions.GetInt(r.Context(), "n"))
			}))
			change := wrap(s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.sessions.Put(r.Context(), "n", s.sessions.GetInt(r.Context(), "n")+1)
			}))
			old := &http.Cookie{Name: "session", Value: oldToken}
			w := do(read, "GET", "/", old)
			if w.Body.String() != "alice1" || len(w.Result().Cookies()) != 0 {
				t.Errorf("read: %s %v", w.Body, w.Header())
			}
			if w := do(read, "GET", "/", old, "Cookie", "session=other"); w.Body.String() != "0" && name == "guard alone" {
				t.Errorf("two old cookies: %s", w.Body)
			}
			var fresh *http.Cookie
			cleared := false
			for _, c := range do(change, "GET", "/", old).Result().Cookies() {
				switch {
				case c.Name == s.sessions.Cookie.Name && c.MaxAge > 0:
					fresh = c
				case c.Name == "session" && c.MaxAge < 0:
					cleared = true
				}
			}
			if fresh == nil {
				t.Fatal("no cookie of the kit's")
			}
			if !cleared && name == "guard alone" {
				t.Error("the old cookie stays")
			}
			if w := do(read, "GET", "/", fresh); w.Body.String() != "alice2" {
				t.Errorf("under the kit's cookie: %s", w.Body)
			}
			if w := do(read, "GET", "/", fresh, "Cookie", "session="+strings.Repeat("x", 43)); w.Body.String() != "alice2" {
				t.Errorf("an old cookie beside the kit's counts: %s", w.Body)
			}
		})
	}
}

// A sign-in leaves nothing behind that the old cookie could open, and a logout
// of an old session ends it.
func TestAdoptedSessionEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *site, r *http.Request) error{
		"sign-in": func(s *site, r *http.Request) error {
			_, err := store.SignIn(r.Context(), s.sessions, alice, store.Client{})
			return err
		},
		"sign-out": func(s *site, r *http.Request) error { return store.SignOut(r.Context(), s.sessions) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, old := newAdopting(t)
			r := request(&http.Cookie{Name: "session", Value: oldToken})
			w := httptest.NewRecorder()
			err := s.guard.Load(w, r, func(w http.ResponseWriter, r *http.Request) {
				if err := end(s, r); err != nil {
					t.Error(err)
				}
			})
			if err != nil || len(old.records) != 0 {
				t.Errorf("%v, %d old records", err, len(old.records))
			}
			cleared := false
			for _, c := range w.Result().Cookies() {
				cleared = cleared || c.Name == "session" && c.MaxAge < 0
				if c.Name == s.sessions.Cookie.Name && c.Value == oldToken {
					t.Error("the old token signs in")
				}
			}
			if !cleared {
				t.Error("the old cookie stays")
			}
		})
	}
}

// The old name has no __Host- prefix, so a sibling host can plant a cookie of
// it: a session of the kit's own must not be opened by it.
func TestAdoptedCookieOpensNoSignIn(t *testing.T) {
	t.Parallel()
	s, _ := newAdopting(t)
	planted := &http.Cookie{Name: "session", Value: s.signIn(alice).Value}
	s.want("guard alone", planted, 401)
	h := s.guard.AdoptCookie(s.sessions.LoadAndSave(s.guard.RequireAccount(hello)))
	if w := do(h, "GET", "/", planted); w.Code != 401 {
		t.Errorf("under LoadAndSave: %d", w.Code)
	}
}

// Without adoption a cookie of scs's own name is nothing.
func TestNothingIsAdoptedByDefault(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want("old name", &http.Cookie{Name: "session", Value: s.signIn(alice).Value}, 401)
	w := httptest.NewRecorder()
	s.guard.ClearCookie(w)
	if n := len(w.Result().Cookies()); n != 1 {
		t.Errorf("%d cookies are cleared", n)
	}
}

// A cookie of the old name is not given the new one while it is not known what
// lies under it.
func TestAdoptCookieWhileTheStoreIsDown(t *testing.T) {
	t.Parallel()
	backend := newOutage()
	sessions, err := store.NewSessions(backend, store.SessionsConfig{Origin: "https://my-app.example", Adopt: noLegacy{}})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := middleware.New(middleware.Config{Origin: "https://my-app.example", Sessions: sessions, Chains: []string{alice.Chain}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, _ := sessions.Load(t.Context(), "")
	if _, err := store.SignIn(ctx, sessions, alice, store.Client{}); err != nil {
		t.Fatal(err)
	}
	planted := &http.Cookie{Name: "session", Value: sessions.Token(ctx)}
	h := guard.AdoptCookie(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie(sessions.Cookie.Name); err == nil {
			t.Error("somebody's session was planted")
		}
	}))
	for _, down := range []bool{false, true} {
		backend.finding.Store(down)
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(planted)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// noLegacy has no sessions from before.
type noLegacy struct{}

func (noLegacy) FindLegacy(context.Context, string) ([]byte, error) { return nil, store.ErrGone }
func (noLegacy) UpdateLegacy(context.Context, string, []byte, time.Time) error {
	return store.ErrGone
}
func (noLegacy) DeleteLegacy(context.Context, string) ([]byte, error) { return nil, store.ErrGone }
