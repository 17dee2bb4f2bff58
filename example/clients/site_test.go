package clients

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// origin is what the site is called in the browser. The process listens
// elsewhere, as behind a proxy, because the callback has to be known first.
const origin = "http://localhost:8080"

func TestMain(m *testing.M) {
	code := m.Run()
	exampletest.Clean()
	os.Exit(code)
}

// site is the example as a process, with a Redis and a NEAR node behind it.
type site struct {
	url   string
	chain *nearrpctest.Server
	node  *nearrpctest.Node
	redis *redistest.Server
}

func start(t *testing.T) *site {
	t.Helper()
	exampletest.Libraries(t)
	s := &site{redis: redistest.Start(t), node: nearrpctest.NewNode("testnet")}
	mux := http.NewServeMux()
	mux.Handle("/", s.node)
	mux.HandleFunc("POST /faucet", s.faucet)
	var err error
	if s.chain, err = nearrpctest.Serve(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.chain.Close() })
	s.run(t)
	t.Cleanup(func() { s.used(t) })
	return s
}

// used fails where the site did without its Redis: then nothing was shown of
// that.
func (s *site) used(t *testing.T) {
	if stats := fmt.Sprintf("%s", s.redis.Do(t, "INFO", "stats")); strings.Contains(stats, "keyspace_hits:0\r") {
		t.Error("nothing was read from Redis")
	}
}

// faucet gives an account a full-access key, as test networks do. Scripts make
// their own keys, so that no key is in any file.
func (s *site) faucet(w http.ResponseWriter, r *http.Request) {
	var account struct{ AccountID, PublicKey string }
	err := json.NewDecoder(r.Body).Decode(&account)
	if err == nil {
		err = s.node.AddFullAccessKey(account.AccountID, account.PublicKey)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// run starts the example.
func (s *site) run(t *testing.T) {
	t.Helper()
	p := exampletest.Start(t, "-origin", origin, "-callback", origin+"/callback",
		"-network", "testnet", "-rpc", s.chain.URL, "-redis", s.redis.URL(), "-rate-limit", "off")
	s.url = p.URL
	t.Cleanup(func() {
		if _, err := p.Stop(); err != nil {
			t.Errorf("the example: %v\n%s", err, p.Log())
		}
	})
}
