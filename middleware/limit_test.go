package middleware_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// from sends a request of a peer over TLS.
func from(h http.Handler, remote string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr, r.TLS = remote, new(tls.ConnectionState)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// passing counts how many of n requests, which differ by i, are let through.
func passing(n int, send func(i int) *httptest.ResponseRecorder) (passed int) {
	for i := range n {
		if send(i).Code == 200 {
			passed++
		}
	}
	return passed
}

// A client has its requests at once or spread, is told when the next one is
// due, and takes nobody else's.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	h := s.guard.RateLimit("search", 6)(hello)
	synctest.Test(t, func(t *testing.T) {
		if n := passing(10, func(int) *httptest.ResponseRecorder { return from(h, "192.0.2.1:1") }); n != 6 {
			t.Errorf("%d at once", n)
		}
		w := from(h, "192.0.2.1:1")
		if w.Code != 429 || code(w) != "rate_limited" || w.Header().Get("Retry-After") != "10" {
			t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
		}
		for what, c := range map[string]struct {
			h      http.Handler
			remote string
			status int
		}{
			"another client":              {h, "192.0.2.2:1", 200},
			"the same name elsewhere":     {s.guard.RateLimit("search", 6)(hello), "192.0.2.1:2", 429},
			"another name":                {s.guard.RateLimit("find", 6)(hello), "192.0.2.1:1", 200},
			"another client, IPv6":        {h, "[2001:db8::1]:1", 200},
			"the same client, other port": {h, "192.0.2.1:9", 429},
		} {
			if w := from(c.h, c.remote); w.Code != c.status {
				t.Errorf("%s: %d, want %d", what, w.Code, c.status)
			}
		}
		seconds, _ := strconv.Atoi(w.Header().Get("Retry-After"))
		time.Sleep(time.Duration(seconds) * time.Second)
		if n := passing(3, func(int) *httptest.ResponseRecorder { return from(h, "192.0.2.1:1") }); n != 1 {
			t.Errorf("%d after Retry-After", n)
		}
		time.Sleep(time.Minute)
		if n := passing(10, func(int) *httptest.ResponseRecorder { return from(h, "192.0.2.1:1") }); n != 6 {
			t.Errorf("%d after a minute", n)
		}
	})
}

// Retry-After is rounded up: who keeps to it is not refused again.
func TestRetryAfterIsLongEnough(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	h := s.guard.RateLimit("x", 45)(hello) // one in 1.33 seconds
	synctest.Test(t, func(t *testing.T) {
		passing(45, func(int) *httptest.ResponseRecorder { return from(h, "192.0.2.1:1") })
		for range 20 {
			w := from(h, "192.0.2.1:1")
			seconds, _ := strconv.Atoi(w.Header().Get("Retry-After"))
			if w.Code == 429 && seconds < 1 {
				t.Fatalf("Retry-After %q", w.Header().Get("Retry-After"))
			}
			time.Sleep(time.Duration(seconds) * time.Second)
			if w = from(h, "192.0.2.1:1"); w.Code != 200 {
				t.Fatalf("after Retry-After: %d", w.Code)
			}
		}
	})
}

