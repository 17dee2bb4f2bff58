package quorum_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// toy is a server of the chain "toy". To the method "network" it answers with
// its chain, to "owns" with the result, whatever JSON that is.
type toy struct {
	url      string
	asked    atomic.Int32 // "owns" only
	requests atomic.Int32

	mu              sync.Mutex
	network, result string
	fault           http.HandlerFunc // answers instead, if it is set
}

func newToy(t testing.TB, result string) *toy {
	t.Helper()
	n := &toy{network: "toy", result: result}
	server := httptest.NewServer(n)
	t.Cleanup(server.Close)
	n.url = server.URL
	return n
}

// is changes what the toy does.
func (n *toy) is(network, result string, fault http.HandlerFunc) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.network, n.result, n.fault = network, result, fault
}

func (n *toy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.requests.Add(1)
	n.mu.Lock()
	network, result, fault := n.network, n.result, n.fault
	n.mu.Unlock()
	var call struct{ ID, Method string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &call)
	if call.Method != "network" {
		n.asked.Add(1)
	}
	switch {
	case fault != nil:
		r.Body = io.NopCloser(bytes.NewReader(body))
		fault(w, r)
	case call.Method == "network":
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%q,"result":%q}`, call.ID, network)
	default:
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%q,"result":%s}`, call.ID, result)
	}
}

// status answers with that and nothing else.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// onToy is the Identify of the toys.
func onToy(ctx context.Context, s *quorum.Server) *quorum.Problem {
	reply, p := s.Call(ctx, "network", nil)
	if p != nil {
		return p
	}
	if got, _ := reply.Result.(string); got != "toy" {
		return quorum.WrongChain(got, "toy")
	}
	return nil
}

// never is a no that tells more than quorum.No.
const never = quorum.No + 1

// owns is the toys' question.
func owns(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
	reply, p := s.Call(ctx, "owns", []string{"alice"})
	switch {
	case p != nil:
		return quorum.CannotTell, p
	case reply.Result == true:
		return quorum.Yes, nil
	case reply.Result == false:
		return quorum.No, nil
	case reply.Result == "never":
		return never, nil
	}
	return quorum.CannotTell, &quorum.Problem{Text: "not an answer"}
}

// config has the toys as endpoints, each an operator of its own.
func config(toys ...*toy) quorum.Config {
	c := quorum.Config{Name: "toy", Identify: onToy}
	for i, n := range toys {
		c.Endpoints = append(c.Endpoints, quorum.Endpoint{URL: n.url, Operator: fmt.Sprint(i)})
	}
	return c
}

func newClient(t testing.TB, c quorum.Config) *quorum.Client {
	t.Helper()
	client, err := quorum.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// withServer runs f as the question that client asks, and returns what f did.
func withServer[T any](t testing.TB, client *quorum.Client, f func(context.Context, *quorum.Server) (T, *quorum.Problem)) (value T, problem *quorum.Problem) {
	t.Helper()
	_, _ = client.Ask(t.Context(), "alice", func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
		value, problem = f(ctx, s)
		return quorum.Yes, nil // one attempt is enough
	})
	return value, problem
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

func (l *logs) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
