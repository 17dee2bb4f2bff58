package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
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
	return g.load(w, r, func(w http.ResponseWriter, r *http.Request, _ *decision) { next(w, r) })
}

// decision is the context that a guard gives its handler: that of the request,
// with the session that the guard let in. It is one value and not a chain of
// them, because every guarded request makes it.
//
// It is atomic because a question to the chain, which goes on beside the
// request, has this context too, and may be made before the decision.
type decision struct {
	context.Context
	session atomic.Pointer[store.Session] // nil is not decided yet
}

// nobody is the session of a request that was let in without one.
var nobody = new(store.Session)

func (d *decision) Value(key any) any {
	if _, ours := key.(sessionKey); ours {
		switch s := d.session.Load(); s {
		case nil:
		case nobody:
			return nil
		default:
			return s
		}
	}
	return d.Context.Value(key)
}

// decided returns ctx with the decision that nobody is signed in.
func decided(ctx context.Context) context.Context {
	d := &decision{Context: ctx}
	d.session.Store(nobody)
	return d
}

func (g *Guard) load(w http.ResponseWriter, r *http.Request, next func(http.ResponseWriter, *http.Request, *decision)) error {
	// scs returns the context it was given when the session is loaded already.
	// A context of ours tells that, where comparing others could panic.
	// With the writer it is one value, made for every guarded request.
	both := &struct {
		decision
		writer sessionWriter
	}{}
	mine := &both.decision
	mine.Context = r.Context()
	token, old := g.token(r)
	ctx, err := g.sessions.Load(mine, token)
	if err == nil && old && g.signedIn(ctx) {
		ctx, err = g.sessions.Load(mine, "")
	}
	if err != nil {
		return fmt.Errorf("middleware: %w: %w", store.ErrUnavailable, err)
	}
	loaded := ctx == context.Context(mine)
	r = r.WithContext(ctx)
	if loaded {
		next(w, r, mine)
		return nil
	}
	sw := &both.writer
	*sw = sessionWriter{ResponseWriter: w, guard: g, request: r}
	next(sw, r, mine)
	sw.commit()
	return nil
}

// token returns the session token that the request brings. Two cookies of the
// name are none: on plain http a sibling host can add one, and which of them
// is the person's cannot be told. Where sessions from before the kit are
// adopted, their cookie counts if the kit's own is not there; old says so.
func (g *Guard) token(r *http.Request) (token string, old bool) {
	token, n := cookie(r.Header["Cookie"], g.sessions.Cookie.Name)
	if n == 0 && g.adopted != "" {
		old = true
		token, n = cookie(r.Header["Cookie"], g.adopted)
	}
	if n != 1 {
		return "", false
	}
	return token, old
}

// signedIn reports whether somebody has, or may have, signed in with a wallet. Under an
// adopted cookie nobody has, because a sign-in brings the kit's: somebody has
// planted a token of their own there, which the old name does not forbid a
// sibling host.
func (g *Guard) signedIn(ctx context.Context) bool {
	_, err := store.Current(ctx, g.sessions)
	return !errors.Is(err, store.ErrGone)
}

// cookie returns the value of a cookie (RFC 6265 §4.2.1), and how many there
// are of that name. It is not net/http's parser because that allocates for
// every cookie of every request; a value in quotes is not unquoted, since no
// token has any. Spaces are those of ASCII: were Unicode's cut off too, a name
// that browsers do not take for __Host- would be one here, and a sibling host
// may set it.
func cookie(lines []string, name string) (value string, n int) {
	for _, line := range lines {
		for line != "" {
			var part string
			part, line, _ = strings.Cut(line, ";")
			if k, v, ok := strings.Cut(part, "="); ok && trim(k) == name {
				value = trim(v)
				n++
			}
		}
	}
	return value, n
}

// trim cuts off the spaces and tabs around s.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// AdoptCookie makes the cookie of the sessions from before the kit that of the
// kit, for applications with scs's LoadAndSave around everything: put it
// around that. Guards by themselves need no such help. See
// store.SessionsConfig.Adopt.
func (g *Guard) AdoptCookie(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token, old := g.token(r); old && token != "" {
			// The context is one without a session: LoadAndSave is to come.
			ctx, err := g.sessions.Load(r.Context(), token)
			if err == nil && !g.signedIn(ctx) {
				r = r.Clone(r.Context())
				r.AddCookie(&http.Cookie{Name: g.sessions.Cookie.Name, Value: token})
			}
		}
		next.ServeHTTP(w, r)
	})
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
		Name: c.Name, Path: c.Path, Secure: c.Secure, HttpOnly: c.HttpOnly, SameSite: c.SameSite, Partitioned: c.Partitioned, MaxAge: -1,
	})
	g.clearAdopted(w)
}

// clearAdopted makes the browser forget the cookie that the kit's has taken
// the place of.
func (g *Guard) clearAdopted(w http.ResponseWriter) {
	if g.adopted != "" {
		http.SetCookie(w, &http.Cookie{Name: g.adopted, Path: "/", HttpOnly: true, Secure: g.sessions.Cookie.Secure, MaxAge: -1})
	}
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
	g.clearAdopted(w)
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
