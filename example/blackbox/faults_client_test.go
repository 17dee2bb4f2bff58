package blackbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// signing is one attempt to sign in, with an account of its own.
type signing struct {
	login  int // its number
	wallet exampletest.Wallet
	cookie string // that binds the challenge to the browser
	answer string // the wallet's
}

// begin asks an instance for a challenge and has it signed, or returns nil.
func (tr *traffic) begin(instance string) *signing {
	s := &signing{login: int(tr.logins.Add(1))}
	s.wallet = exampletest.NewWallet(fmt.Sprintf("%s-%d.testnet", tr.name, s.login))
	if err := tr.node.AddFullAccessKey(s.wallet.Account, s.wallet.Key()); err != nil {
		tr.t.Error(err)
		return nil
	}
	res, body := tr.send(moment{step: "challenge", at: instance, login: s.login}, "", "")
	if res == nil || res.StatusCode != 200 {
		return nil
	}
	var c exampletest.Challenge
	_ = json.Unmarshal([]byte(body), &c) // send has looked at it
	for _, set := range res.Cookies() {
		s.cookie = set.Name + "=" + set.Value
	}
	s.answer = s.wallet.Sign(c)
	tr.mu.Lock()
	tr.signings = append(tr.signings, s)
	tr.mu.Unlock()
	return s
}

// verify sends the wallet's answer to all these instances at once, and returns
// the session that it has brought, or nil.
func (tr *traffic) verify(s *signing, instances ...string) *member {
	var mu sync.Mutex
	var won *member
	var both sync.WaitGroup
	for _, instance := range instances {
		both.Go(func() {
			res, _ := tr.send(moment{step: "verify", at: instance, login: s.login}, s.cookie, s.answer, s.wallet.Account)
			if res == nil || res.StatusCode != 200 {
				return
			}
			if set := setSession(res); set != nil {
				mu.Lock()
				won = &member{token: set.Value, account: s.wallet.Account}
				mu.Unlock()
			}
		})
	}
	both.Wait()
	if won != nil {
		tr.mu.Lock()
		tr.members = append(tr.members, won)
		tr.mu.Unlock()
	}
	return won
}

// member is somebody who has been told to be signed in.
type member struct{ token, account string }

// member signs somebody in at one instance, where nothing is out of order.
func (tr *traffic) member(instance string) *member {
	tr.t.Helper()
	for range 20 {
		if s := tr.begin(instance); s != nil {
			if m := tr.verify(s, instance); m != nil {
				return m
			}
		}
	}
	tr.t.Fatalf("nobody can sign in at %s: %v", instance, count(tr.rec.all()))
	return nil
}

// check asks who that is, and returns the status.
func (tr *traffic) check(m *member, instance string) int {
	res, _ := tr.send(moment{step: "check", at: instance, session: m.token}, "nearauth="+m.token, "", m.account)
	return status(res)
}

// logout signs out, and returns the status.
func (tr *traffic) logout(m *member, instance string) int {
	res, _ := tr.send(moment{step: "logout", at: instance, session: m.token}, "nearauth="+m.token, "", m.account)
	return status(res)
}

func status(res *http.Response) int {
	if res == nil {
		return 0
	}
	return res.StatusCode
}

var requests = map[string][]string{
	"challenge": {"POST", "/auth/challenge", fromSite},
	"verify":    {"POST", "/auth/verify", fromSite, asJSON},
	"check":     {"GET", "/api/me"},
	"logout":    {"POST", "/auth/logout", fromSite},
}

// send makes a request and writes down what came of it. The response is nil if
// the connection broke.
func (tr *traffic) send(m moment, cookie, body string, account ...string) (*http.Response, string) {
	request := requests[m.step]
	headers := request[2:]
	if cookie != "" {
		headers = append(headers[:len(headers):len(headers)], "Cookie: "+cookie)
	}
	m.begun = time.Now()
	res, said, err := ask(tr.client, request[0], tr.urls[m.at]+request[1], body, headers...)
	m.ended = time.Now()
	if m.status = statusOf(res, err); err == nil {
		m.code = codeOf(said)
		m.flaw = flawOf(m.step, strings.Join(account, ""), res, said)
		if set := setSession(res); set != nil && m.step == "verify" {
			m.session = set.Value
		}
	}
	tr.rec.add(m)
	if err != nil {
		return nil, ""
	}
	return res, said
}

func codeOf(body string) string {
	var refusal struct{ Code string }
	_ = json.Unmarshal([]byte(body), &refusal)
	return refusal.Code
}

// flawOf says what is wrong with an answer in itself, whatever has happened
// before: a body that is not what its status says, a cookie that does not go
// with it.
func flawOf(step, account string, res *http.Response, body string) string {
	var said struct{ AccountID, Nonce, Error, Code string }
	if err := json.Unmarshal([]byte(body), &said); err != nil && (res.StatusCode != 204 || body != "") {
		return fmt.Sprintf("a body that is no JSON: %.200q", body)
	}
	var set, cleared int
	for _, c := range res.Cookies() {
		switch {
		case c.Name != "nearauth":
		case c.Value == "":
			cleared++
		default:
			set++
		}
	}
	signsIn, signsOut := step == "verify" && res.StatusCode == 200, step == "logout"
	switch {
	case res.StatusCode >= 400 && (said.Error == "" || said.Code == "" || said.AccountID != "" || said.Nonce != ""):
		return fmt.Sprintf("a refusal with the body %.200q", body)
	case res.StatusCode == 503 && res.Header.Get("Retry-After") == "":
		return "no Retry-After"
	case res.StatusCode == 200 && said.AccountID != account:
		return fmt.Sprintf("the answer to %q is for %q", account, said.AccountID)
	case step == "challenge" && res.StatusCode == 200 && said.Nonce == "":
		return "no nonce"
	case signsIn && (set != 1 || cleared != 0), !signsIn && set != 0, signsOut && cleared != 1, step == "check" && res.StatusCode == 503 && cleared != 0:
		return fmt.Sprintf("%d sessions are set and %d cleared", set, cleared)
	}
	return ""
}

// pause is how long a person takes for a step.
func pause(about time.Duration) { time.Sleep(about/2 + rand.N(about)) }
