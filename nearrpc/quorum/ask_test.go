package quorum_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// How operators agree is held by the tests of nearrpc, at length. These hold
// what the verdicts of any asker become.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	const unknown = quorum.CannotTell
	tests := []struct {
		agree   int
		results string // of one operator each
		want    quorum.Verdict
	}{
		{1, `true`, quorum.Yes},
		{1, `false`, quorum.No},
		{1, `"never"`, never},
		{1, `true false`, quorum.Yes},
		{1, `false true`, quorum.No},
		{1, `null true`, quorum.Yes},
		{1, `null`, unknown},
		{1, `"true"`, unknown},
		{2, `true true`, quorum.Yes},
		{2, `true null`, unknown},
		{2, `true false`, unknown},
		{2, `true "never"`, unknown},
		{2, `true false true`, quorum.Yes},
		{2, `true false "never"`, unknown},
		{2, `false null`, quorum.No},
		{2, `false "never"`, never}, // of two noes the one that tells more
		{2, `"never" false`, never},
		{3, `true true false`, unknown},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d of %s", test.agree, test.results), func(t *testing.T) {
			t.Parallel()
			var toys []*toy
			for _, result := range strings.Fields(test.results) {
				toys = append(toys, newToy(t, result))
			}
			c := config(toys...)
			c.Agree = test.agree
			got, err := newClient(t, c).Ask(t.Context(), "alice", owns)
			if got != test.want || (err == nil) != (got != unknown) {
				t.Errorf("got %d and %v, want %d", got, err, test.want)
			}
			var u *quorum.UnavailableError
			if err != nil && (!errors.Is(err, quorum.ErrUnavailable) || !errors.As(err, &u) || u.RetryAfter < time.Second) {
				t.Errorf("got %#v", err)
			}
		})
	}
}

// What an asker forgot, or says twice, is no answer.
func TestNoVerdict(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		verdict quorum.Verdict
		problem *quorum.Problem
		want    string
	}{
		"neither":         {quorum.CannotTell, nil, "no verdict"},
		"yes and problem": {quorum.Yes, &quorum.Problem{Text: "half an answer"}, "half an answer"},
		"no and problem":  {quorum.No, &quorum.Problem{Text: "half an answer"}, "half an answer"},
	}
	for name, test := range tests {
		n := newToy(t, `true`)
		calls := 0
		got, err := newClient(t, config(n)).Ask(t.Context(), "alice", func(context.Context, *quorum.Server) (quorum.Verdict, *quorum.Problem) {
			calls++
			return test.verdict, test.problem
		})
		if want := "toy: cannot tell: " + n.url + ": " + test.want; got != quorum.CannotTell || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %d and %v, want %s", name, got, err, want)
		}
		if calls != 2 {
			t.Errorf("%s: asked %d times in two passes", name, calls)
		}
	}
}

func TestFinalProblem(t *testing.T) {
	t.Parallel()
	calls := 0
	_, err := newClient(t, config(newToy(t, `true`))).Ask(t.Context(), "alice", func(context.Context, *quorum.Server) (quorum.Verdict, *quorum.Problem) {
		calls++
		return quorum.CannotTell, &quorum.Problem{Text: "x", Final: true}
	})
	if !errors.Is(err, quorum.ErrUnavailable) || calls != 1 {
		t.Errorf("asked %d times: %v", calls, err)
	}
}

// The asker's own RetryAfter counts as a server's does, and as little of it.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for given, want := range map[time.Duration]time.Duration{
		0: 2 * time.Second, -time.Hour: 2 * time.Second, 30 * time.Second: 30 * time.Second, time.Hour: 10 * time.Minute, 1<<63 - 1: 10 * time.Minute,
	} {
		client := newClient(t, config(newToy(t, `true`)))
		for range 2 { // the second time it is not asked
			_, err := client.Ask(t.Context(), "alice", func(context.Context, *quorum.Server) (quorum.Verdict, *quorum.Problem) {
				return quorum.CannotTell, &quorum.Problem{Text: "busy", Final: true, RetryAfter: given}
			})
			var u *quorum.UnavailableError
			if !errors.As(err, &u) || u.RetryAfter != want {
				t.Errorf("%v: got %+v, want %v", given, u, want)
			}
		}
	}
}

func TestCallerLeaves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	v, err := newClient(t, config(newToy(t, `true`))).Ask(ctx, "alice", func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
		cancel()
		<-ctx.Done() // the question's own ends too
		return quorum.CannotTell, &quorum.Problem{Text: "x"}
	})
	if v != quorum.CannotTell || !errors.Is(err, quorum.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %d and %v", v, err)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	n := newToy(t, `true`)
	var out logs
	c := config(n)
	c.Logger = out.logger()
	client := newClient(t, c)
	ask := func() error {
		_, err := client.Ask(t.Context(), "alice", owns)
		return err
	}

	n.is("other", `true`, nil)
	if err := ask(); err == nil || !strings.Contains(err.Error(), n.url+": is on other, not on toy") || n.asked.Load() != 0 {
		t.Errorf("of a server of another chain: %v, asked %d times", err, n.asked.Load())
	}
	if strings.Count(out.String(), "level=ERROR") != 1 || !strings.Contains(out.String(), `msg="toy: endpoint is on the wrong chain"`) {
		t.Errorf("logged %s", out.String())
	}
	n.is("toy", `true`, nil)
	for range 3 {
		if err := ask(); err != nil {
			t.Error(err)
		}
	}
	if got := n.requests.Load() - n.asked.Load(); got != 2 {
		t.Errorf("identified %d times, want once in vain and once well", got)
	}
	// After a failure it may be another server.
	n.is("toy", `true`, status(500))
	if err := ask(); !errors.Is(err, quorum.ErrUnavailable) {
		t.Error(err)
	}
	n.is("other", `true`, nil)
	if err := ask(); !errors.Is(err, quorum.ErrUnavailable) || !strings.Contains(err.Error(), "not on toy") {
		t.Errorf("after a failure: %v", err)
	}
}

