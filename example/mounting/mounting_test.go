package mounting

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers"
)

// setup is one way to mount the kit, and where its endpoints are then.
type setup struct {
	name  string
	mount func(*handlers.Auth) http.Handler

	challenge, verify, session, logout string

	unknown   string // a path under the endpoints' prefix that is none
	site      string // prefix of the application's own routes
	unguarded bool   // the public page asks for nobody's account
}

var setups = []setup{
	under("/auth", setup{name: "net/http", mount: netHTTP}),
	{
		name: "net/http picked", mount: picked,
		challenge: "/login/challenge", verify: "/login", session: "/whoami", logout: "/logout",
	},
	under("/api/v1/auth", setup{name: "net/http deeper", mount: deeper, site: "/api/v1"}),
	under("/auth", setup{name: "chi", mount: chiRouter}),
	under("/auth", setup{name: "echo", mount: echoRouter}),
	under("/auth", setup{name: "gin", mount: ginRouter}),
	under("/auth", setup{name: "scs", mount: withSCS, unguarded: true}),
}

func under(prefix string, s setup) setup {
	s.challenge, s.verify, s.session, s.logout = prefix+"/challenge", prefix+"/verify", prefix+"/session", prefix+"/logout"
	s.unknown = prefix + "/nothing"
	return s
}

func (s setup) home() string { return s.site + "/" }
func (s setup) note() string { return s.site + "/note" }
func (s setup) me() string   { return s.site + "/app/me" }
func (s setup) mine() string { return s.site + "/app/note" }

const (
	alice = "near:testnet:alice.testnet"
	bob   = "near:testnet:bob.testnet"
)

func TestMounted(t *testing.T) {
	for _, s := range setups {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, test := range []struct {
				name string
				run  func(*testing.T, setup, *rig)
			}{
				{"refused", refused},
				{"signed in", signedIn},
				{"values", values},
				{"errors", kitErrors},
			} {
				t.Run(test.name, func(t *testing.T) {
					t.Parallel()
					test.run(t, s, newRig(t, s.mount))
				})
			}
		})
	}
}

// refused: who is not signed in gets nowhere, and a person to the login page.
func refused(t *testing.T, s setup, r *rig) {
	b := r.browser()
	res := b.do("GET", s.me(), "")
	b.expect(res, 401, "unauthenticated")
	if res.Header.Get("WWW-Authenticate") == "" {
		t.Error("401 without WWW-Authenticate")
	}
	b.expect(b.do("POST", s.mine(), `{"note":"mine"}`), 401, "unauthenticated")
	if note := b.view(s.home()).Note; note != "" {
		t.Errorf("a refused POST was carried out: %q", note)
	}
	if res := b.do("GET", s.session, ""); res.StatusCode != 200 || strings.TrimSpace(res.body) != "null" {
		t.Errorf("session: %d %q, want null", res.StatusCode, res.body)
	}

	// The page as the browser knows it, whatever was stripped on the way.
	page := s.me() + "?tab=2&q=a%2Fb"
	res = b.do("GET", page, "", "Sec-Fetch-Mode", "navigate")
	b.expect(res, 303, "")
	if got, want := res.Header.Get("Location"), "/?next="+url.QueryEscape(page); got != want {
		t.Errorf("navigation leads to %q, want %q", got, want)
	}
}

