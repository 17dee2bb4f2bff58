package nearrpctest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

const (
	maxRequest = 10 << 20 // bytes; nearcore's own limit
	maxKeys    = 100      // in a list, from nearcore 2.14
)

// call is a JSON-RPC request. valid is false for what is not one.
type call struct {
	valid   bool
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

func readCall(w http.ResponseWriter, r *http.Request) ([]byte, call) {
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest+1))
	return body, parseCall(body)
}

func parseCall(body []byte) call {
	var c call
	c.valid = json.Unmarshal(body, &c) == nil && c.Version == "2.0" && c.Method != ""
	if c.ID == nil {
		c.ID = json.RawMessage("null")
	}
	return c
}

func withBody(r *http.Request, body []byte) *http.Request {
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// refuse returns the HTTP status for what never reaches the JSON-RPC layer.
func refuse(r *http.Request, body []byte) int {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed
	case len(body) > maxRequest:
		return http.StatusRequestEntityTooLarge
	case kind != "application/json":
		return http.StatusUnsupportedMediaType
	}
	return 0
}

// answer is a JSON-RPC response and the HTTP status it goes under. The order
// of the fields is nearcore's.
type answer struct {
	status  int
	Version string          `json:"jsonrpc"`
	Result  any             `json:"result,omitempty"`
	Error   *rpcError       `json:"error,omitempty"`
	ID      json.RawMessage `json:"id"`
}

type rpcError struct {
	Name    string `json:"name"`
	Cause   cause  `json:"cause"`
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    string `json:"data"`
}

type cause struct {
	Name string `json:"name"`
	Info any    `json:"info,omitempty"`
}

type block struct {
	Height uint64 `json:"block_height"`
	Hash   string `json:"block_hash"`
}

type permissionView struct {
	Nonce      uint64 `json:"nonce"`
	Permission any    `json:"permission"`
}

func (a answer) write(w http.ResponseWriter) {
	body, err := json.Marshal(a)
	if err != nil {
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	w.Write(body)
}

func (n *Node) answer(c call) answer {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.height++
	a := answer{status: http.StatusOK, Version: "2.0", ID: c.ID}
	switch {
	case !c.valid:
		a.status, a.Error = http.StatusBadRequest, validationError("PARSE_ERROR", -32700, "Parse error",
			"error_message", "Failed parsing args: not a JSON-RPC request")
	case c.Method == "status":
		a.Result = n.status()
	case c.Method == "query":
		a.Result, a.Error = n.query(c.Params)
	default:
		a.Error = validationError("METHOD_NOT_FOUND", -32601, "Method not found", "method_name", c.Method)
	}
	if a.Error != nil && a.Error.Name == "REQUEST_VALIDATION_ERROR" {
		a.status = http.StatusBadRequest // since nearcore 2.3
	}
	return a
}

// block is the present one. Callers hold mu.
func (n *Node) block() block { return block{n.height, hashOf(n.height)} }

func hashOf(height uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "block %d", height))
	return encodeBase58(sum[:])
}

func (n *Node) status() any {
	version := map[Dialect]string{Nearcore213: "2.13.1", Nearcore214: "2.14.0"}[n.dialect]
	protocol := map[Dialect]int{Nearcore213: 85, Nearcore214: 87}[n.dialect]
	b := n.block()
	return map[string]any{
		"version":                 map[string]any{"version": version, "build": version, "rustc_version": "1.86.0"},
		"chain_id":                n.chainID,
		"protocol_version":        protocol,
		"latest_protocol_version": protocol,
		"genesis_hash":            hashOf(0),
		"rpc_addr":                "0.0.0.0:3030",
		"validators":              []any{},
		"sync_info": map[string]any{
			"latest_block_hash":     b.Hash,
			"latest_block_height":   b.Height,
			"latest_block_time":     time.Now().UTC().Format(time.RFC3339Nano),
			"latest_state_root":     hashOf(b.Height + 1),
			"earliest_block_height": 1,
			"earliest_block_hash":   hashOf(1),
			"syncing":               false,
		},
		"validator_account_id": nil,
		"node_key":             nil,
		"uptime_sec":           int(time.Since(n.started).Seconds()),
	}
}

