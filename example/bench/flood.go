package main

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"text/tabwriter"

	"github.com/nearauth/nearauth/store"
)

var floodPart = part{
	name:  "flood",
	about: "challenges that nobody redeems",
	run: func(t testing.TB, s settings, w io.Writer) {
		one := flood(t, s.size, 1)
		many := flood(t, s.size, len(clients)-2)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "MB\tat most\t ")
		fmt.Fprintf(table, "%.1f\t%s\t  heap after %d challenges of one client\n", one.grownMB, verdict(one.grownMB, 60), s.size)
		fmt.Fprintf(table, "%.1f\t%s\t  heap after %d challenges of %d clients\n", many.grownMB, verdict(many.grownMB, 60), s.size, len(clients)-2)
		_ = table.Flush()
		fmt.Fprintln(w)
		for _, who := range []struct {
			name string
			in   bool
		}{
			{"who was waiting for a wallet before one client's flood", one.waiting},
			{"who comes after it", one.newcomer},
			{"who comes after that of many clients", many.newcomer},
		} {
			result := "signs in: ok"
			if !who.in {
				result = "does not sign in: MISSED"
			}
			fmt.Fprintf(w, "%s %s\n", who.name, result)
		}
	},
}

// flooded is what is left after a flood.
type flooded struct {
	grownMB           float64
	waiting, newcomer bool // can sign in
}

// flood asks for n challenges from a number of addresses, with the bounds that
// a Memory has by default.
func flood(t testing.TB, n, addresses int) (f flooded) {
	t.Helper()
	b := newBrowser(t, newSite(t, store.NewMemory()))
	alice, early, late := newAlice(t), client(0), client(1)
	before := heap()
	c := b.challenge(early)
	for i := range n {
		if b.post("/challenge", client(2+i%addresses), "", anybody) != http.StatusOK {
			t.Fatalf("challenge %d: %d", i, b.answer.status)
		}
	}
	f.grownMB = (float64(heap()) - float64(before)) / (1 << 20)
	f.waiting = b.redeem(alice, c, early)
	f.newcomer = b.redeem(alice, b.challenge(late), late)
	return f
}
