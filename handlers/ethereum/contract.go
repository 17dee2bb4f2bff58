package ethereum

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/siwe"
	"github.com/nearauth/nearauth/nearrpc/quorum"
	"github.com/nearauth/nearauth/store"
)

// The verdicts. The noes are ordered: a later one tells more.
const (
	accepted  = quorum.Yes
	noCode    = quorum.No
	refused   = quorum.No + 1
	delegated = quorum.No + 2
)

// reasons are the noes in words.
var reasons = map[quorum.Verdict]error{
	noCode:    errors.New("not by the account's key, and there is no contract at its address"),
	refused:   errors.New("not by the account's key, and the contract does not accept it"),
	delegated: errors.New("not by the account's key, and the account is no contract: it has delegated to one"),
}

var (
	errOtherChain = errors.New("an account of another chain")
	errNoServers  = errors.New("a contract's signature, and there is no RPC to ask")
	errRecord     = errors.New("the account's key and evidence do not belong together")
)

// hashSize is the length of the hash that evidence begins with. The signature
// follows it.
const hashSize = 32

// isOwnText reports whether the text is for this very chain, as that of a
// contract account must be. Challenge and ReadMessage let no other through than
// those of AlsoChainIDs.
func (c *Chain) isOwnText(message string) bool {
	m, err := siwe.Parse(message)
	return err == nil && m.ChainID == c.chainIDs[0]
}

// contractAccount is an account that remains to be confirmed. It has no key that
// could be named, so that its public key stands for the evidence: two
// signatures are never asked about as one.
func (c *Chain) contractAccount(id string, hash [32]byte, signature []byte) store.Account {
	evidence := string(hash[:]) + string(signature)
	return store.Account{Chain: c.id, ID: id, PublicKey: evidenceKey(evidence), Evidence: evidence}
}

func evidenceKey(evidence string) string {
	sum := sha256.Sum256([]byte(evidence))
	return "erc1271:" + hex.EncodeToString(sum[:16])
}

// Confirm implements handlers.Chain. An account with a key needs nobody's word.
// For any other, the servers are asked what its contract says of the signature.
// A definite no is handlers.ErrInvalidSignature. What cannot be asked about, for
// want of a server or of its evidence, is not a no.
func (c *Chain) Confirm(ctx context.Context, account store.Account) error {
	if account.Chain != c.id {
		return invalid(errOtherChain)
	}
	if account.Evidence == "" {
		if account.PublicKey != account.ID {
			return unavailable(errRecord)
		}
		return nil
	}
	address, err := siwe.ParseChecksumAddress(account.ID)
	switch {
	case err != nil:
		return invalid(err)
	case account.PublicKey != evidenceKey(account.Evidence) || len(account.Evidence) <= hashSize:
		return unavailable(errRecord)
	case c.servers == nil:
		return unavailable(errNoServers)
	}
	hash, signature := account.Evidence[:hashSize], account.Evidence[hashSize:]
	verdict, err := c.servers.Ask(ctx, account.ID, accepts(address, [32]byte([]byte(hash)), []byte(signature)))
	switch {
	case err != nil:
		return unavailable(err)
	case verdict != accepted:
		return invalid(reasons[verdict])
	}
	return nil
}

func invalid(err error) error {
	return fmt.Errorf("ethereum: %w: %w", handlers.ErrInvalidSignature, err)
}

func unavailable(err error) error {
	e := &handlers.UnavailableError{Err: err}
	if u, ok := errors.AsType[*quorum.UnavailableError](err); ok {
		e.RetryAfter = u.RetryAfter
	}
	return e
}

// magic6492 ends a signature that brings with it how to deploy its contract
// (ERC-6492).
var magic6492 = bytes.Repeat([]byte{0x64, 0x92}, 16)

