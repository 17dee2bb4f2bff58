package handlerstest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/handlerstest"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

func newAuth(t *testing.T, change ...func(*handlers.Config)) *handlers.Auth {
	t.Helper()
	c := handlers.Config{
		Origin: "https://my-app.example", Store: store.NewMemory(),
		Chains: []handlers.Chain{handlerstest.Chain("near:testnet"), handlerstest.Chain("near:mainnet")},
	}
	for _, f := range change {
		f(&c)
	}
	auth, err := handlers.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// get returns what the site answers at /private to a request with the cookies.
func get(site http.Handler, cookies ...*http.Cookie) string {
	r := httptest.NewRequest("GET", "/private", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return fmt.Sprint(w.Code, " ", w.Body)
}

const anonymous = `401 {"error":"Sign in with your wallet first.","code":"unauthenticated"}`

func TestSignIn(t *testing.T) {
	t.Parallel()
	auth := newAuth(t)
	site := newSite(auth)
	if got := get(site); strings.TrimSpace(got) != anonymous {
		t.Errorf("without a cookie: %s", got)
	}
	for _, c := range []struct{ account, want string }{
		{"alice.testnet", "near:testnet:alice.testnet"},
		{"near:testnet:alice.testnet", "near:testnet:alice.testnet"},
		{"bob.testnet", "near:testnet:bob.testnet"},
		{"near:mainnet:alice.near", "near:mainnet:alice.near"},
		{"a_b.testnet", "near:testnet:a%5Fb.testnet"},
		{"near:testnet:a_b.testnet", "near:testnet:a%5Fb.testnet"},
		{"near:testnet:a%5Fb.testnet", "near:testnet:a%5Fb.testnet"},
	} {
		if got, want := get(site, handlerstest.SignIn(t, auth, c.account)), "200 hello, "+c.want; got != want {
			t.Errorf("%s: %s, want %s", c.account, got, want)
		}
	}
}

// The cookie is the one that a browser would have.
func TestCookie(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{
		"https://my-app.example": "__Host-nearauth Path=/; HttpOnly; Secure; SameSite=Lax",
		"http://localhost:8080":  "nearauth Path=/; HttpOnly; SameSite=Lax",
	} {
		auth := newAuth(t, func(c *handlers.Config) { c.Origin = origin })
		c := handlerstest.SignIn(t, auth, "alice.testnet")
		for what, left := range map[string]time.Duration{"Expires": time.Until(c.Expires), "Max-Age": time.Duration(c.MaxAge) * time.Second} {
			if off := left - store.DefaultLifetime; off.Abs() > time.Minute {
				t.Errorf("%s: %s is off by %v", origin, what, off)
			}
		}
		c.MaxAge, c.Expires = 0, time.Time{}
		attributes := strings.TrimPrefix(c.String(), c.Name+"="+c.Value+"; ")
		if got := c.Name + " " + attributes; got != want {
			t.Errorf("%s: %s, want %s", origin, got, want)
		}
	}
}

func TestRevoked(t *testing.T) {
	t.Parallel()
	auth := newAuth(t)
	site := newSite(auth)
	first, second := handlerstest.SignIn(t, auth, "alice.testnet"), handlerstest.SignIn(t, auth, "alice.testnet")
	bob := handlerstest.SignIn(t, auth, "bob.testnet")
	n, err := store.RevokeAll(t.Context(), auth.Sessions, store.Account{Chain: "near:testnet", ID: "alice.testnet"})
	if n != 2 || err != nil {
		t.Fatalf("revoked %d, %v", n, err)
	}
	for _, c := range []*http.Cookie{first, second} {
		if got := get(site, c); strings.TrimSpace(got) != anonymous {
			t.Errorf("a revoked session: %s", got)
		}
	}
	if got := get(site, bob); got != "200 hello, near:testnet:bob.testnet" {
		t.Errorf("another account's: %s", got)
	}
}

// tb is a test that may fail.
type tb struct {
	testing.TB
	failed string
}

func (*tb) Helper() {}

func (t *tb) Fatal(args ...any) {
	t.failed = fmt.Sprint(args...)
	runtime.Goexit()
}

func (t *tb) Fatalf(format string, args ...any) { t.Fatal(fmt.Sprintf(format, args...)) }

// failure runs f as a test, and returns what it failed with.
func failure(f func(testing.TB)) string {
	t := &tb{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(t)
	}()
	<-done
	return t.failed
}

func TestFailures(t *testing.T) {
	t.Parallel()
	auth := newAuth(t)
	for account, want := range map[string]string{
		"near:localnet:alice":  `"near:localnet:alice" is no account of a configured chain (near:testnet, near:mainnet)`,
		"near:alice.near":      "is no account",
		"near:testnet":         "is no account",
		"near:testnet:":        "is no account",
		"near:testnet:%zz":     "is no account",
		"eip155:1:0xab16a96d3": "is no account",
		"":                     "is no account",
	} {
		if got := failure(func(t testing.TB) { handlerstest.SignIn(t, auth, account) }); !strings.Contains(got, want) {
			t.Errorf("%q: failed with %q, want %q", account, got, want)
		}
	}
	down := newAuth(t, func(c *handlers.Config) { c.Store = broken{c.Store} })
	if got := failure(func(t testing.TB) { handlerstest.SignIn(t, down, "alice.testnet") }); !strings.Contains(got, store.ErrUnavailable.Error()) {
		t.Errorf("with the store down: %q", got)
	}
	server := httptest.NewUnstartedServer(newSite(auth))
	if got := failure(func(t testing.TB) { handlerstest.Client(t, auth, server, "alice.testnet") }); !strings.Contains(got, "not been started") {
		t.Errorf("a server that is not there: %q", got)
	}
}

// broken is a store that cannot take a session.
type broken struct{ store.Store }

func (broken) CreateSession(context.Context, store.Key, []byte, time.Time) error {
	return store.ErrUnavailable
}

// A fresh sign-in is what RequireFresh asks for, and a session of the test is
// like any other to the application.
func TestFresh(t *testing.T) {
	t.Parallel()
	auth := newAuth(t)
	page := auth.RequireFresh(time.Minute)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := middleware.SessionFrom(r.Context())
		auth.Sessions.Put(r.Context(), "visits", auth.Sessions.GetInt(r.Context(), "visits")+1)
		fmt.Fprint(w, session.Account.ID, " ", auth.Sessions.GetInt(r.Context(), "visits"))
	}))
	cookie := handlerstest.SignIn(t, auth, "alice.testnet")
	for _, want := range []string{"200 alice.testnet 1", "200 alice.testnet 2"} {
		if got := get(page, cookie); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// On Ethereum and Stellar an account is its key, and their chains confirm it.
func TestSignInOfOtherChains(t *testing.T) {
	t.Parallel()
	auth, err := handlers.New(handlers.Config{
		Origin: "https://my-app.example", Store: store.NewMemory(), Chains: []handlers.Chain{ethereum.Mainnet(), stellar.Pubnet()},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{
		"eip155:1:0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "stellar:pubnet:GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L",
	} {
		r := httptest.NewRequest("GET", "/members", nil)
		r.AddCookie(handlerstest.SignIn(t, auth, account))
		w := httptest.NewRecorder()
		auth.RequireKeyCheck(0)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if a, _ := middleware.AccountFrom(r.Context()); a.String() != account {
				t.Errorf("%s is %s", account, a)
			}
		})).ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", account, w.Code, w.Body)
		}
	}
}
