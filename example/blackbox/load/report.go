package main

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// print prints what one run has come to.
func (r *result) print(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\toffered/s\tdone/s\tp50 ms\tp99 ms\tp99.9 ms\tmax ms\t")
	for s := range steps {
		all := r.record.latencies(s)
		fmt.Fprintf(table, "%s\t%.1f\t%.1f", stepNames[s],
			float64(r.record.offered[s])/r.record.load.duration.Seconds(), float64(len(all))/r.took.Seconds())
		for _, q := range []float64{0.5, 0.99, 0.999, 1} {
			fmt.Fprintf(table, "\t%.2f", milliseconds(all.quantile(q)))
		}
		fmt.Fprintln(table, "\t")
	}
	_ = table.Flush()
	fmt.Fprintf(w, "\nerrors: %d\n", r.record.failures())
	for _, kind := range slices.Sorted(maps.Keys(r.record.errors)) {
		fmt.Fprintf(w, "  %6d  %s\n", r.record.errors[kind], kind)
	}
	r.example.print(w, "the example")
	r.redis.print(w, "Redis")
	fmt.Fprintf(w, "processors: %.0f %% of the machine was in use, %.0f %% by the generator\n",
		100*r.busy, 100*r.own.Seconds()/r.took.Seconds()/float64(runtime.NumCPU()))
}

func (s samples) print(w io.Writer, whose string) {
	if len(s) > 0 {
		fmt.Fprintf(w, "memory of %s: %.2f MB at the start, %.2f MB at the end, %+.1f %%; between %.2f and %.2f MB\n",
			whose, megabytes(s.start()), megabytes(s.end()), 100*s.growth(), megabytes(slices.Min(s)), megabytes(slices.Max(s)))
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
func megabytes(n int64) float64            { return float64(n) / (1 << 20) }
