package quorum

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// What nobody configures.
func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := New(Config{
		Endpoints: []Endpoint{{URL: "https://Host.example:8443/path?k=v"}},
		Identify:  func(context.Context, *Server) *Problem { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.name != "quorum" || c.agree != 1 || c.timeout != 5*time.Second || c.log == nil {
		t.Errorf("%+v", c)
	}
	s := c.servers[0]
	transport := s.http.Transport.(*http.Transport)
	if s.timeout != 2*time.Second || s.operator != "host.example" || s.String() != "https://Host.example:8443" {
		t.Errorf("%+v", s)
	}
	// The environment must not decide who is asked, nor a handshake hang.
	if transport.Proxy != nil || transport.TLSHandshakeTimeout != s.timeout || transport.MaxResponseHeaderBytes != 64<<10 {
		t.Errorf("%+v", transport)
	}
}

func TestShortBudget(t *testing.T) {
	t.Parallel()
	if c := withDefaults(Config{Timeout: time.Second}); c.AttemptTimeout != 500*time.Millisecond {
		t.Errorf("%v for an attempt of a second in all", c.AttemptTimeout)
	}
}
