package quorum

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

// poll is one call of Ask. The package comment says who is believed.
type poll struct {
	client   *Client
	caller   context.Context
	subject  string
	question Question

	answers  map[string]Verdict // by operator; definite ones only
	failures []*failure
	giveUp   map[*Server]bool // not to be asked again in this question
}

// outcome is a definite verdict or a failure of the endpoint.
type outcome struct {
	from    *Server
	verdict Verdict
	failure *failure
}

// settle asks until the question is decided or nothing more can be asked.
func (p *poll) settle() (Verdict, error) {
	ctx, cancel := context.WithTimeout(p.caller, p.client.timeout)
	defer cancel()
	p.answers, p.giveUp = map[string]Verdict{}, map[*Server]bool{}
	for pass := 1; ; pass++ {
		p.pass(ctx, p.queue(pass == 1))
		if v := p.decide(); v.definite() {
			return v, nil
		}
		if pass == maxPasses || len(p.queue(false)) == 0 || !pause(ctx) {
			return CannotTell, p.unavailable()
		}
	}
}

// queue lists the endpoints to ask, in the order given, those that failed
// lately last. Those that asked to be left alone are not in it.
func (p *poll) queue(first bool) []*Server {
	now := time.Now()
	var well, failing []*Server
	for _, s := range p.client.servers {
		failedLately, wait := s.state(now)
		switch {
		case p.giveUp[s] || p.answers[s.operator].definite():
		case wait > 0:
			if first {
				p.failures = append(p.failures, s.failed(unclear("asked to be left alone for a while")))
			}
		case failedLately:
			failing = append(failing, s)
		default:
			well = append(well, s)
		}
	}
	return append(well, failing...)
}

// pass asks each endpoint of the queue at most once.
func (p *poll) pass(ctx context.Context, queue []*Server) {
	outcomes := make(chan outcome, len(queue)) // nobody blocks on us when we have gone
	asking := map[string]*Server{}             // by operator
	for ctx.Err() == nil {
		for len(asking) < p.wanted() {
			s := p.next(&queue, asking)
			if s == nil {
				break
			}
			asking[s.operator] = s
			go func() {
				v, f := s.ask(ctx, p.question)
				outcomes <- outcome{s, v, f}
			}()
		}
		if len(asking) == 0 {
			return
		}
		select {
		case o := <-outcomes:
			delete(asking, o.from.operator)
			p.hear(o)
		case <-ctx.Done():
			for _, s := range asking {
				p.failures = append(p.failures, s.failed(unclear("no answer in the time there was")))
			}
		}
	}
}

// wanted is how many operators should be being asked now.
func (p *poll) wanted() int {
	yes, no := p.tally()
	if yes > 0 && no > 0 {
		return p.client.agree - yes // further operators must settle it
	}
	return p.client.agree - yes - no
}

// next takes the first endpoint off the queue whose operator is neither being
// asked nor has answered.
func (p *poll) next(queue *[]*Server, asking map[string]*Server) *Server {
	i := slices.IndexFunc(*queue, func(s *Server) bool {
		return asking[s.operator] == nil && !p.answers[s.operator].definite()
	})
	if i < 0 {
		return nil
	}
	s := (*queue)[i]
	*queue = slices.Delete(*queue, i, i+1)
	return s
}

func (p *poll) hear(o outcome) {
	if o.failure != nil {
		p.failures = append(p.failures, o.failure)
		p.giveUp[o.from] = o.failure.Final
		return
	}
	p.answers[o.from.operator] = o.verdict
}

func (p *poll) tally() (yes, no int) {
	for _, v := range p.answers {
		if v == Yes {
			yes++
		} else {
			no++
		}
	}
	return yes, no
}

// decide is called when a pass is over.
func (p *poll) decide() Verdict {
	yes, no := p.tally()
	switch {
	case yes >= p.client.agree:
		return Yes
	case yes > 0 || no == 0 || p.caller.Err() != nil:
		return CannotTell
	}
	// The reasons for a no may differ, as an older node knows less than a
	// newer one. The verdicts are ordered by how much they tell.
	return slices.Max(slices.Collect(maps.Values(p.answers)))
}

func (p *poll) unavailable() error {
	e := &UnavailableError{name: p.client.name, RetryAfter: p.retryAfter()}
	if yes, no := p.tally(); yes > 0 && no > 0 {
		e.Causes = append(e.Causes, errDisagree)
		if p.client.seldom(time.Now()) {
			p.client.log.Error(p.client.name+": "+errDisagree.Error(), "account", p.subject, "yes", yes, "no", no)
		}
	}
	for _, f := range p.failures {
		e.Causes = append(e.Causes, f)
	}
	if err := p.caller.Err(); err != nil {
		e.Causes = append(e.Causes, err)
	}
	return e
}

// seldom reports whether a minute has gone by since it last did. Somebody who has
// an account that operators see differently, a contract of moods, could otherwise
// write the log.
func (c *Client) seldom(now time.Time) bool {
	last := c.alarmed.Load()
	return now.Unix()-last >= 60 && c.alarmed.CompareAndSwap(last, now.Unix())
}

// retryAfter is when enough operators can be asked again.
func (p *poll) retryAfter() time.Duration {
	now := time.Now()
	waits := map[string]time.Duration{}
	for _, s := range p.client.servers {
		_, wait := s.state(now)
		if known, ok := waits[s.operator]; !ok || wait < known {
			waits[s.operator] = wait
		}
	}
	sorted := slices.Sorted(maps.Values(waits))
	wait := max(sorted[p.client.agree-1], leastRetry)
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
