package handlers

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nearauth/nearauth/middleware"
)

// ServeHTTP serves the endpoints by path: /challenge, /verify, /session,
// /logout, /sessions, /sessions/{id}, and /client.js, /ethereum.js and
// /stellar.js, each with its .d.ts. Mount it under any prefix with
// http.StripPrefix: the whole path must be one of these, or the answer is 404
// not_found.
func (a *Auth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// StripPrefix("/auth/", …), as one writes it for files, leaves no slash.
	path := "/" + strings.TrimPrefix(r.URL.Path, "/")
	h, ok := a.routes[path]
	if id, isOne := strings.CutPrefix(path, "/sessions/"); isOne && id != "" && !strings.Contains(id, "/") {
		h, ok = a.RevokeSession(), true
	}
	if !ok {
		h = a.endpoint("other", nil, func(http.ResponseWriter, *http.Request) *Error { return notFound() })
	}
	h.ServeHTTP(w, r)
}

// endpoint is what all endpoints share: the headers, CORS for trusted origins,
// the methods there are (none is any), the origin of the request, and the rate
// where it is limited, in this order. f answers, or returns the error to
// answer.
func (a *Auth) endpoint(name string, methods []string, f func(http.ResponseWriter, *http.Request) *Error) http.Handler {
	allow := strings.Join(methods, ", ")
	inner := a.CORS(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		err := a.allowed(name, methods, allow, r)
		if err != nil {
			a.event(r.Context(), Event{Kind: Refused, Client: a.ClientPrefix(r), Code: err.Code, Err: err.Err})
		} else {
			err = f(w, r)
		}
		a.Observed(r.Context(), name, begun, err)
		if err != nil {
			a.Fail(w, r, err)
		}
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Add("Vary", "Cookie")
		inner.ServeHTTP(w, r)
	})
}

func (a *Auth) allowed(name string, methods []string, allow string, r *http.Request) *Error {
	if methods != nil && !slices.Contains(methods, r.Method) {
		return methodNotAllowed(allow)
	}
	if err := a.CheckOrigin(r); err != nil {
		return middleware.CrossOrigin(err)
	}
	if a.rateLimit > 0 && limited[name] {
		return a.Allow(r, name, a.rateLimit)
	}
	return nil
}

// limited are the endpoints that strangers can make work for.
var limited = map[string]bool{"challenge": true, "verify": true}

// maxBody is the most that a request may bring, and maxLongBody what a chain can
// make of it for its proofs.
const maxBody, maxLongBody = 16 << 10, 64 << 10

// maxVerify is how large a verify request may be for the sake of these chains.
func maxVerify(chains []Chain) int64 {
	most := maxBody
	for _, c := range chains {
		if long, ok := c.(interface{ MaxBody() int }); ok {
			most = max(most, min(long.MaxBody(), maxLongBody))
		}
	}
	return int64(most)
}

// readBody returns the body of a request that is JSON, or has none.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, *Error) {
	if r.ContentLength > 0 && !isJSON(r) {
		return nil, unsupportedMediaType()
	}
	size := min(max(r.ContentLength, 0), most)
	read := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	_, err := read.ReadFrom(http.MaxBytesReader(w, r.Body, most))
	body := read.Bytes()
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, bodyTooLarge(err)
		}
		return nil, invalidRequest(err)
	}
	if len(body) > 0 && !isJSON(r) {
		return nil, unsupportedMediaType()
	}
	return body, nil
}

// isJSON reports whether the body claims to be JSON in UTF-8, not compressed.
// Forms cannot claim that, so no other site posts it without a preflight.
func isJSON(r *http.Request) bool {
	types := r.Header["Content-Type"]
	if len(types) != 1 || r.Header.Get("Content-Encoding") != "" {
		return false
	}
	if types[0] == "application/json" {
		return true
	}
	kind, params, err := mime.ParseMediaType(types[0])
	charset, stated := params["charset"]
	return err == nil && kind == "application/json" && (!stated || strings.EqualFold(charset, "utf-8"))
}
