package exampletest

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers/nep413"
)

// Browser is a client with a cookie jar of its own that follows no redirect.
func Browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Do sends a request of the site's own pages and returns the whole answer. A
// body is JSON.
func (p *Process) Do(c *http.Client, method, path, body string) (*http.Response, string) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if method != "GET" && method != "HEAD" {
		r.Header.Set("Origin", p.Origin)
	}
	return p.Send(c, r)
}

// Send sends any request and returns the whole answer.
func (p *Process) Send(c *http.Client, r *http.Request) (*http.Response, string) {
	p.t.Helper()
	res, err := c.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res, string(b)
}

// Cookies are what the browser would send to the process.
func (p *Process) Cookies(c *http.Client) []*http.Cookie {
	p.t.Helper()
	u, err := url.Parse(p.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	return c.Jar.Cookies(u)
}

// Wallet is a NEAR account and one of its keys.
type Wallet struct {
	Account string
	Private ed25519.PrivateKey
}

// NewWallet makes a wallet with a new key. The account is on no chain yet.
func NewWallet(account string) Wallet {
	_, private, _ := ed25519.GenerateKey(nil)
	return Wallet{account, private}
}

// Key is the public key as NEAR writes it.
func (w Wallet) Key() string {
	return "ed25519:" + base58.Encode(w.Private.Public().(ed25519.PublicKey))
}

// Challenge is what the server wants signed.
type Challenge struct{ Message, Recipient, Nonce string }

// Sign returns the body of a verify.
func (w Wallet) Sign(c Challenge) string {
	nonce, _ := base64.StdEncoding.DecodeString(c.Nonce)
	hash, _ := nep413.Payload{Message: c.Message, Nonce: [32]byte(nonce), Recipient: c.Recipient}.Hash()
	answer, _ := json.Marshal(map[string]string{
		"accountId": w.Account, "publicKey": w.Key(), "nonce": c.Nonce,
		"signature": base64.StdEncoding.EncodeToString(ed25519.Sign(w.Private, hash[:])),
	})
	return string(answer)
}

// Challenge asks for a challenge.
func (p *Process) Challenge(c *http.Client) Challenge {
	p.t.Helper()
	res, body := p.Do(c, "POST", "/auth/challenge", "")
	var ch Challenge
	if err := json.Unmarshal([]byte(body), &ch); err != nil || res.StatusCode != 200 {
		p.t.Fatalf("challenge: %d %s", res.StatusCode, body)
	}
	return ch
}

// Signed asks for a challenge, lets the wallet sign it, and returns what to
// post to verify.
func (p *Process) Signed(c *http.Client, w Wallet) string {
	p.t.Helper()
	return w.Sign(p.Challenge(c))
}

// SignIn signs a browser in, or tries to.
func (p *Process) SignIn(c *http.Client, w Wallet) (*http.Response, string) {
	p.t.Helper()
	return p.Do(c, "POST", "/auth/verify", p.Signed(c, w))
}
