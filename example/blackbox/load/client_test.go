package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, answer string
		status       int
		body         string
		cookies      string
		closing      bool
		err          error
	}{
		{"body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", "", false, nil},
		{"no body", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 401, "", "", false, nil},
		{"204", "HTTP/1.1 204 No Content\r\nVary: Cookie\r\n\r\n", 204, "", "", false, nil},
		{"no reason", "HTTP/1.1 204\r\n\r\n", 204, "", "", false, nil},
		{"any case", "HTTP/1.1 200 OK\r\ncontent-LENGTH:2\r\nset-cookie:a=b\r\n\r\nok", 200, "ok", "a=b", false, nil},
		{"cookies", "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 0\r\nSet-Cookie: b=\r\n\r\n", 200, "", "a=1 b=", false, nil},
		{"closing", "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 503, "", "", true, nil},
		{"nothing", "", 0, "", "", false, io.EOF},
		{"end in the status line", "HTTP/1.1 200", 0, "", "", false, io.ErrUnexpectedEOF},
		{"end in the header", "HTTP/1.1 200 OK\r\nContent-Le", 0, "", "", false, io.ErrUnexpectedEOF},
		{"end in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 0, "", "", false, io.ErrUnexpectedEOF},
		{"end before the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 0, "", "", false, io.ErrUnexpectedEOF},
		{"no length", "HTTP/1.1 200 OK\r\n\r\nhello", 0, "", "", false, errResponse},
		{"length below zero", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, "", "", false, errResponse},
		{"length no number", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello", 0, "", "", false, errResponse},
		{"too long", "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", 0, "", "", false, errResponse},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, "", "", false, errResponse},
		{"informational", "HTTP/1.1 100 Continue\r\n\r\n", 0, "", "", false, errResponse},
		{"another version", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0, "", "", false, errResponse},
		{"four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", 0, "", "", false, errResponse},
		{"no header", "HTTP/1.1 200 OK\r\nhello\r\n\r\n", 0, "", "", false, errResponse},
		{"long header", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 5000) + "\r\n\r\n", 0, "", "", false, bufio.ErrBufferFull},
	}
	// One after the other into one response: nothing of the last one stays.
	var r response
	for _, test := range tests {
		err := r.read(bufio.NewReader(strings.NewReader(test.answer)))
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v, want %v", test.name, err, test.err)
		}
		if test.err != nil {
			continue
		}
		var cookies []string
		for _, c := range r.cookies {
			cookies = append(cookies, string(c))
		}
		if r.status != test.status || string(r.body) != test.body || strings.Join(cookies, " ") != test.cookies || r.closing != test.closing {
			t.Errorf("%s: %d %q %q closing %v", test.name, r.status, r.body, cookies, r.closing)
		}
	}
}

// Behind one answer the next begins.
func TestReadNext(t *testing.T) {
	t.Parallel()
	in := bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"))
	var r response
	for _, want := range []int{200, 204, 404} {
		if err := r.read(in); err != nil || r.status != want {
			t.Errorf("%d %v, want %d", r.status, err, want)
		}
	}
	if err := r.read(in); err != io.EOF {
		t.Errorf("behind the last: %v", err)
	}
}

// What is read is what net/http writes, and what is written it reads.
func TestConn(t *testing.T) {
	t.Parallel()
	var dialled atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/close" {
			w.Header().Set("Connection", "close")
		}
		http.SetCookie(w, &http.Cookie{Name: "answer", Value: "to-" + r.Method, Path: "/"})
		_, _ = io.WriteString(w, r.Host+" "+r.Header.Get("Origin")+" "+r.Header.Get("Cookie")+" "+r.Header.Get("Content-Type")+" "+string(body))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			dialled.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	b := browser{host: "example.test", origin: "http://example.test"}
	c := &conn{addr: server.Listener.Addr().String()}
	defer c.close()
	tests := []struct {
		name    string
		before  func()
		request []byte
		body    string
		cookie  string
		dialled int32
	}{
		{"get", nil, b.get("/", "a=b"), "example.test  a=b  ", "answer=to-GET", 1},
		{"post", nil, b.post("/", "", "{}"), "example.test http://example.test  application/json {}", "answer=to-POST", 1},
		{"post with a cookie", nil, b.post("/", "a=b", ""), "example.test http://example.test a=b application/json ", "answer=to-POST", 1},
		{"the server closes", nil, b.get("/close", "a=b"), "example.test  a=b  ", "answer=to-GET", 1},
		{"after that", nil, b.get("/", "a=b"), "example.test  a=b  ", "answer=to-GET", 2},
		{"after a pause", func() { c.used = time.Now().Add(-2 * stale) }, b.get("/", "a=b"), "example.test  a=b  ", "answer=to-GET", 3},
	}
	for _, test := range tests {
		if test.before != nil {
			test.before()
		}
		r, err := c.do(test.request)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if cookie, err := r.cookie(check); r.status != 200 || string(r.body) != test.body || cookie != test.cookie || err != nil {
			t.Errorf("%s: %d %q %q %v", test.name, r.status, r.body, cookie, err)
		}
		if n := dialled.Load(); n != test.dialled {
			t.Errorf("%s: %d connections, want %d", test.name, n, test.dialled)
		}
	}
	server.CloseClientConnections()
	if _, err := c.do(b.get("/", "a=b")); err == nil {
		t.Error("no error from a connection that is gone")
	}
	if _, err := c.do(b.get("/", "a=b")); err != nil {
		t.Error("not dialled again: ", err)
	}
}
