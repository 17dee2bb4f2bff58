package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// browser writes the requests of a site's pages.
type browser struct{ host, origin string }

// agent is as long as those of widespread browsers: a session remembers it.
const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// get is a request of a page that is open.
func (b browser) get(path, cookie string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\nSec-Fetch-Site: same-origin\r\nCookie: %s\r\n\r\n", path, b.host, agent, cookie)
}

// post is one with a body of JSON. A new browser has no cookie.
func (b browser) post(path, cookie, body string) []byte {
	r := make([]byte, 0, 1024)
	r = fmt.Appendf(r, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\nSec-Fetch-Site: same-origin\r\nOrigin: %s\r\n", path, b.host, agent, b.origin)
	if cookie != "" {
		r = fmt.Appendf(r, "Cookie: %s\r\n", cookie)
	}
	return fmt.Appendf(r, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// session is somebody who is signed in.
type session struct {
	account string // as /api/me has it: "alice.testnet", with the quotes
	cookie  string
	check   []byte // the request
}

func (b browser) session(w exampletest.Wallet, cookie string) session {
	return session{`"` + w.Account + `"`, cookie, b.get("/api/me", cookie)}
}

// send sends a request of a step and returns the answer. Any other than the
// expected one is an error, of a kind.
func send(c *conn, s step, request []byte, status int, contains string) (*response, error) {
	r, err := c.do(request)
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		return nil, fmt.Errorf("%s: no answer in %v", stepNames[s], timeout)
	case err != nil:
		// Without the addresses, which would make a kind of each.
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err
		}
		return nil, fmt.Errorf("%s: %w", stepNames[s], err)
	case r.status != status:
		var said struct{ Code string }
		_ = json.Unmarshal(r.body, &said)
		return nil, fmt.Errorf("%s: %d %s", stepNames[s], r.status, said.Code)
	case !bytes.Contains(r.body, []byte(contains)):
		return nil, fmt.Errorf("%s: %d, and not about this account", stepNames[s], r.status)
	}
	return r, nil
}

// ask asks who is signed in.
func (p session) ask(c *conn) error {
	_, err := send(c, check, p.check, 200, p.account)
	return err
}

// challenge asks for one as a new browser. It returns the browser's cookie.
func (b browser) challenge(c *conn, w exampletest.Wallet) (exampletest.Challenge, string, error) {
	var asked exampletest.Challenge
	r, err := send(c, challenge, b.post("/auth/challenge", "", `{"accountId":"`+w.Account+`"}`), 200, "nonce")
	if err == nil {
		err = json.Unmarshal(r.body, &asked)
	}
	if err != nil {
		return asked, "", err
	}
	cookie, err := r.cookie(challenge)
	return asked, cookie, err
}

// verify sends the wallet's answer. It returns the session's cookie.
func (b browser) verify(c *conn, w exampletest.Wallet, cookie, answer string) (string, error) {
	r, err := send(c, verify, b.post("/auth/verify", cookie, answer), 200, `"`+w.Account+`"`)
	if err != nil {
		return "", err
	}
	return r.cookie(verify)
}

func (b browser) logout(c *conn, cookie string) error {
	_, err := send(c, logout, b.post("/auth/logout", cookie, ""), 204, "")
	return err
}

// signIn is all of a login, by nobody's clock.
func (b browser) signIn(c *conn, w exampletest.Wallet) (cookie string, err error) {
	asked, cookie, err := b.challenge(c, w)
	if err != nil {
		return "", err
	}
	return b.verify(c, w, cookie, w.Sign(asked))
}

// cookie is the one that the answer to a step sets.
func (r *response) cookie(s step) (string, error) {
	if len(r.cookies) != 1 || strings.HasSuffix(string(r.cookies[0]), "=") {
		return "", fmt.Errorf("%s: %d cookies", stepNames[s], len(r.cookies))
	}
	return string(r.cookies[0]), nil
}

// timedLogin is signIn by the clock, and a logout behind it: otherwise there
// would be more sessions all the time, and more memory in use. Each is as a new
// browser behind a proxy that keeps its connections.
func (b browser) timedLogin(c *conn, w exampletest.Wallet, a arrival, due time.Time, r *record) error {
	asked, cookie, err := b.challenge(c, w)
	if err != nil {
		return err
	}
	r.note(challenge, a, time.Since(due))
	answer := w.Sign(asked)
	sent := time.Now()
	cookie, err = b.verify(c, w, cookie, answer)
	if err != nil {
		return err
	}
	r.note(verify, a, time.Since(sent))
	r.note(login, a, time.Since(due))
	sent = time.Now()
	if err := b.logout(c, cookie); err != nil {
		return err
	}
	r.note(logout, a, time.Since(sent))
	return nil
}
