package ethereumtest

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// Key signs as a wallet does that holds one.
type Key struct {
	private *secp256k1.PrivateKey
	address siwe.Address
}

// NewKey makes a key. It panics if the system has no randomness.
func NewKey() *Key {
	private, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		panic("ethereumtest: " + err.Error())
	}
	return newKey(private)
}

// ParseKey reads a private key, 64 hex digits, of those that everybody knows.
func ParseKey(digits string) (*Key, error) {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != 32 {
		return nil, errors.New("ethereumtest: not a private key")
	}
	return newKey(secp256k1.PrivKeyFromBytes(b)), nil
}

func newKey(private *secp256k1.PrivateKey) *Key {
	k := &Key{private: private}
	// The address is what any signature recovers.
	var hash [32]byte
	address, err := siwe.Recover(hash, k.sign(hash))
	if err != nil {
		panic("ethereumtest: " + err.Error())
	}
	k.address = address
	return k
}

// Address returns the address of the key, with its checksum.
func (k *Key) Address() string { return k.address.String() }

// Sign signs the text as personal_sign does, and returns "0x" and hex digits.
func (k *Key) Sign(text string) string { return hexBytes(k.sign(siwe.Hash(text))) }

// SignCounterfactual signs the text as a wallet does whose contract is not
// deployed, and adds how to deploy it (ERC-6492). The key is the one of its owner.
func (k *Key) SignCounterfactual(text, factory, calldata string) (string, error) {
	f, err := siwe.ParseAddress(factory)
	if err != nil {
		return "", fmt.Errorf("ethereumtest: %w", err)
	}
	data, err := parseHex(calldata)
	if err != nil {
		return "", fmt.Errorf("ethereumtest: calldata: %w", err)
	}
	return hexBytes(encode6492(f, data, k.sign(siwe.Hash(text)))), nil
}

func (k *Key) sign(hash [32]byte) []byte {
	compact := ecdsa.SignCompact(k.private, hash[:], false) // v, r, s
	return append(compact[1:], compact[0])
}
