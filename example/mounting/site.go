package mounting

import (
	"encoding/json"
	"net/http"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/middleware"
)

// view is what the site shows: who is there, and the application's own value
// in the session.
type view struct {
	Account string `json:"account"` // CAIP-10, or empty
	Note    string `json:"note"`
}

// show answers with the view. It serves public and protected pages alike: who
// gets here was decided before.
func show(auth *handlers.Auth) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := view{Note: auth.Sessions.GetString(r.Context(), "note")}
		if account, ok := middleware.AccountFrom(r.Context()); ok {
			v.Account = account.String()
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	})
}

// put keeps the posted note in the session.
func put(auth *handlers.Auth) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var posted view
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&posted); err != nil {
			http.Error(w, "send {\"note\": …}", http.StatusBadRequest)
			return
		}
		auth.Sessions.Put(r.Context(), "note", posted.Note)
		w.WriteHeader(http.StatusNoContent)
	})
}
