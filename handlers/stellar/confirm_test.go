package stellar_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/handlers/stellar/stellartest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

// wantOnly fails unless err is want and none of the other answers.
func wantOnly(t *testing.T, name string, err, want error) {
	t.Helper()
	if want == nil && err != nil || !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", name, err, want)
	}
	for _, other := range []error{handlers.ErrKeyNotFound, handlers.ErrKeyNotFullAccess, handlers.ErrUnavailable, handlers.ErrInvalidSignature} {
		if other != want && errors.Is(err, other) {
			t.Errorf("%s: also reads as %v: %v", name, other, err)
		}
	}
}

// Who may sign in for an account, by its weights and thresholds, whichever way
// the network is asked.
func TestConfirm(t *testing.T) {
	t.Parallel()
	const (
		hash = "XBU2RRGLXH3E5CQHTD3ODLDF2BWDCYUSSBLLZ5GNW7JXHDIYKXZWGTOG" // SEP-23
		tx   = "TAQCSRX2RIDJNHFIFHWD63X7D7D6TRT5Y2S6E3TEMXTG5W3OECHZ2OG4"
	)
	type options [4]uint8 // master, low, medium, high
	for _, c := range []struct {
		name    string
		options options
		signers map[string]uint8
		signer  wallet
		level   stellar.Level
		want    error
	}{
		{"fresh, master", options{1, 0, 0, 0}, nil, alice, stellar.Medium, nil},
		{"fresh, high", options{1, 0, 0, 0}, nil, alice, stellar.High, nil},
		{"fresh, somebody else", options{1, 0, 0, 0}, nil, bob, stellar.Low, handlers.ErrKeyNotFound},
		{"master of weight 0", options{0, 0, 0, 0}, map[string]uint8{bob.address: 1}, alice, stellar.Low, handlers.ErrKeyNotFound},
		{"its co-signer", options{0, 0, 0, 0}, map[string]uint8{bob.address: 1}, bob, stellar.High, nil},
		{"one of two, low", options{1, 1, 2, 3}, map[string]uint8{bob.address: 1}, alice, stellar.Low, nil},
		{"one of two, medium", options{1, 1, 2, 3}, map[string]uint8{bob.address: 1}, alice, stellar.Medium, handlers.ErrKeyNotFullAccess},
		{"one of two, high", options{1, 1, 2, 3}, map[string]uint8{bob.address: 2}, bob, stellar.High, handlers.ErrKeyNotFullAccess},
		{"the heavier, medium", options{1, 1, 2, 3}, map[string]uint8{bob.address: 2}, bob, stellar.Medium, nil},
		{"exactly enough", options{255, 0, 255, 255}, nil, alice, stellar.High, nil},
		{"one too little", options{254, 0, 254, 255}, nil, alice, stellar.High, handlers.ErrKeyNotFullAccess},
		{"others do not help", options{1, 0, 2, 0}, map[string]uint8{bob.address: 1, hash: 200, tx: 200}, bob, stellar.Medium, handlers.ErrKeyNotFullAccess},
		{"a stranger among many", options{1, 0, 0, 0}, map[string]uint8{bob.address: 1, hash: 1, tx: 1}, carol, stellar.Low, handlers.ErrKeyNotFound},
	} {
		node, endpoint := serve(t)
		err := errors.Join(node.Fund(alice.address), node.Fund(carol.address))
		for key, weight := range c.signers {
			err = errors.Join(err, node.SetSigner(alice.address, key, weight))
		}
		if err := errors.Join(err, node.SetOptions(alice.address, c.options[0], c.options[1], c.options[2], c.options[3])); err != nil {
			t.Fatal(err)
		}
		for dialect, use := range dialects {
			config := stellar.Config{Network: "testnet", Threshold: c.level}
			use(&config, endpoint)
			wantOnly(t, c.name+" by "+dialect, confirm(mustNew(t, config), alice, c.signer), c.want)
		}
		if node.Queries() != 2 || node.Requests() != 4 {
			t.Errorf("%s: %d questions in %d requests", c.name, node.Queries(), node.Requests())
		}
	}
}

// The accounts with whose key nothing is on the ledger: by policy.
func TestUnfunded(t *testing.T) {
	t.Parallel()
	for dialect, use := range dialects {
		node, endpoint := serve(t)
		strict, loose := stellar.Config{Network: "testnet"}, stellar.Config{Network: "testnet", AllowUnfunded: true}
		use(&strict, endpoint)
		use(&loose, endpoint)
		wantOnly(t, dialect+", strict", confirm(mustNew(t, strict), alice, alice), handlers.ErrKeyNotFound)
		chain := mustNew(t, loose)
		wantOnly(t, dialect+", allowed", confirm(chain, alice, alice), nil)
		wantOnly(t, dialect+", allowed, somebody else", confirm(chain, alice, bob), handlers.ErrKeyNotFound)
		// Funded, the account has a say.
		node.Fund(alice.address)
		node.SetOptions(alice.address, 0, 0, 0, 0)
		wantOnly(t, dialect+", then its master key is disabled", confirm(chain, alice, alice), handlers.ErrKeyNotFound)
	}
}

