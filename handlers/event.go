package handlers

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/nearauth/nearauth/store"
)

// EventKind says what happened.
type EventKind string

// What happens at the endpoints.
const (
	ChallengeIssued EventKind = "challenge_issued"
	SignedIn        EventKind = "signed_in"
	Refused         EventKind = "refused" // a challenge or sign-in; Code says why
	SignedOut       EventKind = "signed_out"
)

// Event is one decision of the endpoints. It holds no nonce, signature or
// token, so it can be logged as it is.
type Event struct {
	Kind    EventKind
	Chain   string        // CAIP-2; empty where the request did not get so far
	Account store.Account // a challenge: asked for; a refusal: proven by the signature, or empty
	Client  string        // network prefix of the connection
	Code    string        // of a refusal: the code the client got
	Err     error         // of a refusal: the cause, or nil
	Scope   string        // of a sign-out: "", "all", "others", or "one" by its id
	Ended   int           // of a sign-out: sessions that ended
}

func (a *Auth) event(ctx context.Context, e Event) {
	e.Account.Evidence = "" // has a signature in it
	if a.onEvent != nil {
		a.onEvent(ctx, e)
	}
	if !a.log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs := []slog.Attr{slog.String("chain", e.Chain), slog.String("client", e.Client)}
	if e.Account.ID != "" {
		attrs = append(attrs, slog.String("account", e.Account.String()))
	}
	if e.Account.PublicKey != "" {
		attrs = append(attrs, slog.String("publicKey", e.Account.PublicKey))
	}
	if e.Code != "" {
		attrs = append(attrs, slog.String("code", e.Code))
	}
	// What is down is the news of the line about the failure.
	if e.Err != nil && !strings.HasSuffix(e.Code, "_unavailable") {
		attrs = append(attrs, slog.Any("error", e.Err))
	}
	if e.Kind == SignedOut {
		attrs = append(attrs, slog.String("scope", e.Scope), slog.Int("ended", e.Ended))
	}
	a.log.LogAttrs(ctx, slog.LevelInfo, "nearauth "+string(e.Kind), attrs...)
}

// Policy decides which accounts may sign in: nil, or the reason why not, for
// the log. It is asked only about accounts whose key the chain has confirmed,
// so that its answers tell strangers nothing. An error that is ErrUnavailable
// means that it cannot tell.
type Policy func(store.Account) error

var errNotListed = errors.New("handlers: account is not on the list")

// AllowAccounts is the policy that admits the accounts with these CAIP-10 ids,
// in the canonical form of their chain: "near:mainnet:alice.near", and an
// Ethereum address with its checksum, as the site shows it.
func AllowAccounts(ids ...string) Policy {
	allowed := make(map[string]bool, len(ids))
	for _, id := range ids {
		allowed[id] = true
		// CAIP-10 percent-encodes what NEAR ids are full of: underscores.
		if namespace, rest, ok := strings.Cut(id, ":"); ok {
			if reference, account, ok := strings.Cut(rest, ":"); ok {
				allowed[store.Account{Chain: namespace + ":" + reference, ID: account}.String()] = true
			}
		}
	}
	return func(a store.Account) error {
		if !allowed[a.String()] {
			return errNotListed
		}
		return nil
	}
}
