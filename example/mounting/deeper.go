package mounting

import (
	"net/http"

	"github.com/nearauth/nearauth/handlers"
)

// deeper is an API under /api/v1, of which the endpoints are a part. Each mux
// strips its own prefix and need not know where it is mounted.
func deeper(auth *handlers.Auth) http.Handler {
	api := http.NewServeMux()
	api.Handle("/auth/", http.StripPrefix("/auth", auth))
	api.Handle("GET /{$}", auth.OptionalAccount(show(auth)))
	api.Handle("POST /note", auth.OptionalAccount(put(auth)))
	api.Handle("GET /app/me", auth.RequireAccount(show(auth)))
	api.Handle("POST /app/note", auth.RequireAccount(put(auth)))

	mux := http.NewServeMux()
	mux.Handle("/api/v1/", http.StripPrefix("/api/v1", api))
	return mux
}
