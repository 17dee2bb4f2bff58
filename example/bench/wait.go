package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/nearauth/nearauth/store"
)

// A single longest wait is, more often than not, one for the machine. So there
// is one in each round, and their median counts.
var waitPart = part{
	name:  "wait",
	about: "the longest wait of one operation while a crowd of expired sessions is freed",
	run: func(t testing.TB, s settings, w io.Writer) {
		var busy, quiet, stock []time.Duration
		var freed float64
		for range s.rounds {
			b, q, f := sweepOf(t, s.size)
			busy, quiet, freed = append(busy, b), append(quiet, q), freed+f/float64(s.rounds)
		}
		for range s.rounds {
			stock = append(stock, memstoreSweep(t, s.size))
		}
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "median ms\tat most\t \t ")
		for _, row := range []struct {
			name string
			all  []time.Duration
			most float64
		}{
			{"store.Memory, freeing", busy, 5},
			{"store.Memory, quiet: nothing has expired", quiet, 0},
			{"memstore of scs, freeing", stock, 0},
		} {
			slices.Sort(row.all)
			mid := ms(row.all[s.rounds/2])
			fmt.Fprintf(table, "%.2f\t%s\t  %.2f\t  %s\n", mid, verdict(mid, row.most), each(row.all), row.name)
		}
		_ = table.Flush()
		fmt.Fprintf(w, "\n%d expired sessions, %d times; %.0f MB freed each time\n", s.size, s.rounds, freed)
	},
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func each(all []time.Duration) (list []float64) {
	for _, d := range all {
		list = append(list, ms(d))
	}
	return list
}

// sweepOf fills a memory with n sessions that end at one time, and returns the
// longest wait after that, and the longest in as much work before it. A machine
// that needs longer than the sessions live gets another try, with more time.
func sweepOf(t testing.TB, n int) (busy, quiet time.Duration, freedMB float64) {
	t.Helper()
	for life := 4 * time.Microsecond * time.Duration(n); life < 10*time.Minute; life *= 2 {
		m := store.NewMemory()
		before, end := heap(), time.Now().Add(life)
		for range n {
			if _, err := signUp(m, end, nil); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if quiet, err = work(m, n); err != nil {
			t.Fatal(err)
		}
		full := heap()
		if time.Now().After(end) {
			continue
		}
		time.Sleep(time.Until(end))
		if busy, err = work(m, n); err != nil {
			t.Fatal(err)
		}
		after := heap()
		runtime.KeepAlive(m)
		// The new ones take the place of some.
		if freed := int(full) - int(after); freed > n*len(record)/2 {
			return busy, quiet, float64(freed) / (1 << 20)
		}
		t.Fatalf("not freed: the heap was %d before, %d when full, and then %d", before, full, after)
	}
	t.Fatal("the machine is too slow to fill a memory before it expires")
	return 0, 0, 0
}

// record has the length of one that a sign-in makes.
var record = make([]byte, 260)

// signUp creates and indexes one session. longest, if not nil, is made the
// longest that either took.
func signUp(m *store.Memory, expires time.Time, longest *time.Duration) (store.Key, error) {
	session, owner := randomKey(), randomKey()
	begun := time.Now()
	err := m.CreateSession(context.Background(), session, record, expires)
	created := time.Now()
	_, indexed := m.IndexSession(context.Background(), owner, session, expires)
	if longest != nil {
		*longest = max(*longest, created.Sub(begun), time.Since(created))
	}
	return session, errors.Join(err, indexed)
}

// work is what goes on at a site, one request after the other: somebody signs
// in, and comes back. Each sign-in frees a few of what has expired, so a
// quarter as many as there are is more than enough for all of them.
func work(m *store.Memory, n int) (longest time.Duration, err error) {
	for range n / 4 {
		key, err := signUp(m, time.Now().Add(time.Hour), &longest)
		if err != nil {
			return 0, err
		}
		begun := time.Now()
		_, err = m.FindSession(context.Background(), key)
		longest = max(longest, time.Since(begun))
		if err != nil {
			return 0, err
		}
	}
	return longest, nil
}
