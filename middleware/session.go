package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/nearauth/nearauth/store"
)

// Load calls next with a request whose session is loaded, and stores what next
// changed in it before the first byte of the answer goes out. Where the
// session is loaded already, by scs's LoadAndSave or another Load, it just
// calls next. It makes no decision: the session may be anyone's, or unknown;
// ask Current. An error means that next was not called and nothing answered.
func (g *Guard) Load(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) error {
	// scs returns the context it was given when the session is loaded already.
	// A context of ours tells that, where comparing others could panic.
	mine := &struct{ context.Context }{r.Context()}
	ctx, err := g.sessions.Load(mine, g.token(r))
	if err != nil {
		return fmt.Errorf("middleware: %w: %w", store.ErrUnavailable, err)
	}
	if ctx == context.Context(mine) {
		next(w, r)
		return nil
	}
	r = r.WithContext(ctx)
	sw := &sessionWriter{ResponseWriter: w, guard: g, request: r}
	next(sw, r)
	sw.commit()
	return nil
}

// token returns the session token that the request brings. Two cookies of the
// name are none: on plain http a sibling host can add one, and which of them
// is the person's cannot be told.
func (g *Guard) token(r *http.Request) string {
	cookies := r.CookiesNamed(g.sessions.Cookie.Name)
	if len(cookies) != 1 {
		return ""
	}
	return cookies[0].Value
}

// sessionWriter stores the session and sets its cookie before the first byte,
// as the writer of scs does, with three differences: it also does so before a
// Flush, it is not fooled by an informational (1xx) answer, and when the
// session cannot be stored, nothing that the handler says goes out.
type sessionWriter struct {
	http.ResponseWriter
	guard   *Guard
	request *http.Request
	done    bool // the session is stored, or will not be
	failed  bool // the answer is an error, and what the handler writes is dropped
}

// SignedIn sets the cookie of a session that store.SignIn has just stored, so
// that it is not stored again with the first byte. (Where scs's LoadAndSave
// loaded the session, scs does both.)
func (g *Guard) SignedIn(w http.ResponseWriter, r *http.Request) {
	sw := g.find(w)
	if sw == nil || sw.done {
		return
	}
	sw.done = true
	ctx := r.Context()
	g.setCookie(w, r, g.sessions.Token(ctx), g.sessions.Deadline(ctx))
}

// Abandon makes Load store nothing more of the request's session: for a
// handler that could not store what it had to, and says so.
func (g *Guard) Abandon(w http.ResponseWriter) {
	if sw := g.find(w); sw != nil {
		sw.done = true
	}
}

// ClearCookie makes the browser forget the session, also when the session
// itself could not be ended.
func (g *Guard) ClearCookie(w http.ResponseWriter) {
	c := g.sessions.Cookie
	http.SetCookie(w, &http.Cookie{
		Name: c.Name, Path: c.Path, Secure: c.Secure, HttpOnly: c.HttpOnly, SameSite: c.SameSite, MaxAge: -1,
	})
}

// find returns the writer of this guard's sessions that w is or wraps. A
// middleware between that wraps without Unwrap hides it; then the session is
// stored, and its cookie set, with the first byte.
func (g *Guard) find(w http.ResponseWriter) *sessionWriter {
	for {
		if sw, ok := w.(*sessionWriter); ok && sw.guard.sessions == g.sessions {
			return sw
		}
		switch t := w.(type) {
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return nil
		}
	}
}

// commit does, once, what LoadAndSave of scs does when a handler answers. A
// session that has ended meanwhile is not stored, and the answer goes out
// without a cookie.
func (w *sessionWriter) commit() {
	if w.done {
		return
	}
	w.done = true
	if err := w.guard.save(w.ResponseWriter, w.request); err != nil && !errors.Is(err, store.ErrGone) {
		w.failed = true
		w.guard.commitFailed(w.ResponseWriter, w.request, err)
	}
}

func (g *Guard) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	switch g.sessions.Status(ctx) {
	case scs.Modified:
		token, expiry, err := g.sessions.Commit(ctx)
		if err != nil {
			return err
		}
		g.setCookie(w, r, token, expiry)
	case scs.Destroyed:
		g.ClearCookie(w)
	}
	return nil
}

// setCookie is WriteSessionCookie of scs. Whatever the handler has said about
// caching, an answer that carries a token is not stored by anyone.
func (g *Guard) setCookie(w http.ResponseWriter, r *http.Request, token string, expiry time.Time) {
	h := w.Header()
	cacheControl := h.Get("Cache-Control")
	g.sessions.WriteSessionCookie(r.Context(), w, token, expiry)
	if !strings.Contains(cacheControl, "no-store") {
		cacheControl = "private, no-store"
	}
	h.Set("Cache-Control", cacheControl)
}

// commitFailed answers in place of the handler.
func (g *Guard) commitFailed(w http.ResponseWriter, r *http.Request, err error) {
	store.ForgetAnswer(w.Header())
	if errors.Is(err, store.ErrUnavailable) {
		g.Fail(w, r, StoreUnavailable(err))
		return
	}
	// A value that cannot be encoded: a mistake in the application.
	g.log.ErrorContext(r.Context(), "session not stored", "error", err)
	g.sessions.ErrorFunc(w, r, err)
}

func (w *sessionWriter) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.commit()
	}
	if !w.failed {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *sessionWriter) Write(b []byte) (int, error) {
	w.commit()
	if w.failed {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// FlushError is what http.ResponseController calls.
func (w *sessionWriter) FlushError() error {
	w.commit()
	if w.failed {
		return nil
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *sessionWriter) Flush() { _ = w.FlushError() }

// Unwrap lets http.ResponseController find the rest: Hijack, deadlines.
func (w *sessionWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