// However one client writes its address, and whatever it forwards, it is one
// client.
func TestLimitIsNotEscaped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		proxies []string
		send    func(h http.Handler, i int) *httptest.ResponseRecorder
	}{
		"rotating X-Forwarded-For": {nil, func(h http.Handler, i int) *httptest.ResponseRecorder {
			return from(h, "192.0.2.1:1", "X-Forwarded-For", fmt.Sprint("198.51.100.", i))
		}},
		"rotating X-Forwarded-For before the proxy's": {[]string{"10.0.0.0/8"}, func(h http.Handler, i int) *httptest.ResponseRecorder {
			return from(h, "10.0.0.1:1", "X-Forwarded-For", fmt.Sprint("198.51.100.", i, ", 203.0.113.7"))
		}},
		"a header of its own before the proxy's": {[]string{"10.0.0.0/8"}, func(h http.Handler, i int) *httptest.ResponseRecorder {
			return from(h, "10.0.0.1:1", "X-Forwarded-For", fmt.Sprint("198.51.100.", i), "X-Forwarded-For", "203.0.113.7")
		}},
		"other headers": {[]string{"10.0.0.0/8"}, func(h http.Handler, i int) *httptest.ResponseRecorder {
			other := fmt.Sprint("198.51.100.", i)
			return from(h, "10.0.0.1:1", "X-Forwarded-For", "203.0.113.7", "Forwarded", "for="+other, "X-Real-Ip", other, "True-Client-Ip", other)
		}},
		"IPv4-mapped": {nil, func(h http.Handler, i int) *httptest.ResponseRecorder {
			return from(h, []string{"192.0.2.1:1", "[::ffff:192.0.2.1]:1", "[::FFFF:c000:0201]:1", "[0:0:0:0:0:ffff:192.0.2.1]:1"}[i%4])
		}},
		"IPv4-mapped, forwarded": {[]string{"10.0.0.0/8"}, func(h http.Handler, i int) *httptest.ResponseRecorder {
			return from(h, "[::ffff:10.0.0.1]:1", "X-Forwarded-For", []string{"203.0.113.7", " ::ffff:203.0.113.7", "::FFFF:CB00:7107"}[i%3])
		}},
		"forms of IPv6": {[]string{"10.0.0.0/8"}, func(h http.Handler, i int) *httptest.ResponseRecorder {
			return from(h, "10.0.0.1:1", "X-Forwarded-For", []string{"2001:db8::1", "2001:DB8::1", "2001:0db8:0000:0:0::1", "2001:db8::1%eth0"}[i%4])
		}},
		"one /64": {nil, func(h http.Handler, i int) *httptest.ResponseRecorder {
			return from(h, fmt.Sprintf("[2001:db8:1:2:%x::%x]:1", i*7919&0xffff, i))
		}},
		"zones": {nil, func(h http.Handler, i int) *httptest.ResponseRecorder {
			return from(h, fmt.Sprintf("[fe80::1%%eth%d]:1", i))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(config *middleware.Config) { config.TrustedProxies = prefixes(c.proxies...) })
			h := s.guard.RateLimit("x", 5)(hello)
			synctest.Test(t, func(t *testing.T) {
				if n := passing(40, func(i int) *httptest.ResponseRecorder { return c.send(h, i) }); n != 5 {
					t.Errorf("%d requests passed, not 5", n)
				}
				if w := from(h, "192.0.2.99:1"); w.Code != 200 {
					t.Errorf("somebody else: %d", w.Code)
				}
			})
		})
	}
}

// Behind a declared proxy each client has its own.
func TestLimitBehindADeclaredProxy(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *middleware.Config) { c.TrustedProxies = prefixes("10.0.0.0/8", "fd00::/8") })
	h := s.guard.RateLimit("x", 2)(hello)
	synctest.Test(t, func(t *testing.T) {
		for _, client := range []string{"203.0.113.7", "203.0.113.8", "2001:db8:1:1::1", "2001:db8:1:2::1"} {
			if n := passing(5, func(i int) *httptest.ResponseRecorder {
				return from(h, []string{"10.0.0.1:1", "[fd00::1]:1"}[i%2], "X-Forwarded-For", client)
			}); n != 2 {
				t.Errorf("%s: %d passed", client, n)
			}
		}
	})
	if s.log.Len() != 0 {
		t.Errorf("log: %s", s.log.String())
	}
}

// The site as a whole takes a hundred clients' worth; what is refused to one is
// counted against nobody.
func TestSiteLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	h := s.guard.RateLimit("x", 2)(hello)
	synctest.Test(t, func(t *testing.T) {
		if n := passing(500, func(int) *httptest.ResponseRecorder { return from(h, "192.0.2.1:1") }); n != 2 {
			t.Errorf("one client: %d", n)
		}
		if n := passing(300, func(i int) *httptest.ResponseRecorder { return from(h, fmt.Sprintf("198.51.%d.%d:1", i/200, i%200)) }); n != 198 {
			t.Errorf("the others: %d, want 198", n)
		}
	})
}

// An https origin without TLS has a proxy in front that nobody declared: all
// clients are one, with more room, and the log says so once.
func TestUndeclaredProxy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	h := s.guard.RateLimit("x", 3)(hello)
	synctest.Test(t, func(t *testing.T) {
		n := passing(200, func(i int) *httptest.ResponseRecorder {
			r := request(nil)
			r.RemoteAddr = fmt.Sprintf("10.0.0.%d:1", i)
			r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		})
		if n != 60 {
			t.Errorf("%d passed, want 60", n)
		}
	})
	if n := strings.Count(s.log.String(), "level=ERROR"); n != 1 || !strings.Contains(s.log.String(), "TrustedProxies") {
		t.Errorf("%d errors: %s", n, s.log.String())
	}
}

