package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// A guard inside another one's lets nobody in whom it does not know itself.
func TestGuardInsideAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *middleware.Config) { c.Chains = []string{"near:testnet", "near:demo"} })
	strict, err := middleware.New(middleware.Config{Origin: origin, Sessions: s.sessions, Chains: []string{"near:testnet"}})
	if err != nil {
		t.Fatal(err)
	}
	cookie := s.signIn(store.Account{Chain: "near:demo", ID: "alice.demo", PublicKey: "k"})
	inner := s.guard.RequireAccount(strict.OptionalAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := middleware.AccountFrom(r.Context())
		session, also := middleware.SessionFrom(r.Context())
		fmt.Fprint(w, a.ID, ok, session.Account.ID, also)
	})))
	if w := do(inner, "GET", "/", cookie); w.Body.String() != "falsefalse" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(s.guard.RequireAccount(strict.RequireAccount(hello)), "GET", "/", cookie); w.Code != 401 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestGuardsInsideEachOtherTouchOnce(t *testing.T) {
	t.Parallel()
	m := &flaky{Memory: store.NewMemory()}
	sessions, err := store.NewSessions(m, store.SessionsConfig{Origin: origin, Idle: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *middleware.Config) { c.Sessions = sessions })
	s.sessions = sessions
	cookie := s.signIn(alice)
	time.Sleep(150 * time.Millisecond)
	do(s.guard.RequireAccount(s.guard.OptionalAccount(s.guard.RequireAccount(hello))), "GET", "/", cookie)
	if m.touches != 1 {
		t.Errorf("%d touches", m.touches)
	}
}

// Two sites' managers in one chain of handlers: each stores its own session.
func TestTwoManagers(t *testing.T) {
	t.Parallel()
	a, b := newSite(t), newSite(t)
	b.sessions.Cookie.Name = "__Host-other"
	h := a.guard.OptionalAccount(b.guard.OptionalAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.sessions.Put(r.Context(), "k", 1)
		b.sessions.Put(r.Context(), "k", 2)
		fmt.Fprint(w, "ok")
	})))
	names := map[string]int{}
	for _, c := range do(h, "GET", "/", nil).Result().Cookies() {
		names[c.Name]++
	}
	if len(names) != 2 || names["__Host-other"] != 1 || names["__Host-nearauth"] != 1 {
		t.Errorf("cookies %v", names)
	}
}

// Whatever a handler says about caching, an answer with a token is for nobody
// else, and so is an error in the place of an answer.
func TestCachingOfTokensAndErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie := s.signIn(alice)
	public := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", `"x"`)
		h.Set("Location", "/x")
		s.sessions.Put(r.Context(), "k", 1)
		fmt.Fprint(w, "success")
	})
	for name, h := range map[string]http.Handler{"guard": s.guard.RequireAccount(public), "LoadAndSave": s.sessions.LoadAndSave(public)} {
		s.store.write = nil
		w := do(h, "GET", "/", cookie)
		if got := strings.Join(w.Header().Values("Cache-Control"), ";"); name == "guard" && got != "private, no-store" {
			t.Errorf("%s: Cache-Control %q beside Set-Cookie", name, got)
		}
		s.store.write = errors.New("OOM")
		w = do(h, "GET", "/", cookie)
		got := w.Header()
		if w.Code != 503 || got.Get("Cache-Control") != "no-store" || got.Get("Content-Encoding")+got.Get("ETag")+got.Get("Location") != "" || got.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v", name, w.Code, got)
		}
	}
	s.store.write = nil
	type unregistered struct{ X int }
	w := do(s.guard.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.sessions.Put(r.Context(), "k", unregistered{1})
	})), "GET", "/", cookie)
	if w.Code != 500 || code(w) != "internal" || w.Header().Get("Retry-After") != "" {
		t.Errorf("a value that cannot be encoded: %d %s", w.Code, w.Body)
	}
}

// A context that cannot be compared is still a context.
func TestUncomparableContext(t *testing.T) {
	t.Parallel()
	type odd struct {
		context.Context
		_ []int
	}
	s := newSite(t)
	r := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(odd{Context: r.Context()}))
		})
	}
	if w := do(r(s.guard.RequireAccount(hello)), "GET", "/", s.signIn(alice)); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTrustedOriginsAreAsSafeAsTheSite(t *testing.T) {
	t.Parallel()
	for trusted, ok := range map[string]bool{"https://admin.my-app.example": true, "http://admin.my-app.example": false, "http://localhost:3000": false} {
		sessions, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: origin})
		if err != nil {
			t.Fatal(err)
		}
		_, err = middleware.New(middleware.Config{Origin: origin, Sessions: sessions, Chains: []string{"near:testnet"}, TrustedOrigins: []string{trusted}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", trusted, err)
		}
	}
}

// A manager is what NewSessions made, not a copy of it or a likeness.
func TestCheckSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o, _ := store.ParseOrigin(origin)
	likeness := *s.sessions
	if store.CheckSessions(&likeness, o) == nil {
		t.Error("a copy passes")
	}
	for _, name := range []string{"__Host-", "__Host-a b", "__Host-nearauth-login", ""} {
		s := newSite(t)
		s.sessions.Cookie.Name = name
		if store.CheckSessions(s.sessions, o) == nil {
			t.Errorf("cookie name %q passes", name)
		}
	}
	s.sessions.Lifetime++
	if store.CheckSessions(s.sessions, o) == nil {
		t.Error("another lifetime passes")
	}
	for _, c := range []store.SessionsConfig{{Lifetime: 1 << 62}, {Idle: 1 << 62}, {Max: -1}, {Max: 5000}} {
		c.Origin = origin
		if _, err := store.NewSessions(store.NewMemory(), c); err == nil {
			t.Errorf("%+v passes", c)
		}
	}
}