func TestConfirmOffline(t *testing.T) {
	t.Parallel()
	for _, chain := range []*stellar.Chain{stellar.Pubnet(), stellar.Testnet()} {
		wantOnly(t, "own key", confirm(chain, alice, alice), nil)
		wantOnly(t, "co-signer", confirm(chain, alice, bob), handlers.ErrKeyNotFound)
		wantOnly(t, "no address", chain.Confirm(t.Context(), store.Account{ID: "alice.near", PublicKey: "alice.near"}), handlers.ErrUnavailable)
		wantOnly(t, "nothing", chain.Confirm(t.Context(), store.Account{}), handlers.ErrUnavailable)
		if err := chain.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A session ends when its signer has been removed, and not when nobody can tell.
func TestRecheck(t *testing.T) {
	t.Parallel()
	for dialect, use := range dialects {
		node, endpoint := serve(t)
		config := stellar.Config{Network: "testnet", AttemptTimeout: time.Second, Timeout: 2 * time.Second}
		use(&config, endpoint)
		chain := mustNew(t, config)
		node.Fund(alice.address)
		node.SetSigner(alice.address, bob.address, 1)
		wantOnly(t, dialect+": signer", confirm(chain, alice, bob), nil)
		node.Fault(nearrpctest.Down())
		wantOnly(t, dialect+": outage", confirm(chain, alice, bob), handlers.ErrUnavailable)
		node.Fault(nil)
		node.SetSigner(alice.address, bob.address, 0)
		wantOnly(t, dialect+": removed", confirm(chain, alice, bob), handlers.ErrKeyNotFound)
		node.SetOptions(alice.address, 1, 0, 2, 2)
		wantOnly(t, dialect+": threshold raised", confirm(chain, alice, alice), handlers.ErrKeyNotFullAccess)
		node.Remove(alice.address)
		wantOnly(t, dialect+": merged away", confirm(chain, alice, alice), handlers.ErrKeyNotFound)
	}
}

// Whatever goes wrong at a server is neither a yes nor a no.
func TestFaults(t *testing.T) {
	t.Parallel()
	for dialect, use := range dialects {
		node, endpoint := serve(t)
		node.Fund(alice.address)
		node.Fund(bob.address)
		for name, fault := range map[string]stellartest.Fault{
			"down":                  nearrpctest.Down(),
			"a page":                nearrpctest.HTML(),
			"a page about accounts": stellartest.About(nearrpctest.HTML()),
			"404":                   stellartest.NotFound(),
			"404 about accounts":    stellartest.About(stellartest.NotFound()),
			"429":                   stellartest.TooManyRequests(0),
			"still ingesting":       stellartest.StillIngesting(),
			"hangs":                 nearrpctest.Hang(),
			"hangs when asked":      stellartest.About(nearrpctest.Hang()),
			"cut off":               stellartest.Truncated(node),
			"cut off when asked":    stellartest.About(stellartest.Truncated(node)),
			"another account":       stellartest.OtherAccount(node, bob.address),
			"another network":       stellartest.OtherNetwork(pubnet),
			"down when asked its network": func(w http.ResponseWriter, r *http.Request) bool {
				return !asksAccount(w, r) && nearrpctest.Down()(w, r)
			},
			"no network":                  stellartest.OtherNetwork(""),
			"another network, long named": stellartest.OtherNetwork(strings.Repeat("x", 100) + "\n"),
		} {
			config := stellar.Config{Network: "testnet", AllowUnfunded: true, AttemptTimeout: 100 * time.Millisecond, Timeout: 200 * time.Millisecond}
			use(&config, endpoint)
			node.Fault(fault)
			wantOnly(t, dialect+" "+name, confirm(mustNew(t, config), alice, alice), handlers.ErrUnavailable)
		}
	}
}

// asksAccount is a fault that does nothing.
var asksAccount = stellartest.About(func(http.ResponseWriter, *http.Request) bool { return true })

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for dialect, use := range dialects {
		node, endpoint := serve(t)
		config := stellar.Config{Network: "testnet"}
		use(&config, endpoint)
		node.Fault(stellartest.TooManyRequests(7 * time.Second))
		err := confirm(mustNew(t, config), alice, alice)
		if u, ok := errors.AsType[*handlers.UnavailableError](err); !ok || u.RetryAfter != 7*time.Second {
			t.Errorf("%s: %v", dialect, err)
		}
	}
}

// A server of another network is not believed, and the log says which it is.
func TestWrongNetwork(t *testing.T) {
	t.Parallel()
	for dialect, use := range dialects {
		node, endpoint := serve(t) // of testnet
		node.Fund(alice.address)
		var out bytes.Buffer
		config := stellar.Config{Network: "pubnet", Logger: slog.New(slog.NewTextHandler(&out, nil))}
		use(&config, endpoint)
		wantOnly(t, dialect, confirm(mustNew(t, config), alice, alice), handlers.ErrUnavailable)
		if !strings.Contains(out.String(), "is on testnet, not on pubnet") || node.Queries() != 0 {
			t.Errorf("%s: asked %d times, logged %s", dialect, node.Queries(), out.String())
		}
	}
}

// Horizon and Stellar RPC stand in for each other, and agree with each other.
func TestServersTogether(t *testing.T) {
	t.Parallel()
	light, disabled, empty := stellartest.NewNode(testnet), stellartest.NewNode(testnet), stellartest.NewNode(testnet)
	light.Fund(alice.address)
	light.SetOptions(alice.address, 1, 2, 2, 2)
	disabled.Fund(alice.address)
	disabled.SetOptions(alice.address, 0, 0, 0, 0)
	for i, c := range []struct {
		agree          int
		horizon, rpc   stellartest.Fault
		unfunded       bool
		want           error
		horizons, rpcs int // questions
	}{
		{agree: 1, want: nil, horizons: 1},
		{agree: 1, horizon: nearrpctest.Down(), want: nil, rpcs: 1},
		{agree: 2, want: nil, horizons: 1, rpcs: 1},
		{agree: 2, horizon: nearrpctest.Down(), want: handlers.ErrUnavailable, rpcs: 1},
		{agree: 2, rpc: nearrpctest.Down(), want: handlers.ErrUnavailable, horizons: 1},
		{agree: 2, rpc: stellartest.OtherNetwork(pubnet), want: handlers.ErrUnavailable, horizons: 1},
		{agree: 2, horizon: stellartest.Instead(disabled), want: handlers.ErrUnavailable, horizons: 1, rpcs: 1},
		{agree: 2, horizon: stellartest.Instead(disabled), rpc: stellartest.Instead(disabled), want: handlers.ErrKeyNotFound, horizons: 1, rpcs: 1},
		{agree: 2, horizon: stellartest.Instead(empty), rpc: stellartest.Instead(disabled), want: handlers.ErrKeyNotFound, horizons: 1, rpcs: 1},
		{agree: 2, horizon: stellartest.Instead(light), rpc: stellartest.Instead(empty), want: handlers.ErrKeyNotFullAccess, horizons: 1, rpcs: 1},
		// A server that denies an account does not revive its master key.
		{agree: 2, horizon: stellartest.Instead(empty), rpc: stellartest.Instead(disabled), unfunded: true, want: handlers.ErrUnavailable, horizons: 1, rpcs: 1},
		{agree: 2, horizon: stellartest.Instead(empty), rpc: stellartest.Instead(empty), unfunded: true, want: nil, horizons: 1, rpcs: 1},
	} {
		name := fmt.Sprint("row ", i)
		asked, endpoint := serve(t)
		backed, other := serve(t)
		for _, node := range []*stellartest.Node{asked, backed} {
			node.Fund(alice.address)
		}
		asked.Fault(c.horizon)
		backed.Fault(c.rpc)
		endpoint.Operator, other.Operator = "one", "another"
		chain := mustNew(t, stellar.Config{Network: "testnet", Agree: c.agree, AllowUnfunded: c.unfunded, Horizon: []stellar.Endpoint{endpoint}, RPC: []stellar.Endpoint{other}})
		wantOnly(t, name, confirm(chain, alice, alice), c.want)
		if asked.Queries() < c.horizons || backed.Queries() < c.rpcs || c.agree == 1 && c.rpcs == 0 && backed.Requests() != 0 {
			t.Errorf("%s: Horizon was asked %d times, RPC %d times", name, asked.Queries(), backed.Queries())
		}
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	for dialect, use := range dialects {
		node, endpoint := serve(t)
		config := stellar.Config{Network: "testnet"}
		use(&config, endpoint)
		chain := mustNew(t, config)
		if err := chain.Ready(t.Context()); err != nil || node.Queries() != 1 {
			t.Errorf("%s: %v after %d questions", dialect, err, node.Queries())
		}
		node.Fault(nearrpctest.Down())
		if err := chain.Ready(t.Context()); err == nil {
			t.Errorf("%s: ready while the network is down", dialect)
		}
	}
}

// What ends the caller's context is no fault of the network's and no answer.
func TestConfirmCancelled(t *testing.T) {
	t.Parallel()
	_, endpoint := serve(t)
	chain := mustNew(t, stellar.Config{Network: "testnet", Horizon: []stellar.Endpoint{endpoint}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := chain.Confirm(ctx, store.Account{ID: alice.address, PublicKey: alice.address})
	wantOnly(t, "cancelled", err, handlers.ErrUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
