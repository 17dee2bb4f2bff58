package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// mark is what the runs are held against.
type mark struct {
	name string
	of   func(*result) float64
	// met is whether a value is good enough, and most says it in words.
	met  func(float64) bool
	most string
	// must is what every run has to meet, whatever else the machine is doing.
	// Of the others it is the median.
	must bool
}

var marks = []mark{
	{"p99 of checks, ms", p99(check), below(10), "10", false},
	{"p99 of full logins, ms", p99(login), below(20), "20", false},
	{"errors", func(r *result) float64 { return float64(r.record.failures()) }, below(1), "0", true},
	{"growth of memory, %", func(r *result) float64 { return 100 * r.example.growth() }, below(5), "5", true},
}

func p99(s step) func(*result) float64 {
	return func(r *result) float64 { return milliseconds(r.record.latencies(s).quantile(0.99)) }
}

func below(most float64) func(float64) bool {
	return func(v float64) bool { return v < most }
}

// judge prints how the runs compare with the marks, and reports whether all
// that must be met is.
func judge(w io.Writer, runs []*result) bool {
	good := true
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "median\tworst\tmark\t\t  \n")
	for _, m := range marks {
		var values []float64
		for _, r := range runs {
			values = append(values, m.of(r))
		}
		slices.Sort(values)
		median, worst := values[len(values)/2], values[len(values)-1]
		judged := median
		if m.must {
			judged = worst
		}
		verdict := "met"
		if !m.met(judged) {
			verdict = "MISSED"
			good = good && !m.must
		}
		fmt.Fprintf(table, "%.2f\t%.2f\t%s\t%s\t  %s\n", median, worst, m.most, verdict, m.name)
	}
	_ = table.Flush()
	return good
}
