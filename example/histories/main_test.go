package histories

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// settings are those of the environment.
var settings = struct {
	ops  int
	seed uint64
}{ops: 30_000, seed: uint64(time.Now().UnixNano())}

func TestMain(m *testing.M) {
	if url := os.Getenv(workOn); url != "" {
		if err := work(url, defect(os.Getenv(workHow)), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	if s := os.Getenv("HISTORIES_OPS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1000 {
			fmt.Fprintln(os.Stderr, "HISTORIES_OPS is a number from 1000")
			return 2
		}
		settings.ops = n
	}
	if s := os.Getenv("HISTORIES_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			fmt.Fprintln(os.Stderr, "HISTORIES_SEED is a number")
			return 2
		}
		settings.seed = n
	}
	begun := time.Now()
	defer exampletest.Clean()
	code := m.Run()
	fmt.Printf("histories: %v, seed %d, %v\n", &totals, settings.seed, time.Since(begun).Round(time.Millisecond))
	if totals.faults >= 50 && (totals.late == 0 || totals.lost == 0) {
		fmt.Fprintln(os.Stderr, "the faults left no trace: they have tested nothing")
		code = 1
	}
	// Every child has been waited for, so there is none.
	if _, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
		fmt.Fprintln(os.Stderr, "a process was left behind")
		return 1
	}
	return code
}

// tally adds up what the tests have checked.
type tally struct {
	mu                                                 sync.Mutex
	answered, open, keys, faults, restarts, violations int
	undecided, late, lost                              int
}

var totals tally

func (s *tally) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%d violations and %d undecided in %d operations (%d answered, %d open) on %d keys; %d faults (%d restarts of Redis), seen to have happened: open operations on %d keys, losses on %d",
		s.violations, s.undecided, s.answered+s.open, s.answered, s.open, s.keys, s.faults, s.restarts, s.late, s.lost)
}

func (s *tally) add(v verdict, faults int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered += v.answered
	s.open += v.open
	s.keys += v.keys
	s.faults += faults
	s.restarts += v.restarts
	s.violations += len(v.violations)
	s.undecided += v.undecided
	s.late += v.late
	s.lost += v.lost
}

// report checks a history and fails the test with the violations in it.
func (h *history) report(t *testing.T) {
	t.Helper()
	recorded := time.Since(h.began)
	v := h.check()
	totals.add(v, h.faults)
	one := &tally{}
	one.add(v, h.faults)
	t.Logf("%v; recorded in %v, checked in %v, seed %d", one, recorded.Round(time.Millisecond), (time.Since(h.began) - recorded).Round(time.Millisecond), settings.seed)
	if v.undecided > 0 {
		t.Errorf("%d keys not decided within %v each", v.undecided, undecidedAfter)
	}
	for i, ops := range v.violations {
		if i == 3 {
			t.Errorf("and %d more", len(v.violations)-i)
			break
		}
		t.Errorf("no order gives these answers (µs):%s", lines(shortest(ops)))
	}
	if v.answered < 10*v.open {
		t.Error("much was left open: this checks little")
	}
}
