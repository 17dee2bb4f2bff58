package main

import (
	"crypto/tls"
	"net/http"
)

// discard is a http.ResponseWriter that keeps the status, and the body if it is
// asked to.
type discard struct {
	header http.Header
	status int
	keep   bool
	body   []byte
}

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) {
	if d.status == 0 && status >= 200 {
		d.status = status
	}
}

func (d *discard) Write(b []byte) (int, error) {
	d.WriteHeader(http.StatusOK)
	if d.keep {
		d.body = append(d.body, b...)
	}
	return len(b), nil
}

func (d *discard) reset() {
	clear(d.header)
	d.status, d.body = 0, d.body[:0]
}

// visit is one request for a protected page, made again and again. It is the
// same request for every contender, but for the header that says who it is.
type visit struct {
	account string // whose page it is
	seen    string // by the page
	page    http.Handler
	request *http.Request
	answer  discard
}

func newVisit(account, header, value string) *visit {
	r, err := http.NewRequest(http.MethodGet, origin+"/private", nil)
	if err != nil {
		panic(err) // all of it stands in the line above
	}
	r.RequestURI, r.RemoteAddr, r.TLS = "/private", client(0), new(tls.ConnectionState)
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if header != "" {
		r.Header.Set(header, value)
	}
	return &visit{account: account, request: r, answer: discard{header: make(http.Header)}}
}

var ok = []byte("ok\n")

// greets is the page behind every guard: it asks who is there, and answers.
func (v *visit) greets(who func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.seen = who(r)
		_, _ = w.Write(ok)
	})
}

// again makes the request, and reports whether the page saw the account.
func (v *visit) again() bool {
	v.answer.reset()
	v.seen = ""
	v.page.ServeHTTP(&v.answer, v.request)
	return v.answer.status == http.StatusOK && v.seen == v.account
}
