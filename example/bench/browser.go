package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/nep413"
)

// browser posts to the endpoints: with one request, whose parts it exchanges,
// so that making requests is not what is measured.
type browser struct {
	t       testing.TB
	auth    *handlers.Auth
	request *http.Request
	body    body
	cookie  [1]string
	answer  discard
}

type body struct{ bytes.Reader }

func (*body) Close() error { return nil }

func newBrowser(t testing.TB, auth *handlers.Auth) *browser {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, origin+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", agent)
	r.TLS = new(tls.ConnectionState) // so that nobody suspects a proxy
	b := &browser{t: t, auth: auth, request: r, answer: discard{header: make(http.Header)}}
	b.request.Body = &b.body
	return b
}

// post returns the status.
func (b *browser) post(path, from, cookie string, content []byte) int {
	b.answer.reset()
	b.body.Reset(content)
	b.request.ContentLength = int64(len(content))
	b.request.URL.Path, b.request.RequestURI, b.request.RemoteAddr = path, path, from
	delete(b.request.Header, "Cookie")
	if cookie != "" {
		b.cookie[0] = cookie
		b.request.Header["Cookie"] = b.cookie[:]
	}
	b.auth.ServeHTTP(&b.answer, b.request)
	return b.answer.status
}

// challenge is what a browser holds while the wallet is asked.
type challenge struct {
	cookie             string
	Nonce              string
	Message, Recipient string
}

// bytes are those of the nonce, where it is in base64.
func (c challenge) bytes() (nonce [32]byte) {
	b, _ := base64.StdEncoding.DecodeString(c.Nonce)
	copy(nonce[:], b)
	return nonce
}

var anybody = []byte("{}")

func (b *browser) challenge(from string, body ...byte) (c challenge) {
	b.t.Helper()
	b.answer.keep = true
	defer func() { b.answer.keep = false }()
	if len(body) == 0 {
		body = anybody
	}
	if status := b.post("/challenge", from, "", body); status != http.StatusOK {
		b.t.Fatalf("challenge: %d %s", status, b.answer.body)
	}
	if err := json.Unmarshal(b.answer.body, &c); err != nil || c.Nonce == "" || c.Message == "" {
		b.t.Fatalf("challenge: %s: %v", b.answer.body, err)
	}
	c.cookie, _, _ = strings.Cut(b.answer.header.Get("Set-Cookie"), ";")
	return c
}

// wallet has one account.
type wallet interface {
	name() string
	ask() []byte                                   // the body of the challenge request
	sign(t testing.TB, challenge challenge) []byte // and of the verify request
}

func (p person) name() string { return p.account }
func (p person) ask() []byte  { return anybody }

// sign is what the wallet does, and the body of the verify request.
func (p person) sign(t testing.TB, c challenge) []byte {
	t.Helper()
	hash, err := nep413.Payload{Message: c.Message, Nonce: c.bytes(), Recipient: c.Recipient}.Hash()
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(map[string]string{
		"accountId": p.account, "publicKey": p.key,
		"nonce":     c.Nonce,
		"signature": base64.StdEncoding.EncodeToString(ed25519.Sign(p.private, hash[:])),
	})
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// redeem posts the wallet's answer, and reports whether that has signed the
// person in, by the body and by the session of the new cookie.
func (b *browser) redeem(p wallet, c challenge, from string) bool {
	b.t.Helper()
	b.answer.keep = true
	defer func() { b.answer.keep = false }()
	status := b.post("/verify", from, c.cookie, p.sign(b.t, c))
	for _, cookie := range (&http.Response{Header: b.answer.header}).Cookies() {
		if cookie.Name == b.auth.Sessions.Cookie.Name {
			return status == http.StatusOK && bytes.Contains(b.answer.body, []byte(`"`+p.name()+`"`)) &&
				signedIn(b.auth.Sessions, cookie.Value) == p.name()
		}
	}
	return false
}
