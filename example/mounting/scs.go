package mounting

import (
	"net/http"

	"github.com/nearauth/nearauth/handlers"
)

// withSCS is an application that had scs sessions before it had sign-in: its
// LoadAndSave around everything stays where it was, and its pages Get and Put
// as ever. Only the manager is now the kit's. Values that a visitor collected
// are still there after the sign-in.
func withSCS(auth *handlers.Auth) http.Handler {
	csrf := http.NewCrossOriginProtection() // of the application's, for routes without a guard

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", show(auth)) // no guard: the page knows the note, and nobody's account
	mux.Handle("POST /note", csrf.Handler(put(auth)))

	mux.Handle("/auth/", http.StripPrefix("/auth", auth))
	mux.Handle("GET /app/me", auth.RequireAccount(show(auth)))
	mux.Handle("POST /app/note", auth.RequireAccount(put(auth)))
	return auth.Sessions.LoadAndSave(mux)
}
