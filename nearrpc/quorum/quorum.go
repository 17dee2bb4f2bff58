// Package quorum puts a yes-or-no question to several servers that may fail,
// lag or lie, and says yes, no or "cannot tell".
//
// It is the half of package nearrpc that knows nothing of NEAR. The packages
// that sign people in by other chains use it too, so that what stands here
// holds for all of them.
//
//	client, err := quorum.New(quorum.Config{
//		Name:      "mychain",
//		Endpoints: []quorum.Endpoint{{URL: "https://rpc.example.com"}},
//		Identify:  onMyChain, // is this a server of my chain?
//	})
//	…
//	verdict, err := client.Ask(ctx, account, func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
//		reply, problem := s.Call(ctx, "isOwner", []string{account})
//		switch {
//		case problem != nil:
//			return quorum.CannotTell, problem
//		case reply.Result == true:
//			return quorum.Yes, nil
//		case reply.Result == false:
//			return quorum.No, nil
//		}
//		return quorum.CannotTell, &quorum.Problem{Text: "neither yes nor no"}
//	})
//
// # Three answers
//
// A server's answer is a [Verdict], or a [Problem] if it has none. An outage
// must not read as a no, and an answer that is not understood must not read as
// a yes: both are Problems. When the servers leave the question open, Ask
// returns [CannotTell] and an [*UnavailableError].
//
// # Who is believed
//
// As many operators as have to agree ([Config].Agree) are asked at once, and
// the next endpoint takes the place of one that failed. An operator is heard
// once: its other endpoints stand in for each other, never beside each other.
//
//   - A yes needs Agree operators, whatever else happens. No failure lowers it.
//   - A no needs one, when no operator says yes: a lie that keeps somebody out
//     is an outage, a lie that lets somebody in is a break-in.
//   - Where operators contradict each other, further ones are asked; if these
//     bring no Agree yeses, the answer is "cannot tell".
//
// Before the first answer of a server is believed, [Config].Identify is asked
// which network it is on, and again after it has failed.
//
// # When servers fail
//
// Endpoints are asked in the order given; one that failed is asked last for
// the next 30 seconds. An attempt at one takes at most 2 seconds, a question at
// most 5 in all, in at most two passes over the endpoints. Retry-After is
// honoured up to 10 minutes. Redirects are not followed, bodies are read up to
// 1 MiB, and no proxy is taken from the environment.
//
// Errors and logs show an endpoint as scheme and host only, because path,
// query, userinfo and headers may hold an API key, and of what a server wrote
// nothing but the name of its chain.
package quorum

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// The defaults. They are the ones clients with a documented policy use; see the
// package comment for what they mean together.
const (
	defaultAttemptTimeout = 2 * time.Second
	defaultTimeout        = 5 * time.Second
)

// Endpoint is one server, as configured.
type Endpoint struct {
	// URL is where JSON-RPC requests are POSTed, and what the paths of GET
	// requests are appended to. Required. It must be https, or http on a
	// loopback host, unless Config.InsecureHTTP is set.
	URL string

	// Operator names who runs the endpoint, in any spelling that is the same
	// for all endpoints of that operator; upper and lower case are the same.
	// Endpoints of one operator count once for Config.Agree. The default
	// value is the host name of the URL, without the port.
	Operator string

	// Header is sent with every request to this endpoint, and to no other:
	// an Authorization, say. It is copied by New.
	Header http.Header
}

// Config configures a Client. Endpoints and Identify are required.
type Config struct {
	// Name is the package whose errors and log lines these are, their
	// prefix: "nearrpc". The default value is "quorum".
	Name string

	// Endpoints are asked in this order. At least one is required.
	Endpoints []Endpoint

	// Identify reports nil if the server is one of the network that is
	// meant: see WrongChain. It is called before the server's first answer
	// is believed, and again after a failure, within the same attempt as the
	// question; never twice at once for one server. Required.
	Identify func(context.Context, *Server) *Problem

	// Agree is the number of distinct operators that must say yes before
	// the answer is yes. The default value is 1.
	Agree int

	// AttemptTimeout limits one attempt at one endpoint: all requests that
	// a question makes, and the identification. The default value is 2
	// seconds, or half of Timeout if that is less.
	AttemptTimeout time.Duration

	// Timeout limits one question over all attempts; the context given to
	// Ask may end it earlier. The default value is 5 seconds.
	Timeout time.Duration

	// Transport carries the requests. The default value is a transport of
	// the client's own that pools connections and uses no proxy.
	Transport http.RoundTripper

	// Logger hears when an endpoint fails or recovers (Warn, Info), is on
	// another chain, or when operators contradict each other (both Error, the
	// latter once a minute).
	// The default value is nil: silent.
	Logger *slog.Logger

	// InsecureHTTP allows http URLs on hosts that are not loopback.
	InsecureHTTP bool
}

// Verdict is one server's answer, and the answer of all. The zero value is not
// an answer, so that nothing forgotten can become a yes.
type Verdict uint8

const (
	CannotTell Verdict = iota
	Yes

	// No is the first of the noes. An asker that knows several reasons for
	// a no counts on from it (No + 1, …) by how much they tell: where
	// operators give different noes, Ask returns the greatest.
	No
)

func (v Verdict) definite() bool { return v != CannotTell }

// Problem is why a server gave no answer.
type Problem struct {
	// Text goes into errors and logs. It must be the asker's own words: what
	// a server wrote can hold our own API key, line breaks, anything.
	Text string

	// Final says that asking the same endpoint once more within this
	// question would not help.
	Final bool

	// RetryAfter is how long the endpoint wants to be left alone; more than
	// 10 minutes are 10. Call and Get set it.
	RetryAfter time.Duration

	// Harmless says that the question is at fault, or whom it is about, and not
	// the server, which stays as good as it was. Whoever owns a contract could
	// otherwise have a site's servers asked last.
	Harmless bool

	wrongChain bool
}

// Question asks one server, by Call or Get. A Problem makes it no answer,
// whatever the Verdict. It is called for several servers at the same time, and
// may still be running for a moment when Ask has returned; ctx ends it.
type Question func(ctx context.Context, s *Server) (Verdict, *Problem)

// Client asks the servers. It is safe for concurrent use. It needs no closing:
// idle connections close by themselves.
type Client struct {
	name    string
	servers []*Server
	agree   int
	timeout time.Duration
	log     *slog.Logger
	alarmed atomic.Int64 // Unix time of the last line about a contradiction
}

// Servers returns the servers in the order of Config.Endpoints, for an asker
// whose servers do not all speak the same language.
func (c *Client) Servers() []*Server { return slices.Clone(c.servers) }

// Ask puts the question until it is decided or nothing more can be asked. The
// subject is whom it is about, for the log line of a contradiction.
//
// The error is an *UnavailableError, and so ErrUnavailable, when the Verdict is
// CannotTell, and nil when it is a yes or a no. If ctx ended the question, it
// wraps ctx.Err() too.
func (c *Client) Ask(ctx context.Context, subject string, question Question) (Verdict, error) {
	p := poll{client: c, caller: ctx, subject: subject, question: question}
	return p.settle()
}
