package nearrpctest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Server serves a handler on a loopback address.
type Server struct {
	// URL is where it listens: "http://127.0.0.1:port".
	URL string

	http   *http.Server
	cancel context.CancelFunc // ends every request's context
	served chan struct{}      // closed when the accepting loop has ended
}

// Serve listens on a free port of 127.0.0.1 and serves h, usually a *Node,
// until Close is called.
func Serve(h http.Handler) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("nearrpctest: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{URL: "http://" + listener.Addr().String(), cancel: cancel, served: make(chan struct{})}
	s.http = &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	go func() {
		defer close(s.served)
		s.http.Serve(listener)
	}()
	return s, nil
}

// Close stops listening and breaks off all connections. Requests under way end
// by their contexts.
func (s *Server) Close() error {
	err := s.http.Close() // first, or a fault that ends would end like an answer
	s.cancel()
	<-s.served
	return err
}