// accepts is the question whether the contract at the address takes the
// signature for the hash. The order is that of ERC-6492, "Verifier side".
func accepts(address siwe.Address, hash [32]byte, signature []byte) quorum.Question {
	return func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
		code, p := callBytes(ctx, s, "eth_getCode", hexBytes(address[:]), latest)
		switch {
		case p != nil:
			return quorum.CannotTell, p
		case isDelegation(code):
			return delegated, nil
		case bytes.HasSuffix(signature, magic6492):
			return askValidator(ctx, s, address, hash, signature)
		case len(code) == 0:
			return noCode, nil
		}
		return askContract(ctx, s, address, hash, signature)
	}
}

// latest is the block whose state counts.
const latest = "latest"

// isDelegation reports whether the code of an account with a key points to that
// of a contract: 0xef0100 and an address (EIP-7702). No contract's code can
// begin with 0xef (EIP-3541).
func isDelegation(code []byte) bool {
	return len(code) == 23 && bytes.HasPrefix(code, []byte{0xef, 0x01, 0x00})
}

// selector is isValidSignature(bytes32,bytes), and what it returns for a valid
// signature: a word that begins with it, and is zeros from there (ERC-1271).
var selector = []byte{0x16, 0x26, 0xba, 0x7e}

func askContract(ctx context.Context, s *quorum.Server, address siwe.Address, hash [32]byte, signature []byte) (quorum.Verdict, *quorum.Problem) {
	data := encodeCall(selector, word(hash[:]), signature)
	returned, reverted, p := ethCall(ctx, s, map[string]string{"to": hexBytes(address[:]), "data": hexBytes(data)})
	switch {
	case p != nil:
		return quorum.CannotTell, p
	case !reverted && len(returned) >= 32 && [32]byte(returned) == rightPadded(selector):
		return accepted, nil
	}
	return refused, nil
}

// The validator is the contract ValidateSigOffchain of ERC-6492 (CC0), in the
// build that viem 2.57.0 publishes. A node runs it without deploying it: it
// deploys the account's contract in a world that is thrown away, and asks it.
//
//go:embed validator.hex
var validatorHex string

var validator = mustHex(strings.ReplaceAll(validatorHex, "\n", ""))

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic("ethereum: bad constant")
	}
	return b
}

// askValidator asks a validator that is not deployed. It returns one byte.
func askValidator(ctx context.Context, s *quorum.Server, address siwe.Address, hash [32]byte, signature []byte) (quorum.Verdict, *quorum.Problem) {
	data := encodeCall(validator, append(word(address[:]), hash[:]...), signature)
	returned, reverted, p := ethCall(ctx, s, map[string]string{"data": hexBytes(data)})
	switch {
	case p != nil:
		return quorum.CannotTell, p
	case reverted || bytes.Equal(returned, []byte{0}):
		return refused, nil
	case bytes.Equal(returned, []byte{1}):
		return accepted, nil
	}
	// Not every chain runs code that is not deployed: the server is as good as
	// ever for other questions.
	return quorum.CannotTell, &quorum.Problem{Text: "the validator of ERC-6492 returned neither yes nor no", Harmless: true}
}

// encodeCall encodes the call of a function, or a constructor, whose arguments
// are static words and then bytes, by the contract ABI of Solidity: the words,
// the offset of the bytes, their length, and they themselves, padded.
func encodeCall(code, words, argument []byte) []byte {
	data := make([]byte, 0, len(code)+len(words)+96+len(argument))
	data = append(append(data, code...), words...)
	data = append(data, number(len(words)+32)...)
	data = append(data, number(len(argument))...)
	data = append(data, argument...)
	return append(data, make([]byte, -len(argument)&31)...)
}

// word pads on the left, to 32 bytes.
func word(b []byte) []byte { return append(make([]byte, 32-len(b), 64), b...) }

func number(n int) []byte { return word(binary.BigEndian.AppendUint64(nil, uint64(n))) }

func rightPadded(b []byte) (w [32]byte) {
	copy(w[:], b)
	return w
}
