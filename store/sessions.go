package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Defaults of SessionsConfig.
const (
	DefaultIdle     = 7 * 24 * time.Hour
	DefaultLifetime = 30 * 24 * time.Hour
	DefaultMax      = 100
)

// defaultTouch is how often activity is noted by default.
const defaultTouch = 5 * time.Minute

const maxLifetime = 10 * 365 * 24 * time.Hour

// CookieName is the name of the session cookie, before [Origin.CookieName]
// adds the __Host- prefix.
const CookieName = "nearauth"

// LoginCookieName is that of the cookie that binds a challenge to its browser.
const LoginCookieName = "nearauth-login"

// SessionsConfig configures NewSessions.
type SessionsConfig struct {
	// Origin is the site, "https://my-app.example". Required. The realm of
	// the records and the cookie's attributes follow from it.
	Origin string

	// Idle ends a session that has not been used for so long. The default
	// value is 7 days.
	Idle time.Duration

	// Touch is how often activity is noted at most: that is one write. A tenth
	// of Idle is the most that is taken. The default value is 5 minutes.
	Touch time.Duration

	// Lifetime ends a session however much it is used; it counts from the
	// sign-in, and renewing the token does not extend it. The default value is
	// 30 days.
	Lifetime time.Duration

	// Max is how many sessions an account may have at once. Beyond it the
	// oldest sign-in ends. The default value is 100.
	Max int

	// Adopt reaches the sessions that the site's people have from before, when
	// it used scs without this kit (with its GobCodec, its types registered
	// with gob as then): nobody is signed out of what the application itself
	// keeps in the session. Such a record is rewritten at its next commit,
	// which an instance without the kit cannot read: change all at once. The
	// default is to know no other sessions.
	Adopt Legacy

	// AdoptCookie is the name that the cookie of those sessions has. The
	// default value is scs's, "session".
	AdoptCookie string

	// Embedded makes a cookie for pages that run inside frames of other sites
	// (mini apps): SameSite=None and Partitioned (CHIPS), so that each site
	// that frames this one has sessions of its own. It needs https. The risk:
	// the browser then sends the cookie with requests that other sites make,
	// and the rules on Origin and Sec-Fetch-Site alone stand against forged
	// ones; and a page that may be framed can be overlaid (clickjacking), so
	// say in a Content-Security-Policy frame-ancestors by whom.
	Embedded bool

	// InsecureHTTP allows an http origin on a host that is not this machine.
	InsecureHTTP bool
}

// NewSessions returns a session manager on a backend. It differs from what
// scs.New returns in this: tokens are stored hashed, a logout stays done (see
// [Records]), values are encoded by [Codec], the cookie is HttpOnly, SameSite
// Lax and, for an https origin, Secure with a __Host- name, and a request
// whose session cannot be written is answered 503.
//
// Cookie.Name (keeping the prefix), Cookie.SameSite (Lax or Strict),
// Cookie.Persist and ErrorFunc may be changed before first use; the rest is
// what the guarantees stand on, and [CheckSessions] refuses other settings.
// scs keeps one goroutine for each manager for the life of the process.
func NewSessions(backend Sessions, c SessionsConfig) (*scs.SessionManager, error) {
	origin, err := ParseOrigin(c.Origin)
	if err == nil {
		err = origin.CheckTransport(c.InsecureHTTP)
	}
	idle, lifetime := cmp.Or(c.Idle, DefaultIdle), cmp.Or(c.Lifetime, DefaultLifetime)
	if backend == nil {
		err = errors.Join(err, errors.New("store: NewSessions needs a backend"))
	}
	if min(idle, lifetime) < time.Second || max(idle, lifetime) > maxLifetime {
		err = errors.Join(err, errors.New("store: Idle and Lifetime must be from a second to ten years"))
	}
	most := cmp.Or(c.Max, DefaultMax)
	if most < 1 || most > 4096 {
		err = errors.Join(err, errors.New("store: Max must be from 1 to 4096"))
	}
	if c.Touch < 0 {
		err = errors.Join(err, errors.New("store: Touch is negative"))
	}
	if c.Embedded && !origin.Secure() {
		err = errors.Join(err, errors.New("store: Embedded needs an https origin: browsers refuse the cookie otherwise"))
	}
	adopted := ""
	if c.Adopt != nil {
		adopted = cmp.Or(c.AdoptCookie, "session")
	}
	if err != nil {
		return nil, err
	}
	m := scs.New()
	idle = min(idle, lifetime)
	m.Store = &Records{
		backend: backend, realm: origin.Realm(), idle: idle, touchEvery: min(cmp.Or(c.Touch, defaultTouch), idle/10),
		most: most, manager: m, life: lifetime, embedded: c.Embedded, legacy: c.Adopt, adopted: adopted,
	}
	if c.Embedded {
		m.Cookie.SameSite, m.Cookie.Partitioned = http.SameSiteNoneMode, true
	}
	m.Codec = Codec{}
	m.ErrorFunc = commitFailed
	m.Lifetime = lifetime
	m.Cookie.Name = origin.CookieName(CookieName)
	m.Cookie.Secure = origin.Secure()
	return m, nil
}

