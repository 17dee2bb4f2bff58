package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/store"
)

// Error is a request refused, as Config.Error gets it to render.
type Error = middleware.Error

// Observation is what Config.Observe gets.
type Observation = middleware.Observation

// The catalogue: every code that these endpoints answer, and its words. Codes
// are stable; words may change.

func invalidRequest(err error) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "invalid_request", Message: "The request is not understood.", Err: err}
}

func unsupportedChain(err error) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "unsupported_chain", Message: "This site does not accept accounts of that chain.", Err: err}
}

func unsupportedKey(err error) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "unsupported_key_type", Message: "This site does not accept keys of that type.", Err: err}
}

func cookieMissing() *Error {
	return &Error{Status: http.StatusBadRequest, Code: "cookie_missing", Message: "The browser did not send the sign-in cookie. Allow cookies for this site and start again."}
}

// challengeInvalid is one answer for a challenge that is unknown, expired, used
// or another browser's, so that it tells nothing about other people's.
func challengeInvalid() *Error {
	return &Error{Status: http.StatusBadRequest, Code: "challenge_invalid", Message: "This sign-in has expired or was used already. Start again."}
}

func invalidSignature(err error) *Error {
	return &Error{Status: http.StatusUnauthorized, Code: "invalid_signature", Message: "The wallet's signature does not fit this sign-in.", Err: err}
}

func accountMismatch() *Error {
	return &Error{Status: http.StatusUnauthorized, Code: "account_mismatch", Message: "The wallet signed with another account than the one asked for."}
}

func accountDenied(err error) *Error {
	return &Error{Status: http.StatusForbidden, Code: "account_denied", Message: "This account may not sign in here.", Err: err}
}

func notFound() *Error {
	return &Error{Status: http.StatusNotFound, Code: "not_found", Message: "There is nothing here."}
}

func sessionNotFound() *Error {
	return &Error{Status: http.StatusNotFound, Code: "session_not_found", Message: "There is no such session."}
}

func methodNotAllowed(allow string) *Error {
	return &Error{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Message: "That method is not allowed here.", Allow: allow}
}

func bodyTooLarge(err error) *Error {
	return &Error{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large", Message: "The request is too large.", Err: err}
}

func unsupportedMediaType() *Error {
	return &Error{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type", Message: "Send JSON, with Content-Type: application/json."}
}

// chainError turns what Chain.Confirm says into an answer. What is not a
// definite no is "cannot tell": never a 401, and never a 500.
func chainError(err error) *Error {
	switch {
	case errors.Is(err, ErrUnavailable): // whatever else it says
	case errors.Is(err, ErrKeyNotFound):
		return &Error{Status: http.StatusUnauthorized, Code: "key_not_found", Message: "That key is not on the account.", Err: err}
	case errors.Is(err, ErrInvalidSignature):
		return invalidSignature(err)
	case errors.Is(err, ErrKeyNotFullAccess):
		return &Error{Status: http.StatusUnauthorized, Code: "key_not_full_access", Message: "That key of the account has too few rights to sign in.", Err: err}
	}
	wait := 2 * time.Second
	if u, ok := errors.AsType[*UnavailableError](err); ok && u.RetryAfter > 0 {
		wait = u.RetryAfter
	}
	e := middleware.ChainUnavailable(err, wait)
	e.Message = "The chain cannot be asked at the moment. Try again shortly; the same signature will do."
	return e
}

// proofError turns what Chain.Verify says into an answer.
func proofError(err error) *Error {
	switch {
	case errors.Is(err, ErrUnsupportedKey):
		return unsupportedKey(err)
	case errors.Is(err, ErrUnsupportedChain):
		return unsupportedChain(err)
	case errors.Is(err, ErrMalformed):
		return invalidRequest(err)
	}
	return invalidSignature(err)
}

// takeError turns what a challenge store says into an answer.
func takeError(err error) *Error {
	if errors.Is(err, store.ErrGone) {
		return challengeInvalid()
	}
	return middleware.StoreUnavailable(err)
}
