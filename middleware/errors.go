package middleware

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is a request refused. What the client may see stands apart from what
// the log needs.
type Error struct {
	Status     int           // HTTP status
	Code       string        // stable, for programs: "unauthenticated"
	Message    string        // one sentence for a person
	RetryAfter time.Duration // for 429 and 503; 0 is none
	Allow      string        // for 405: the methods there are
	Err        error         // the cause, for the log only; may be nil
}

// Error returns the code and the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Code
	}
	return e.Code + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// StoreUnavailable is the answer when the session store cannot tell.
func StoreUnavailable(err error) *Error {
	return &Error{Status: http.StatusServiceUnavailable, Code: "store_unavailable", RetryAfter: 2 * time.Second,
		Message: "Sessions are unavailable at the moment. Try again shortly.", Err: err}
}

// CrossOrigin is the answer to a request that another site made.
func CrossOrigin(err error) *Error {
	return &Error{Status: http.StatusForbidden, Code: "cross_origin",
		Message: "This request must come from the site itself.", Err: err}
}

// Unauthenticated is the answer where nobody is signed in.
func Unauthenticated() *Error {
	return &Error{Status: http.StatusUnauthorized, Code: "unauthenticated", Message: "Sign in with your wallet first."}
}

// ErrKeyRefused is what Config.CheckKey says of a key that is not on the
// account any more, or not with full access.
var ErrKeyRefused = errors.New("middleware: the chain refuses the key")

// ErrChainUnavailable means that the chain could not tell about a key, for
// longer than is allowed.
var ErrChainUnavailable = errors.New("middleware: the chain cannot tell")

// ChainUnavailable is the answer when the chain cannot tell. The wait is what
// the client is told; 0 is two seconds.
func ChainUnavailable(err error, wait time.Duration) *Error {
	return &Error{Status: http.StatusServiceUnavailable, Code: "chain_unavailable", RetryAfter: cmp.Or(wait, 2*time.Second),
		Message: "The chain cannot be asked at the moment. Try again shortly.", Err: err}
}

// Reauthenticate is the answer where the wallet has to sign again.
func Reauthenticate() *Error {
	return &Error{Status: http.StatusUnauthorized, Code: "reauthentication_required", Message: "Sign in with your wallet again for this."}
}

// RateLimited is the answer to one request too many.
func RateLimited(wait time.Duration) *Error {
	return &Error{Status: http.StatusTooManyRequests, Code: "rate_limited", RetryAfter: wait,
		Message: "Too many requests. Try again in a while."}
}

// HTTPSRequired is the answer to a request over plain HTTP.
func HTTPSRequired() *Error {
	return &Error{Status: http.StatusForbidden, Code: "https_required", Message: "This site is served over https only."}
}

// WriteError answers {"error": message, "code": code} as JSON. The length is
// declared, so that net/http drops anything written after it.
func WriteError(w http.ResponseWriter, _ *http.Request, e *Error) {
	body, _ := json.Marshal(struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{e.Message, e.Code})
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(e.Status)
	_, _ = w.Write(body)
}

// Fail answers a request with an error, by the application's renderer where
// one is configured. The headers that the error needs are set before it is
// called. Failures of the server are logged with their cause, at most one a
// second of each code.
func (g *Guard) Fail(w http.ResponseWriter, r *http.Request, e *Error) {
	if e.Status >= 500 {
		g.failures.say(r.Context(), slog.LevelError, "request failed", e.Code, e.Err)
	}
	h := w.Header()
	if e.RetryAfter > 0 {
		seconds := (e.RetryAfter + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	if e.Allow != "" {
		h.Set("Allow", e.Allow)
	}
	if e.Code == "unauthenticated" {
		h.Set("WWW-Authenticate", g.challenge)
	}
	g.render(w, r, e)
}

// unauthenticated sends a person who navigates to the login page, and answers
// 401 to everyone else.
func (g *Guard) unauthenticated(w http.ResponseWriter, r *http.Request) {
	if g.loginPage == "" || !navigation(r) {
		g.Fail(w, r, Unauthenticated())
		return
	}
	http.Redirect(w, r, g.loginURL(r), http.StatusSeeOther)
}

// reauthenticate is unauthenticated for somebody who is signed in: the
// parameter tells the login page not to send the person back at once.
func (g *Guard) reauthenticate(w http.ResponseWriter, r *http.Request) {
	if g.loginPage == "" || !navigation(r) {
		g.Fail(w, r, Reauthenticate())
		return
	}
	u := g.loginURL(r)
	separator := "?"
	if strings.Contains(u, "?") {
		separator = "&"
	}
	http.Redirect(w, r, u+separator+"reauthenticate=1", http.StatusSeeOther)
}
