package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/http"
	"testing"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/store"
)

const (
	verifyHandler    = "POST /verify"
	challengeHandler = "POST /challenge"
	bareVerify       = "ed25519.Verify of a hash"
)

// One turn in a round, so that the garbage of a sign-in is collected while the
// clock runs.
var signInContest = contest{
	name:   "signin",
	about:  "signing in, in memory, without the network's time for the chain",
	slices: 1,
	enter: func(t testing.TB) []*contender {
		return []*contender{verifies(t), challenges(t), {name: bareVerify, op: verifyHash(t)}}
	},
	ratios: []ratio{
		{verifyHandler, bareVerify, 1.5},
		{challengeHandler, bareVerify, 0.12},
	},
}

// verifyHash is what no sign-in by signature can do without.
func verifyHash(t testing.TB) func() bool {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	hash := make([]byte, 32)
	_, _ = rand.Read(hash) // never fails
	signature := ed25519.Sign(private, hash)
	return func() bool { return ed25519.Verify(public, hash, signature) }
}

// challenges asks for challenges, each time from another address. The memory
// has room for all of them: dropping is not what is measured.
func challenges(t testing.TB) *contender {
	var b *browser
	i := 0
	return &contender{
		name: challengeHandler,
		prepare: func(n int) {
			b = newBrowser(t, newSite(t, &store.Memory{MaxChallenges: n + 1}))
			b.challenge(client(0)) // is it one?
			i = 0
		},
		op: func() bool {
			i++
			return b.post("/challenge", client(i), "", anybody) == http.StatusOK
		},
	}
}

// crowd is how many accounts sign in by turns.
const crowd = 1000

// signed is a verify request that waits for its turn.
type signed struct {
	from, cookie string
	content      []byte
}

// verifies redeems challenges that were asked for and signed before: each one
// once, by many accounts from many addresses, as in life.
func verifies(t testing.TB) *contender {
	t.Helper()
	return redeems(t, verifyHandler, func(i int) wallet { return newPerson(t, fmt.Sprintf("bench-person-%04d.near", i)) })
}

// redeems is verifies for a crowd of these, on a site with these chains.
func redeems(t testing.TB, name string, person func(i int) wallet, chains ...handlers.Chain) *contender {
	t.Helper()
	people := make([]wallet, crowd)
	for i := range people {
		people[i] = person(i)
	}
	var b *browser
	var waiting []signed
	return &contender{
		name: name,
		prepare: func(n int) {
			b = newBrowser(t, newSite(t, &store.Memory{MaxChallenges: n + 1}, chains...))
			if !b.redeem(people[0], b.challenge(client(0), people[0].ask()...), client(0)) {
				t.Fatalf("verify: %d %s", b.answer.status, b.answer.body)
			}
			waiting = make([]signed, n)
			for i := range waiting {
				from, each := client(i), people[i%crowd]
				c := b.challenge(from, each.ask()...)
				waiting[i] = signed{from, c.cookie, each.sign(t, c)}
			}
		},
		op: func() bool {
			next := waiting[0]
			waiting = waiting[1:]
			return b.post("/verify", next.from, next.cookie, next.content) == http.StatusOK
		},
	}
}
