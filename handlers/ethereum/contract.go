package ethereum

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
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

// identify is asked before a server is believed: is it on our chain?
func (c *Chain) identify(ctx context.Context, s *quorum.Server) *quorum.Problem {
	result, p := call(ctx, s, "eth_chainId")
	if p != nil {
		return p
	}
	id, ok := parseQuantity(result)
	switch {
	case !ok:
		return unclear("eth_chainId is not a number")
	case id != c.chainID:
		return quorum.WrongChain(strconv.FormatUint(id, 10), c.chainIDs[0])
	}
	return caughtUp(ctx, s)
}

// caughtUp is asked because a node that is still syncing calls the state that it
// has got so far the latest: before it has any, there is no contract anywhere. A
// gateway in front of many nodes may not have the method.
func caughtUp(ctx context.Context, s *quorum.Server) *quorum.Problem {
	reply, p := s.Call(ctx, "eth_syncing", []any{})
	switch {
	case p != nil:
		return p
	case reply.Error != nil && isUnknownMethod(reply.Error):
		return nil
	case reply.Error != nil:
		return rpcProblem("eth_syncing", reply.Error)
	case reply.Result != false:
		return unclear("the node is still syncing")
	}
	return nil
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

// call makes a call whose result is a string.
func call(ctx context.Context, s *quorum.Server, method string, params ...any) (string, *quorum.Problem) {
	if params == nil {
		params = []any{} // and not null
	}
	reply, p := s.Call(ctx, method, params)
	if p != nil {
		return "", p
	}
	if reply.Error != nil {
		return "", rpcProblem(method, reply.Error)
	}
	result, ok := reply.Result.(string)
	if !ok {
		return "", unclear(method + " is not a string")
	}
	return result, nil
}

// callBytes makes a call whose result is bytes in hex.
func callBytes(ctx context.Context, s *quorum.Server, method string, params ...any) ([]byte, *quorum.Problem) {
	result, p := call(ctx, s, method, params...)
	if p != nil {
		return nil, p
	}
	return parseBytes(method, result)
}

// ethCall runs code and throws away what it changed. That the code reverted is
// an answer and not a failure of the server.
func ethCall(ctx context.Context, s *quorum.Server, transaction map[string]string) (returned []byte, reverted bool, p *quorum.Problem) {
	reply, p := s.Call(ctx, "eth_call", []any{transaction, latest})
	switch {
	case p != nil:
		return nil, false, p
	case reply.Error != nil && isRevert(reply.Error):
		return nil, true, nil
	case reply.Error != nil:
		p = rpcProblem("eth_call", reply.Error)
		p.Harmless = isExhausted(reply.Error)
		return nil, false, p
	}
	result, ok := reply.Result.(string)
	if !ok {
		return nil, false, unclear("eth_call is not a string")
	}
	returned, p = parseBytes("eth_call", result)
	return returned, false, p
}

// failures are the errors of the virtual machine, in the words of geth, that
// the code itself brought about: asked again, it does so again. "out of gas" is
// not among them, as the limit is the server's.
var failures = []string{
	"execution reverted", "invalid opcode", "invalid jump destination", "stack underflow",
	"stack limit reached", "return data out of bounds", "write protection",
}

// isRevert tells an error of the code from one of the server. There is no
// standard for it: geth has one of the texts, and code 3 with the reason as data
// where the code gave one, Nethermind the data "Reverted 0x…", and most others
// something of both. No data, "0x", says nothing.
func isRevert(rpcError quorum.Object) bool {
	message := strings.ToLower(rpcError.Text("message"))
	for _, failure := range failures {
		if strings.HasPrefix(message, failure) {
			return true
		}
	}
	data := rpcError.Text("data")
	reason := len(data) > len("0x") && strings.HasPrefix(data, "0x") && !isExhausted(rpcError)
	return reason || strings.HasPrefix(data, "Reverted 0x")
}

// isExhausted tells that the code used up what the server lets it have, in the
// words of geth. Whoever wrote the code can have that: it says nothing about the
// server, which others should still be asked about.
func isExhausted(rpcError quorum.Object) bool {
	message := strings.ToLower(rpcError.Text("message"))
	return strings.HasPrefix(message, "out of gas") || strings.HasPrefix(message, "execution aborted")
}

// rpcProblem shows the code of an error, which is a number, and no word of it.
func rpcProblem(method string, rpcError quorum.Object) *quorum.Problem {
	value, _ := rpcError.Get("code")
	code, _ := value.(json.Number)
	n, err := strconv.ParseInt(string(code), 10, 32)
	if err != nil {
		return unclear(method + ": an RPC error without a code")
	}
	final := isUnknownMethod(rpcError) || n == -32602 // the parameters (EIP-1474)
	return &quorum.Problem{Text: fmt.Sprintf("%s: RPC error %d", method, n), Final: final}
}

// isUnknownMethod reports that the server does not know the method (EIP-1474).
func isUnknownMethod(rpcError quorum.Object) bool {
	code, _ := rpcError.Get("code")
	return code == json.Number("-32601")
}

// unclear is an answer that cannot be used. The text is ours throughout: what a
// server wrote can hold our own API key, line breaks, anything.
func unclear(text string) *quorum.Problem { return &quorum.Problem{Text: text} }

func hexBytes(b []byte) string { return "0x" + hex.EncodeToString(b) }

func parseBytes(method, s string) ([]byte, *quorum.Problem) {
	digits, ok := strings.CutPrefix(s, "0x")
	b, err := hex.DecodeString(digits)
	if !ok || err != nil {
		return nil, unclear(method + " is not bytes in hex")
	}
	return b, nil
}

// parseQuantity reads a number as JSON-RPC writes it: "0x" and hex digits
// without a zero in front (EIP-1474).
func parseQuantity(s string) (uint64, bool) {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok || digits == "" || digits[0] == '0' && digits != "0" || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, err == nil
}
