package app

import (
	"io"
	"log/slog"
	"net"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"NEARAUTH_RPC": "https://a.example, https://b.example", "NEARAUTH_CALLBACK": "https://c.example",
		"NEARAUTH_TRUSTED_ORIGIN": "https://d.example", "NEARAUTH_SESSION_IDLE": "1h", "NEARAUTH_ADDR": ":1",
	}
	s, err := parseSettings([]string{"-addr", ":2", "-callback", "https://e.example", "-callback=https://f.example"}, func(k string) string { return env[k] }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if s.rpc.String() != "https://a.example,https://b.example" || s.callbacks.String() != "https://e.example,https://f.example" ||
		s.trusts.String() != "https://d.example" || s.idle != time.Hour || s.addr != ":2" {
		t.Errorf("%+v", s)
	}
}

// Bad flags are told at start.
func TestSessionFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ok   bool
		args []string
	}{
		{true, []string{"-rate-limit", "off", "-trusted-proxy", "10.0.0.0/8", "-trusted-proxy", "::1", "-max-sessions", "3", "-recheck", "15m"}},
		{false, []string{"-rate-limit", "0"}}, {false, []string{"-rate-limit", "many"}},
		{false, []string{"-trusted-proxy", "nowhere"}}, {false, []string{"-trusted-proxy", "0.0.0.0/0"}},
		{false, []string{"-max-sessions", "-1"}}, {false, []string{"-recheck", "-1s"}},
	} {
		s, err := parseSettings(append(c.args, "-origin", "http://localhost:8080"), func(string) string { return "" }, io.Discard)
		if err == nil {
			err = s.complete(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080})
		}
		if err == nil {
			var a *app
			if a, err = newApp(s, nil, slog.New(slog.DiscardHandler)); err == nil {
				a.close()
			}
		}
		if (err == nil) != c.ok {
			t.Errorf("%v: %v", c.args, err)
		}
	}
}
