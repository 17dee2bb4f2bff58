package nearrpc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// serve starts a node that holds alice's key, on a socket.

func serve(t testing.TB) (*nearrpctest.Node, *nearrpctest.Server) {
	t.Helper()
	node := nearrpctest.NewNode("testnet")
	if err := node.AddFullAccessKey(alice, aliceKey); err != nil {
		t.Fatal(err)
	}
	server, err := nearrpctest.Serve(node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return node, server
}

func TestFixturesOverHTTP(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/near_rpc_fixtures.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Fixtures []struct {
			ID, Expect  string
			Request     any
			HTTPStatus  int               `json:"http_status"`
			ContentType string            `json:"content_type"`
			Headers     map[string]string `json:"headers"`
			Body        string            `json:"body_text"`
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	want := map[string]error{
		"full_access": nil, "gas_key_full_access": nil,
		"function_call_only": nearrpc.ErrNotFullAccess,
		"key_absent":         nearrpc.ErrKeyNotFound,
		"account_absent":     nearrpc.ErrAccountNotFound,
	}
	for _, f := range file.Fixtures {
		t.Run(f.ID, func(t *testing.T) {
			t.Parallel()
			account, key, id := "alice.near", aliceKey, "none"
			if r, ok := f.Request.(map[string]any); ok {
				id, _ = r["id"].(string)
				params, _ := r["params"].(map[string]any)
				if s, ok := params["account_id"].(string); ok {
					account = s
				}
				if s, ok := params["public_key"].(string); ok {
					key = s
				}
			}
			node, server := serve(t)
			node.Fault(nearrpctest.Only("query", func(w http.ResponseWriter, r *http.Request) bool {
				var sent struct{ ID string }
				json.NewDecoder(r.Body).Decode(&sent)
				w.Header().Set("Content-Type", f.ContentType)
				for name, value := range f.Headers {
					w.Header().Set(name, value)
				}
				if f.HTTPStatus != 0 {
					w.WriteHeader(f.HTTPStatus)
				}
				io.WriteString(w, strings.ReplaceAll(f.Body, `"id":"`+id+`"`, `"id":"`+sent.ID+`"`))
				return true
			}))
			client := newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: server.URL}}})
			err := client.FullAccess(t.Context(), account, key)
			expected, definite := want[f.Expect]
			if definite && err != expected || !definite && !errors.Is(err, nearrpc.ErrUnavailable) {
				t.Errorf("%s: got %v", f.Expect, err)
			}
		})
	}
}

// faults are the ways an endpoint fails; none may ever be a yes.

func faults() map[string]nearrpctest.Fault {
	return map[string]nearrpctest.Fault{
		"down":            nearrpctest.Down(),
		"hang":            nearrpctest.Hang(),
		"html":            nearrpctest.HTML(),
		"429":             nearrpctest.TooManyRequests(0),
		"wrong id":        nearrpctest.WrongID(),
		"redirect":        nearrpctest.Redirect("http://169.254.169.254/"),
		"64 MiB":          nearrpctest.HugeBody(64 << 20),
		"64 MiB, gzipped": nearrpctest.GzipBomb(64 << 20),
		"slow drip":       nearrpctest.SlowDrip(100 * time.Millisecond),
		"truncated":       nearrpctest.Truncated(),
		"no answer":       func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"empty":           func(http.ResponseWriter, *http.Request) bool { return true },
		"header flood": func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
			return true
		},
		"full-access body under 500": func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(500)
			return nearrpctest.LieFullAccess()(w, r)
		},
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const attempt, total = 300 * time.Millisecond, 900 * time.Millisecond
	for name, fault := range faults() {
		for _, known := range []bool{false, true} { // before and after the chain-id check
			t.Run(fmt.Sprintf("%s, known %v", name, known), func(t *testing.T) {
				t.Parallel()
				node, server := serve(t)
				client := newClient(t, nearrpc.Config{
					Endpoints: []nearrpc.Endpoint{{URL: server.URL}}, AttemptTimeout: attempt, Timeout: total})
				ask := func() error { return client.FullAccess(t.Context(), alice, aliceKey) }
				if known {
					if err := ask(); err != nil {
						t.Fatal(err)
					}
				}
				node.Fault(fault)
				start := time.Now()
				err := ask()
				if took := time.Since(start); !errors.Is(err, nearrpc.ErrUnavailable) || took > total+500*time.Millisecond {
					t.Errorf("got %v after %v", err, took)
				}
				var u *nearrpc.UnavailableError
				if !errors.As(err, &u) || u.RetryAfter < time.Second || len(u.Causes) == 0 {
					t.Errorf("got %+v", u)
				}
				node.Fault(nil)
				if err := ask(); err != nil {
					t.Errorf("back again: %v", err)
				}
			})
		}
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, server := serve(t)
	client := newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: "http://" + address}, {URL: server.URL}}})
	if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil {
		t.Errorf("failover: %v", err)
	}
	client = newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: "http://" + address}}})
	err = client.FullAccess(t.Context(), alice, aliceKey)
	if !errors.Is(err, nearrpc.ErrUnavailable) || !strings.Contains(err.Error(), "http://"+address+": connection refused") {
		t.Errorf("got %v", err)
	}
}

// A yes from somebody who is not the host it was asked of.

// A yes that stands behind a redirect is not heard, and nothing, least of all

// a header, is sent there.

// Secrets can stand in the path, the query, the userinfo and the headers, and

// a server can send them back.

// What is sent, and to whom: the headers to their endpoint only, and what the

// user typed in the body only.

// A server that closes idle connections, as all do, costs no failure.

// Not parallel: it counts what the process allocates.

// Not parallel: it counts the goroutines of the process.

// Many questions at once, while an endpoint comes and goes: for -race.