// On this machine itself the client is this machine.
func TestLimitOfALoopbackOrigin(t *testing.T) {
	t.Parallel()
	const local = "http://localhost:8080"
	sessions, err := store.NewSessions(store.NewMemory(), store.SessionsConfig{Origin: local})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *middleware.Config) { c.Origin, c.Sessions = local, sessions })
	h := s.guard.RateLimit("x", 3)(hello)
	synctest.Test(t, func(t *testing.T) {
		n := passing(10, func(int) *httptest.ResponseRecorder {
			r := request(nil)
			r.RemoteAddr = "127.0.0.1:1"
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		})
		if n != 3 {
			t.Errorf("%d passed", n)
		}
	})
	if s.log.Len() != 0 {
		t.Errorf("log: %s", s.log.String())
	}
}

// limiter is a shared one that can fail.
type limiter struct {
	store.Memory
	err error
}

func (l *limiter) Allow(ctx context.Context, limits ...store.Limit) (time.Duration, error) {
	if err := errors.Join(l.err, ctx.Err()); err != nil {
		return 0, err
	}
	return l.Memory.Allow(ctx, limits...)
}

// With the shared limiter down this process counts alone, and says so once; a
// client that hangs up is no outage.
func TestLimiterDown(t *testing.T) {
	t.Parallel()
	shared := &limiter{}
	s := newSite(t, func(c *middleware.Config) { c.Limiter = shared })
	h := s.guard.RateLimit("x", 3)(hello)
	send := func(int) *httptest.ResponseRecorder { return from(h, "192.0.2.1:1") }
	synctest.Test(t, func(t *testing.T) {
		for outage := 1; outage <= 2; outage++ {
			if n := passing(10, send); n != 3 {
				t.Errorf("shared: %d", n)
			}
			shared.err = errors.New("connection refused")
			if n := passing(10, send); n != 3 {
				t.Errorf("alone: %d", n)
			}
			if n := strings.Count(s.log.String(), "connection refused"); n != outage {
				t.Errorf("%d lines after %d outages: %s", n, outage, s.log.String())
			}
			shared.err = nil
			time.Sleep(time.Minute)
		}
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		before := s.log.Len()
		for range 5 {
			r := request(nil).WithContext(gone)
			r.TLS = new(tls.ConnectionState)
			h.ServeHTTP(httptest.NewRecorder(), r)
			send(0)
		}
		if s.log.Len() != before {
			t.Errorf("a client that hangs up is logged: %s", s.log.String()[before:])
		}
	})
}

// Plain HTTP is refused, and only a trusted proxy is believed about it.
func TestRequireHTTPS(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *middleware.Config) { c.TrustedProxies = prefixes("10.0.0.0/8") })
	h := s.guard.RequireHTTPS(hello)
	for _, c := range []struct {
		name   string
		tls    bool
		remote string
		proto  []string
		status int
	}{
		{"TLS", true, "192.0.2.1:1", nil, 200},
		{"TLS, whatever is said", true, "192.0.2.1:1", []string{"http"}, 200},
		{"plain", false, "192.0.2.1:1", nil, 403},
		{"plain, says https", false, "192.0.2.1:1", []string{"https"}, 403},
		{"proxy says https", false, "10.0.0.1:1", []string{"https"}, 200},
		{"proxy says HTTPS", false, "10.0.0.1:1", []string{"HTTPS"}, 200},
		{"mapped proxy says https", false, "[::ffff:10.0.0.1]:1", []string{"https"}, 200},
		{"proxy says http", false, "10.0.0.1:1", []string{"http"}, 403},
		{"proxy says nothing", false, "10.0.0.1:1", nil, 403},
		{"proxy says a list", false, "10.0.0.1:1", []string{"https, http"}, 403},
		{"proxy says it twice", false, "10.0.0.1:1", []string{"https", "https"}, 403},
		{"proxy says two things", false, "10.0.0.1:1", []string{"https", "http"}, 403},
		{"no address", false, "@", []string{"https"}, 403},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-Proto"] = c.remote, c.proto
		if c.tls {
			r.TLS = new(tls.ConnectionState)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || c.status == 403 && code(w) != "https_required" {
			t.Errorf("%s: %d %s, want %d", c.name, w.Code, w.Body, c.status)
		}
	}
}
