// Package ethereumtest is a fake Ethereum node that speaks JSON-RPC over HTTP,
// and a key that signs as wallets do, for the tests of applications, and for
// development without a network.
//
//	key := ethereumtest.NewKey()
//	node := ethereumtest.NewNode(1)
//	node.AddWallet("0x…", key.Address()) // a contract whose owner is the key
//	server, err := ethereumtest.Serve(node) // or mount node in any mux
//	defer server.Close()
//	chain, err := ethereum.New(ethereum.Config{
//		ChainID: 1,
//		RPC:     []ethereum.Endpoint{{URL: server.URL}},
//	})
//
// It answers eth_chainId, eth_syncing, eth_getCode and eth_call, the latter for
// isValidSignature (ERC-1271) and for the off-chain validator of ERC-6492, in
// the words of geth. The contracts are played and not run: each has an owner,
// and says what a wallet contract with that owner would. It proves nothing and
// forgets everything: never let production ask it.
//
// [Node.Fault] makes it fail in the ways real endpoints do. The faults of
// package nearrpctest that are not about NEAR go with it: Down, HTML, Hang,
// TooManyRequests, Redirect and more.
//
// The package links neither testing nor net/http/httptest.
package ethereumtest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/nearauth/nearauth/handlers/siwe"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// Server serves a node on a loopback address.
type Server = nearrpctest.Server

// Serve listens on a free port of 127.0.0.1 and serves h, usually a *Node, until
// Close is called.
func Serve(h http.Handler) (*Server, error) { return nearrpctest.Serve(h) }

// Fault answers a request in the place of the node, and reports whether it did.
type Fault = nearrpctest.Fault

// Only limits a fault to one JSON-RPC method, "eth_call", say.
func Only(method string, f Fault) Fault { return nearrpctest.Only(method, f) }

// Node is a fake node. It is an http.Handler, and safe for concurrent use.
type Node struct {
	chainID uint64

	mu       sync.Mutex
	accounts map[siwe.Address]*account
	fault    Fault
	requests int
	calls    int
}

// account is what there is at an address, or will be.
type account struct {
	code  []byte // none before it is deployed
	owner siwe.Address
	also  map[string]bool // hash and signature, accepted whoever is the owner

	// How to deploy it.
	factory  siwe.Address
	calldata string

	answer *answer // to every call, if it is set
}

// answer is what a contract returns, or that it reverts.
type answer struct {
	data     []byte
	reverted bool
}

// NewNode returns a node of the chain with that EIP-155 id, on which there are
// no contracts yet.
func NewNode(chainID uint64) *Node {
	return &Node{chainID: chainID, accounts: map[siwe.Address]*account{}}
}

// walletCode stands for the code of a contract wallet.
var walletCode = []byte{0x60, 0x80, 0x60, 0x40, 0x52}

// AddWallet deploys a contract wallet that accepts what the key of owner signed
// (ERC-1271). What is there is replaced. The error says that an address is not
// one. That goes for all methods with an error.
func (n *Node) AddWallet(address, owner string) error {
	o, err := siwe.ParseAddress(owner)
	if err != nil {
		return fmt.Errorf("ethereumtest: %w", err)
	}
	return n.set(address, &account{code: walletCode, owner: o})
}

// AddCounterfactual is AddWallet for a wallet that is not deployed: it will be
// when factory is called with the calldata, "0x" and hex (ERC-6492).
func (n *Node) AddCounterfactual(address, owner, factory, calldata string) error {
	o, err := siwe.ParseAddress(owner)
	if err != nil {
		return fmt.Errorf("ethereumtest: %w", err)
	}
	f, err := siwe.ParseAddress(factory)
	if err != nil {
		return fmt.Errorf("ethereumtest: %w", err)
	}
	data, err := parseHex(calldata)
	if err != nil {
		return fmt.Errorf("ethereumtest: calldata: %w", err)
	}
	return n.set(address, &account{owner: o, factory: f, calldata: string(data)})
}

// Accept makes the contract at the address accept one signature for one hash,
// whoever owns it; there is a contract then.
func (n *Node) Accept(address string, hash [32]byte, signature []byte) error {
	return n.change(address, func(a *account) {
		if a.code == nil {
			a.code = walletCode
		}
		if a.also == nil {
			a.also = map[string]bool{}
		}
		a.also[string(hash[:])+string(signature)] = true
	})
}

// Delegate makes the address one of a key that has delegated to the contract of
// another address (EIP-7702), which accepts whatever the key of owner signed.
func (n *Node) Delegate(address, delegate, owner string) error {
	d, err := siwe.ParseAddress(delegate)
	if err != nil {
		return fmt.Errorf("ethereumtest: %w", err)
	}
	if err := n.AddWallet(address, owner); err != nil {
		return err
	}
	return n.change(address, func(a *account) { a.code = append([]byte{0xef, 0x01, 0x00}, d[:]...) })
}

// Return makes the contract at the address return the data, "0x" and hex, to
// every call; there is a contract then.
func (n *Node) Return(address, data string) error {
	b, err := parseHex(data)
	if err != nil {
		return fmt.Errorf("ethereumtest: data: %w", err)
	}
	return n.change(address, func(a *account) { a.code, a.answer = walletCode, &answer{data: b} })
}

// Revert makes the contract at the address revert every call; there is a
// contract then.
func (n *Node) Revert(address string) error {
	return n.change(address, func(a *account) { a.code, a.answer = walletCode, &answer{reverted: true} })
}

// Remove leaves nothing at the address.
func (n *Node) Remove(address string) error { return n.set(address, nil) }

func (n *Node) set(address string, to *account) error {
	a, err := siwe.ParseAddress(address)
	if err != nil {
		return fmt.Errorf("ethereumtest: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.accounts[a] = to
	return nil
}

func (n *Node) change(address string, f func(*account)) error {
	a, err := siwe.ParseAddress(address)
	if err != nil {
		return fmt.Errorf("ethereumtest: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.accounts[a] == nil {
		n.accounts[a] = &account{}
	}
	f(n.accounts[a])
	return nil
}

// Fault makes the node misbehave from the next request on: f is asked first,
// and the node answers itself where f returns false. nil ends the fault.
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

// Calls is the number of eth_call among them.
func (n *Node) Calls() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.calls
}

// accepts is isValidSignature of a wallet. Callers hold mu.
func (a *account) accepts(hash [32]byte, signature []byte) bool {
	if a.also[string(hash[:])+string(signature)] {
		return true
	}
	signer, err := siwe.Recover(hash, signature)
	return err == nil && signer == a.owner && a.owner != siwe.Address{}
}

func parseHex(s string) ([]byte, error) {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok {
		return nil, errors.New("not 0x and hex digits")
	}
	return hex.DecodeString(digits)
}

func hexBytes(b []byte) string { return "0x" + hex.EncodeToString(b) }

// magic6492 ends a signature that says how to deploy its contract.
var magic6492 = bytes.Repeat([]byte{0x64, 0x92}, 16)
