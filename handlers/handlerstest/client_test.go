package handlerstest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/handlerstest"
)

// fetch sends a request and returns the answer.
func fetch(t *testing.T, c *http.Client, method, url string, header ...string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", res.StatusCode, strings.TrimSpace(string(body)))
}

func TestClient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, origin string
		start        func(http.Handler) *httptest.Server
	}{
		{"TLS", "https://my-app.example", httptest.NewTLSServer},
		{"http behind an https origin", "https://my-app.example", httptest.NewServer},
		{"http", "http://localhost:8080", httptest.NewServer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			auth := newAuth(t, func(config *handlers.Config) { config.Origin = c.origin })
			server := c.start(newSite(auth))
			defer server.Close()
			alice := handlerstest.Client(t, auth, server, "alice.testnet")
			bob := handlerstest.Client(t, auth, server, "near:mainnet:bob.near")
			expect := func(who *http.Client, method, path, want string, header ...string) {
				t.Helper()
				if got := fetch(t, who, method, server.URL+path, header...); got != want {
					t.Errorf("%s %s: %s, want %s", method, path, got, want)
				}
			}
			expect(alice, "GET", "/private", "200 hello, near:testnet:alice.testnet")
			expect(bob, "GET", "/private", "200 hello, near:mainnet:bob.near")
			expect(server.Client(), "GET", "/private", anonymous)
			expect(alice, "POST", "/private", "200 hello, near:testnet:alice.testnet")
			expect(alice, "POST", "/private", "200 hello, near:testnet:alice.testnet", "Origin", c.origin)
			expect(alice, "POST", "/private", `403 {"error":"This request must come from the site itself.","code":"cross_origin"}`, "Origin", "https://evil.example")
			expect(alice, "POST", "/auth/logout", "204 ")
			expect(alice, "GET", "/private", anonymous)
			expect(bob, "GET", "/private", "200 hello, near:mainnet:bob.near")
		})
	}
}

// The session is for the server, and for no other.
func TestClientElsewhere(t *testing.T) {
	t.Parallel()
	auth := newAuth(t)
	server := httptest.NewServer(newSite(auth))
	defer server.Close()
	alice := handlerstest.Client(t, auth, server, "alice.testnet")
	for _, url := range []string{"http://example.com/private", "http://sub.example.com/private"} { // which httptest leads to the server
		if got := fetch(t, alice, "GET", url); got != anonymous {
			t.Errorf("%s: %s", url, got)
		}
	}
	if server.Client().Jar != nil {
		t.Error("the server's own client has changed")
	}
}
