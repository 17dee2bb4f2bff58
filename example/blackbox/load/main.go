package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

func main() {
	var l load
	flag.IntVar(&l.checks, "checks", 2000, "session checks a second")
	flag.IntVar(&l.logins, "logins", 300, "full logins a second")
	flag.DurationVar(&l.duration, "duration", 10*time.Minute, "how long a run is measured; its warm-up comes before")
	flag.IntVar(&l.sessions, "sessions", 5000, "how many sessions there are to check")
	flag.IntVar(&l.connections, "connections", 64, "how many requests are under way at most")
	flag.BoolVar(&l.memory, "memory", false, "keep the sessions in the memory of the example instead of in Redis")
	runs := flag.Int("runs", 3, "how many runs")
	flag.Parse()
	if flag.NArg() > 0 || *runs < 1 || min(l.checks, l.logins, l.sessions, l.connections) < 1 || l.duration <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	l.warmup = warmup(l.duration)
	good := all(l, *runs)
	exampletest.Clean()
	if !good {
		os.Exit(1)
	}
}

// all does the runs, each with processes of its own.
func all(l load, runs int) (good bool) {
	// One thread of Go code keeps up easily, and does not use up the time of
	// the other processor by looking for something to do.
	runtime.GOMAXPROCS(1)
	fmt.Printf("%s %s/%s, %d processors\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	var results []*result
	for i := range runs {
		fmt.Printf("\nrun %d of %d: %d checks and %d logins a second for %v, after %v\n\n", i+1, runs, l.checks, l.logins, l.duration, l.warmup)
		err := exampletest.Within(func(t testing.TB) { results = append(results, start(t, l).run(l)) })
		if err != nil {
			fmt.Println("FAILED:", err)
			return false
		}
		results[i].print(os.Stdout)
	}
	fmt.Println()
	return judge(os.Stdout, results)
}

// warmup is long enough for the pools and heaps of all processes to reach the
// size at which they stay, at the full rate: 30 seconds, and less before short
// runs.
func warmup(duration time.Duration) time.Duration { return min(30*time.Second, duration/4) }
