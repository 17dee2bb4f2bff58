package blackbox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// written is a request written by hand, for what net/http is too polite to
// send. The headers are whole lines. Nothing is added but a Host, and that the
// connection is to be closed.
func written(line string, headers []string, body string) string {
	lines := append([]string{line + " HTTP/1.1", "Host: localhost:8080", "Connection: close"}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// dial opens a connection that ends with the test.
func dial(t *testing.T, p *exampletest.Process) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}

// raw sends bytes as they are, on a connection of their own, and returns the
// answer. The server may answer, and hang up, before it has read all.
func raw(t *testing.T, p *exampletest.Process, bytes string) (*http.Response, string) {
	t.Helper()
	c := dial(t, p)
	go func() { _, _ = io.WriteString(c, bytes) }()
	return answerOn(t, bufio.NewReader(c))
}

// answerOn reads an answer to the end.
func answerOn(t *testing.T, r *bufio.Reader) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal("no answer: ", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal("half an answer: ", err)
	}
	return res, string(body)
}

// send sends a request without a browser's cookies; a body without a
// Content-Type among the headers has none.
func send(t *testing.T, p *exampletest.Process, method, path, body string, h http.Header) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, p.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range h {
		r.Header[name] = values
	}
	return p.Send(noJar, r)
}

var noJar = &http.Client{Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// refused checks a refusal: its status, its code, and that it opens nothing.
func refused(t *testing.T, what string, res *http.Response, body string, status int, code string) {
	t.Helper()
	exampletest.Expect(t, what, res, body, status, `"code":"`+code+`"`)
	if c := setSession(res); c != nil && c.MaxAge >= 0 {
		t.Errorf("%s: refused, with a session", what)
	}
}

// isSession reports whether a name is that of the session cookie.
func isSession(name string) bool { return strings.TrimPrefix(name, "__Host-") == "nearauth" }

// setSession is the session cookie that an answer sets, or nil.
func setSession(res *http.Response) *http.Cookie {
	i := slices.IndexFunc(res.Cookies(), func(c *http.Cookie) bool { return isSession(c.Name) })
	if i < 0 {
		return nil
	}
	return res.Cookies()[i]
}

// token is the session token that a browser holds, "" if none.
func token(p *exampletest.Process, c *http.Client) string {
	for _, cookie := range p.Cookies(c) {
		if isSession(cookie.Name) {
			return cookie.Value
		}
	}
	return ""
}

// loginCookie is the login cookie that a browser holds, as "name=value".
func loginCookie(p *exampletest.Process, c *http.Client) string {
	for _, cookie := range p.Cookies(c) {
		if strings.HasSuffix(cookie.Name, "nearauth-login") {
			return cookie.Name + "=" + cookie.Value
		}
	}
	return ""
}

// whoWith asks who is signed in for a cookie header, and expects an account or, for
// "", nobody.
func whoWith(t *testing.T, what string, p *exampletest.Process, cookie, account string) {
	t.Helper()
	res, body := send(t, p, "GET", "/api/me", "", http.Header{"Cookie": {cookie}})
	if account == "" {
		refused(t, what, res, body, 401, "unauthenticated")
		return
	}
	exampletest.Expect(t, what, res, body, 200, `"accountId":"`+account+`"`)
}

// members reads a JSON object.
func members(t *testing.T, body string) map[string]any {
	t.Helper()
	m := make(map[string]any)
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%v: %q", err, body)
	}
	return m
}

// object writes one.
func object(members map[string]any) string {
	b, _ := json.Marshal(members)
	return string(b)
}

// with is a JSON object with some members changed, and those that are nil left
// out.
func with(t *testing.T, body string, changed map[string]any) string {
	t.Helper()
	m := members(t, body)
	for name, value := range changed {
		if m[name] = value; value == nil {
			delete(m, name)
		}
	}
	return object(m)
}

// bag is a cookie jar that minds no rules: cookies of an https site come back
// over the plain connection that stands for the one from its proxy.
type bag struct {
	mu      sync.Mutex
	cookies map[string]*http.Cookie
}

func (b *bag) SetCookies(_ *url.URL, set []*http.Cookie) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range set {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
}

func (b *bag) Cookies(*url.URL) (all []*http.Cookie) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.cookies {
		all = append(all, &http.Cookie{Name: c.Name, Value: c.Value})
	}
	return all
}

// onHTTPS is onBoth for a site whose browsers see https://app.example.
func onHTTPS(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	const origin = "https://app.example"
	onBoth(t, func(t *testing.T, s *site) {
		s.a.Origin, s.b.Origin = origin, origin
		f(t, s)
	}, "-origin", origin)
}

// onHTTPSPerson is site.person for such a site.
func (s *site) onHTTPSPerson(account string) (*http.Client, exampletest.Wallet) {
	s.t.Helper()
	c, w := s.person(account)
	c.Jar = &bag{cookies: make(map[string]*http.Cookie)}
	return c, w
}

// sized is the header of a body's length.
func sized(body string) string { return fmt.Sprintf("Content-Length: %d", len(body)) }

// chunked is a body as Transfer-Encoding: chunked writes it.
func chunked(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }

// dump is an answer in all its bytes, but for the time of day.
func dump(res *http.Response, body string) string {
	h := res.Header.Clone()
	h.Del("Date")
	var b strings.Builder
	_ = h.Write(&b)
	return fmt.Sprint(res.Status, "\n", b.String(), "\n", body)
}

// lines are those of a log that contain something, the last ten of them.
func lines(log, something string) string {
	var found []string
	for line := range strings.Lines(log) {
		if strings.Contains(line, something) {
			found = append(found, line)
		}
	}
	return strings.Join(found[max(0, len(found)-10):], "")
}
