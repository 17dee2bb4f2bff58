package middleware

import (
	"context"
	"crypto/sha256"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/nearauth/nearauth/store"
)

const (
	// siteShare is how many clients' worth of requests the whole site takes.
	siteShare = 100
	// unknownShare is what all clients together have whose address is not
	// known.
	unknownShare = 20
	// mostPerMinute is more than a server answers, and keeps the products of
	// rates within their types.
	mostPerMinute = 1 << 30
)

// limits counts requests, in the shared limiter and, while that cannot be
// asked, in one of this process: a limiter that is down is no reason to let
// everything through, or nothing.
type limits struct {
	shared store.Limiter // nil: the process's own
	local  store.Memory
	down   atomic.Bool
}

func (l *limits) allow(ctx context.Context, limits []store.Limit) (wait time.Duration, changed error) {
	if l.shared != nil {
		wait, err := l.shared.Allow(ctx, limits...)
		if err == nil {
			l.down.Store(false)
			return wait, nil
		}
		// That this client has hung up says nothing about the limiter.
		if ctx.Err() == nil && !l.down.Swap(true) {
			changed = err
		}
	}
	wait, _ = l.local.Allow(ctx, limits...)
	return wait, changed
}

// RateLimit lets one client make perMinute requests a minute, all at once or
// spread, and the site as a whole a hundred times as many; what is more is
// answered 429 rate_limited, and counted against nobody. The name says what is
// limited: the same name is the same count, on all instances that share a
// store. A client is what [Guard.ClientPrefix] says; those whose address is
// not known share twenty times the rate. It is no limit on an account, which a
// stranger could use up. It panics for less than one request a minute.
func (g *Guard) RateLimit(name string, perMinute int) func(http.Handler) http.Handler {
	if perMinute < 1 {
		panic("middleware: RateLimit of less than one request a minute")
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := g.Allow(r, name, perMinute); err != nil {
				g.Fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Allow is the decision of RateLimit: nil, or the answer.
func (g *Guard) Allow(r *http.Request, name string, perMinute int) *Error {
	perMinute = min(perMinute, mostPerMinute)
	client, rate := g.ClientPrefix(r), perMinute
	if client == "" {
		rate *= unknownShare
	}
	wait, changed := g.limits.allow(r.Context(), []store.Limit{
		{Key: g.limitKey(name, "client", client), Rate: aMinute(rate)},
		{Key: g.limitKey(name, "site", ""), Rate: aMinute(perMinute * siteShare)},
	})
	if changed != nil {
		g.log.WarnContext(r.Context(), "requests are counted by this process alone", "error", changed)
	}
	if wait <= 0 {
		return nil
	}
	return RateLimited(wait)
}

func aMinute(n int) store.Rate {
	return store.Rate{Every: max(time.Minute/time.Duration(max(n, 1)), 1), Burst: n}
}

func (g *Guard) limitKey(name, what, client string) store.Key {
	b := append(make([]byte, 0, 128), "limit\x00"...)
	b = append(append(b, name...), 0)
	b = append(append(b, what...), 0)
	return store.Key{Realm: g.realm, Hash: sha256.Sum256(append(b, client...))}
}

// RequireHTTPS answers 403 https_required to requests that came over plain
// HTTP: without TLS to this server, unless a trusted proxy says in
// X-Forwarded-Proto that the client had it.
func (g *Guard) RequireHTTPS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.overTLS(r) {
			g.Fail(w, r, HTTPSRequired())
			return
		}
		next.ServeHTTP(w, r)
	})
}