// signedIn: from the challenge to the logout.
func signedIn(t *testing.T, s setup, r *rig) {
	b := r.browser()
	res := b.signIn(s, r.wallet("alice.testnet"))
	b.expect(res, 200, "")
	noStore(t, res)
	if v := b.view(s.me()); v.Account != alice {
		t.Errorf("protected page sees %+v", v)
	}
	if v := b.view(s.home()); (v.Account == alice) == s.unguarded {
		t.Errorf("public page sees %+v", v)
	}
	res = b.do("GET", s.session, "")
	b.expect(res, 200, "")
	noStore(t, res)
	var session struct{ Account, KeyCheckedAt string }
	if err := json.Unmarshal([]byte(res.body), &session); err != nil || session.Account != alice || session.KeyCheckedAt == "" {
		t.Errorf("session: %q, %v", res.body, err)
	}

	b.expect(b.do("POST", s.mine(), `{"note":"mine"}`), 204, "")
	if v := b.view(s.me()); v.Note != "mine" {
		t.Errorf("after a POST the page sees %+v", v)
	}
	if res := b.do("POST", s.mine(), `{`); res.StatusCode != 400 || res.code() != "" {
		t.Errorf("the application's own 400 became %d %q", res.StatusCode, res.body)
	}
	b.expect(b.do("POST", s.mine(), `{"note":"theirs"}`, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403, "cross_origin")
	if v := b.view(s.me()); v.Note != "mine" {
		t.Errorf("after another site's POST the page sees %+v", v)
	}

	b.expect(b.do("POST", s.logout, "", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403, "cross_origin")
	b.view(s.me()) // still signed in
	stolen := b.cookies()
	res = b.do("POST", s.logout, "")
	b.expect(res, 204, "")
	noStore(t, res)
	b.expect(b.do("GET", s.me(), ""), 401, "unauthenticated")
	if v := b.view(s.home()); v != (view{}) {
		t.Errorf("after the logout the public page sees %+v", v)
	}
	// Not only has the browser forgotten the session: it is over.
	thief := r.browser()
	thief.client.Jar = nil
	thief.expect(thief.do("GET", s.me(), "", "Cookie", stolen), 401, "unauthenticated")
}

// cookies returns the cookies as a header. There must be two: the session's
// and the challenge's.
func (b *browser) cookies() string {
	b.t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		b.t.Fatal(err)
	}
	var pairs []string
	for _, c := range b.client.Jar.Cookies(u) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	if !slices.ContainsFunc(pairs, func(p string) bool { return strings.HasPrefix(p, "__Host-nearauth=") }) || len(pairs) != 2 {
		b.t.Fatalf("cookies: %v", pairs)
	}
	return strings.Join(pairs, "; ")
}

// values: what the application keeps in the session of a visitor stays when
// the visitor signs in, and is not shown to the next person.
func values(t *testing.T, s setup, r *rig) {
	b := r.browser()
	b.expect(b.do("POST", s.note(), `{"note":"a visitor's"}`), 204, "")
	if v := b.view(s.home()); v.Note != "a visitor's" {
		t.Fatalf("visitor sees %+v", v)
	}
	for _, step := range []struct {
		who  wallet
		want view
	}{
		{r.wallet("alice.testnet"), view{alice, "a visitor's"}},
		{r.wallet("alice.testnet"), view{alice, "a visitor's"}}, // again, by another key
		{r.wallet("bob.testnet"), view{bob, ""}},
	} {
		b.expect(b.signIn(s, step.who), 200, "")
		if v := b.view(s.me()); v != step.want {
			t.Fatalf("after signing in %s sees %+v, want %+v", step.who.account, v, step.want)
		}
		if v := b.view(s.home()); v.Note != step.want.Note {
			t.Fatalf("after signing in %s sees %+v on the public page", step.who.account, v)
		}
	}
	// A public page writes to the session of somebody signed in.
	b.expect(b.do("POST", s.note(), `{"note":"bob's"}`), 204, "")
	if v := b.view(s.me()); v != (view{bob, "bob's"}) {
		t.Errorf("bob sees %+v", v)
	}
	if v := r.browser().view(s.home()); v != (view{}) {
		t.Errorf("another browser sees %+v", v)
	}
}

// kitErrors: a router has errors of its own, but none of them under the
// endpoints.
func kitErrors(t *testing.T, s setup, r *rig) {
	b := r.browser()
	if s.unknown != "" {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			res := b.do(method, s.unknown, "")
			b.expect(res, 404, "not_found")
			noStore(t, res)
		}
	}
	// Of the methods that every router here knows: chi and gin answer others,
	// such as PROPFIND, before they look for a handler.
	for path, allow := range map[string]string{s.challenge: "POST", s.verify: "POST", s.logout: "POST", s.session: "GET, HEAD"} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			if strings.Contains(allow, method) {
				continue
			}
			res := b.do(method, path, "")
			b.expect(res, 405, "method_not_allowed")
			noStore(t, res)
			if got := res.Header.Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow: %q, want %q", method, path, got, allow)
			}
		}
	}
	if res := b.do("HEAD", s.session, ""); res.StatusCode != 200 {
		t.Errorf("HEAD %s: %d", s.session, res.StatusCode)
	}
	if res := b.do("GET", s.site+"/nothing", ""); res.StatusCode != 404 || res.code() != "" {
		t.Errorf("the application's own 404 became %d %q", res.StatusCode, res.body)
	}
}

func noStore(t *testing.T, a answer) {
	t.Helper()
	if !slices.Contains(a.Header.Values("Cache-Control"), "no-store") {
		t.Errorf("%s %s: Cache-Control: %q", a.Request.Method, a.Request.URL.Path, a.Header.Values("Cache-Control"))
	}
	if !slices.Contains(a.Header.Values("Vary"), "Cookie") {
		t.Errorf("%s %s: Vary: %q", a.Request.Method, a.Request.URL.Path, a.Header.Values("Vary"))
	}
}
