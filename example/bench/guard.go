package main

import (
	"net/http"
	"testing"

	"github.com/nearauth/nearauth/store"
)

// Names of contenders that have targets.
const (
	guardAlone  = "RequireAccount"
	guardInside = "RequireAccount inside LoadAndSave"
	jwtParse    = "golang-jwt, parse and validate"
	jwtGuarded  = "golang-jwt, in a handler"
	scsDefault  = "scs as it comes: LoadAndSave, GetString"
	gorilla     = "gorilla/sessions CookieStore, decode"
	bareHandler = "net/http handler, nothing around it"
)

var guardContest = contest{
	name:   "guard",
	about:  "a request of somebody who is signed in, sessions in memory",
	slices: 10,
	enter: func(t testing.TB) []*contender {
		auth := newSite(t, store.NewMemory())
		return []*contender{
			{name: guardAlone, op: guarded(t, auth, alone).again},
			{name: guardInside, op: guarded(t, auth, auth.Sessions.LoadAndSave).again},
			{name: jwtParse, op: parseJWT(t)},
			{name: jwtGuarded, op: visitJWT(t).again},
			{name: scsDefault, op: visitSCS(t).again},
			{name: gorilla, op: decodeGorilla(t)},
			{name: bareHandler, op: visitBare().again},
		}
	},
	ratios: []ratio{
		{guardAlone, jwtParse, 0.38},
		{guardInside, jwtParse, 0.60},
		{guardAlone, scsDefault, 0.09},
		{guardAlone, jwtGuarded, 0},
		{guardAlone, gorilla, 0},
	},
	allocs: []limit{{guardAlone, 16}, {guardInside, 24}},
}

// visitBare is what a request costs when nobody asks who it is.
func visitBare() *visit {
	v := newVisit("anybody", "", "")
	v.page = v.greets(func(*http.Request) string { return "anybody" })
	return v
}
