package main

import (
	"fmt"
	"io"
	"runtime"
	"testing"
	"text/tabwriter"

	"github.com/nearauth/nearauth/store"
)

// population is a crowd of people who are signed in.
type population struct {
	name       string
	perAccount int // sessions of each
	from       store.Client
	most       float64 // bytes of a session that is allowed; 0 is any
}

var populations = []population{
	{"one session an account, address and user agent of 117 characters", 1, browsing, 580},
	{"ten sessions an account, the same", 10, browsing, 0},
	{"one session an account, without user agent", 1, store.Client{IP: browsing.IP}, 0},
	{"ten sessions an account, without user agent", 10, store.Client{IP: browsing.IP}, 0},
}

var bytesPart = part{
	name:  "bytes",
	about: "memory for a live session in a crowd, the index of its account included",
	run: func(t testing.TB, s settings, w io.Writer) {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "bytes\tat most\t ")
		for _, p := range populations {
			each := p.bytesPerSession(t, s.size)
			fmt.Fprintf(table, "%.0f\t%s\t  %s\n", each, verdict(each, p.most), p.name)
		}
		_ = table.Flush()
		fmt.Fprintf(w, "\nof %d sessions\n", s.size)
	},
}

// bytesPerSession signs in n times by the API that the endpoint uses, so that
// the records are those of life, and returns what each has added to the heap.
func (p population) bytesPerSession(t testing.TB, n int) float64 {
	t.Helper()
	backend := store.NewMemory()
	manager, err := store.NewSessions(backend, store.SessionsConfig{Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	tokens := make(map[string]string) // some of them
	var account store.Account
	before := heap()
	for i := range n {
		if i%p.perAccount == 0 {
			account = nobodys(i / p.perAccount)
		}
		if token := signIn(t, manager, account, p.from); i%(n/100) == 0 {
			tokens[token] = account.ID
		}
	}
	after := heap()
	for token, id := range tokens {
		if signedIn(manager, token) != id {
			t.Fatalf("the session of %s is gone", id)
		}
	}
	return float64(after-before) / float64(n)
}

// heap returns the bytes that are reachable.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what has a finalizer takes two
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
