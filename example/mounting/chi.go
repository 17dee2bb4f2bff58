package mounting

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/nearauth/nearauth/handlers"
)

// chiRouter mounts the endpoints in chi, and guards a route group.
func chiRouter(auth *handlers.Auth) http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.Recoverer)

	// Mount leaves the prefix in the URL, so it must be stripped as well.
	r.Mount("/auth", http.StripPrefix("/auth", auth))

	r.Group(func(r chi.Router) {
		r.Use(auth.OptionalAccount)
		r.Method("GET", "/", show(auth))
		r.Method("POST", "/note", put(auth))
	})
	r.Route("/app", func(r chi.Router) {
		r.Use(auth.RequireAccount)
		r.Method("GET", "/me", show(auth))
		r.Method("POST", "/note", put(auth))
	})
	return r
}
