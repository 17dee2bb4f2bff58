package nearrpc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	node.AddFullAccessKey(alice, aliceKey)
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(node)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: server.URL}}})
	for i := range 20 {
		if i == 10 {
			node.Fault(nearrpctest.Down()) // bodies of failures are drained too
		}
		client.FullAccess(t.Context(), alice, aliceKey)
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for 20 questions one after the other", n)
	}
}

func TestClosedIdleConnection(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	node.AddFullAccessKey(alice, aliceKey)
	server := httptest.NewServer(node)
	defer server.Close()
	var out logs
	client := newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: server.URL}}, Logger: out.logger()})
	for range 20 {
		if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil {
			t.Fatal(err)
		}
		server.CloseClientConnections()
	}
	if out.String() != "" {
		t.Error(out.String())
	}
}

func TestHugeBodiesAreNotAllocated(t *testing.T) {
	for name, fault := range map[string]nearrpctest.Fault{
		"plain": nearrpctest.HugeBody(64 << 20), "gzip": nearrpctest.GzipBomb(64 << 20),
	} {
		node, server := serve(t)
		client := newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: server.URL}}})
		if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil {
			t.Fatal(err)
		}
		node.Fault(fault)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := client.FullAccess(t.Context(), alice, aliceKey)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, nearrpc.ErrUnavailable) || !strings.Contains(err.Error(), "larger than 1 MiB") {
			t.Errorf("%s: got %v", name, err)
		}
		used := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%s: %d MiB allocated, server included", name, used)
		if used > 16 {
			t.Errorf("%s: %d MiB allocated for a body of 64 MiB", name, used)
		}
	}
}

func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for name, fault := range faults() {
		nodes := [2]*nearrpctest.Node{}
		var servers []*nearrpctest.Server
		transport := &http.Transport{}
		config := nearrpc.Config{Agree: 2, Transport: transport, AttemptTimeout: 50 * time.Millisecond, Timeout: 120 * time.Millisecond}
		for i := range nodes {
			node := nearrpctest.NewNode("testnet")
			node.AddFullAccessKey(alice, aliceKey)
			server, err := nearrpctest.Serve(node)
			if err != nil {
				t.Fatal(err)
			}
			nodes[i], servers = node, append(servers, server)
			config.Endpoints = append(config.Endpoints, nearrpc.Endpoint{URL: server.URL, Operator: fmt.Sprint(i)})
		}
		client := newClient(t, config)
		client.FullAccess(t.Context(), alice, aliceKey)
		for _, node := range nodes {
			node.Fault(fault)
		}
		if err := client.FullAccess(t.Context(), alice, aliceKey); !errors.Is(err, nearrpc.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		client.FullAccess(ctx, alice, aliceKey)
		cancel()
		for _, server := range servers {
			server.Close()
		}
		transport.CloseIdleConnections()
	}
	for end := time.Now().Add(3 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines, %d before\n%s", after, before, stacks[:runtime.Stack(stacks, true)])
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	node, server := serve(t)
	_, second := serve(t)
	client := newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: server.URL}, {URL: second.URL}}})
	done := make(chan error)
	for i := range 40 {
		go func() {
			key, want := aliceKey, error(nil)
			if i%2 == 1 {
				key, want = otherKey, nearrpc.ErrKeyNotFound
			}
			for range 10 {
				if err := client.FullAccess(t.Context(), alice, key); err != want {
					done <- fmt.Errorf("got %v, want %v", err, want)
					return
				}
			}
			done <- nil
		}()
	}
	for i := range 40 {
		node.Fault([]nearrpctest.Fault{nil, nearrpctest.Down()}[i%2])
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
