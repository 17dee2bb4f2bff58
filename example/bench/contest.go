package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
	"text/tabwriter"
	"time"
)

// contest is some contenders side by side.
type contest struct {
	name  string
	about string
	// slices is into how many turns a contender's time of one round is cut.
	// The more, the less a drift of the machine between two turns matters; with
	// one, there is time for the garbage collection that an operation causes.
	slices int
	enter  func(t testing.TB) []*contender
	ratios []ratio
	allocs []limit
}

// ratio is how one contender compares with another, and at most should; 0 is
// without a target.
type ratio struct {
	of, by string
	most   float64
}

// limit is how many allocations a contender has at most.
type limit struct {
	of   string
	most float64
}

func (c contest) part() part {
	return part{c.name, c.about, func(t testing.TB, s settings, w io.Writer) {
		contenders := c.enter(t)
		c.print(w, contenders, c.rounds(t, s, contenders))
	}}
}

// rounds returns what each contender has used in each round. All take turns
// within a round: A B C, A B C, …
func (c contest) rounds(t testing.TB, s settings, contenders []*contender) [][]usage {
	n := make([]int, len(contenders))
	for i, each := range contenders {
		n[i] = each.calibrate(t, s.benchtime/time.Duration(c.slices))
	}
	used := make([][]usage, len(contenders))
	for round := range s.rounds {
		runtime.GC()
		for i := range used {
			used[i] = append(used[i], usage{})
		}
		for range c.slices {
			for i, each := range contenders {
				if c.slices == 1 {
					runtime.GC() // as package testing does
				}
				used[i][round] = used[i][round].plus(each.measure(t, n[i]))
			}
		}
	}
	return used
}

func (c contest) print(w io.Writer, contenders []*contender, used [][]usage) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "ns/op\tB/op\tallocs/op\t ")
	for i, each := range contenders {
		memory := "-\t-"
		if each.elsewhere == nil {
			memory = fmt.Sprintf("%.0f\t%.0f", median(used[i], usage.bytesPerOp), median(used[i], usage.allocsPerOp))
		}
		fmt.Fprintf(table, "%.0f\t%s\t  %s\n", median(used[i], usage.ns), memory, each.name)
	}
	_ = table.Flush()
	fmt.Fprintln(w)

	table = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "median\tmin\tmax\tat most\t ")
	for _, r := range c.ratios {
		all := ratios(used[find(contenders, r.of)], used[find(contenders, r.by)])
		mid := all[len(all)/2]
		fmt.Fprintf(table, "%.3f\t%.3f\t%.3f\t%s\t  %s / %s\n", mid, all[0], all[len(all)-1], verdict(mid, r.most), r.of, r.by)
	}
	for _, l := range c.allocs {
		// A few more in a million are of the runtime's.
		n := float64(int(median(used[find(contenders, l.of)], usage.allocsPerOp) + 0.5))
		fmt.Fprintf(table, "%.0f\t\t\t%s\t  allocations of %s\n", n, verdict(n, l.most), l.of)
	}
	_ = table.Flush()
}

// ratios returns the ratio of each round, the smallest first.
func ratios(of, by []usage) []float64 {
	all := make([]float64, len(of))
	for i := range of {
		all[i] = of[i].ns() / by[i].ns()
	}
	slices.Sort(all)
	return all
}

func median(used []usage, f func(usage) float64) float64 {
	all := make([]float64, len(used))
	for i, u := range used {
		all[i] = f(u)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// verdict is the target, and whether it was met.
func verdict(value, most float64) string {
	switch {
	case most == 0:
		return "-"
	case value <= most:
		return fmt.Sprintf("%g ok", most)
	}
	return fmt.Sprintf("%g MISSED", most)
}
