package histories

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

const (
	people   = 8 // at a time
	browsers = 4 // of each, which all hold the same cookies
	visits   = 4 // of each browser
)

// Two processes of the example, as a user would run them.
func TestSignIn(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	node, rpc := exampletest.Chain(t)
	site, processes := newExamples(t, redis, rpc, 2)
	limit := settings.ops - 2*(settings.ops*2/5)
	h := newHistory(limit, 200)
	tr := &trouble{t: t, h: h, random: rand.New(rand.NewPCG(settings.seed, 1<<33)), redis: redis, sites: processes, node: node}
	tr.during(func() { signInHistory(t, h, site, node) })
	h.faults = tr.count
	h.report(t)
}

// signInHistory lets people sign in, look at a page and sign out until the
// history is long enough.
func signInHistory(t testing.TB, h *history, s *site, node *nearrpctest.Node) {
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(settings.seed, uint64(i)))
			for h.more() && !t.Failed() {
				v := &visit{h: h, person: newPerson(t, s, node, h.name()), client: i * browsers, random: random}
				v.run()
				node.DeleteAccount(v.person.account())
			}
		})
	}
	wg.Wait()
}

// visit is one challenge, and the session that comes of it. They are two
// records, each with a history: between taking the challenge and storing the
// session Redis may restart, and that is no mistake, as nobody holds the token
// yet.
type visit struct {
	h       *history
	person  *person
	client  int // the first of its browsers
	random  *rand.Rand
	session *key

	mu     sync.Mutex
	tokens [][]*http.Cookie
	leaves [2]int // logouts of each process that have not succeeded
}

func (v *visit) run() {
	challenge := v.h.newKey()
	var with *proof
	out := challenge.do(v.client, input{put, v.person.number}, func() (out output) {
		with, out = v.person.challenge(v.random.IntN(2))
		return out
	})
	if out.Said != done {
		time.Sleep(pauseBetween)
		return // nobody holds it
	}
	v.session = v.h.newKey()
	v.all(func(client int, random *rand.Rand) {
		for range 3 {
			if out := v.verify(challenge, client, random.IntN(2), with); out.Said == done || out.Said == gone || challenge.readOnly() {
				return
			}
			time.Sleep(pauseBetween)
		}
	})
	if len(v.tokens) == 0 {
		return // the answer was lost, and the token with it
	}
	token := v.tokens[0] // of more than one the challenge's history tells
	v.all(func(client int, random *rand.Rand) {
		for range visits {
			v.look(client, random, token, random.IntN(100) < 15)
		}
	})
	// And when all is said, once more through each process.
	v.look(v.client, v.random, token, v.random.IntN(2) == 0)
	for process := range 2 {
		v.me(v.client, process, token)
	}
}

// all runs f for each browser at once, with a choice of its own.
func (v *visit) all(f func(client int, random *rand.Rand)) {
	var wg sync.WaitGroup
	for i := range browsers {
		random := rand.New(rand.NewPCG(v.random.Uint64(), 0))
		wg.Go(func() { f(v.client+i, random) })
	}
	wg.Wait()
}

// verify records two things that are not one: that the challenge was taken, and
// that a session began, each at some time between question and answer.
func (v *visit) verify(challenge *key, client, process int, with *proof) output {
	from := v.h.now()
	token, out := v.person.verify(process, with)
	to := v.h.now()
	if out.Said == untouched {
		return out // nothing to record: if it did something, others will see it
	}
	challenge.record(client, input{Op: take}, out, span{from, to})
	if out.Said == done {
		v.session.add(client, input{create, out.Value}, output{Said: done}, span{from, to})
		v.mu.Lock()
		defer v.mu.Unlock()
		v.tokens = append(v.tokens, token)
	}
	return out
}

func (v *visit) look(client int, random *rand.Rand, token []*http.Cookie, leave bool) {
	process := random.IntN(2)
	if !leave || v.session.readOnly() {
		v.me(client, process, token)
		return
	}
	v.leaving(process, 1)
	out := v.session.do(client, input{Op: logout}, func() output { return v.person.logout(process, token) })
	if out.Said == done {
		v.leaving(process, -1)
	}
	v.rest(out)
}

func (v *visit) me(client, process int, token []*http.Cookie) {
	v.rest(v.session.do(client, input{Op: find}, func() output {
		out := v.person.me(process, token)
		if out.Said == gone && v.leaving(process, 0) > 0 {
			// A process that could not store a logout serves the session no
			// more, while another still may: that says nothing about the
			// record.
			return output{Said: unknown}
		}
		return out
	}))
}

func (v *visit) leaving(process, more int) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.leaves[process] += more
	return v.leaves[process]
}

func (v *visit) rest(out output) {
	if out.Said == unknown {
		time.Sleep(pauseBetween)
	}
}
