package quorum

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"
)

// Server is one endpoint and what we know of it, as a Question sees it.
type Server struct {
	url      string // may hold a key: not for logs or errors
	host     string // scheme://host, to show
	operator string
	header   http.Header
	identify func(context.Context, *Server) *Problem
	timeout  time.Duration
	http     *http.Client
	name     string
	log      *slog.Logger

	identified atomic.Bool   // identify has found nothing wrong
	checking   chan struct{} // one token: guards the next two
	checked    time.Time
	checkErr   *Problem

	health
}

// String returns scheme and host, which is all that may be shown.
func (s *Server) String() string { return s.host }

// failure is a Problem with the endpoint that had it.
type failure struct {
	Problem
	host string
}

func (f *failure) Error() string { return f.host + ": " + f.Text }

func (s *Server) failed(p *Problem) *failure { return &failure{Problem: *p, host: s.host} }

func unclear(text string) *Problem { return &Problem{Text: text} }

// ask makes one attempt. Either the verdict is definite or there is a failure.
func (s *Server) ask(ctx context.Context, question Question) (Verdict, *failure) {
	attempt, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	v, p := s.attempt(attempt, question)
	// A caller who left says nothing about the endpoint.
	if !errors.Is(ctx.Err(), context.Canceled) {
		s.remember(p)
	}
	if p != nil {
		return CannotTell, s.failed(p)
	}
	return v, nil
}

// remember keeps the outcome of an attempt. One line is logged when trouble
// begins and one when it ends, not one a login.
func (s *Server) remember(p *Problem) {
	switch {
	case p == nil && s.recovered():
		s.log.Info(s.name+": endpoint answers again", "endpoint", s.host)
	case p != nil && !p.Harmless:
		first := s.note(p)
		// When it is back it may be another node, or one that has to catch up.
		s.identified.Store(false)
		if first {
			s.log.Warn(s.name+": endpoint failed", "endpoint", s.host, "cause", p.Text)
		}
	}
}

func (s *Server) attempt(ctx context.Context, question Question) (Verdict, *Problem) {
	if p := s.checkIdentity(ctx); p != nil {
		return CannotTell, p
	}
	v, p := question(ctx, s)
	switch {
	case p != nil:
		return CannotTell, p
	case !v.definite():
		return CannotTell, unclear("no verdict")
	}
	return v, nil
}

// checkIdentity asks which network the server is on, once, and again after it
// has failed. The first question asks and the others wait for its outcome, so
// that a busy start is one request.
func (s *Server) checkIdentity(ctx context.Context) *Problem {
	if s.identified.Load() {
		return nil
	}
	came := time.Now()
	select {
	case s.checking <- struct{}{}:
		defer func() { <-s.checking }()
	case <-ctx.Done():
		return unclear(reason(ctx.Err()))
	}
	switch {
	case s.identified.Load():
		return nil
	case s.checked.After(came):
		return s.checkErr
	}
	p := s.identify(ctx, s)
	switch {
	case p == nil:
		s.identified.Store(true)
	case ctx.Err() == nil: // others may have more time than we had
		s.checked, s.checkErr = time.Now(), p
	}
	if p != nil && p.wrongChain {
		s.log.Error(s.name+": endpoint is on the wrong chain", "endpoint", s.host, "cause", p.Text)
	}
	return p
}

// printable names of chains may be shown; others could forge log lines.
var printable = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// WrongChain is the Problem of a server that is on chain got where want was
// meant. It is logged as an Error. What the server calls its chain is shown
// if it is at most 32 letters, digits and ".", "_", "-".
func WrongChain(got, want string) *Problem {
	if !printable.MatchString(got) {
		got = "another chain"
	}
	return &Problem{Text: fmt.Sprintf("is on %s, not on %s", got, want), Final: true, wrongChain: true}
}
