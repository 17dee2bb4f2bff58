package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// settings are those of the command line.
type settings struct {
	rounds    int
	benchtime time.Duration // of one contender in one round
	size      int           // of the crowds: sessions, challenges
}

// part is one part of the report. Its run skips or fails as a test would.
type part struct {
	name, about string
	run         func(t testing.TB, s settings, w io.Writer)
}

// parts are all there are, in the order of the report.
func parts() []part {
	var all []part
	for _, c := range contests() {
		all = append(all, c.part())
	}
	return append(all, bytesPart, waitPart, floodPart)
}

func contests() []contest {
	return []contest{guardContest, redisContest, signInContest, chainsContest, nodeContest}
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "how often everything is measured; medians are reported")
	flag.DurationVar(&s.benchtime, "benchtime", 300*time.Millisecond, "time of each contender in each round")
	flag.IntVar(&s.size, "size", 1_000_000, "how many sessions and challenges make a crowd")
	only := flag.String("only", "", "regular expression: the parts to run, by their names")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err != nil || flag.NArg() > 0 || s.rounds < 1 || s.size < 1000 {
		flag.Usage()
		os.Exit(2)
	}
	fmt.Printf("%s %s/%s, %d processors, %d rounds of %v\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), s.rounds, s.benchtime)
	for _, p := range parts() {
		if pattern.MatchString(p.name) {
			report(p, s)
		}
	}
}

// report runs one part. That it cannot be run here is no reason not to run the
// rest.
func report(p part, s settings) {
	fmt.Printf("\n== %s: %s\n\n", p.name, p.about)
	err := exampletest.Within(func(t testing.TB) { p.run(t, s, os.Stdout) })
	switch {
	case errors.Is(err, exampletest.ErrSkipped):
		fmt.Println(err)
	case err != nil:
		fmt.Println("FAILED:", err)
	}
}
