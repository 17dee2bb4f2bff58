// Package nearrpctest is a fake NEAR node that speaks JSON-RPC over HTTP, for
// the tests of applications that ask NEAR about access keys, and for
// development without a network.
//
//	node := nearrpctest.NewNode("testnet")
//	node.AddFullAccessKey("alice.testnet", "ed25519:6E8s…")
//	server, err := nearrpctest.Serve(node) // or mount node in any mux
//	defer server.Close()
//	client, err := nearrpc.New(nearrpc.Config{
//		ChainID:   "testnet",
//		Endpoints: []nearrpc.Endpoint{{URL: server.URL}},
//	})
//
// It answers `status`, and `query` with view_access_key, view_access_key_list
// and view_account, in the words and with the HTTP statuses of nearcore, in
// the dialect of versions up to 2.13 or from 2.14 ([Node.SetDialect]). Each
// answer is one block later than the one before. It signs nothing, proves
// nothing and forgets everything: never let production ask it.
//
// [Node.Fault] makes it fail in the ways real endpoints do: Down, Hang,
// TooManyRequests, SlowDrip, LieFullAccess and more.
//
// The package links neither testing nor net/http/httptest.
package nearrpctest

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Dialect is the way a version of nearcore words its answers.
type Dialect int

const (
	// Nearcore213 stands for the versions up to 2.13, and is the default: an
	// account that does not exist looks like one that lacks the key.
	Nearcore213 Dialect = iota
	// Nearcore214 stands for 2.14 and later: an account that does not exist
	// is said not to, and a list of more than 100 keys is refused.
	Nearcore214
)

// Node is a fake node. It is an http.Handler, and safe for concurrent use.
type Node struct {
	chainID string
	started time.Time

	mu       sync.Mutex
	dialect  Dialect
	accounts map[string]*account
	height   uint64
	fault    Fault
	requests int
	queries  int
}

type account struct{ keys []accessKey }

type accessKey struct {
	publicKey  string
	nonce      uint64
	permission any
}

// NewNode returns a node of the chain ("testnet", "mainnet", "localnet") that
// has no accounts yet.
func NewNode(chainID string) *Node {
	return &Node{
		chainID:  chainID,
		started:  time.Now(),
		accounts: map[string]*account{},
		height:   211_889_547,
	}
}

// SetDialect changes the dialect.
func (n *Node) SetDialect(d Dialect) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dialect = d
}

// CreateAccount makes an account without keys. An account that exists stays as
// it is. The error says that accountID is not a valid account id.
func (n *Node) CreateAccount(accountID string) error {
	if err := checkAccountID(accountID); err != nil {
		return fmt.Errorf("nearrpctest: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.accounts[accountID] == nil {
		n.accounts[accountID] = &account{}
	}
	return nil
}

// DeleteAccount removes the account and its keys.
func (n *Node) DeleteAccount(accountID string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.accounts, accountID)
}

// AddFullAccessKey gives the account a full-access key, and creates the
// account if need be. A key the account has already is replaced. The error
// says that the account id or the key ("ed25519:", "secp256k1:" or
// "ml-dsa-65:", then base58) is not valid. That goes for all Add methods.
func (n *Node) AddFullAccessKey(accountID, publicKey string) error {
	return n.addKey(accountID, publicKey, "FullAccess")
}

// AddFunctionCallKey gives the account a key that may only call methods of
// receiver; no methods means all of them.
func (n *Node) AddFunctionCallKey(accountID, publicKey, receiver string, methods ...string) error {
	return n.addKey(accountID, publicKey, map[string]any{"FunctionCall": functionCall{
		ReceiverID: receiver, MethodNames: append([]string{}, methods...),
	}})
}

// AddGasKeyFullAccess gives the account a gas key with full access (NEP-611).
func (n *Node) AddGasKeyFullAccess(accountID, publicKey string) error {
	return n.addKey(accountID, publicKey, map[string]any{"GasKeyFullAccess": gasKey{"0", 1}})
}

// AddGasKeyFunctionCall gives the account a gas key that may only call methods
// of receiver (NEP-611).
func (n *Node) AddGasKeyFunctionCall(accountID, publicKey, receiver string, methods ...string) error {
	return n.addKey(accountID, publicKey, map[string]any{"GasKeyFunctionCall": struct {
		gasKey
		functionCall
	}{gasKey{"0", 1}, functionCall{ReceiverID: receiver, MethodNames: append([]string{}, methods...)}}})
}

type functionCall struct {
	Allowance   *string  `json:"allowance"`
	ReceiverID  string   `json:"receiver_id"`
	MethodNames []string `json:"method_names"`
}

type gasKey struct {
	Balance   string `json:"balance"`
	NumNonces int    `json:"num_nonces"`
}

func (n *Node) addKey(accountID, publicKey string, permission any) error {
	key, err := parseKey(publicKey)
	if err != nil {
		return fmt.Errorf("nearrpctest: %w", err)
	}
	if err := n.CreateAccount(accountID); err != nil {
		return err
	}
	n.DeleteKey(accountID, key)
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.accounts[accountID]
	if a == nil { // deleted meanwhile
		return nil
	}
	// The chain starts a nonce at the block height times a million.
	a.keys = append(a.keys, accessKey{key, n.height * 1_000_000, permission})
	return nil
}

// DeleteKey takes the key from the account, which stays.
func (n *Node) DeleteKey(accountID, publicKey string) {
	key, err := parseKey(publicKey)
	if err != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if a := n.accounts[accountID]; a != nil {
		a.keys = slices.DeleteFunc(a.keys, func(k accessKey) bool { return k.publicKey == key })
	}
}

// Fault makes the node misbehave from the next request on: f is asked first,
// and the node answers itself where f returns false. nil ends the fault;
// answers under way are not affected.
func (n *Node) Fault(f Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fault = f
}

// Requests is the number of HTTP requests so far, faults included.
func (n *Node) Requests() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.requests
}

// Queries is the number of JSON-RPC `query` calls among them: how often the
// node was asked about an account or a key.
func (n *Node) Queries() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.queries
}

// ServeHTTP answers a JSON-RPC request at any path.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, call := readCall(w, r)
	n.mu.Lock()
	n.requests++
	if call.Method == "query" {
		n.queries++
	}
	fault := n.fault
	n.mu.Unlock()
	if fault != nil && fault(w, withBody(r, body)) {
		return
	}
	if status := refuse(r, body); status != 0 {
		http.Error(w, http.StatusText(status), status)
		return
	}
	n.answer(call).write(w)
}
