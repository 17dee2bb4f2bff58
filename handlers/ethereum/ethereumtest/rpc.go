package ethereumtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"golang.org/x/crypto/sha3"

	"github.com/nearauth/nearauth/handlers/siwe"
)

const maxRequest = 5 << 20 // bytes; geth's own limit

// request is a JSON-RPC request.
type request struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  []json.RawMessage
}

// response is a JSON-RPC response. The order of the fields is geth's.
type response struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Error   *rpcError       `json:"error,omitempty"`
	Result  any             `json:"result,omitempty"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    string `json:"data,omitempty"`
}

// ServeHTTP answers a JSON-RPC request at any path.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest+1))
	var q request
	valid := json.Unmarshal(body, &q) == nil && q.Version == "2.0" && q.Method != ""
	n.mu.Lock()
	n.requests++
	if q.Method == "eth_call" {
		n.calls++
	}
	fault := n.fault
	n.mu.Unlock()
	if fault != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		if fault(w, r) {
			return
		}
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case kind != "application/json":
		http.Error(w, "invalid content type, only application/json is supported", http.StatusUnsupportedMediaType)
	case len(body) > maxRequest:
		http.Error(w, "content length too large", http.StatusRequestEntityTooLarge)
	case !valid:
		write(w, nil, "", &rpcError{Code: -32600, Message: "invalid request"})
	default:
		result, failure := n.answer(q)
		write(w, q.ID, result, failure)
	}
}

func write(w http.ResponseWriter, id json.RawMessage, result any, failure *rpcError) {
	r := response{Version: "2.0", ID: id, Error: failure}
	if failure == nil {
		r.Result = result
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(r) // the client may have left
}

func (n *Node) answer(q request) (any, *rpcError) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch q.Method {
	case "eth_chainId":
		return "0x" + strconv.FormatUint(n.chainID, 16), nil
	case "eth_syncing":
		return false, nil
	case "eth_getCode":
		return n.getCode(q.Params)
	case "eth_call":
		return n.ethCall(q.Params)
	}
	return "", &rpcError{Code: -32601, Message: fmt.Sprintf("the method %s does not exist/is not available", q.Method)}
}

func invalidParams(text string) *rpcError { return &rpcError{Code: -32602, Message: text} }

// block wants the last parameter to name the block that everybody means.
func block(params []json.RawMessage) *rpcError {
	var tag string
	if len(params) != 2 {
		return invalidParams("missing value for required argument 1")
	}
	if json.Unmarshal(params[1], &tag) != nil || tag != "latest" {
		return invalidParams("invalid argument 1: not a block that this node knows")
	}
	return nil
}

func (n *Node) getCode(params []json.RawMessage) (string, *rpcError) {
	if failure := block(params); failure != nil {
		return "", failure
	}
	var text string
	address, err := siwe.Address{}, json.Unmarshal(params[0], &text)
	if err == nil {
		address, err = siwe.ParseAddress(text)
	}
	if err != nil {
		return "", invalidParams("invalid argument 0: hex string has length 0, want 40 for common.Address")
	}
	if a := n.accounts[address]; a != nil {
		return hexBytes(a.code), nil
	}
	return "0x", nil
}

func (n *Node) ethCall(params []json.RawMessage) (string, *rpcError) {
	if failure := block(params); failure != nil {
		return "", failure
	}
	var tx struct {
		To   *string `json:"to"`
		Data string  `json:"data"`
	}
	if err := json.Unmarshal(params[0], &tx); err != nil {
		return "", invalidParams("invalid argument 0: " + err.Error())
	}
	data, err := parseHex(tx.Data)
	if err != nil {
		return "", invalidParams("invalid argument 0: json: cannot unmarshal hex string without 0x prefix into Go struct field TransactionArgs.data of type hexutil.Bytes")
	}
	if tx.To == nil {
		return n.create(data)
	}
	to, err := siwe.ParseAddress(*tx.To)
	if err != nil {
		return "", invalidParams("invalid argument 0: not an address")
	}
	a := n.accounts[to]
	if a == nil || a.code == nil {
		return "0x", nil // a call of nobody succeeds
	}
	return a.call(data)
}

// isValidSignature of ERC-1271, and the value it returns for a yes.
const selector = "\x16\x26\xba\x7e"

// call is the contract called with the data.
func (a *account) call(data []byte) (string, *rpcError) {
	if a.answer != nil && a.answer.reverted {
		return "", revertedFor("refused")
	}
	if a.answer != nil {
		return hexBytes(a.answer.data), nil
	}
	arguments, ok := bytes.CutPrefix(data, []byte(selector))
	if !ok {
		return "", reverted() // no such function
	}
	hash, signature, err := decodeArguments(arguments, 1)
	if err != nil {
		return "", reverted()
	}
	word := make([]byte, 32)
	copy(word, "\xff\xff\xff\xff")
	if a.accepts([32]byte(hash[0]), signature) {
		copy(word, selector)
	}
	return hexBytes(word), nil
}

// reverted is a failure of the code that gave no reason.
func reverted() *rpcError { return &rpcError{Code: -32000, Message: "execution reverted"} }

// revertedFor is one that gave a reason, in the encoding of Solidity's Error(string).
func revertedFor(reason string) *rpcError {
	data := append([]byte("\x08\xc3\x79\xa0"), word(32)...)
	return &rpcError{Code: 3, Message: "execution reverted: " + reason, Data: hexBytes(append(data, withLength([]byte(reason))...))}
}

// The validator of ERC-6492, known by its length and hash.
const (
	validatorSize = 1684
	validatorHash = "\x00\xf0\x3a\xfb\x64\x6c\x45\xf6\x98\xb5\xa1\xf5\x40\xc4\x82\xae\xbc\x9f\x52\x15\x00\x3e\x47\x07\xd3\x62\xa0\x25\x26\x75\x39\x36"
)

// create is a contract created with the data as its code. Of all the contracts
// that there could be, the node knows one.
func (n *Node) create(data []byte) (string, *rpcError) {
	if len(data) < validatorSize {
		return "", &rpcError{Code: -32000, Message: "invalid opcode: INVALID"}
	}
	hash := sha3.NewLegacyKeccak256()
	hash.Write(data[:validatorSize])
	if string(hash.Sum(nil)) != validatorHash {
		return "", &rpcError{Code: -32000, Message: "invalid opcode: INVALID"}
	}
	words, signature, err := decodeArguments(data[validatorSize:], 2)
	if err != nil {
		return "", reverted()
	}
	valid, failure := n.validate(siwe.Address(words[0][12:]), [32]byte(words[1]), signature)
	switch {
	case failure != nil:
		return "", failure
	case valid:
		return "0x01", nil
	}
	return "0x00", nil
}

// validate is isValidSig of the validator, for signatures with its suffix.
func (n *Node) validate(signer siwe.Address, hash [32]byte, signature []byte) (bool, *rpcError) {
	wrapped, ok := bytes.CutSuffix(signature, magic6492)
	if !ok {
		return false, reverted()
	}
	factory, calldata, inner, err := decode6492(wrapped)
	if err != nil {
		return false, reverted()
	}
	a := n.accounts[signer]
	deployed := a != nil && a.code != nil
	// A call of a factory that is not there succeeds, and deploys nothing.
	if !deployed && (a == nil || a.factory != factory || a.calldata != string(calldata)) {
		return false, reverted()
	}
	switch {
	case a.answer == nil:
		return a.accepts(hash, inner), nil
	case a.answer.reverted:
		return false, reverted()
	}
	return len(a.answer.data) >= 32 && bytes.Equal(a.answer.data[:32], append([]byte(selector), make([]byte, 28)...)), nil
}

var errABI = errors.New("not the arguments")
