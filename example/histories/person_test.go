package histories

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers/nep413"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// person has an account of their own, named by a number, so that every answer
// says whose session it is.
type person struct {
	t       testing.TB
	site    *site
	number  uint64
	private ed25519.PrivateKey
}

func newPerson(t testing.TB, s *site, node *nearrpctest.Node, number uint64) *person {
	_, private, _ := ed25519.GenerateKey(nil)
	p := &person{t, s, number, private}
	if err := node.AddFullAccessKey(p.account(), p.key()); err != nil {
		t.Error(err)
	}
	return p
}

func (p *person) account() string { return fmt.Sprintf("u%d.testnet", p.number) }

func (p *person) key() string {
	return "ed25519:" + base58.Encode(p.private.Public().(ed25519.PublicKey))
}

// proof is what a browser holds after its wallet has signed.
type proof struct {
	cookies []*http.Cookie
	body    []byte
}

// challenge asks for a challenge and signs it.
func (p *person) challenge(process int) (*proof, output) {
	r, err := p.site.send(process, "POST", "/auth/challenge", nil, nil)
	if out := p.read("challenge", r, err); out.Said != done {
		return nil, out
	}
	var c struct{ Message, Recipient, Nonce string }
	err = json.Unmarshal(r.body, &c)
	nonce, _ := base64.StdEncoding.DecodeString(c.Nonce)
	if err != nil || len(nonce) != 32 {
		p.t.Errorf("challenge: %s", r.body)
		return nil, output{Said: unknown}
	}
	hash, err := nep413.Payload{Message: c.Message, Nonce: [32]byte(nonce), Recipient: c.Recipient}.Hash()
	if err != nil {
		p.t.Error(err)
	}
	body, _ := json.Marshal(map[string]string{
		"accountId": p.account(), "publicKey": p.key(), "nonce": c.Nonce,
		"signature": base64.StdEncoding.EncodeToString(ed25519.Sign(p.private, hash[:])),
	})
	return &proof{r.cookies, body}, output{Said: done}
}

// verify signs in: it takes the challenge, and whoever gets it gets a session.
func (p *person) verify(process int, with *proof) (session []*http.Cookie, out output) {
	r, err := p.site.send(process, "POST", "/auth/verify", with.body, with.cookies)
	if out = p.read("verify", r, err); out.Said != done {
		return nil, out
	}
	for _, c := range r.cookies {
		if c.Name == "nearauth" && c.Value != "" {
			session = append(session, c)
		}
	}
	if len(session) != 1 {
		p.t.Errorf("verify: 200 with %d sessions", len(session))
	}
	return session, out
}

// me asks a protected page who it serves.
func (p *person) me(process int, session []*http.Cookie) output {
	r, err := p.site.send(process, "GET", "/api/me", nil, session)
	return p.read("me", r, err)
}

func (p *person) logout(process int, session []*http.Cookie) output {
	r, err := p.site.send(process, "POST", "/auth/logout", nil, session)
	return p.read("logout", r, err)
}

// untouched is the answer of a verify that promises to have done nothing.
const untouched said = "untouched"

// read says what an answer over HTTP means. What no answer should be is an
// error of its own, in trouble too.
func (p *person) read(what string, r *reply, err error) output {
	if err != nil {
		return output{Said: unknown}
	}
	var body struct{ Code, AccountID string }
	_ = json.Unmarshal(r.body, &body)
	switch answer := fmt.Sprint(r.status, body.Code); {
	case what == "challenge" && answer == "200", what == "logout" && answer == "204":
		return output{Said: done}
	case (what == "verify" || what == "me") && answer == "200":
		id, _, _ := strings.Cut(strings.TrimPrefix(body.AccountID, "u"), ".")
		number, err := strconv.ParseUint(id, 10, 64)
		if err != nil {
			p.t.Errorf("%s: %s", what, r.body)
		}
		return output{Said: done, Value: number}
	case what == "verify" && answer == "400challenge_invalid", what == "me" && answer == "401unauthenticated":
		return output{Said: gone}
	case what == "verify" && answer == "503chain_unavailable":
		return output{Said: untouched}
	case answer == "503store_unavailable":
		return output{Said: unknown}
	}
	p.t.Errorf("%s: %d %s", what, r.status, r.body)
	return output{Said: unknown}
}
