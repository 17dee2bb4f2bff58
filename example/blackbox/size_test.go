package blackbox

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// Requests that are too large, or too slow, in every way there is: 413 and 431,
// read no further, cut off by a timeout, and the memory stays flat. The limit
// of a body is 16 KiB.
func TestT16Sizes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.signedIn("alice.testnet")
		session := "Cookie: nearauth=" + token(s.a, c)
		cutOff := slowBodies(t, s, session)
		padded := func(size int) string {
			const body = `{"accountId":"alice.testnet"}`
			return body + strings.Repeat(" ", size-len(body))
		}
		res, body := s.a.Do(c, "POST", "/auth/challenge", padded(16<<10))
		exampletest.Expect(t, "16 KiB", res, body, 200, "nonce")
		before := s.a.Memory()
		for _, path := range []string{"/auth/challenge", "/auth/verify", "/auth/logout"} {
			res, body = s.a.Do(c, "POST", path, padded(16<<10+1))
			refused(t, path+": a byte more", res, body, 413, "body_too_large")
			for _, length := range []string{"Transfer-Encoding: chunked", fmt.Sprint("Content-Length: ", 1<<30)} {
				status, said, sent := pour(t, s.a, written("POST "+path, []string{session, "Content-Type: application/json", length}, ""))
				if status != 413 || !strings.Contains(said, "body_too_large") || sent > 32<<20 {
					t.Errorf("%s, 1 GB, %s: %d %s, after %d bytes", path, length, status, said, sent)
				}
			}
		}
		// The application's own route, of a megabyte.
		status, said, sent := pour(t, s.a, written("POST /api/me", []string{session, "Transfer-Encoding: chunked"}, ""))
		if status != 400 || !strings.Contains(said, "body not read") || sent > 32<<20 {
			t.Errorf("/api/me, 1 GB: %d %s, after %d bytes", status, said, sent)
		}
		manyHeaders(t, s, session)
		cutOff()
		if grown := s.a.Memory() - before; grown > 64<<20 {
			t.Errorf("memory grew by %d MB", grown>>20)
		}
		whoWith(t, "the session after all that", s.a, "nearauth="+token(s.a, c), w.Account)
	})
}

// pour sends the head of a request and then a gigabyte, in chunks, until the
// server has had enough; it returns the answer, and how much the server took,
// which includes what the kernel buffers on the way.
func pour(t *testing.T, p *exampletest.Process, head string) (status int, body string, sent int) {
	t.Helper()
	c := dial(t, p)
	_ = c.(*net.TCPConn).SetWriteBuffer(64 << 10)
	poured := make(chan int, 1)
	go func() {
		_, err := io.WriteString(c, head)
		chunk, sent := chunked(strings.Repeat(" ", 64<<10)), 0
		chunk = strings.TrimSuffix(chunk, "0\r\n\r\n")
		for err == nil && sent < 1<<30 {
			_, err = io.WriteString(c, chunk)
			sent += 64 << 10
		}
		poured <- sent
	}()
	res, body := answerOn(t, bufio.NewReader(c))
	_, _ = io.Copy(io.Discard, c) // until the server hangs up
	return res.StatusCode, body, <-poured
}

// manyHeaders are the limits on what stands before the body.
func manyHeaders(t *testing.T, s *site, session string) {
	t.Helper()
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, head := range map[string]string{
		"10 MB in one header":      "X: " + strings.Repeat("x", 10<<20),
		"10 MB in many":            strings.TrimSuffix(many(10<<10, "X-%d: "+strings.Repeat("x", 1000)+"\r\n"), "\r\n"),
		"10,000 cookies":           "Cookie: " + many(10_000, "c%d=x; "),
		"10,000 cookies, in lines": strings.TrimSuffix(many(10_000, "Cookie: c%d=x\r\n"), "\r\n"),
	} {
		res, body := raw(t, s.a, written("GET /api/me", []string{session, head}, ""))
		exampletest.Expect(t, name, res, body, 431, "")
	}
	res, body := raw(t, s.a, written("GET /"+strings.Repeat("x", 1<<20), nil, ""))
	exampletest.Expect(t, "1 MB of path", res, body, 431, "")

	// 4,000 cookies are within the limit, and beyond what net/http reads of
	// them. Whose the session is does not change, and it can be ended.
	c, w := s.signedIn("bob.testnet")
	crowd := many(4_000, "c%d=x; ") + "nearauth=" + token(s.a, c)
	res, body = send(t, s.a, "GET", "/api/me", "", http.Header{"Cookie": {crowd}})
	if res.StatusCode != 401 {
		exampletest.Expect(t, "4,000 cookies", res, body, 200, w.Account)
	}
	res, body = send(t, s.a, "POST", "/auth/logout", "", http.Header{"Cookie": {crowd}})
	exampletest.Expect(t, "logout with 4,000 cookies", res, body, 204, "")
	whoWith(t, "after it", s.b, "nearauth="+token(s.a, c), "")
	for name, head := range map[string]string{"challenge": crowd, "verify": crowd} {
		res, body = send(t, s.a, "POST", "/auth/"+name, "", http.Header{"Cookie": {head}})
		if res.StatusCode >= 500 {
			t.Errorf("%s with 4,000 cookies: %d %s", name, res.StatusCode, body)
		}
	}
}

