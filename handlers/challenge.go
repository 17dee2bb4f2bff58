package handlers

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// Challenge is POST /challenge: it stores a new challenge for this browser and
// answers with what the wallet must sign.
func (a *Auth) Challenge() http.Handler {
	return a.endpoint("challenge", []string{http.MethodPost}, func(w http.ResponseWriter, r *http.Request) *Error {
		fail := a.challenge(w, r)
		if fail != nil {
			a.event(r.Context(), Event{Kind: Refused, Client: a.ClientPrefix(r), Code: fail.Code, Err: fail.Err})
		}
		return fail
	})
}

func (a *Auth) challenge(w http.ResponseWriter, r *http.Request) *Error {
	body, fail := readBody(w, r, maxBody)
	if fail != nil {
		return fail
	}
	request, err := parseChallenge(body)
	if err != nil {
		return invalidRequest(err)
	}
	c, fail := a.newChallenge(request, a.pageOrigin(r))
	if fail != nil {
		return fail
	}
	b, ok := a.readBrowser(r)
	if !ok {
		b = newBrowser()
	}
	b.nonce = c.Nonce
	client := a.ClientPrefix(r)
	err = a.challenges.PutChallenge(r.Context(), a.challengeKey(b, c.Nonce), client, encodeChallenge(c), c.ExpiresAt)
	if err != nil {
		return middleware.StoreUnavailable(err)
	}
	account := store.Account{Chain: c.Chain, ID: c.AccountID}
	a.event(r.Context(), Event{Kind: ChallengeIssued, Chain: c.Chain, Account: account, Client: client})
	a.writeBrowser(w, b)
	nonce := c.NonceText
	if nonce == "" {
		nonce = base64.StdEncoding.EncodeToString(c.Nonce[:])
	}
	out := newAnswer()
	out.text("chain", c.Chain)
	out.text("network", account.Network())
	out.text("nonce", nonce)
	out.text("challenge", nonce) // the same: what some front ends call it
	out.optional("message", c.Message)
	out.text("recipient", c.Recipient)
	out.optional("callbackUrl", c.CallbackURL)
	out.optional("state", c.State)
	out.time("issuedAt", c.IssuedAt)
	out.time("expiresAt", c.ExpiresAt)
	out.int("expiresIn", int(a.ttl/time.Second))
	for _, m := range c.Members {
		out.text(m.Name, m.Value)
	}
	out.write(w)
	return nil
}

var errCallback = errors.New("handlers: callbackUrl is not one of the configured ones")

// pageOrigin is the origin of the page that asks. A trusted page gets a text
// that names its own host, because wallets compare; anything else that has come
// so far is taken for a page of the site.
func (a *Auth) pageOrigin(r *http.Request) string {
	if sent := r.Header.Get("Origin"); slices.Contains(a.trusted, sent) {
		return sent
	}
	return a.origin.String()
}

func (a *Auth) newChallenge(request challengeRequest, origin string) (*Challenge, *Error) {
	chain := a.chain(request.chain)
	if chain == nil {
		return nil, unsupportedChain(nil)
	}
	if request.callbackURL != "" && !slices.Contains(a.callbacks, request.callbackURL) {
		return nil, invalidRequest(errCallback)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	draft := Request{
		AccountID: request.accountID, Origin: origin, Message: a.message, Recipient: a.recipient,
		CallbackURL: request.callbackURL, IssuedAt: now, ExpiresAt: now.Add(a.ttl),
	}
	_, _ = rand.Read(draft.Nonce[:]) // never fails
	c, err := chain.Challenge(draft)
	if err != nil {
		return nil, proofError(err)
	}
	c.Chain = chain.ID()
	if c.CallbackURL != "" {
		c.State = rand.Text()
	}
	return &c, nil
}
