package handlers

import (
	"errors"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// listedSession is one session of an account, as its account sees it.
type listedSession struct {
	ID         string    `json:"id"`
	Current    bool      `json:"current"`
	CreatedAt  time.Time `json:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt"`
	ExpiresAt  time.Time `json:"expiresAt"`
	UserAgent  string    `json:"userAgent"`
	IP         string    `json:"ip"`
	PublicKey  string    `json:"publicKey"`
}

// ListSessions is GET /sessions: the live sessions of the signed-in account,
// the newest first. It is no activity.
func (a *Auth) ListSessions() http.Handler {
	return a.endpoint("sessions", []string{http.MethodGet, http.MethodHead}, func(w http.ResponseWriter, r *http.Request) *Error {
		return a.withSession(w, r, func(w http.ResponseWriter, r *http.Request, session *store.Session) *Error {
			sessions, err := store.List(r.Context(), a.Sessions, session.Account)
			if err != nil {
				return middleware.StoreUnavailable(err)
			}
			mine := store.ID(r.Context(), a.Sessions)
			list := make([]listedSession, len(sessions))
			for i, s := range sessions {
				list[i] = listedSession{
					ID: s.ID, Current: s.ID == mine, CreatedAt: s.Session.SignedInAt, LastSeenAt: s.Session.SeenAt, ExpiresAt: s.Expires,
					UserAgent: s.Session.Client().UserAgent, IP: s.Session.Client().IP, PublicKey: s.Session.Account.PublicKey,
				}
			}
			writeJSON(w, map[string]any{"sessions": list})
			return nil
		})
	})
}

// RevokeSession is DELETE /sessions/{id}: it ends one session of the signed-in
// account; of the current one it is a logout. The id is the last element of
// the path, however the mux calls it.
func (a *Auth) RevokeSession() http.Handler {
	return a.endpoint("sessions", []string{http.MethodDelete}, func(w http.ResponseWriter, r *http.Request) *Error {
		return a.withSession(w, r, func(w http.ResponseWriter, r *http.Request, session *store.Session) *Error {
			id := path.Base(r.URL.Path)
			if id == store.ID(r.Context(), a.Sessions) {
				if fail := a.signOut(w, r, ""); fail != nil {
					return fail
				}
				w.WriteHeader(http.StatusNoContent)
				return nil
			}
			err := store.Revoke(r.Context(), a.Sessions, session.Account, id)
			switch {
			case errors.Is(err, store.ErrGone):
				return sessionNotFound()
			case err != nil:
				return middleware.StoreUnavailable(err)
			}
			a.event(r.Context(), Event{Kind: SignedOut, Chain: session.Account.Chain, Account: session.Account, Client: a.ClientPrefix(r), Scope: "one", Ended: 1})
			w.WriteHeader(http.StatusNoContent)
			return nil
		})
	})
}

// withSession calls f with the signed-in session, or says why there is none.
func (a *Auth) withSession(w http.ResponseWriter, r *http.Request, f func(http.ResponseWriter, *http.Request, *store.Session) *Error) (fail *Error) {
	err := a.Load(w, r, func(w http.ResponseWriter, r *http.Request) {
		session, err := a.Admitted(r)
		switch {
		case err == nil:
			fail = f(w, r, session)
		case errors.Is(err, store.ErrGone) && !errors.Is(err, middleware.ErrChainUnavailable):
			fail = middleware.Unauthenticated()
		default:
			fail = unknown(err)
		}
	})
	if err != nil {
		return middleware.StoreUnavailable(err)
	}
	return fail
}

// unknown is the answer where it cannot be told who is signed in.
func unknown(err error) *Error {
	if errors.Is(err, middleware.ErrChainUnavailable) {
		return middleware.ChainUnavailable(err, 0)
	}
	return middleware.StoreUnavailable(err)
}

// client is what a session remembers of the browser.
func (a *Auth) client(r *http.Request) store.Client {
	switch a.detail {
	case NoClient:
		return store.Client{}
	case FullClient:
		return store.Client{IP: a.FullIP(r), UserAgent: userAgent(r, 512)}
	}
	return store.Client{IP: a.CoarseIP(r), UserAgent: userAgent(r, 160)}
}

// userAgent returns at most so many printable ASCII characters: what else a
// client sends is of no use to a person, and may be of use against one.
func userAgent(r *http.Request, most int) string {
	agent := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return -1
		}
		return c
	}, r.UserAgent())
	return agent[:min(len(agent), most)]
}