// slowBodies are clients that send a byte a second. They hold a connection, and
// not for long: the server's timeouts cut them off, 5 seconds for the headers
// and 10 for all. It returns at once; what it returns waits for them.
func slowBodies(t *testing.T, s *site, session string) (wait func()) {
	t.Helper()
	type cut struct {
		what, said string
		took       time.Duration
	}
	starts := map[string]string{
		"headers":   "POST /auth/challenge HTTP/1.1\r\nHost: localhost:8080\r\nX: ",
		"challenge": written("POST /auth/challenge", []string{"Content-Type: application/json", "Content-Length: 1000"}, ""),
		"verify":    written("POST /auth/verify", []string{"Content-Type: application/json", "Content-Length: 1000", session}, ""),
		"/api/me":   written("POST /api/me", []string{"Content-Length: 1000", session}, ""),
	}
	cuts := make(chan cut, len(starts))
	for what, start := range starts {
		conn, begun := dial(t, s.a), time.Now()
		go func() {
			said := drip(conn, start)
			cuts <- cut{what, said, time.Since(begun)}
		}()
	}
	return func() {
		for range starts {
			cut := <-cuts
			if cut.took > 20*time.Second || strings.Contains(cut.said, " 200 ") || strings.Contains(cut.said, " 500 ") {
				t.Errorf("%s: cut off after %v with %q", cut.what, cut.took, cut.said)
			}
		}
	}
}

// drip sends a beginning and then a byte a second until it is cut off, and
// returns the line that it was answered.
func drip(c net.Conn, start string) (said string) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		said, _ = bufio.NewReader(c).ReadString('\n')
		_, _ = io.Copy(io.Discard, c)
	}()
	_, err := io.WriteString(c, start)
	for err == nil {
		select {
		case <-closed:
			return said
		case <-time.After(time.Second):
			_, err = io.WriteString(c, "x")
		}
	}
	<-closed
	return said
}

// breaks are characters that make two lines of one, or another text of it, for
// whoever looks at it.
var breaks = map[string]string{
	"LF": "\n", "CR": "\r", "CRLF": "\r\n", "U+0085": "\u0085", "U+2028": "\u2028", "U+2029": "\u2029", "U+202E": "\u202e",
	"U+200B": "\u200b", "ANSI": "\x1b[2J", "backspace": "\b", "DEL": "\x7f", "tab": "\t", "homoglyph": "а",
}

// starts starts the example, and kills it if it does not give up by itself.
func starts(t *testing.T, path string, args ...string) (said string, exitCode int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// They do not get into what is signed: not by the configuration, which is
// refused at start, and not by a request. (TestT17SignedTexts is about the texts of
// Ethereum and Stellar; next is T43.)
func TestT17Lines(t *testing.T) {
	t.Parallel()
	path, err := exampletest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range breaks {
		for setting, value := range map[string]string{"message": "Sign in to localhost:8080 " + text + "now", "recipient": "localhost" + text, "origin": "http://localhost" + text} {
			out, code := starts(t, path, "-origin", exampletest.Site, "-network", "testnet", "-rpc", "http://127.0.0.1:1", "-"+setting, value)
			if code != 1 || !strings.Contains(strings.ToLower(out), setting) {
				t.Errorf("%s in %s: exit code %d\n%s", name, setting, code, out)
			}
		}
	}
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.signedIn("alice.testnet")
		for name, text := range breaks {
			account := object(map[string]any{"accountId": "alice" + text + ".testnet"})
			res, body := s.a.Do(c, "POST", "/auth/challenge", account)
			refused(t, name+" in challenge", res, body, 400, "invalid_request")
			res, body = s.a.Do(c, "POST", "/auth/verify", with(t, s.a.Signed(c, w), members(t, account)))
			refused(t, name+" in verify", res, body, 400, "invalid_request")
			res, body = s.a.Do(c, "POST", "/auth/challenge", object(map[string]any{"message": text, "recipient": text, "statement": text, "domain": text, "next": text}))
			exampletest.Expect(t, name+" in what is the server's", res, body, 200, `"message":"Sign in to localhost:8080","recipient":"localhost:8080"`)
		}
		ownLines(t, s.a.Log())
	})
}

// ownLines checks that the lines of a log are those that the server began.
func ownLines(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "time=") || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return r < ' ' }) {
			t.Errorf("a line of the log: %q", line)
		}
	}
}
