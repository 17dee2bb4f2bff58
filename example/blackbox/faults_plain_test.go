package blackbox

import (
	"sync"
	"testing"
	"time"

	"github.com/nearauth/nearauth/store/redis/redistest"
)

// Redis is stopped for 10 s (3 s without -full) and goes on. Meanwhile everything
// is 503 in time; afterwards nothing is forgotten.
func TestFaultRedisStopped(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	tr := startTraffic(t, server.URL(), []*redistest.Server{server})
	from := tr.fault()
	server.Pause()
	time.Sleep(short(3*time.Second, 10*time.Second))
	tr.waitFor(1, from.Add(time.Second), "verify 503 store_unavailable")
	server.Resume()
	back := time.Now()
	tr.expectService("Redis goes on", back)
	tr.nothingAcknowledged(span{from.Add(time.Second), back})
	worst := slowest(tr.rec.during(span{from, back}), 503)
	t.Logf("the slowest 503 took %v", worst.Round(time.Millisecond))
	if worst > patience || worst == 0 {
		t.Errorf("a 503 took %v", worst)
	}
	tr.finish(losses{})
}

// Redis is killed under load, while some have a challenge open, and started
// again with nothing, or with all that it had acknowledged.
func TestFaultRedisKilled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		may  losses
	}{
		"empty":       {nil, losses{sessions: true, history: true}},
		"append only": {[]string{"--appendonly", "yes", "--appendfsync", "always"}, losses{history: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t, c.args...)
			tr := startTraffic(t, server.URL(), []*redistest.Server{server})
			var open []*signing
			for range 20 {
				if s := tr.begin(either()); s != nil {
					open = append(open, s)
				}
			}
			tr.fault()
			server.Kill()
			down := span{from: time.Now()}
			time.Sleep(short(2*time.Second, 5*time.Second))
			tr.waitFor(1, down.from, "verify 503 store_unavailable")
			down.to = time.Now()
			if err := server.Run(); err != nil {
				t.Fatal(err)
			}
			tr.expectService("Redis is back", time.Now())
			tr.nothingAcknowledged(down)
			for _, s := range open {
				if tr.verify(s, both...) != nil {
					t.Error("a challenge from before signs in")
				}
			}
			lost, _ := tr.finish(c.may)
			if c.may.sessions && len(lost) == 0 {
				t.Error("an empty Redis has forgotten nothing")
			}
		})
	}
}

// Instance A is killed while 200 people sign in there, and started again. Nobody
// at B notices.
func TestFaultInstanceKilled(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	tr := startTraffic(t, server.URL(), []*redistest.Server{server})
	var ready []func()
	var signings [200]*signing
	for i := range signings {
		ready = append(ready, func() { signings[i] = tr.begin("A") })
	}
	each(ready)
	var answered sync.WaitGroup
	var all sync.WaitGroup
	answered.Add(50)
	for i, s := range signings {
		if s == nil {
			t.Fatal("no challenge")
		}
		all.Go(func() {
			tr.verify(s, "A")
			if i < 50 {
				answered.Done()
			}
		})
	}
	answered.Wait()
	tr.kills("A")
	tr.instances["A"].Kill()
	all.Wait()
	tr.start("A")
	back := tr.revived("A")
	tr.expectService("A is back", back)
	tr.finish(losses{})
}

// kills notes that from now on an instance may be dead.
func (tr *traffic) kills(instance string) {
	tr.rec.mu.Lock()
	defer tr.rec.mu.Unlock()
	tr.rec.killed = map[string]span{instance: {from: time.Now()}}
}

// revived notes that it lives again.
func (tr *traffic) revived(instance string) time.Time {
	tr.rec.mu.Lock()
	defer tr.rec.mu.Unlock()
	now := time.Now()
	tr.rec.killed[instance] = span{tr.rec.killed[instance].from, now}
	return now
}
