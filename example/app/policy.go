package app

import "net/http"

// near-connect is what wallets use that are neither injected nor a page of their
// own. It is code of somebody else, so it is fetched only when a person chooses
// it, and runs only if it is, byte for byte, this version: 0.11.4.
const (
	nearConnectURL       = "https://cdn.jsdelivr.net/gh/azbang/near-connect@da9408fa49d9038f3fa5f57d39b0221df7a66f39/cdn/hot-connect.es.js"
	nearConnectIntegrity = "sha384-6mNW6NCppzohQQEDk9oUK1UzQgXnp1KoCkhsZvAPqy8ffwgzBT5AOSAgDR3tOxBk"
)

// policy is the Content-Security-Policy of a page that takes from this origin,
// and from where else it says, and from nowhere else.
func policy(script, style, img, connect string) string {
	return "default-src 'none'; script-src 'self'" + script + "; style-src 'self'" + style + "; img-src 'self'" + img +
		"; connect-src 'self'" + connect + "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// policyForNearConnect is what a page needs where near-connect may run. Its
// wallets are scripts in sandboxed frames, which inherit the policy of the page:
// they have the nonce, draw with inline styles, and ask their own servers.
func policyForNearConnect(nonce string) string {
	return policy(" 'nonce-"+nonce+"' "+nearConnectURL, " 'unsafe-inline'", " data: https:", " https: wss:")
}

// secure sets the headers of every page: scripts and styles of this site only,
// and popups of wallets may talk back.
func secure(next http.Handler) http.Handler {
	content := policy("", "", "", "")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", content)
		h.Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
