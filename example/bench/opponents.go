package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/sessions"
)

// Each opponent is used as its documentation says, by somebody who takes care,
// and where there are two ways, in the faster one.

// newJWT returns a token of an account and a function that reads one. The
// parser is made once; it holds the methods that are allowed, as it must.
func newJWT(t testing.TB, account string) (token string, read func(string) (string, bool)) {
	t.Helper()
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Subject: account, ExpiresAt: jwt.NewNumericDate(time.Now().Add(24 * time.Hour)),
	}).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}))
	key := func(*jwt.Token) (any, error) { return secret, nil }
	return token, func(token string) (string, bool) {
		var claims jwt.RegisteredClaims
		parsed, err := parser.ParseWithClaims(token, &claims, key)
		return claims.Subject, err == nil && parsed.Valid
	}
}

func parseJWT(t testing.TB) func() bool {
	alice := newAlice(t).account
	token, read := newJWT(t, alice)
	return func() bool {
		subject, valid := read(token)
		return valid && subject == alice
	}
}

type subjectKey struct{}

// visitJWT has around the parse what takes the place of RequireAccount.
func visitJWT(t testing.TB) *visit {
	alice := newAlice(t).account
	token, read := newJWT(t, alice)
	v := newVisit(alice, "Authorization", "Bearer "+token)
	page := v.greets(func(r *http.Request) string {
		subject, _ := r.Context().Value(subjectKey{}).(string)
		return subject
	})
	v.page = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		subject, valid := read(token)
		if !bearer || !valid {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		page.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), subjectKey{}, subject)))
	})
	return v
}

// visitSCS is scs with its own codec, gob, and its own memstore.
func visitSCS(t testing.TB) *visit {
	t.Helper()
	alice, manager := newAlice(t), scs.New()
	ctx, err := manager.Load(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	manager.Put(ctx, "account", alice.session().String())
	manager.Put(ctx, "publicKey", alice.key)
	manager.Put(ctx, "signedInAt", time.Now().Unix())
	token, _, err := manager.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	v := newVisit(alice.session().String(), "Cookie", manager.Cookie.Name+"="+token)
	v.page = manager.LoadAndSave(v.greets(func(r *http.Request) string {
		return manager.GetString(r.Context(), "account")
	}))
	return v
}

// decodeGorilla reads a signed cookie. New decodes each time; Get would keep
// the session with the request, which is the same one each time here.
func decodeGorilla(t testing.TB) func() bool {
	t.Helper()
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	alice, cookies := newAlice(t), sessions.NewCookieStore(secret)
	v := newVisit(alice.account, "", "")
	session, err := cookies.New(v.request, "session")
	if err != nil {
		t.Fatal(err)
	}
	session.Values["account"] = alice.account
	session.Values["publicKey"] = alice.key
	session.Values["signedInAt"] = time.Now().Unix()
	answer := httptest.NewRecorder()
	if err := session.Save(v.request, answer); err != nil {
		t.Fatal(err)
	}
	cookie, _, _ := strings.Cut(answer.Header().Get("Set-Cookie"), ";")
	v.request.Header.Set("Cookie", cookie)
	return func() bool {
		session, err := cookies.New(v.request, "session")
		return err == nil && session.Values["account"] == alice.account
	}
}
