package exampletest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
)

// scope is a testing.TB outside of a test, so that a program can use this package
// and redistest. It has the methods that these call; any other would be a nil
// dereference.
type scope struct {
	testing.TB
	context  context.Context
	cleanups []func()
}

// ErrSkipped is wrapped by the error of Within for what cannot be done here.
var ErrSkipped = errors.New("skipped")

// Within runs f in a scope of its own, and ends all that f has started.
func Within(f func(testing.TB)) (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &scope{context: ctx}
	defer func() {
		cancel()
		for i := range s.cleanups {
			s.cleanups[len(s.cleanups)-1-i]()
		}
		if r := recover(); r != nil {
			why, mine := r.(ended)
			if !mine {
				panic(r)
			}
			err = why.error
		}
	}()
	f(s)
	return nil
}

// ended is what a scope panics with, to be recovered by Within.
type ended struct{ error }

func (s *scope) Helper()                        {}
func (s *scope) Context() context.Context       { return s.context }
func (s *scope) Cleanup(f func())               { s.cleanups = append(s.cleanups, f) }
func (s *scope) Fatal(args ...any)              { panic(ended{errors.New(fmt.Sprint(args...))}) }
func (s *scope) Fatalf(format string, a ...any) { s.Fatal(fmt.Sprintf(format, a...)) }
func (s *scope) Skip(args ...any) {
	panic(ended{fmt.Errorf("%w: %s", ErrSkipped, fmt.Sprint(args...))})
}
func (s *scope) Skipf(format string, a ...any)   { s.Skip(fmt.Sprintf(format, a...)) }
func (s *scope) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// TempDir returns a folder that goes with the scope.
func (s *scope) TempDir() string {
	dir, err := os.MkdirTemp("", "nearauth")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
