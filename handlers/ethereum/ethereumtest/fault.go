package ethereumtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// WrongChain says of itself to be a node of the chain with that id.
func WrongChain(chainID uint64) Fault {
	return Answers("eth_chainId", "0x"+strconv.FormatUint(chainID, 16))
}

// LieAccepted says of every address that there is a contract, and that it
// accepts every signature. This is what several operators are asked for.
func LieAccepted() Fault {
	code := Answers("eth_getCode", hexBytes(walletCode))
	magic := Answers("eth_call", hexBytes(append([]byte(selector), make([]byte, 28)...)))
	one := Answers("eth_call", "0x01")
	return func(w http.ResponseWriter, r *http.Request) bool {
		if peek(r).creates() {
			return one(w, r)
		}
		return code(w, r) || magic(w, r)
	}
}

// LieNoCode says of every address that there is no contract.
func LieNoCode() Fault { return Answers("eth_getCode", "0x") }

// Syncing is a node that has the headers of the chain and not yet its state: it
// says so, and knows of no contract.
func Syncing() Fault {
	progress := Only("eth_syncing", func(w http.ResponseWriter, r *http.Request) bool {
		write(w, peek(r).ID, map[string]string{"startingBlock": "0x0", "currentBlock": "0x0", "highestBlock": "0x1500000"}, nil)
		return true
	})
	code := LieNoCode()
	return func(w http.ResponseWriter, r *http.Request) bool { return progress(w, r) || code(w, r) }
}

// Fails answers a method with a JSON-RPC error, as a node does that is out of
// its depth: -32000 "header not found", -32005 "limit exceeded".
func Fails(method string, code int, message string) Fault {
	return Only(method, func(w http.ResponseWriter, r *http.Request) bool {
		write(w, peek(r).ID, "", &rpcError{Code: code, Message: message})
		return true
	})
}

// Answers answers a method with a result.
func Answers(method, result string) Fault {
	return Only(method, func(w http.ResponseWriter, r *http.Request) bool {
		write(w, peek(r).ID, result, nil)
		return true
	})
}

// peek reads the request and puts its body back.
func peek(r *http.Request) request {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var q request
	_ = json.Unmarshal(body, &q) // what is not a request has no method
	return q
}

// creates reports whether it is an eth_call that names no contract.
func (q request) creates() bool {
	var tx struct{ To *string }
	return q.Method == "eth_call" && len(q.Params) > 0 && json.Unmarshal(q.Params[0], &tx) == nil && tx.To == nil
}
