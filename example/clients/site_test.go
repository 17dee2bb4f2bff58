package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// origin is what the site is called in the browser. The process listens
// elsewhere, as behind a proxy, because the callback has to be known first.
const origin = "http://localhost:8080"

// dir is where the example is built to.
var dir string

func TestMain(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "nearauth-clients"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// binary builds the example once, from its own module, as a user would.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(dir, "example")
	out, err := exec.Command("go", "-C", "../..", "build", "-o", path, "./example").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

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

// run starts the example and waits for its line.
func (s *site) run(t *testing.T) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exampletest.Command(t.Context(), path, "-addr", "127.0.0.1:0", "-origin", origin, "-callback", origin+"/callback",
		"-network", "testnet", "-rpc", s.chain.URL, "-redis", s.redis.URL(), "-rate-limit", "off")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	// The test's context ends before its cleanups.
	t.Cleanup(func() {
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 0 {
			t.Errorf("the example: %v\n%s", err, stderr.String())
		}
	})
	var ready bool
	if _, s.url, ready = strings.Cut(lines.Text(), " ready at "); !ready {
		t.Fatalf("no line of the example: %q", lines.Text())
	}
}