type queryParams struct {
	RequestType string          `json:"request_type"`
	AccountID   string          `json:"account_id"`
	PublicKey   string          `json:"public_key"`
	Finality    string          `json:"finality"`
	BlockID     json.RawMessage `json:"block_id"`
}

func (n *Node) query(params json.RawMessage) (any, *rpcError) {
	var q queryParams
	if json.Unmarshal(params, &q) != nil || (q.Finality == "") == (q.BlockID == nil) {
		return nil, parseError("data did not match any variant of untagged enum RpcQueryRequest")
	}
	if err := checkAccountID(q.AccountID); err != nil {
		return nil, parseError(err.Error())
	}
	switch q.RequestType {
	case "view_access_key":
		return n.viewAccessKey(q)
	case "view_access_key_list":
		return n.viewAccessKeyList(q)
	case "view_account":
		return n.viewAccount(q)
	}
	return nil, parseError("unknown variant of request_type")
}

// viewAccessKey: through `query`, a missing key and a missing account are no
// errors but results with a text, in all versions up to 2.14.
func (n *Node) viewAccessKey(q queryParams) (any, *rpcError) {
	key, err := parseKey(q.PublicKey)
	if err != nil {
		return nil, parseError(err.Error())
	}
	a := n.accounts[q.AccountID]
	if a == nil && n.dialect >= Nearcore214 {
		return n.flatError("account " + q.AccountID + " does not exist while viewing"), nil
	}
	if a != nil {
		for _, k := range a.keys {
			if k.publicKey == key {
				return struct {
					permissionView
					block
				}{permissionView{k.nonce, k.permission}, n.block()}, nil
			}
		}
	}
	return n.flatError("access key " + key + " does not exist while viewing"), nil
}

func (n *Node) flatError(text string) any {
	return struct {
		Error string   `json:"error"`
		Logs  []string `json:"logs"`
		block
	}{text, []string{}, n.block()}
}

func (n *Node) viewAccessKeyList(q queryParams) (any, *rpcError) {
	a := n.accounts[q.AccountID]
	switch {
	case a == nil && n.dialect >= Nearcore214:
		return nil, n.unknownAccount(q.AccountID)
	case a == nil:
		a = &account{}
	case len(a.keys) > maxKeys && n.dialect >= Nearcore214:
		return nil, handlerError("TOO_MANY_ACCESS_KEYS",
			map[string]any{"requested_account_id": q.AccountID, "limit": maxKeys, "block_height": n.height, "block_hash": hashOf(n.height)},
			fmt.Sprintf("Account %s has more than %d access keys; use a paginated request", q.AccountID, maxKeys))
	}
	type item struct {
		PublicKey string         `json:"public_key"`
		AccessKey permissionView `json:"access_key"`
	}
	items := []item{}
	for _, k := range a.keys {
		items = append(items, item{k.publicKey, permissionView{k.nonce, k.permission}})
	}
	return struct {
		Keys []item `json:"keys"`
		block
	}{items, n.block()}, nil
}

func (n *Node) viewAccount(q queryParams) (any, *rpcError) {
	if n.accounts[q.AccountID] == nil {
		return nil, n.unknownAccount(q.AccountID)
	}
	return struct {
		Amount        string `json:"amount"`
		Locked        string `json:"locked"`
		CodeHash      string `json:"code_hash"`
		StorageUsage  int    `json:"storage_usage"`
		StoragePaidAt int    `json:"storage_paid_at"`
		block
	}{"1000000000000000000000000", "0", "11111111111111111111111111111111", 264, 0, n.block()}, nil
}

func (n *Node) unknownAccount(id string) *rpcError {
	return handlerError("UNKNOWN_ACCOUNT",
		map[string]any{"requested_account_id": id, "block_height": n.height, "block_hash": hashOf(n.height)},
		"account "+id+" does not exist while viewing")
}

func handlerError(name string, info any, data string) *rpcError {
	return &rpcError{Name: "HANDLER_ERROR", Cause: cause{name, info}, Code: -32000, Message: "Server error", Data: data}
}

func parseError(text string) *rpcError {
	return validationError("PARSE_ERROR", -32700, "Parse error", "error_message", "Failed parsing args: "+text)
}

func validationError(name string, code int, message, member, data string) *rpcError {
	return &rpcError{Name: "REQUEST_VALIDATION_ERROR", Cause: cause{name, map[string]string{member: data}}, Code: code, Message: message, Data: data}
}