// One that can say where it is and no more fails twice in a question. It is asked
// again after the second time as after the first.
func TestIdentityAfterEachFailure(t *testing.T) {
	t.Parallel()
	identified, elsewhere := 0, false
	c := config(newToy(t, `true`))
	c.Identify = func(context.Context, *quorum.Server) *quorum.Problem {
		if identified++; elsewhere {
			return quorum.WrongChain("other", "toy")
		}
		return nil
	}
	client := newClient(t, c)
	answer := func(v quorum.Verdict, p *quorum.Problem) quorum.Verdict {
		v, _ = client.Ask(t.Context(), "alice", func(context.Context, *quorum.Server) (quorum.Verdict, *quorum.Problem) { return v, p })
		return v
	}
	if answer(quorum.CannotTell, &quorum.Problem{Text: "x"}); identified != 2 {
		t.Errorf("identified %d times in two passes", identified)
	}
	elsewhere = true
	if answer(quorum.Yes, nil) != quorum.CannotTell {
		t.Error("a server that is on another chain since it failed is believed")
	}
	elsewhere = false
	answer(quorum.Yes, nil)
	identified = 0
	if answer(quorum.CannotTell, &quorum.Problem{Text: "x", Harmless: true}); identified != 0 {
		t.Errorf("identified %d times after what was not its fault", identified)
	}
}

// A server must not write into our log.
func TestWrongChain(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		"mainnet": "is on mainnet, not on toy", "0x1": "is on 0x1, not on toy", "": "is on another chain, not on toy",
		"x\nlevel=ERROR": "is on another chain, not on toy", "mainnet\n": "is on another chain, not on toy",
		strings.Repeat("x", 33): "is on another chain, not on toy",
	} {
		if p := quorum.WrongChain(got, "toy"); p.Text != want || !p.Final {
			t.Errorf("%q: got %+v", got, p)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	good := config(newToy(t, `true`))
	tests := map[string]struct {
		change func(*quorum.Config)
		want   string // "" for no error
	}{
		"as it is":    {func(*quorum.Config) {}, ""},
		"no Identify": {func(c *quorum.Config) { c.Identify = nil }, "toy: Identify is required"},
		"no endpoint": {func(c *quorum.Config) { c.Endpoints = nil }, "toy: Endpoints is required"},
		"no name":     {func(c *quorum.Config) { c.Name, c.Identify = "", nil }, "quorum: Identify is required"},
		"agree":       {func(c *quorum.Config) { c.Agree = 2 }, "toy: Agree is 2, but the endpoints have 1 distinct operators (name them in Endpoint.Operator)"},
		"http":        {func(c *quorum.Config) { c.Endpoints = []quorum.Endpoint{{URL: "http://h.example/key"}} }, "toy: Endpoints[0]: http://h.example: the URL must be https, or http on a loopback host"},
	}
	for name, test := range tests {
		c := good
		test.change(&c)
		client, err := quorum.New(c)
		if got := fmt.Sprint(err); (client == nil) == (err == nil) || err != nil && got != test.want || (err == nil) != (test.want == "") {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestServers(t *testing.T) {
	t.Parallel()
	a, b := newToy(t, `true`), newToy(t, `true`)
	client := newClient(t, config(a, b))
	client.Servers()[0] = nil // a copy
	if s := client.Servers(); len(s) != 2 || s[0].String() != a.url || s[1].String() != b.url {
		t.Errorf("got %v, want %s and %s", s, a.url, b.url)
	}
}

func TestNameOfErrors(t *testing.T) {
	t.Parallel()
	if got := (&quorum.UnavailableError{Causes: []error{http.ErrServerClosed}}).Error(); got != "quorum: cannot tell: "+http.ErrServerClosed.Error() {
		t.Error(got)
	}
	lies, honest := newToy(t, `true`), newToy(t, `false`)
	var out logs
	c := config(lies, honest)
	c.Agree, c.Logger = 2, out.logger()
	client := newClient(t, c)
	for range 3 {
		if _, err := client.Ask(t.Context(), "alice", owns); err == nil || err.Error() != "toy: cannot tell: the operators contradict each other" {
			t.Error(err)
		}
	}
	if strings.Count(out.String(), "level=ERROR") != 1 || !strings.Contains(out.String(), `level=ERROR msg="toy: the operators contradict each other" account=alice yes=1 no=1`) {
		t.Error(out.String())
	}
}
