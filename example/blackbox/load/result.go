package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// result is what one run has come to.
type result struct {
	record  *record
	took    time.Duration // from the first counted arrival until all were answered
	example samples       // resident memory of the example
	redis   samples       // used_memory of Redis; empty without one
	own     time.Duration // processor time of the generator meanwhile
	busy    float64       // share of all processor time meanwhile that anybody used
}

// samples are bytes of memory, read at even intervals.
type samples []int64

// watch reads the memory from the end of the warm-up until the run has
// finished.
func (r *result) watch(s *site, begin time.Time, finished <-chan struct{}) {
	l := r.record.load
	counted := begin.Add(l.warmup)
	time.Sleep(time.Until(counted))
	used, machine := ownTime(), machineTime(s.t)
	tick := time.NewTicker(max(20*time.Millisecond, min(time.Second, l.duration/100)))
	defer tick.Stop()
	for done := false; !done; {
		r.example = append(r.example, s.process.Memory())
		if s.redis != nil {
			r.redis = append(r.redis, usedMemory(s))
		}
		select {
		case <-tick.C:
		case <-finished:
			done = true
		}
	}
	r.own, r.busy = ownTime()-used, machineTime(s.t).busySince(machine)
	r.took = max(l.duration, time.Since(counted))
}

// usedMemory is what Redis says of itself.
func usedMemory(s *site) int64 {
	info, _ := s.redis.Do(s.t, "INFO", "memory").([]byte)
	_, rest, _ := strings.Cut(string(info), "used_memory:")
	number, _, _ := strings.Cut(rest, "\r\n")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		s.t.Fatal("INFO memory: ", err)
	}
	return n
}

// ownTime is the processor time that this process has used.
func ownTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ticks are the processor time of the whole machine since it started.
type ticks struct{ all, idle int64 }

// machineTime reads the first line of /proc/stat: "cpu", then user, nice,
// system, idle, waiting for disks, and others that are all busy.
func machineTime(t testing.TB) (sum ticks) {
	t.Helper()
	text, err := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	if err != nil || len(fields) < 9 {
		t.Fatalf("/proc/stat: %v %q", err, line)
	}
	for i, field := range fields[1:9] { // guests are in user already
		n, _ := strconv.ParseInt(field, 10, 64)
		sum.all += n
		if i == 3 || i == 4 {
			sum.idle += n
		}
	}
	return sum
}

func (t ticks) busySince(past ticks) float64 {
	return 1 - float64(t.idle-past.idle)/float64(max(1, t.all-past.all))
}

// start and end are the least over the first and the last tenth: garbage, and
// what a moment of overload takes, come and go, and what leaks is always there.
func (s samples) start() int64 { return slices.Min(s[:s.tenth()]) }
func (s samples) end() int64   { return slices.Min(s[len(s)-s.tenth():]) }
func (s samples) tenth() int   { return max(1, len(s)/10) }

// growth is a share of the start: 0.05 is five percent.
func (s samples) growth() float64 { return float64(s.end()-s.start()) / float64(s.start()) }
