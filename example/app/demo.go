package app

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

const banner = "Demo chain and demo wallet: anybody on this machine can make any account. For development only."

// demoChain is a NEAR chain of this process, asked over HTTP like any other.
// It lives nowhere but in the example.
type demoChain struct {
	rpc    *nearrpc.Client
	node   *nearrpctest.Node
	server *nearrpctest.Server

	mu     sync.Mutex
	owners map[string]string // account id → its first key
}

func startDemoChain(log *slog.Logger) (*demoChain, error) {
	d := &demoChain{node: nearrpctest.NewNode("demo"), owners: make(map[string]string)}
	var err error
	if d.server, err = nearrpctest.Serve(d.node); err != nil {
		return nil, err
	}
	d.rpc, err = nearrpc.New(nearrpc.Config{ChainID: "demo", Endpoints: []nearrpc.Endpoint{{URL: d.server.URL}}, Logger: log})
	if err != nil {
		_ = d.server.Close()
	}
	return d, err
}

var errTaken = errors.New("that account name is taken, by another browser perhaps")

// create makes an account with a full-access key. Who came first keeps it, as
// on a chain, and a key that was removed stays so.
func (d *demoChain) create(accountID, publicKey string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch owner, taken := d.owners[accountID]; {
	case taken && owner != publicKey:
		return errTaken
	case taken:
		return nil
	}
	if len(d.owners) >= 10_000 {
		return errors.New("the demo chain is full")
	}
	if err := d.node.AddFullAccessKey(accountID, publicKey); err != nil {
		return err
	}
	d.owners[accountID] = publicKey
	return nil
}

// keyed is an account and one of its keys, as a request names them.
type keyed struct{ AccountID, PublicKey string }

func readKeyed(w http.ResponseWriter, r *http.Request) (k keyed, err error) {
	err = json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&k)
	return k, err
}

// removeKey takes a key from its account, as a person would at a wallet.
func (d *demoChain) removeKey(w http.ResponseWriter, r *http.Request) {
	k, err := readKeyed(w, r)
	if err != nil {
		http.Error(w, "what key?", http.StatusBadRequest)
		return
	}
	d.node.DeleteKey(k.AccountID, k.PublicKey)
	w.WriteHeader(http.StatusNoContent)
}

// createAccount is POST /demo/account: what a faucet is on a test network.
func (d *demoChain) createAccount(w http.ResponseWriter, r *http.Request) {
	account, err := readKeyed(w, r)
	if err == nil && !strings.HasSuffix(account.AccountID, ".demo") {
		err = errors.New("accounts of the demo chain end in .demo")
	}
	if err == nil {
		err = d.create(account.AccountID, account.PublicKey)
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error(), "code": "demo_account"})
		return
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]string{"accountId": account.AccountID})
}
