package main

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// scope is a testing.TB outside of a test, for the packages that start the
// processes. It has the methods that these call; any other would be a nil
// dereference.
type scope struct {
	testing.TB
	cleanups []func()
}

// within runs f in a scope of its own, and ends all that f has started.
func within(f func(testing.TB)) (err error) {
	s := new(scope)
	defer func() {
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

// ended is what a scope panics with, to be recovered by within.
type ended struct{ error }

func (s *scope) Helper()                        {}
func (s *scope) Cleanup(f func())               { s.cleanups = append(s.cleanups, f) }
func (s *scope) Fatal(args ...any)              { panic(ended{errors.New(fmt.Sprint(args...))}) }
func (s *scope) Fatalf(format string, a ...any) { s.Fatal(fmt.Sprintf(format, a...)) }
func (s *scope) Skip(args ...any)               { s.Fatal(args...) } // nothing is left to do

// TempDir returns a folder that goes with the scope.
func (s *scope) TempDir() string {
	dir, err := os.MkdirTemp("", "nearauth-load")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
