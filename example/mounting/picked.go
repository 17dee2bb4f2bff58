package mounting

import (
	"net/http"

	"github.com/nearauth/nearauth/handlers"
)

// picked has no prefix: each endpoint stands on a path of the application's
// choosing. Patterns without a method, so that the kit answers 405 itself.
func picked(auth *handlers.Auth) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/login/challenge", auth.Challenge())
	mux.Handle("/login", auth.Verify())
	mux.Handle("/whoami", auth.Session())
	mux.Handle("/logout", auth.Logout())

	mux.Handle("GET /{$}", auth.OptionalAccount(show(auth)))
	mux.Handle("POST /note", auth.OptionalAccount(put(auth)))
	mux.Handle("GET /app/me", auth.RequireAccount(show(auth)))
	mux.Handle("POST /app/note", auth.RequireAccount(put(auth)))
	return mux
}
