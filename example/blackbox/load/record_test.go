package main

import (
	"strings"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	thousand := make(latencies, 1000)
	for i := range thousand {
		thousand[i] = uint32(i + 1)
	}
	tests := []struct {
		all   latencies
		share float64
		want  time.Duration
	}{
		{nil, 0.99, 0},
		{latencies{7}, 0, 7},
		{latencies{7}, 0.5, 7},
		{latencies{7}, 1, 7},
		{latencies{1, 2}, 0.5, 1},
		{latencies{1, 2}, 0.51, 2},
		{thousand[:100], 0.99, 99},
		{thousand[:101], 0.99, 100},
		{thousand, 0.5, 500},
		{thousand, 0.99, 990},
		{thousand, 0.999, 999},
		{thousand, 1, 1000},
	}
	for _, test := range tests {
		if got := test.all.quantile(test.share); got != test.want*time.Microsecond {
			t.Errorf("%v of %d: %v, want %d µs", test.share, len(test.all), got, test.want)
		}
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	l := load{checks: 10, logins: 5, warmup: time.Second, duration: 2 * time.Second}
	r := newRecord(l)
	for a := range l.arrivals() {
		// Everything of an arrival has its place, whatever its number.
		for s := range steps {
			if s == late || a.login != (s == check) {
				r.note(s, a, time.Duration(a.n)*time.Millisecond)
			}
		}
	}
	for s, want := range map[step]int{check: 20, login: 10, challenge: 10, verify: 10, logout: 10, late: 30} {
		if all := r.latencies(s); len(all) != want || r.offered[s] != want {
			t.Errorf("%s: %d of %d, want %d", stepNames[s], len(all), r.offered[s], want)
		}
	}
	if got := r.latencies(check); got[0] != 10_000 || got[19] != 29_000 {
		t.Errorf("checks: %v, want those after the warm-up, from 10 to 29 ms", got)
	}
	if got := r.latencies(login); got[0] != 5_000 || got[9] != 14_000 {
		t.Errorf("logins: %v, want those after the warm-up, from 5 to 14 ms", got)
	}
	r.fail("a")
	r.fail("b")
	r.fail("b")
	if r.failures() != 3 || r.errors["b"] != 2 {
		t.Errorf("%d errors: %v", r.failures(), r.errors)
	}
	// What takes no time has been done all the same.
	if r.note(check, arrival{n: 10, due: time.Second}, 0); r.latencies(check)[0] != 1 {
		t.Error("no time is not done")
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	var s samples
	for i := range 100 {
		s = append(s, int64(1000+i))
	}
	s[0], s[90], s[99] = 1009, 2000, 9999 // what comes and goes
	if s.start() != 1001 || s.end() != 1091 {
		t.Errorf("from %d to %d, want 1001 to 1091", s.start(), s.end())
	}
	if g := (samples{100, 300, 105}).growth(); g < 0.0499 || g > 0.0501 {
		t.Errorf("grew by %v, want 0.05", g)
	}
}

// What the machine may be blamed for is printed; errors and growth are not
// excused by two good runs.
func TestJudge(t *testing.T) {
	t.Parallel()
	run := func(check_, login_ uint32, errors int, end int64) *result {
		l := load{checks: 1, logins: 1, duration: time.Second}
		r := &result{record: newRecord(l), took: time.Second, example: samples{1000, end}}
		r.record.micros[check][0], r.record.micros[login][0] = check_, login_
		for range errors {
			r.record.fail("check: 503")
		}
		return r
	}
	good := run(9_990, 19_990, 0, 1049)
	tests := []struct {
		name   string
		runs   []*result
		good   bool
		missed string // the marks
	}{
		{"good", []*result{good, good, good}, true, ""},
		{"one slow run of three", []*result{good, run(99_000, 99_000, 0, 1000), good}, true, ""},
		{"slow checks", []*result{run(10_000, 1, 0, 1000), good, run(10_000, 1, 0, 1000)}, true, "p99 of checks"},
		{"slow logins", []*result{run(1, 20_000, 0, 1000)}, true, "p99 of full logins"},
		{"an error", []*result{good, good, run(1, 1, 1, 1000)}, false, "errors"},
		{"growth", []*result{good, run(1, 1, 0, 1050), good}, false, "growth of memory"},
		{"less memory", []*result{run(1, 1, 0, 10)}, true, ""},
	}
	for _, test := range tests {
		var out strings.Builder
		if got := judge(&out, test.runs); got != test.good {
			t.Errorf("%s: %v, want %v", test.name, got, test.good)
		}
		for line := range strings.Lines(out.String()) {
			_, name, _ := strings.Cut(line, "MISSED")
			if name != "" && (test.missed == "" || !strings.Contains(name, test.missed)) {
				t.Errorf("%s: %s", test.name, line)
			}
		}
		if n := strings.Count(out.String(), "MISSED"); (n == 1) != (test.missed != "") {
			t.Errorf("%s: %d marks are missed, want %q\n%s", test.name, n, test.missed, out.String())
		}
	}
}
