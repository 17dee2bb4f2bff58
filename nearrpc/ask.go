package nearrpc

import (
	"context"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// hasKey asks a server whether the key is a full-access key of the account.
func hasKey(account, key string) quorum.Question {
	return func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
		reply, p := s.Call(ctx, "query", map[string]string{
			"request_type": "view_access_key",
			"finality":     "final",
			"account_id":   account,
			"public_key":   key,
		})
		return readAccessKey(reply, p, account, key)
	}
}

// onChain asks a server whether it is on the chain.
func onChain(chainID string) func(context.Context, *quorum.Server) *quorum.Problem {
	return func(ctx context.Context, s *quorum.Server) *quorum.Problem {
		chain, p := readChain(s.Call(ctx, "status", []string{}))
		switch {
		case p != nil:
			return p
		case chain != chainID:
			return quorum.WrongChain(chain, chainID)
		}
		return nil
	}
}
