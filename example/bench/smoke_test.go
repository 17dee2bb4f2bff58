package main

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/store"
)

// few is enough to show that everything runs and answers rightly, and says
// nothing about time.
var few = settings{rounds: 2, benchtime: 0, size: 10_000}

func TestParts(t *testing.T) {
	for _, p := range parts() {
		t.Run(p.name, func(t *testing.T) {
			var out bytes.Buffer
			p.run(t, few, &out)
			t.Log("\n" + out.String())
			if !strings.Contains(out.String(), "at most") || strings.Contains(out.String(), "NaN") {
				t.Error("no report")
			}
			if strings.Contains(out.String(), "does not sign in") {
				t.Error("somebody cannot sign in")
			}
		})
	}
}

// A contender whose answers are wrong ends the contest.
func TestWrongAnswers(t *testing.T) {
	auth := newSite(t, store.NewMemory())
	for name, spoil := range map[string]func(v *visit){
		"a stranger's cookie": func(v *visit) { v.request.Header.Set("Cookie", auth.Sessions.Cookie.Name+"="+strings.Repeat("A", 43)) },
		"another account":     func(v *visit) { v.account = "bob.near" },
		"another site's page": func(v *visit) {
			v.request.Method = http.MethodPost
			v.request.Header.Set("Sec-Fetch-Site", "cross-site")
		},
	} {
		v := guarded(t, auth, alone)
		if !v.again() {
			t.Fatal("the right answer counts as a wrong one")
		}
		spoil(v)
		c := contender{name: name, op: v.again}
		if err := exampletest.Within(func(t testing.TB) { c.measure(t, 1) }); err == nil || !strings.Contains(err.Error(), "1 of 1 answers are wrong") {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := visitJWT(t)
	v.request.Header.Set("Authorization", v.request.Header.Get("Authorization")+"A")
	if v.again() {
		t.Error("golang-jwt: a token that was changed passes")
	}
}

// A challenge serves once, and only in the browser that asked for it.
func TestRedeem(t *testing.T) {
	b := newBrowser(t, newSite(t, store.NewMemory()))
	alice := newAlice(t)
	c, other := b.challenge(client(0)), b.challenge(client(1))
	if other.cookie, c.cookie = c.cookie, other.cookie; b.redeem(alice, c, client(0)) {
		t.Error("redeemed with another browser's cookie")
	}
	other.cookie, c.cookie = c.cookie, other.cookie
	if !b.redeem(alice, c, client(0)) || b.redeem(alice, c, client(0)) {
		t.Error("not redeemed exactly once")
	}
	if b.redeem(newPerson(t, alice.account), challenge{cookie: other.cookie, Nonce: other.Nonce, Message: "another", Recipient: other.Recipient}, client(1)) {
		t.Error("redeemed with a signature of something else")
	}
}

func TestRatios(t *testing.T) {
	rounds := func(elapsed ...time.Duration) (all []usage) {
		for _, d := range elapsed {
			all = append(all, usage{n: 2, elapsed: d, allocs: uint64(d)})
		}
		return all
	}
	// The ratio of a round is of that round: a slow one slows both.
	got := ratios(rounds(10, 300, 30), rounds(20, 300, 20))
	if len(got) != 3 || got[0] != 0.5 || got[1] != 1 || got[2] != 1.5 {
		t.Errorf("%v, want 0.5, 1, 1.5", got)
	}
	if m := median(rounds(10, 300, 30), usage.ns); m != 15 {
		t.Errorf("median %v, want 15", m)
	}
	for want, v := range map[string]string{"-": verdict(7, 0), "7 ok": verdict(7, 7), "0.5 MISSED": verdict(0.51, 0.5)} {
		if v != want {
			t.Errorf("%q, want %q", v, want)
		}
	}
}

// Within a scope things end as in a test.
func TestScope(t *testing.T) {
	var order []string
	err := exampletest.Within(func(t testing.TB) {
		t.Cleanup(func() { order = append(order, "first") })
		t.Cleanup(func() { order = append(order, "second") })
		t.Skip("for want of ", 3)
	})
	if !errors.Is(err, exampletest.ErrSkipped) || err.Error() != "skipped: for want of 3" {
		t.Errorf("%v", err)
	}
	if strings.Join(order, " ") != "second first" {
		t.Errorf("cleaned up: %v", order)
	}
	if err := exampletest.Within(func(t testing.TB) { t.Fatalf("no %s", "more") }); err == nil || errors.Is(err, exampletest.ErrSkipped) || err.Error() != "no more" {
		t.Errorf("%v", err)
	}
}

// BenchmarkContest is for profiles: go test -bench 'Contest/signin/POST_/verify'
// -cpuprofile cpu.out. The program says how the contenders compare.
func BenchmarkContest(b *testing.B) {
	for _, c := range contests() {
		b.Run(c.name, func(b *testing.B) {
			for _, each := range c.enter(b) {
				if each.elsewhere != nil {
					continue
				}
				b.Run(each.name, func(b *testing.B) {
					if each.prepare != nil {
						each.prepare(b.N)
					}
					b.ReportAllocs()
					b.ResetTimer()
					for range b.N {
						if !each.op() {
							b.Fatal("a wrong answer")
						}
					}
				})
			}
		})
	}
}
