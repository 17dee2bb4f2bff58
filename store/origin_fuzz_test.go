package store_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/store"
)

// Only this machine is this machine.
func TestLoopbackLookAlikes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"http://localhost": true, "http://a.b.localhost:3000": true, "http://127.0.0.1:1": true, "http://[::1]": true,
		"http://evillocalhost": false, "http://localhost.evil.example": false, "http://192.0.2.1": false, "http://0.0.0.0": false,
		"http://[::]": false, "http://[2001:db8::1]": false, "http://127.0.0.1.evil.example": false, "http://localhost_": false,
	} {
		o, err := store.ParseOrigin(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if o.Loopback() != want || (o.CheckTransport(false) == nil) != want || o.CheckTransport(true) != nil {
			t.Errorf("%s: loopback %v, transport %v", in, o.Loopback(), o.CheckTransport(false))
		}
	}
}

// An origin that is written otherwise than browsers write it is refused, since
// it would never equal what they send.
func TestOriginsOfNoBrowser(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"https://a..example", "https://.a.example", "https://a.example.", "https://a.example:0", "https://a.example:08443",
		"https://a.example:65536", "https://a.example:-1", "https://a.example:+1", "https://[::0]", "https://[0:0:0:0:0:0:0:1]", "https://[::1%25eth0]",
		"https://[::FFFF:1]", "https://a%41.example", "https://a!b.example", "https://a.example\\", "https://*.example", "//a.example", "https:a.example",
	} {
		if o, err := store.ParseOrigin(in); err == nil {
			t.Errorf("%q is read as %q", in, o)
		}
	}
}

// What is accepted is byte for byte an origin as net/http understands it, and
// nothing of it can be read as another host.
func FuzzParseOrigin(f *testing.F) {
	for _, s := range []string{"https://my-app.example", "http://localhost:8080", "http://[::1]:8080", "https://a@b", "https://a/b", "https://A.example", "https://a:443", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := store.ParseOrigin(s)
		if err != nil {
			if o != (store.Origin{}) {
				t.Fatalf("%q: refused, and %+v", s, o)
			}
			return
		}
		u, err := url.Parse(s)
		if err != nil || o.String() != s || u.Host != o.Host() || u.Path+u.RawQuery+u.Fragment != "" || u.User != nil {
			t.Fatalf("%q is read as %+v", s, u)
		}
		if strings.ContainsAny(s, " \t\r\n\\@?#%*") || strings.ToLower(s) != s || strings.HasSuffix(s, "/") {
			t.Fatalf("%q passes", s)
		}
		if http.NewCrossOriginProtection().AddTrustedOrigin(s) != nil {
			t.Fatalf("net/http refuses %q", s)
		}
		if o.Secure() != strings.HasPrefix(s, "https://") || !o.Secure() && !o.Loopback() && o.CheckTransport(false) == nil {
			t.Fatalf("%q: secure %v", s, o.Secure())
		}
		again, err := store.ParseOrigin(o.String())
		if err != nil || again != o || again.Realm() != o.Realm() {
			t.Fatalf("%q is not read the same again: %v", s, err)
		}
	})
}
