package mounting

import (
	"net/http"

	"github.com/nearauth/nearauth/handlers"
)

// netHTTP mounts the endpoints under /auth, and guards all of /app at once.
func netHTTP(auth *handlers.Auth) http.Handler {
	app := http.NewServeMux()
	app.Handle("GET /me", show(auth))
	app.Handle("POST /note", put(auth))

	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", auth)) // without a method: the kit answers 405 itself
	mux.Handle("/app/", http.StripPrefix("/app", auth.RequireAccount(app)))
	mux.Handle("GET /{$}", auth.OptionalAccount(show(auth)))
	mux.Handle("POST /note", auth.OptionalAccount(put(auth)))
	return mux
}
