package handlers

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// sessionResponse is a session as its own client sees it. It holds no secret.
type sessionResponse struct {
	Account      string     `json:"account"` // CAIP-10
	AccountID    string     `json:"accountId"`
	Chain        string     `json:"chain"`
	Network      string     `json:"network"`
	PublicKey    string     `json:"publicKey"`
	SignedInAt   time.Time  `json:"signedInAt"`
	ExpiresAt    time.Time  `json:"expiresAt"`
	KeyCheckedAt *time.Time `json:"keyCheckedAt,omitempty"`
}

func (a *Auth) describe(s *store.Session) *sessionResponse {
	return &sessionResponse{
		Account: s.Account.String(), AccountID: s.Account.ID, Chain: s.Account.Chain, Network: s.Account.Network(),
		PublicKey: s.Account.PublicKey, SignedInAt: s.SignedInAt, ExpiresAt: store.Expires(a.Sessions, s),
	}
}

// Session is GET /session: who is signed in, or null. It is no activity: a
// page that polls it does not keep a session alive.
func (a *Auth) Session() http.Handler {
	return a.endpoint([]string{http.MethodGet, http.MethodHead}, func(w http.ResponseWriter, r *http.Request) (fail *Error) {
		err := a.Load(w, r, func(w http.ResponseWriter, r *http.Request) {
			session, err := a.Current(r)
			switch {
			case err == nil:
				answer := a.describe(session)
				answer.KeyCheckedAt = &session.CheckedAt
				writeJSON(w, answer)
			case errors.Is(err, store.ErrGone):
				writeJSON(w, nil)
			default:
				fail = middleware.StoreUnavailable(err)
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
// session all the same.
func (a *Auth) Logout() http.Handler {
	return a.endpoint([]string{http.MethodPost}, func(w http.ResponseWriter, r *http.Request) *Error {
		form, fail := readLogout(w, r)
		if fail != nil {
			return fail
		}
		scope, ok := logoutScope(r.URL)
		if !ok {
			return invalidRequest(errors.New("handlers: unknown scope"))
		}
		err := a.Load(w, r, func(w http.ResponseWriter, r *http.Request) {
			if fail = a.signOut(w, r, scope); fail != nil {
				return
			}
			if form && asksForPage(r) {
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
	ended := 0
	if err == nil {
		ended, err = a.end(r, session.Account, scope)
	} else if errors.Is(err, store.ErrGone) && scope != "others" {
		// Nobody is signed in; an anonymous session may hold values, and a
		// dead cookie may be left.
		err = store.SignOut(ctx, a.Sessions)
	}
	if err != nil && !errors.Is(err, store.ErrGone) {
		a.Abandon(w)
		if scope != "others" {
			a.ClearCookie(w)
		}
		return middleware.StoreUnavailable(err)
	}
	if session != nil {
		a.event(ctx, Event{Kind: SignedOut, Chain: session.Account.Chain, Account: session.Account, Client: a.ClientPrefix(r), Scope: scope, Ended: ended})
	}
	return nil
}

// end ends the sessions that a scope means, this one first: what the person
// can see must be true even if the rest then fails.
func (a *Auth) end(r *http.Request, account store.Account, scope string) (ended int, err error) {
	ctx := r.Context()
	if scope == "others" {
		return store.RevokeOthers(ctx, a.Sessions, account)
	}
	if err := store.SignOut(ctx, a.Sessions); err != nil {
		return 0, err
	}
	if scope == "all" {
		ended, err = store.RevokeAll(ctx, a.Sessions, account)
	}
	return ended + 1, err
}

func logoutScope(u *url.URL) (scope string, ok bool) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(query["scope"]) > 1 {
		return "", false
	}
	scope = query.Get("scope")
	return scope, scope == "all" || scope == "others" || scope == "" && !query.Has("scope")
}

// readLogout accepts an empty body, an empty form, which is what a sign-out
// button without JavaScript sends, and a JSON object.
func readLogout(w http.ResponseWriter, r *http.Request) (form bool, fail *Error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" {
		body, fail := readBody(w, r)
		if fail == nil && len(body) > 0 {
			if _, err := parseObject(body, nil); err != nil {
				fail = invalidRequest(err)
			}
		}
		return false, fail
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || len(body) > 0 {
		return true, invalidRequest(errors.New("handlers: a sign-out form has no fields"))
	}
	return true, nil
}

// asksForPage reports whether a person will see the answer as a page.
func asksForPage(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
