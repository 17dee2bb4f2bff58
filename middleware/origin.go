package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/nearauth/nearauth/store"
)

// originRules decide which requests come from this site.
type originRules struct {
	self    string
	trusted map[string]bool // without self
	browser *http.CrossOriginProtection
}

func newOriginRules(self store.Origin, trusted []string, insecure bool) (originRules, error) {
	rules := originRules{self: self.String(), trusted: make(map[string]bool), browser: http.NewCrossOriginProtection()}
	// CrossOriginProtection compares Origin with the Host header, which a
	// proxy in front may have changed. The configured origin is right always.
	errs := []error{rules.browser.AddTrustedOrigin(rules.self)}
	for _, t := range trusted {
		o, err := store.ParseOrigin(t)
		if err == nil {
			err = checkTrusted(self, o, insecure)
		}
		if err == nil {
			rules.trusted[o.String()] = true
			err = rules.browser.AddTrustedOrigin(o.String())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("TrustedOrigins: %w", err))
		}
	}
	return rules, errors.Join(errs...)
}

// checkTrusted refuses an origin that anybody on the way can speak for, beside
// a site that nobody can.
func checkTrusted(self, o store.Origin, insecure bool) error {
	if self.Secure() && !o.Secure() && !insecure {
		return fmt.Errorf("%s is plain http, and the site is not", o)
	}
	return o.CheckTransport(insecure)
}

var errOtherOrigin = errors.New("the Origin header names neither this site nor a trusted origin")

// CheckOrigin returns an error for a request that could change something and
// was made by another site's page; answer it with CrossOrigin. These are requests with an
// unsafe method (RFC 9110 §9.2.1), and those with an Upgrade header, since
// WebSockets begin with a GET that no CORS rule protects. They must pass
// http.CrossOriginProtection, and an Origin header, where there is one, must
// equal the configured or a trusted origin byte for byte. A request with
// neither Origin nor Sec-Fetch-Site passes: every browser of today sends one
// with such requests, and other clients have no cookies to abuse.
func (g *Guard) CheckOrigin(r *http.Request) error {
	if safe(r.Method) && len(r.Header["Upgrade"]) == 0 {
		return nil
	}
	if origins := r.Header["Origin"]; len(origins) > 0 {
		if len(origins) > 1 || origins[0] != g.origins.self && !g.origins.trusted[origins[0]] {
			return errOtherOrigin
		}
	}
	if safe(r.Method) {
		// An upgrade: CrossOriginProtection would wave a GET through.
		r = &http.Request{Method: http.MethodPost, Header: r.Header, Host: r.Host, URL: r.URL}
	}
	return g.origins.browser.Check(r)
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// CORS lets pages of the trusted origins read the answers of next, with
// credentials (Fetch Standard §3.2), and answers their preflight requests.
// Any other origin gets no CORS header. It decides nothing else: put
// RequireAccount inside.
func (g *Guard) CORS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.cors(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// cors sets the headers, and reports whether it answered a preflight.
func (g *Guard) cors(w http.ResponseWriter, r *http.Request) (answered bool) {
	if len(g.origins.trusted) == 0 {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header["Origin"]
	if len(origin) != 1 || !g.origins.trusted[origin[0]] {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin[0])
	h.Set("Access-Control-Allow-Credentials", "true")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		h.Set("Access-Control-Expose-Headers", "Retry-After")
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// navigation reports whether a person is going to a page that can be gone to
// again after signing in.
func navigation(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	return Navigation(r)
}

// Navigation reports whether a person will see the answer as a page, as against
// a script that fetches something. Browsers say so; for others the Accept
// header tells.
func Navigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
