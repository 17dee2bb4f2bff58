package handlers

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// describe is a session as its own client sees it. It holds no secret.
func (a *Auth) describe(s *store.Session) answer {
	out := newAnswer()
	out.text("account", s.Account.String()) // CAIP-10
	out.text("accountId", s.Account.ID)
	out.text("chain", s.Account.Chain)
	out.text("network", s.Account.Network())
	out.text("publicKey", s.Account.PublicKey)
	out.time("signedInAt", s.SignedInAt)
	out.time("expiresAt", store.Expires(a.Sessions, s))
	return out
}

// Session is GET /session: who is signed in, or null. It is no activity: a
// page that polls it does not keep a session alive.
func (a *Auth) Session() http.Handler {
	return a.endpoint("session", []string{http.MethodGet, http.MethodHead}, func(w http.ResponseWriter, r *http.Request) (fail *Error) {
		err := a.Load(w, r, func(w http.ResponseWriter, r *http.Request) {
			session, err := a.Admitted(r)
			switch {
			case errors.Is(err, middleware.ErrChainUnavailable): // whatever else it says
				fail = unknown(err)
			case err == nil:
				out := a.describe(session)
				out.time("keyCheckedAt", session.CheckedAt)
				out.write(w)
			case errors.Is(err, store.ErrGone):
				writeJSON(w, nil)
			default:
				fail = unknown(err)
			}
		})
		if err != nil {
			return middleware.StoreUnavailable(err)
		}
		return fail
	})
}

// Logout is POST /logout: it ends this session, with ?scope=all every session
// of the account, with ?scope=others every other one. It succeeds when nobody
// is signed in. When the store is down it says so, and the browser forgets the
// session all the same; except with a scope, as long as the others could not be
// ended, because without the session nobody could try again.
func (a *Auth) Logout() http.Handler {
	return a.endpoint("logout", []string{http.MethodPost}, func(w http.ResponseWriter, r *http.Request) *Error {
		if fail := readLogout(w, r); fail != nil {
			return fail
		}
		scope, ok := logoutScope(r.URL)
		if !ok {
			return invalidRequest(errors.New("handlers: unknown scope"))
		}
		if scope == "others" && len(a.sessionCookies(r)) > 1 {
			return invalidRequest(errors.New("handlers: two session cookies, so which one to spare is not known"))
		}
		var fail *Error
		err := a.Load(w, r, func(w http.ResponseWriter, r *http.Request) {
			if fail = a.signOut(w, r, scope); fail != nil {
				return
			}
			if middleware.Navigation(r) { // a form: sign-out without JavaScript
				http.Redirect(w, r, a.afterLogout, http.StatusSeeOther)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
		if err != nil {
			a.ClearCookie(w)
			return middleware.StoreUnavailable(err)
		}
		return fail
	})
}

func (a *Auth) signOut(w http.ResponseWriter, r *http.Request, scope string) *Error {
	ctx := r.Context()
	session, err := store.Current(ctx, a.Sessions)
	e := Event{Kind: SignedOut, Client: a.ClientPrefix(r), Scope: scope}
	if scope != "" && errors.Is(err, store.ErrUnavailable) {
		// Whose sessions to end is not known, so this is no success, also if
		// the store can end this one again by now.
		if scope == "all" {
			err = errors.Join(err, a.endThis(r, true))
			a.Abandon(w)
			a.ClearCookie(w)
		}
		return middleware.StoreUnavailable(err)
	}
	if err == nil {
		e.Account, e.Chain = session.Account, session.Account.Chain
		if scope != "" {
			if e.Ended, err = store.RevokeOthers(ctx, a.Sessions, session.Account); err != nil {
				return middleware.StoreUnavailable(err)
			}
		}
	}
	if scope != "others" {
		if err := a.endThis(r, scope == "all"); err != nil {
			a.Abandon(w)
			a.ClearCookie(w)
			return middleware.StoreUnavailable(err)
		}
		e.Ended++
	}
	if session != nil {
		a.event(ctx, e)
	}
	return nil
}

// endThis ends the session that the request's cookie means, also one that could
// not be read, or was not found. Where a sibling host has added a cookie of the
// name it is not known which of them is the person's: then all of them end, and
// if all of the account's are to end, those of each.
func (a *Auth) endThis(r *http.Request, all bool) error {
	found := a.Sessions.Token(r.Context()) != ""
	err := store.SignOut(r.Context(), a.Sessions)
	if cookies := a.sessionCookies(r); !found || len(cookies) > 1 {
		for _, c := range cookies {
			err = errors.Join(err, a.endToken(c.Value, all))
		}
	}
	return err
}

func (a *Auth) endToken(token string, all bool) error {
	ctx, err := a.Sessions.Load(context.Background(), token)
	if err != nil {
		return err
	}
	if session, err := store.Current(ctx, a.Sessions); all && !errors.Is(err, store.ErrGone) {
		if err == nil {
			_, err = store.RevokeAll(ctx, a.Sessions, session.Account)
		}
		if err != nil {
			return err
		}
	}
	return store.SignOutToken(ctx, a.Sessions, token)
}

func (a *Auth) sessionCookies(r *http.Request) []*http.Cookie {
	return r.CookiesNamed(a.Sessions.Cookie.Name)
}

func logoutScope(u *url.URL) (scope string, ok bool) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(query["scope"]) > 1 {
		return "", false
	}
	scope = query.Get("scope")
	return scope, scope == "all" || scope == "others" || scope == "" && !query.Has("scope")
}

// readLogout accepts an empty body, of whatever type, which is what a sign-out
// button without JavaScript sends, and a JSON object.
func readLogout(w http.ResponseWriter, r *http.Request) *Error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" && r.ContentLength > 0 && r.ContentLength <= maxBody {
		return invalidRequest(errors.New("handlers: a sign-out form has no fields"))
	}
	body, fail := readBody(w, r, maxBody)
	if fail != nil || len(body) == 0 {
		return fail
	}
	if _, err := parseObject(body, nil); err != nil {
		return invalidRequest(err)
	}
	return nil
}
