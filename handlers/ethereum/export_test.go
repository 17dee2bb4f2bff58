package ethereum

import "github.com/nearauth/nearauth/store"

// Validator is the code of the validator.
var Validator = validator

// ContractAccount is what Verify makes of a signature that no key made.
func (c *Chain) ContractAccount(id string, hash [32]byte, signature []byte) store.Account {
	return c.contractAccount(id, hash, signature)
}

// EvidenceKey is the public key of an account with that evidence.
var EvidenceKey = evidenceKey
