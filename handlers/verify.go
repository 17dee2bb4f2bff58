package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// Verify is POST /verify: it takes the wallet's answer and signs in.
//
// The order is what makes it safe; each step is cheaper than the next or needs
// it. Nothing is taken from the store for a request that proves nothing, so
// that nobody can spoil another's challenge; the chain is asked only about
// valid signatures; and the challenge is taken last, when all else is settled,
// because whoever takes it is the one who signs in.
func (a *Auth) Verify() http.Handler {
	return a.endpoint("verify", []string{http.MethodPost}, func(w http.ResponseWriter, r *http.Request) *Error {
		var at attempt
		fail := a.verify(w, r, &at)
		e := Event{Kind: SignedIn, Account: at.account, Client: a.ClientPrefix(r)}
		if at.chain != nil {
			e.Chain = at.chain.ID()
		}
		if fail != nil {
			e.Kind, e.Code, e.Err = Refused, fail.Code, fail.Err
		}
		a.event(r.Context(), e)
		return fail
	})
}

// attempt is one verify request on its way.
type attempt struct {
	request   *verifyRequest
	key       store.Key
	chain     Chain
	account   store.Account // proven by a valid signature; not yet by the chain
	confirmed time.Time     // the chain was asked then
}

func (a *Auth) verify(w http.ResponseWriter, r *http.Request, at *attempt) *Error {
	body, fail := readBody(w, r, a.maxVerify)
	if fail != nil {
		return fail
	}
	var err error
	if at.request, err = parseVerify(body); err != nil {
		return invalidRequest(err)
	}
	challenge, fail := a.findChallenge(r, at)
	if fail != nil {
		return fail
	}
	if err := at.request.compare(challenge); err != nil {
		return invalidRequest(err)
	}
	asked := challenge.AccountID
	if challenge, err = at.readMessage(challenge); err != nil {
		return proofError(err)
	}
	account, err := at.chain.Verify(*challenge, at.request.proof)
	if err != nil {
		return proofError(err)
	}
	account.Chain = at.chain.ID() // a chain vouches for its own accounts only
	if account.ID == "" || account.PublicKey == "" {
		return invalidSignature(errors.New("handlers: the chain names no account"))
	}
	at.account = account
	if asked != "" && asked != account.ID {
		return accountMismatch()
	}
	if fail := a.confirm(r.Context(), at); fail != nil {
		return fail
	}
	return a.open(w, r, at)
}

// findChallenge reads the challenge of the request's nonce and browser, and
// leaves it where it is.
func (a *Auth) findChallenge(r *http.Request, at *attempt) (*Challenge, *Error) {
	b, ok := a.readBrowser(r)
	if !ok {
		return nil, cookieMissing()
	}
	nonce := b.nonce
	if at.request.nonce != nil {
		nonce = [32]byte(at.request.nonce)
	}
	at.key = a.challengeKey(b, nonce)
	record, err := a.challenges.GetChallenge(r.Context(), at.key)
	if err != nil {
		return nil, takeError(err)
	}
	challenge, err := decodeChallenge(record)
	if err != nil {
		return nil, challengeInvalid()
	}
	challenge.Nonce, challenge.Origin = nonce, a.pageOrigin(r)
	for _, c := range a.chains {
		if c.ID() == challenge.Chain {
			at.chain = c
			return challenge, nil
		}
	}
	return nil, challengeInvalid() // of a chain that is configured no longer
}

// compare holds what the client repeats of the challenge against it.
func (v *verifyRequest) compare(c *Challenge) error {
	for _, p := range []struct {
		name   string
		sent   *string
		issued string
	}{
		{"recipient", v.compared.recipient, c.Recipient},
		{"callbackUrl", v.compared.callbackURL, c.CallbackURL},
		{"state", v.state, c.State},
	} {
		if p.sent != nil && *p.sent != p.issued {
			return fmt.Errorf("handlers: %s is not the one of the challenge", p.name)
		}
	}
	if v.state != nil && c.State == "" {
		return errors.New("handlers: no state was issued")
	}
	return nil
}

// readMessage is for a message that is not the challenge's own: what was signed
// may be the front end's text where the chain can hold it against the challenge.
func (at *attempt) readMessage(c *Challenge) (*Challenge, error) {
	sent := at.request.message
	if sent == nil || *sent == c.Message {
		return c, nil
	}
	reader, ok := at.chain.(interface {
		ReadMessage(Challenge, string) (Challenge, error)
	})
	if !ok {
		return nil, fmt.Errorf("%w: message is not the one of the challenge", ErrMalformed)
	}
	read, err := reader.ReadMessage(*c, *sent)
	return &read, err
}

// confirm asks the chain, then the policy, and takes the challenge on every
// definite answer. "Cannot tell" takes nothing: the same signature can be sent
// again.
func (a *Auth) confirm(ctx context.Context, at *attempt) *Error {
	var err error
	at.confirmed, err = a.questions.ask(ctx, question{at.key, at.account}, at.chain.Confirm)
	var refused *Error
	if err != nil {
		if refused = chainError(err); refused.Status == http.StatusServiceUnavailable {
			return refused
		}
	} else if a.policy != nil {
		if refused = denied(a.policy(at.account)); refused != nil && refused.Status == http.StatusServiceUnavailable {
			return refused
		}
	}
	// From here on the client may hang up: what is decided is carried out.
	if _, err := a.challenges.TakeChallenge(context.WithoutCancel(ctx), at.key); err != nil {
		return takeError(err)
	}
	return refused
}

// open makes the request's session that of the account, and answers.
func (a *Auth) open(w http.ResponseWriter, r *http.Request, at *attempt) (fail *Error) {
	if a.onSignIn != nil {
		// Before the session is loaded: it is not yet the account's.
		if fail := denied(a.onSignIn(r.Context(), at.account)); fail != nil {
			return fail
		}
	}
	err := a.Load(w, r, func(w http.ResponseWriter, r *http.Request) {
		session, err := store.SignInConfirmed(r.Context(), a.Sessions, at.account, a.client(r), at.confirmed)
		if err != nil {
			a.Abandon(w)
			fail = middleware.StoreUnavailable(err)
			return
		}
		a.SignedIn(w, r)
		out := a.describe(session)
		out.write(w)
	})
	if err != nil {
		return middleware.StoreUnavailable(err)
	}
	return fail
}

// denied turns what the application says of an account into an answer.
func denied(err error) *Error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrUnavailable), errors.Is(err, store.ErrUnavailable):
		return middleware.StoreUnavailable(err)
	}
	return accountDenied(err)
}
