// Package handlerstest signs fake accounts in, for the tests of an application,
// as net/http/httptest makes requests and servers for them. It needs no wallet
// and no NEAR node.
//
//	func TestPrivate(t *testing.T) {
//		auth, err := handlers.New(handlers.Config{
//			Origin: "https://my-app.example",
//			Store:  store.NewMemory(),
//			Chains: []handlers.Chain{handlerstest.Chain("near:testnet")},
//		})
//		if err != nil {
//			t.Fatal(err)
//		}
//		site := newSite(auth) // the application: an http.Handler
//
//		r := httptest.NewRequest("GET", "/private", nil)
//		r.AddCookie(handlerstest.SignIn(t, auth, "alice.testnet"))
//		w := httptest.NewRecorder()
//		site.ServeHTTP(w, r)
//		if w.Code != http.StatusOK {
//			t.Errorf("%d %s", w.Code, w.Body)
//		}
//	}
//
// Over HTTP, [Client] is a browser that is signed in:
//
//	server := httptest.NewServer(site)
//	defer server.Close()
//	alice := handlerstest.Client(t, auth, server, "alice.testnet")
//	res, err := alice.Get(server.URL + "/private")
//
// # What is real and what is not
//
// The sessions are: they are in the Store, they are listed and revoked, and
// they end, as if the wallet had signed just now. What comes before a session is
// left out: no challenge is issued, Config.Policy and Config.OnSignIn are not
// asked, Config.OnEvent hears nothing. A test of those sends a real signature
// to the endpoints, with nearrpc/nearrpctest as the node.
//
// The Auth may just as well be the one of production, with near.Mainnet() as
// its chain: signing in asks no chain. What asks one later (Config.Recheck,
// RequireKeyCheck) asks about a key that nobody has; with [Chain] it is told
// yes. To see what an application does when it is told otherwise, embed one:
//
//	type removed struct{ handlers.Chain }
//
//	func (removed) Confirm(context.Context, store.Account) error { return handlers.ErrKeyNotFound }
//
// Only tests should import this package: it links package testing.
package handlerstest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/store"
)

// SignIn opens a session of an account and returns its cookie, as the server
// would set it, for the AddCookie of a request. The account is an id on the
// first of the configured chains, "alice.near", or a CAIP-10 id on any of them,
// "near:testnet:alice.testnet", in the chain's canonical form. Its public key is
// made up on NEAR, an Ed25519 key, always the same for the same account; elsewhere
// it is the address, as for who signs with the account's own key. Each call is a
// session of its own. The test ends if there can be no session, as for an account of a
// chain that is not configured.
func SignIn(t testing.TB, auth *handlers.Auth, account string) *http.Cookie {
	t.Helper()
	who, ok := parse(auth.Chains(), account)
	if !ok {
		t.Fatalf("handlerstest: %q is no account of a configured chain (%s)", account, strings.Join(auth.Chains(), ", "))
	}
	// Not the context of the test: a Cleanup may sign in as well.
	ctx, err := auth.Sessions.Load(context.Background(), "")
	if err == nil {
		_, err = store.SignIn(ctx, auth.Sessions, who, store.Client{})
	}
	if err != nil {
		t.Fatalf("handlerstest: %s: %v", who, err)
	}
	w := httptest.NewRecorder()
	auth.Sessions.WriteSessionCookie(ctx, w, auth.Sessions.Token(ctx), auth.Sessions.Deadline(ctx))
	return w.Result().Cookies()[0]
}

// parse returns the account that a text means, with a key.
func parse(chains []string, text string) (a store.Account, ok bool) {
	if !strings.Contains(text, ":") {
		a.Chain, a.ID = chains[0], text
	}
	for _, chain := range chains {
		if id, found := strings.CutPrefix(text, chain+":"); found {
			a.Chain = chain
			// CAIP-10 percent-encodes NEAR's underscore; people do not.
			a.ID, _ = url.PathUnescape(id) // "" if it is not encoded
		}
	}
	if !strings.HasPrefix(a.Chain, "near:") {
		a.PublicKey = a.ID
		return a, a.ID != ""
	}
	// By way of a seed: of any 32 bytes, only half are a point on the curve.
	seed := sha256.Sum256([]byte("nearauth handlerstest\x00" + a.String()))
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	a.PublicKey = "ed25519:" + base58.Encode(public)
	return a, a.ID != ""
}

// Client returns a copy of server.Client() with a cookie jar of its own, in
// which an account is signed in at server.URL; see SignIn. It keeps cookies as
// a browser does, so a sign-out through it signs it out. Unlike a browser's,
// its requests carry neither Origin nor Sec-Fetch-Site, unless the test sets
// them: a POST passes the rules on cross-origin requests.
//
// The server may speak http where the configured origin is https: the jar, like
// a browser, sends Secure cookies to a loopback address, which is where httptest
// listens, all the same.
func Client(t testing.TB, auth *handlers.Auth, server *httptest.Server, account string) *http.Client {
	t.Helper()
	u, err := url.Parse(server.URL)
	if err != nil || u.Host == "" {
		t.Fatal("handlerstest: the server has not been started")
	}
	jar, _ := cookiejar.New(nil) // returns no error
	jar.SetCookies(u, []*http.Cookie{SignIn(t, auth, account)})
	client := *server.Client()
	client.Jar = jar
	return &client
}
