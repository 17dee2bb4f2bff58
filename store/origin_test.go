package store_test

import (
	"errors"
	"testing"

	"github.com/nearauth/nearauth/store"
)

func TestParseOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in               string
		ok               bool
		secure, loopback bool
	}{
		{"https://my-app.example", true, true, false},
		{"https://my-app.example:8443", true, true, false},
		{"http://localhost:8080", true, false, true},
		{"http://app.localhost", true, false, true},
		{"http://127.0.0.1", true, false, true},
		{"http://127.9.9.9:1", true, false, true},
		{"http://[::1]:8080", true, false, true},
		{"http://my-app.example", true, false, false},
		{"http://localhost.evil.example", true, false, false},
		{"https://xn--bcher-kva.example", true, true, false},
		{"", false, false, false},
		{"my-app.example", false, false, false},
		{"https://", false, false, false},
		{"https://my-app.example/", false, false, false},
		{"https://my-app.example/path", false, false, false},
		{"https://my-app.example?", false, false, false},
		{"https://my-app.example#", false, false, false},
		{"https://user@my-app.example", false, false, false},
		{"https://My-App.example", false, false, false},
		{"HTTPS://my-app.example", false, false, false},
		{"https://my-app.example:443", false, false, false},
		{"https://my-app.example:", false, false, false},
		{"http://localhost:80", false, false, false},
		{"https://bücher.example", false, false, false},
		{"https://my app.example", false, false, false},
		{"ftp://my-app.example", false, false, false},
		{"javascript:alert(1)", false, false, false},
		{"null", false, false, false},
	} {
		o, err := store.ParseOrigin(c.in)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, store.ErrOrigin) {
			t.Errorf("%q: error %v, want ok %v", c.in, err, c.ok)
			continue
		}
		if err == nil && (o.String() != c.in || o.Secure() != c.secure || o.Loopback() != c.loopback) {
			t.Errorf("%q: got %q secure %v loopback %v", c.in, o, o.Secure(), o.Loopback())
		}
	}
}

func TestOriginDecidesCookiesAndRealm(t *testing.T) {
	t.Parallel()
	https, _ := store.ParseOrigin("https://a.example")
	http, _ := store.ParseOrigin("http://a.example")
	if got := https.CookieName("x"); got != "__Host-x" {
		t.Errorf("https: %q", got)
	}
	if got := http.CookieName("x"); got != "x" {
		t.Errorf("http: %q", got)
	}
	again, _ := store.ParseOrigin("https://a.example")
	if https.Realm() == http.Realm() || https.Realm() != again.Realm() {
		t.Error("the realm must follow from the whole origin, and only from it")
	}
	if http.CheckTransport(false) == nil || http.CheckTransport(true) != nil || https.CheckTransport(false) != nil {
		t.Error("plain http needs to be asked for")
	}
}

func TestAccountString(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ chain, id, want string }{
		{"near:mainnet", "alice.near", "near:mainnet:alice.near"},
		{"near:mainnet", "a_b-c.near", "near:mainnet:a%5Fb-c.near"},
		{"near:mainnet", "a%5Fb", "near:mainnet:a%255Fb"},
		{"eip155:1", "0xAb", "eip155:1:0xAb"},
	} {
		a := store.Account{Chain: c.chain, ID: c.id}
		if got := a.String(); got != c.want {
			t.Errorf("%+v: got %q, want %q", a, got, c.want)
		}
	}
	if got := (store.Account{Chain: "near:mainnet"}).Network(); got != "mainnet" {
		t.Errorf("network: %q", got)
	}
}
