package middleware

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/nearauth/nearauth/store"
)

// RequireAccount lets only signed-in requests through to next, which finds the
// account with AccountFrom. Others are answered 401 unauthenticated, or sent
// to the login page; requests from another origin that could change something
// 403 cross_origin; and when the session store cannot be read, 503
// store_unavailable, with the cookie left alone.
//
// Answers are marked Cache-Control: private, no-store and Vary: Cookie; next
// may set something else.
func (g *Guard) RequireAccount(next http.Handler) http.Handler {
	return g.guard(next, g.admit, g.refuse)
}

// OptionalAccount is RequireAccount for pages that anonymous visitors may see:
// next finds an account with AccountFrom, or none.
func (g *Guard) OptionalAccount(next http.Handler) http.Handler {
	return g.guard(next, g.admit, func(w http.ResponseWriter, r *http.Request, err error) {
		if !errors.Is(err, ErrChainUnavailable) && (errors.Is(err, store.ErrGone) || g.anonymousOK) {
			// An outer guard may have let somebody in who is nobody here.
			next.ServeHTTP(w, r.WithContext(decided(r.Context())))
			return
		}
		g.refuse(w, r, err)
	})
}

// RequireFresh is RequireAccount for what needs the person: the wallet must
// have signed within the last d. Older sessions are answered 401
// reauthentication_required, or sent to the login page with the parameter
// reauthenticate=1; signing in again is what helps, and that the chain has
// confirmed the key since is no substitute.
func (g *Guard) RequireFresh(d time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return g.guard(next, func(r *http.Request, s *store.Session) (time.Time, error) {
			if age := time.Since(s.SignedInAt); age > d || age < -clockSkew {
				return time.Time{}, errStale
			}
			return g.admit(r, s)
		}, g.refuse)
	}
}

// clockSkew is how far ahead the clock of another instance may be.
const clockSkew = time.Minute

var errStale = errors.New("middleware: the wallet signed too long ago")

// RequireKeyCheck is RequireAccount for what must not be done with a key that
// is gone: the chain must have confirmed the key within the last d, and is
// asked if it has not. There is no grace: if it cannot tell within two seconds
// the answer is 503 chain_unavailable. It panics if the guard has no CheckKey.
func (g *Guard) RequireKeyCheck(d time.Duration) func(http.Handler) http.Handler {
	if g.keys.check == nil {
		panic("middleware: RequireKeyCheck needs Config.CheckKey")
	}
	return func(next http.Handler) http.Handler {
		return g.guard(next, func(r *http.Request, s *store.Session) (time.Time, error) {
			checked, err := g.checkedWithin(r.Context(), s, d)
			if err != nil || !checked.IsZero() {
				return checked, err
			}
			return g.admit(r, s) // d may be longer than Recheck
		}, g.refuse)
	}
}

// admit is what every guard asks of a signed-in session: that its key still
// counts. It returns when the chain has confirmed it, if that is news.
func (g *Guard) admit(r *http.Request, s *store.Session) (checked time.Time, err error) {
	return g.recheck(r.Context(), s)
}

// refuse answers in the place of the handler.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errStale):
		g.reauthenticate(w, r)
	case errors.Is(err, ErrChainUnavailable):
		g.Fail(w, r, ChainUnavailable(err, 0))
	case errors.Is(err, store.ErrGone):
		g.unauthenticated(w, r)
	default:
		g.Fail(w, r, StoreUnavailable(err))
	}
}

// guard does what all guarded routes share: admit decides about the signed-in
// session, and without one, or where it says no, otherwise answers.
func (g *Guard) guard(next http.Handler, admit func(*http.Request, *store.Session) (time.Time, error), otherwise func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header["Cache-Control"] = privateNoStore
		if header["Vary"] == nil {
			header["Vary"] = varyCookie
		} else {
			header.Add("Vary", "Cookie")
		}
		begun := time.Now()
		if err := g.CheckOrigin(r); err != nil {
			fail := CrossOrigin(err)
			g.Observed(r.Context(), "guard", begun, fail)
			g.Fail(w, r, fail)
			return
		}
		err := g.load(w, r, func(w http.ResponseWriter, r *http.Request, d *decision) {
			session, err := g.currentAt(r, begun)
			if err == nil {
				err = g.enter(r, session, begun, admit)
			}
			g.observed(r.Context(), "guard", begun, err)
			if err != nil {
				otherwise(w, r, err)
				return
			}
			d.session.Store(session)
			next.ServeHTTP(w, r)
		})
		if err != nil {
			g.observed(r.Context(), "guard", begun, err)
			otherwise(w, r, err)
		}
	})
}

// enter lets a session in and notes the activity. That it cannot be noted is
// no reason to refuse the request; that the session has just ended is.
func (g *Guard) enter(r *http.Request, session *store.Session, now time.Time, admit func(*http.Request, *store.Session) (time.Time, error)) error {
	checked, err := admit(r, session)
	if err != nil {
		return err
	}
	err = store.Touch(r.Context(), g.sessions, session, now, checked)
	if err != nil && !errors.Is(err, store.ErrGone) {
		g.failures.say(r.Context(), slog.LevelWarn, "session activity not noted", "not_noted", err)
		return nil
	}
	return err
}
