package nearrpc

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	maxPasses  = 2
	maxPause   = 100 * time.Millisecond // between the passes
	leastRetry = 2 * time.Second        // what we suggest when no endpoint said anything
)

// errDisagree is a cause of its own: somebody lies, or is far behind.
var errDisagree = errors.New("the operators contradict each other")

// question is one call of FullAccess.
//
// It asks as many operators at once as have to agree, and puts the next
// endpoint in the place of one that failed. An operator is heard once: its
// other endpoints stand in for each other, never beside each other. A yes
// needs agree operators, whatever else happens. A no needs one, when no
// operator says yes: a lie that keeps somebody out is an outage, a lie that
// lets somebody in is a break-in.
type question struct {
	client       *Client
	caller       context.Context
	account, key string

	answers  map[string]verdict // by operator; definite ones only
	failures []*failure
	giveUp   map[*endpoint]bool // not to be asked again in this question
}

// outcome is a definite verdict or a failure of the endpoint.
type outcome struct {
	from    *endpoint
	verdict verdict
	failure *failure
}

// settle asks until the question is decided or nothing more can be asked.
func (q *question) settle() error {
	ctx, cancel := context.WithTimeout(q.caller, q.client.timeout)
	defer cancel()
	q.answers, q.giveUp = map[string]verdict{}, map[*endpoint]bool{}
	for pass := 1; ; pass++ {
		q.pass(ctx, q.queue(pass == 1))
		if v := q.decide(); v.definite() {
			return v.err()
		}
		if pass == maxPasses || len(q.queue(false)) == 0 || !pause(ctx) {
			return q.unavailable()
		}
	}
}

// queue lists the endpoints to ask, in the order given, those that failed
// lately last. Those that asked to be left alone are not in it.
func (q *question) queue(first bool) []*endpoint {
	now := time.Now()
	var well, failing []*endpoint
	for _, e := range q.client.endpoints {
		failedLately, wait := e.state(now)
		switch {
		case q.giveUp[e] || q.answers[e.operator].definite():
		case wait > 0:
			if first {
				q.failures = append(q.failures, e.failed(unclear("asked to be left alone for a while")))
			}
		case failedLately:
			failing = append(failing, e)
		default:
			well = append(well, e)
		}
	}
	return append(well, failing...)
}

// pass asks each endpoint of the queue at most once.
func (q *question) pass(ctx context.Context, queue []*endpoint) {
	outcomes := make(chan outcome, len(queue)) // nobody blocks on us when we have gone
	asking := map[string]*endpoint{}           // by operator
	for ctx.Err() == nil {
		for len(asking) < q.wanted() {
			e := q.next(&queue, asking)
			if e == nil {
				break
			}
			asking[e.operator] = e
			go func() {
				v, f := e.ask(ctx, q.account, q.key)
				outcomes <- outcome{e, v, f}
			}()
		}
		if len(asking) == 0 {
			return
		}
		select {
		case o := <-outcomes:
			delete(asking, o.from.operator)
			q.hear(o)
		case <-ctx.Done():
			for _, e := range asking {
				q.failures = append(q.failures, e.failed(unclear("no answer in the time there was")))
			}
		}
	}
}

// wanted is how many operators should be being asked now.
func (q *question) wanted() int {
	yes, no := q.tally()
	if yes > 0 && no > 0 {
		return q.client.agree - yes // further operators must settle it
	}
	return q.client.agree - yes - no
}

// next takes the first endpoint off the queue whose operator is neither being
// asked nor has answered.
func (q *question) next(queue *[]*endpoint, asking map[string]*endpoint) *endpoint {
	i := slices.IndexFunc(*queue, func(e *endpoint) bool {
		return asking[e.operator] == nil && !q.answers[e.operator].definite()
	})
	if i < 0 {
		return nil
	}
	e := (*queue)[i]
	*queue = slices.Delete(*queue, i, i+1)
	return e
}

func (q *question) hear(o outcome) {
	if o.failure != nil {
		q.failures = append(q.failures, o.failure)
		q.giveUp[o.from] = o.failure.final
		return
	}
	q.answers[o.from.operator] = o.verdict
}

func (q *question) tally() (yes, no int) {
	for _, v := range q.answers {
		if v == fullAccess {
			yes++
		} else {
			no++
		}
	}
	return yes, no
}

// decide is called when a pass is over.
func (q *question) decide() verdict {
	yes, no := q.tally()
	switch {
	case yes >= q.client.agree:
		return fullAccess
	case yes > 0 || no == 0 || q.caller.Err() != nil:
		return cannotTell
	}
	// The reasons for a no may differ, as an older node knows less than a
	// newer one. The verdicts are ordered by how much they tell.
	return slices.Max(slices.Collect(maps.Values(q.answers)))
}

func (q *question) unavailable() error {
	e := &UnavailableError{RetryAfter: q.retryAfter()}
	if yes, no := q.tally(); yes > 0 && no > 0 {
		e.Causes = append(e.Causes, errDisagree)
		q.client.log.Error("nearrpc: "+errDisagree.Error(), "account", q.account, "yes", yes, "no", no)
	}
	for _, f := range q.failures {
		e.Causes = append(e.Causes, f)
	}
	if err := q.caller.Err(); err != nil {
		e.Causes = append(e.Causes, err)
	}
	return e
}

// retryAfter is when enough operators can be asked again.
func (q *question) retryAfter() time.Duration {
	now := time.Now()
	waits := map[string]time.Duration{}
	for _, e := range q.client.endpoints {
		_, wait := e.state(now)
		if known, ok := waits[e.operator]; !ok || wait < known {
			waits[e.operator] = wait
		}
	}
	sorted := slices.Sorted(maps.Values(waits))
	wait := max(sorted[q.client.agree-1], leastRetry)
	return (wait + time.Second - 1).Truncate(time.Second)
}

// pause waits a moment before the second pass. The jitter keeps many waiting
// logins from coming back at once.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(maxPause/2 + rand.N(maxPause/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
