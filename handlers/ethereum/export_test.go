package ethereum

import (
	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/store"
)

// Validator is the code of the validator.
var Validator = validator

// ContractAccount is what Verify makes of a signature that no key made.
func (c *Chain) ContractAccount(id string, hash [32]byte, signature []byte) store.Account {
	return c.contractAccount(id, hash, signature)
}

// ReadMessageOf is ReadMessage for a challenge of another nonce than ours can have:
// the vectors' are shorter.
func (c *Chain) ReadMessageOf(challenge handlers.Challenge, message, nonce string) (handlers.Challenge, error) {
	return c.readMessage(challenge, message, nonce)
}

// EvidenceKey is the public key of an account with that evidence.
var EvidenceKey = evidenceKey
