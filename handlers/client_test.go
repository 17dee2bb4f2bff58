package handlers_test

import (
	"strings"
	"testing"
)

// The browser's side is served as a module, may be kept, and is asked for again.
func TestClientModule(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.browser()
	for path, c := range map[string]struct{ kind, contains string }{
		"/auth/client.js":     {"text/javascript; charset=utf-8", "export function createClient("},
		"/auth/client.d.ts":   {"application/typescript; charset=utf-8", "export function createClient("},
		"/auth/ethereum.js":   {"text/javascript; charset=utf-8", "export function ethereumWallets("},
		"/auth/ethereum.d.ts": {"application/typescript; charset=utf-8", "export function ethereumWallets("},
		"/auth/stellar.js":    {"text/javascript; charset=utf-8", "export function freighter("},
		"/auth/stellar.d.ts":  {"application/typescript; charset=utf-8", "export function freighter("},
	} {
		res := b.do("GET", path, nil)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != c.kind || !strings.Contains(res.body, c.contains) ||
			res.Header.Get("Cache-Control") != "public, no-cache" || res.Header.Get("X-Content-Type-Options") != "nosniff" || len(res.Cookies()) != 0 {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
		again := b.do("GET", path, nil, "If-None-Match", res.Header.Get("Etag"))
		if again.StatusCode != 304 || again.Header.Get("Etag") != res.Header.Get("Etag") {
			t.Errorf("%s: %d %v, not changed", path, again.StatusCode, again.Header)
		}
		if head := b.do("HEAD", path, nil); head.StatusCode != 200 || head.Header.Get("Etag") == "" {
			t.Errorf("%s: HEAD %d", path, head.StatusCode)
		}
		b.expect(path, b.do("POST", path, nil), 405, "method_not_allowed")
	}
}
