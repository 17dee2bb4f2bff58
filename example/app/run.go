// Package app is the example's application: its flags, its pages, its API, and
// the sign-in. The programs around it say which kinds of Redis they reach.
package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nearauth/nearauth/store"
)

// Store is a store that is closed when the program ends.
type Store interface {
	store.Store
	Close() error
}

// OpenStore opens the store that the flag -redis names.
type OpenStore func(url string) (Store, error)

// Main is the main function of a program: it serves until a signal ends it.
func Main(open OpenStore) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, open, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done. It prints one line to stdout when it is ready.
func run(ctx context.Context, open OpenStore, args []string, env func(string) string, stdout, stderr io.Writer) error {
	s, err := parseSettings(args, env, stderr)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := s.complete(listener.Addr()); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	app, err := newApp(s, open, log)
	if err != nil {
		return err
	}
	defer app.close()

	server := &http.Server{
		Handler:           app.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      20 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if s.demo() {
		fmt.Fprintln(stderr, banner)
	}
	fmt.Fprintf(stdout, "nearauth example ready at %s\n", s.url)

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// What is under way may finish, within reason.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}
