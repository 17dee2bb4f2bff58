package stellar

import (
	"context"
	"errors"
	"fmt"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/sep53"
	"github.com/nearauth/nearauth/nearrpc/quorum"
	"github.com/nearauth/nearauth/store"
)

// The verdicts. The noes are ordered: a later one tells more.
const (
	enough    = quorum.Yes
	noSigner  = quorum.No
	noAccount = quorum.No + 1
	tooLight  = quorum.No + 2
)

var (
	errNoSigner = fmt.Errorf("stellar: %w: it is not a signer of the account", handlers.ErrKeyNotFound)
	errMissing  = fmt.Errorf("stellar: %w: the account is not on the ledger", handlers.ErrKeyNotFound)
	errTooLight = fmt.Errorf("stellar: %w: its weight is below the threshold", handlers.ErrKeyNotFullAccess)
	errOffline  = fmt.Errorf("stellar: %w: it is not the account's own, and there is no network to ask", handlers.ErrKeyNotFound)
)

// Confirm implements handlers.Chain. It asks for the account each time, so that
// a session ends whose signer has been removed since.
func (chain *Chain) Confirm(ctx context.Context, account store.Account) error {
	id, err := sep53.ParseAddress(account.ID)
	signer, err2 := sep53.ParseAddress(account.PublicKey)
	if err := errors.Join(err, err2); err != nil {
		return &handlers.UnavailableError{Err: fmt.Errorf("stellar: not an account to ask about: %w", err)}
	}
	if chain.servers == nil {
		if id != signer {
			return errOffline
		}
		return nil
	}
	verdict, err := chain.servers.Ask(ctx, account.ID, chain.question(id, signer))
	switch verdict {
	case enough:
		return nil
	case noSigner:
		return errNoSigner
	case noAccount:
		return errMissing
	case tooLight:
		return errTooLight
	}
	unavailable := &handlers.UnavailableError{Err: err}
	if u, ok := errors.AsType[*quorum.UnavailableError](err); ok {
		unavailable.RetryAfter = u.RetryAfter
	}
	return unavailable
}

// language is how a server is asked.
type language uint8

const (
	horizon language = iota + 1
	rpc
)

// identify is asked before a server is believed: is it on our network?
func (chain *Chain) identify(ctx context.Context, s *quorum.Server) *quorum.Problem {
	ask := horizonNetwork
	if chain.languages[s] == rpc {
		ask = rpcNetwork
	}
	passphrase, p := ask(ctx, s)
	switch {
	case p != nil:
		return p
	case passphrase == "":
		return unclear("the server names no network")
	case passphrase != chain.passphrase:
		return quorum.WrongChain(networkOf(passphrase), chain.network)
	}
	return nil
}

// networkOf is the name of a network, or its passphrase.
func networkOf(passphrase string) string {
	for name, p := range passphrases {
		if p == passphrase {
			return name
		}
	}
	return passphrase
}

// question is whether signer may act for the account of id.
func (chain *Chain) question(id, signer sep53.Address) quorum.Question {
	return func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
		ask := horizonAccount
		if chain.languages[s] == rpc {
			ask = rpcAccount
		}
		entry, p := ask(ctx, s, id)
		if p != nil {
			return quorum.CannotTell, p
		}
		return chain.judge(entry, id, signer), nil
	}
}

// judge gives the verdict over an account, nil for one that is not on the ledger.
func (chain *Chain) judge(entry *accountEntry, id, signer sep53.Address) quorum.Verdict {
	if entry == nil {
		// As much a yes as any other: as many operators must say that there
		// is no account, or one of them could revive a removed master key.
		if chain.unfunded && id == signer {
			return enough
		}
		return noAccount
	}
	switch weight := entry.weights[signer]; {
	case weight == 0: // "cannot be used to sign", even at a threshold of 0
		return noSigner
	case weight < entry.thresholds[chain.threshold]:
		return tooLight
	}
	return enough
}

// unclear is an answer that cannot be used. The text is ours throughout: what a
// server wrote can hold our own API key, line breaks, anything.
func unclear(text string) *quorum.Problem { return &quorum.Problem{Text: text} }
