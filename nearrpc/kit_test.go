package nearrpc_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

const (
	alice    = "alice.testnet"
	aliceKey = "ed25519:6E8sCci9badyRkXb3JoRpBj5p8C6Tw41ELDZoiihKEtp"
	otherKey = "ed25519:H9k5eiU4xXS3M4z8HzKJSLaZdqGdGwBG49o7orNC4eZW"
)

// network is a RoundTripper without sockets, so that tests can run in a
// synctest bubble: hosts are handlers in this process.
type network struct {
	mu    sync.Mutex
	hosts map[string]http.Handler
	asked []string // hosts, in order; queries only
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	n.mu.Lock()
	h := n.hosts[r.URL.Host]
	n.mu.Unlock()
	if h == nil {
		return nil, errors.New("no such host")
	}
	h.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// took returns which hosts were asked since the last call.
func (n *network) took() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	asked := n.asked
	n.asked = nil
	return asked
}

// host adds a node that holds alice's key, or does not, and notes its queries.
func (n *network) host(name string, hasKey bool) *nearrpctest.Node {
	node := nearrpctest.NewNode("testnet")
	node.CreateAccount(alice)
	if hasKey {
		node.AddFullAccessKey(alice, aliceKey)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hosts == nil {
		n.hosts = map[string]http.Handler{}
	}
	n.hosts[name] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before := node.Queries()
		defer func() {
			if node.Queries() != before {
				n.mu.Lock()
				n.asked = append(n.asked, name)
				n.mu.Unlock()
			}
		}()
		node.ServeHTTP(w, r)
	})
	return node
}

// behave makes a node do what a word says.
func behave(node *nearrpctest.Node, what string) {
	switch what {
	case "yes":
		node.AddFullAccessKey(alice, aliceKey)
	case "no":
		node.DeleteKey(alice, aliceKey)
	case "lie":
		node.Fault(nearrpctest.LieFullAccess())
	case "down":
		node.Fault(nearrpctest.Down())
	case "hang":
		node.Fault(nearrpctest.Hang())
	case "chain":
		node.Fault(nearrpctest.WrongChain("mainnet"))
	case "429":
		node.Fault(nearrpctest.TooManyRequests(time.Minute))
	}
}

func newClient(t testing.TB, config nearrpc.Config) *nearrpc.Client {
	t.Helper()
	if config.ChainID == "" {
		config.ChainID = "testnet"
	}
	c, err := nearrpc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logs is a slog destination that tests can read.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