// CheckSessions returns an error unless m is set up as NewSessions does it,
// for this origin.
func CheckSessions(m *scs.SessionManager, origin Origin) error {
	if m == nil {
		return errors.New("store: no session manager")
	}
	records, ours := m.Store.(*Records)
	_, codec := m.Codec.(Codec)
	// A copy or a literal shares its context key with others of its kind.
	if !ours || records.manager != m || !codec || m.HashTokenInStore || m.IdleTimeout != 0 || m.Lifetime != records.life || m.ErrorFunc == nil {
		return errors.New("store: the session manager must come from NewSessions, and keep its Store, Codec, Lifetime, IdleTimeout and HashTokenInStore")
	}
	c := m.Cookie
	switch {
	case records.realm != origin.Realm():
		return fmt.Errorf("store: the session manager is for another origin than %s", origin)
	case c.Secure != origin.Secure(), !c.HttpOnly, c.Path != "/", c.Domain != "",
		origin.Secure() && !strings.HasPrefix(c.Name, "__Host-"):
		return errors.New("store: the session cookie must be HttpOnly, with path / and no domain, and on https Secure with a __Host- name")
	case (&http.Cookie{Name: c.Name}).Valid() != nil, c.Name == "__Host-", strings.HasSuffix(c.Name, LoginCookieName):
		return fmt.Errorf("store: %q is no name for the session cookie", c.Name)
	case c.Partitioned != records.embedded:
		return errors.New("store: the session cookie must be Partitioned if Embedded, and not otherwise")
	case records.embedded && c.SameSite != http.SameSiteNoneMode:
		return errors.New("store: the session cookie must be SameSite None: that is what Embedded is")
	case !records.embedded && c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode:
		return errors.New("store: the session cookie must be SameSite Lax or Strict")
	}
	return nil
}

// commitFailed is the ErrorFunc of the managers. A session that is gone is not
// an error: the late answer goes out, without a cookie. For the rest it says
// so, and declares the length of what it says, because net/http then drops
// what the handler, which knows of no failure, writes behind it.
func commitFailed(w http.ResponseWriter, _ *http.Request, err error) {
	status, code, text := http.StatusServiceUnavailable, "store_unavailable", "Sessions cannot be stored at the moment."
	switch {
	case errors.Is(err, ErrGone):
		return
	case !errors.Is(err, ErrUnavailable):
		// A value that cannot be encoded: a mistake in the application.
		status, code, text = http.StatusInternalServerError, "internal", "The session could not be stored."
	}
	body, _ := json.Marshal(map[string]string{"error": text, "code": code})
	h := w.Header()
	ForgetAnswer(h)
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "2")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// ForgetAnswer removes the headers by which a handler has described an answer
// that an error takes the place of, and forbids storing the error.
func ForgetAnswer(h http.Header) {
	for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Language", "Content-Range", "Content-Disposition", "Etag", "Last-Modified", "Expires", "Location"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
}

// recordsOf returns the Records of a manager made by NewSessions.
func recordsOf(m *scs.SessionManager) (*Records, error) {
	if r, ok := m.Store.(*Records); ok {
		return r, nil
	}
	return nil, errors.New("store: session manager was not made by NewSessions")
}

// Current returns the signed-in session of a request whose session m has
// loaded. The error is nil, ErrGone if nobody is signed in, or ErrUnavailable
// if the backend could not be read, so that this is not known.
func Current(ctx context.Context, m *scs.SessionManager) (*Session, error) {
	return CurrentAt(ctx, m, time.Now())
}

// CurrentAt is Current for a caller that has just looked at the clock: on the
// path of every request the clock is one of the dearer things.
func CurrentAt(ctx context.Context, m *scs.SessionManager, now time.Time) (*Session, error) {
	s, _ := m.Get(ctx, sessionKey).(*Session)
	switch {
	case s != nil && s.lost != nil:
		return nil, s.lost
	case !s.live(now):
		return nil, ErrGone
	}
	return s, nil
}

// Expires returns when s ends if it is not used again: the earlier of the idle
// and the absolute limit.
func Expires(m *scs.SessionManager, s *Session) time.Time {
	r, err := recordsOf(m)
	if err != nil {
		return s.Until
	}
	return earlier(s.Until, s.SeenAt.Add(r.idle))
}

// Embedded reports whether the manager's cookies are for frames of other sites.
func Embedded(m *scs.SessionManager) bool {
	r, err := recordsOf(m)
	return err == nil && r.embedded
}

// Touch notes that the session is in use now, and when the chain has confirmed its
// key if that is later than the session says. It writes at most once in
// SessionsConfig.Touch, or for a later confirmation, and then only the times
// and the expiry, and never creates a record. An error that is ErrGone means
// that the session has just ended.
func Touch(ctx context.Context, m *scs.SessionManager, s *Session, now, checked time.Time) error {
	r, err := recordsOf(m)
	if err != nil {
		return err
	}
	return r.touch(ctx, m, s, now, checked)
}
