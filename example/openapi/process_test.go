package openapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	exampletest.Clean()
	os.Exit(code)
}

// The example serves the document, and is as it says: over HTTP, on a plain
// origin, with a chain of its own.
func TestExampleProcess(t *testing.T) {
	t.Parallel()
	p := exampletest.Start(t, "-ethereum", "-stellar")
	b := exampletest.Browser()
	res, body := p.Do(b, "GET", "/openapi.json", "")
	if kind := res.Header.Get("Content-Type"); res.StatusCode != 200 || kind != "application/json" {
		t.Fatalf("%d %s", res.StatusCode, kind)
	}
	if !bytes.Equal([]byte(body), readFile(t, documentFile)) {
		t.Error("the example does not serve the file")
	}
	d, err := parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}

	w := exampletest.NewWallet("alice.demo")
	if res, body := p.Do(b, "POST", "/demo/account", `{"accountId":"alice.demo","publicKey":"`+w.Key()+`"}`); res.StatusCode != 201 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	base := d.root["servers"].([]any)[0].(map[string]any)["url"].(string)
	var seen []observation
	do := func(method, path, body string) string {
		res, answer := p.Do(b, method, base+path, body)
		seen = append(seen, observation{method + " " + path, res.StatusCode, res.Header, []byte(answer)})
		return answer
	}
	do("GET", "/session", "")
	do("GET", "/sessions", "")
	do("POST", "/challenge", "")
	do("POST", "/verify", p.Signed(b, w))
	do("GET", "/session", "")
	do("GET", "/sessions", "")
	cookies := p.Cookies(b)
	do("POST", "/verify", "{}")
	do("POST", "/logout", "")
	key, signer := ethereumtest.NewKey(), newStellarKey(t)
	var c challenge
	ask := func(chain, account string) {
		c = challenge{}
		body := marshal(t, map[string]string{"chain": chain, "accountId": account})
		if err := json.Unmarshal([]byte(do("POST", "/challenge", body)), &c); err != nil {
			t.Error(err)
		}
	}
	ask("ethereum", key.Address())
	do("POST", "/verify", marshal(t, map[string]string{"signature": key.Sign(c.Message)}))
	ask("stellar", signer.address)
	do("POST", "/verify", marshal(t, map[string]string{"signature": signer.base64(c.Message)}))
	do("GET", "/session", "")
	for _, path := range files {
		do("GET", path, "")
	}
	for _, problem := range check(d, seen) {
		t.Error(problem)
	}
	var statuses []int
	for _, o := range seen {
		statuses = append(statuses, o.status)
	}
	if want := []int{200, 401, 200, 200, 200, 200, 400, 204, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200}; !slices.Equal(statuses, want) {
		t.Errorf("answers %v, want %v", statuses, want)
	}
	wantCookies(t, d, cookies, "browserOnHTTP", "sessionOnHTTP")
}

// On an https origin the cookies have their other names.
func TestCookieNames(t *testing.T) {
	t.Parallel()
	v := newSite(t).visitor()
	signedIn(v)
	wantCookies(t, readDocument(t), v.jar.Cookies(home), "browser", "session")
}

func wantCookies(t *testing.T, d *document, cookies []*http.Cookie, schemes ...string) {
	t.Helper()
	var names, want []string
	for _, c := range cookies {
		names = append(names, c.Name)
	}
	for _, scheme := range schemes {
		want = append(want, d.node("components", "securitySchemes", scheme).text("name"))
	}
	for _, problem := range differences("the cookie", want, names) {
		t.Error(problem)
	}
}
