package openapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/handlers/stellar/stellartest"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

// The site and its people are those of the document's examples.
const (
	origin   = "https://my-app.example"
	callback = "https://my-app.example/callback"
	denied   = "mallory.near"

	ethereumID = "0x7f03710aDf2a3801b78B4ce952480aA71974aFc1"
	stellarID  = "GDO5OWJATYD5JXZIXZEJL6GSJAT7JK6JYSBVQSVBEWGW6S6LUY5AYLME"
)

// site is the kit in this process, and the networks that it asks.
type site struct {
	t         *testing.T
	auth      *handlers.Auth
	store     *flaky
	node      *nearrpctest.Node
	contracts *ethereumtest.Node // nil: nobody is asked
	ledger    *stellartest.Node
}

// newSite is a site for the three chains that asks NEAR only.
func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteOf(t, ethereum.Mainnet(), stellar.Pubnet())
}

// newSiteOf is a site for NEAR and other chains.
func newSiteOf(t *testing.T, others ...handlers.Chain) *site {
	t.Helper()
	s := &site{t: t, store: &flaky{Memory: store.NewMemory()}, node: nearrpctest.NewNode("mainnet")}
	server, err := nearrpctest.Serve(s.node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	rpc, err := nearrpc.New(nearrpc.Config{ChainID: "mainnet", Endpoints: []nearrpc.Endpoint{{URL: server.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	chain, err := near.New(near.Config{Network: "mainnet", RPC: rpc})
	if err != nil {
		t.Fatal(err)
	}
	s.auth, err = handlers.New(handlers.Config{
		Origin: origin, Store: s.store, Chains: append([]handlers.Chain{chain}, others...), Callbacks: []string{callback},
		RateLimit: 5, // a request more every 12 seconds
		// Keys are looked at again with every request, and a chain that cannot
		// tell is not put up with, so that chain_unavailable can be seen.
		Recheck: time.Nanosecond, RecheckGrace: time.Nanosecond,
		Policy: func(a store.Account) error {
			if a.ID == denied {
				return errors.New("not here")
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// flaky is a Memory that can be made to fail.
type flaky struct {
	*store.Memory
	down atomic.Bool
}

func (f *flaky) err() error {
	if f.down.Load() {
		return store.ErrUnavailable
	}
	return nil
}

func (f *flaky) PutChallenge(ctx context.Context, k store.Key, c string, b []byte, e time.Time) error {
	if err := f.err(); err != nil {
		return err
	}
	return f.Memory.PutChallenge(ctx, k, c, b, e)
}

func (f *flaky) GetChallenge(ctx context.Context, k store.Key) ([]byte, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.Memory.GetChallenge(ctx, k)
}

func (f *flaky) FindSession(ctx context.Context, k store.Key) ([]byte, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.Memory.FindSession(ctx, k)
}

func (f *flaky) DeleteSession(ctx context.Context, k store.Key) ([]byte, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.Memory.DeleteSession(ctx, k)
}

// person is a wallet with a full-access key.
func (s *site) person(account string) exampletest.Wallet {
	s.t.Helper()
	w := exampletest.NewWallet(account)
	if err := s.node.AddFullAccessKey(account, w.Key()); err != nil {
		s.t.Fatal(err)
	}
	return w
}

// visitor is a browser at the site.
type visitor struct {
	*site
	jar *cookiejar.Jar
}

func (s *site) visitor() *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{s, jar}
}

var home, _ = url.Parse(origin)

// request is one of the site's own pages. A body is JSON unless a header says
// otherwise.
func (v *visitor) request(method, path, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, origin+path, strings.NewReader(body))
	if method != "GET" && method != "HEAD" {
		r.Header.Set("Origin", origin)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for _, c := range v.jar.Cookies(home) {
		r.AddCookie(c)
	}
	return r
}

// do lets the kit answer, and keeps the cookies.
func (v *visitor) do(op string, r *http.Request) observation {
	w := httptest.NewRecorder()
	v.auth.ServeHTTP(w, r)
	res := w.Result()
	v.jar.SetCookies(home, res.Cookies())
	return observation{op, res.StatusCode, res.Header, w.Body.Bytes()}
}

// must is do for a request that has to succeed; the answer is decoded.
func (v *visitor) must(r *http.Request, answer any) {
	v.t.Helper()
	o := v.do(r.Method+" "+r.URL.Path, r)
	if o.status >= 300 {
		v.t.Fatalf("%v %s", o, o.body)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(o.body, answer); err != nil {
		v.t.Fatal(err)
	}
}

// challenge is the answer of POST /challenge.
type challenge struct{ Message, Recipient, Nonce, CallbackURL, State, IssuedAt string }

func (c challenge) toSign() exampletest.Challenge {
	return exampletest.Challenge{Message: c.Message, Recipient: c.Recipient, Nonce: c.Nonce}
}

func (v *visitor) challenge(body string) (c challenge) {
	v.t.Helper()
	v.must(v.request("POST", "/challenge", body), &c)
	return c
}

// signed is the body of a verify.
func (v *visitor) signed(w exampletest.Wallet) string {
	v.t.Helper()
	return w.Sign(v.challenge("").toSign())
}

func (v *visitor) signIn(account string) {
	v.t.Helper()
	v.must(v.request("POST", "/verify", v.signed(v.person(account))), nil)
}

// currentID is the id of the visitor's own session.
func (v *visitor) currentID() string {
	v.t.Helper()
	var list struct {
		Sessions []struct {
			ID      string
			Current bool
		}
	}
	v.must(v.request("GET", "/sessions", ""), &list)
	for _, s := range list.Sessions {
		if s.Current {
			return s.ID
		}
	}
	v.t.Fatal("no session is the current one")
	return ""
}
