package ethereum

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

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
