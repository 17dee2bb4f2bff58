// Package stellartest is a fake Stellar network that speaks as Horizon does and
// as Stellar RPC does, for the tests of applications that ask Stellar about
// signers, and for development without a network.
//
//	node := stellartest.NewNode("Test SDF Network ; September 2015")
//	node.Fund("GBXF…")
//	server := httptest.NewServer(node) // or mount node in any mux
//	defer server.Close()
//	testnet, err := stellar.New(stellar.Config{
//		Network: "testnet",
//		Horizon: []stellar.Endpoint{{URL: server.URL}}, // GET is Horizon
//		RPC:     []stellar.Endpoint{{URL: server.URL}}, // POST is Stellar RPC
//	})
//
// Of Horizon it answers the root and /accounts/{id}, of Stellar RPC getNetwork,
// getHealth and getLedgerEntries for accounts, in their words and with their
// HTTP statuses. It signs nothing, proves nothing and forgets everything: never
// let production ask it.
//
// [Node.Fault] makes it fail in the ways real servers do, or lie: TooManyRequests,
// Instead, and those of package nearrpctest, Down, Hang and more.
//
// The package links neither testing nor net/http/httptest.
package stellartest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Node is a fake network and the server that tells of it. It is an http.Handler,
// and safe for concurrent use.
type Node struct {
	passphrase string

	mu       sync.Mutex
	accounts map[string]*account // by address
	ledger   int
	fault    Fault
	requests int
	queries  int
}

// account is what the ledger says of one.
type account struct {
	id                        string
	key                       []byte // of id
	master, low, medium, high uint8
	signers                   []signer
}

type signer struct {
	strkey
	text   string
	weight uint8
}

// maxSigners is the limit of the protocol.
const maxSigners = 20

// NewNode returns a network of that passphrase which has no accounts yet.
func NewNode(passphrase string) *Node {
	return &Node{passphrase: passphrase, accounts: map[string]*account{}, ledger: 59_731_427}
}

// Fund puts an account on the ledger as every account begins: with a master key
// of weight 1, thresholds of 0 and no other signers. One that is there already
// begins again. The error says that id is not a G address.
func (n *Node) Fund(id string) error {
	key, err := decodeStrkey(id)
	if err != nil || key.version != versionG {
		return fmt.Errorf("stellartest: %.60q is not the address of an account", id)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.accounts[id] = &account{id: id, key: key.payload, master: 1}
	return nil
}

// Remove takes an account off the ledger, as merging it does.
func (n *Node) Remove(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.accounts, id)
}

// SetOptions sets the weight of an account's master key and its thresholds. The
// error says that there is no such account.
func (n *Node) SetOptions(id string, master, low, medium, high uint8) error {
	return n.change(id, func(a *account) error {
		a.master, a.low, a.medium, a.high = master, low, medium, high
		return nil
	})
}

// SetSigner gives a signer of an account its weight; with 0 the signer is
// removed. The key is that of an ed25519 key (G), a pre-authorised transaction
// (T), a hash (X) or a signed payload (P). The error says that it is none of
// them, or the account's own, or one too many, or that there is no such account.
func (n *Node) SetSigner(id, key string, weight uint8) error {
	parsed, err := decodeStrkey(key)
	if err != nil || kinds[parsed.version].horizon == "" || key == id {
		return fmt.Errorf("stellartest: %.60q cannot be a signer", key)
	}
	return n.change(id, func(a *account) error {
		a.signers = slices.DeleteFunc(a.signers, func(s signer) bool { return s.text == key })
		if weight == 0 {
			return nil
		}
		if len(a.signers) == maxSigners {
			return errors.New("stellartest: the account has 20 signers")
		}
		a.signers = append(a.signers, signer{parsed, key, weight})
		slices.SortFunc(a.signers, func(a, b signer) int { return strings.Compare(a.text, b.text) })
		return nil
	})
}

func (n *Node) change(id string, do func(*account) error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.accounts[id]
	if a == nil {
		return fmt.Errorf("stellartest: there is no account %.60q", id)
	}
	return do(a)
}

// find returns a copy of an account.
func (n *Node) find(id string) (a account, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := n.accounts[id]
	if found == nil {
		return account{}, false
	}
	a = *found
	a.signers = slices.Clone(found.signers)
	return a, true
}

// latest is the ledger that has just closed. Each answer has a later one.
func (n *Node) latest() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ledger++
	return n.ledger
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

// Queries is the number of questions about accounts among them.
func (n *Node) Queries() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.queries
}

const maxRequest = 512 << 10 // bytes; the default of Stellar RPC

// ServeHTTP answers GET requests as Horizon does, and POST requests as Stellar
// RPC does at any path.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	r.Body = io.NopCloser(bytes.NewReader(body))
	n.mu.Lock()
	n.requests++
	if asksAccount(r) {
		n.queries++
	}
	fault := n.fault
	n.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	n.answer(w, r)
}

func (n *Node) answer(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		n.answerRPC(w, r)
		return
	}
	n.answerHorizon(w, r)
}

// asksAccount reports whether the request is about an account, rather than about
// the network.
func asksAccount(r *http.Request) bool {
	if r.Method == http.MethodPost {
		return callOf(r).Method == "getLedgerEntries"
	}
	return strings.HasPrefix(r.URL.Path, "/accounts/")
}
