//go:build !race

package middleware_test

import (
	"net/http"
	"testing"

	"github.com/nearauth/nearauth/middleware"
)

// Every signed-in request comes by here: what it costs is what a session costs.
func TestAllocations(t *testing.T) {
	s := newSite(t)
	cookie := s.signIn(alice)
	private := s.guard.RequireAccount(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, ok := middleware.AccountFrom(r.Context()); !ok {
			t.Error("nobody")
		}
	}))
	for _, c := range []struct {
		name string
		h    http.Handler
		most float64
	}{
		{"guard alone", private, 13},
		{"under LoadAndSave", s.sessions.LoadAndSave(private), 20},
	} {
		r, w := request(cookie), newStrictWriter()
		n := testing.AllocsPerRun(200, func() {
			clear(w.header)
			c.h.ServeHTTP(w, r)
		})
		if n > c.most || len(w.statuses) != 0 {
			t.Errorf("%s: %v allocations, statuses %v", c.name, n, w.statuses)
		}
		t.Logf("%s: %v allocations", c.name, n)
	}
}
