package handlers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/nearauth/nearauth/store"
)

// browser is what the login cookie says: the browser's own secret, which all
// its tabs share, and the nonce of its newest challenge. In the cookie both
// are unpadded base64url, with a dot between. The cookie binds challenges to a
// browser; it says nothing about who anyone is.
type browser struct {
	secret [32]byte
	nonce  [32]byte
}

var cookieEncoding = base64.RawURLEncoding.Strict()

const cookiePart = 43 // characters for 32 bytes

// readBrowser returns what the request's login cookie says. Two cookies of the
// name, or one of another shape, count as none.
func (a *Auth) readBrowser(r *http.Request) (b browser, ok bool) {
	cookies := r.CookiesNamed(a.loginCookie)
	if len(cookies) != 1 {
		return b, false
	}
	value := cookies[0].Value
	if len(value) != 2*cookiePart+1 || value[cookiePart] != '.' || strings.ContainsAny(value, "\r\n") {
		return b, false
	}
	_, err := cookieEncoding.Decode(b.secret[:], []byte(value[:cookiePart]))
	if err == nil {
		_, err = cookieEncoding.Decode(b.nonce[:], []byte(value[cookiePart+1:]))
	}
	return b, err == nil
}

// newBrowser returns a browser nobody has seen yet.
func newBrowser() (b browser) {
	_, _ = rand.Read(b.secret[:]) // never fails
	return b
}

// loginCookies returns the name of the login cookie, and what follows its value
// in a Set-Cookie header. They are the same for everybody.
func loginCookies(origin store.Origin, embedded bool, ttl time.Duration) (name, attributes string) {
	sameSite := http.SameSiteLaxMode
	if embedded {
		sameSite = http.SameSiteNoneMode
	}
	c := http.Cookie{
		Name: origin.CookieName(store.LoginCookieName), Value: "value",
		Path: "/", Secure: origin.Secure(), HttpOnly: true, SameSite: sameSite, Partitioned: embedded,
		MaxAge: int(ttl / time.Second),
	}
	_, attributes, _ = strings.Cut(c.String(), "=value")
	return c.Name, attributes
}

func (a *Auth) writeBrowser(w http.ResponseWriter, b browser) {
	line := make([]byte, 0, 256)
	line = append(append(line, a.loginCookie...), '=')
	line = cookieEncoding.AppendEncode(line, b.secret[:])
	line = cookieEncoding.AppendEncode(append(line, '.'), b.nonce[:])
	line = append(line, a.loginAttributes...)
	w.Header().Add("Set-Cookie", string(line))
}

// challengeKey is where a challenge lies: a hash of its nonce and of the
// browser that asked for it. Another browser that learns the nonce looks in
// another place, so it can neither redeem the challenge nor spoil it; and what
// is stored does not tell the nonce.
func (a *Auth) challengeKey(b browser, nonce [32]byte) store.Key {
	h := make([]byte, 0, 128)
	h = append(h, "nearauth challenge\x00"...)
	h = append(h, b.secret[:]...)
	h = append(h, nonce[:]...)
	return store.Key{Realm: a.realm, Hash: sha256.Sum256(h)}
}
