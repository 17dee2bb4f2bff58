package blackbox

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
)

// Headers of requests, as ask takes them.
const (
	fromSite = "Origin: " + exampletest.Site
	asJSON   = "Content-Type: application/json"
)

// ask sends a request with these headers and no others, and returns an error
// instead of ending the test: for other goroutines than the test's, and for
// processes that die.
func ask(c *http.Client, method, url, body string, headers ...string) (*http.Response, string, error) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	res, err := c.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, string(b), err
}

// browserAt is a browser at an address of this machine, 127.0.0.2 perhaps, with
// connections of its own; hangUp ends those.
func browserAt(address string) *http.Client {
	c := exampletest.Browser()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	c.Transport = witness{&http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 100}}
	return c
}

// without is the same browser for a person who has cleared the cookies.
func without(c *http.Client) *http.Client {
	fresh := *c
	fresh.Jar, _ = cookiejar.New(nil)
	return &fresh
}

func hangUp(c *http.Client) { c.Transport.(witness).next.(*http.Transport).CloseIdleConnections() }

// tally counts answers by status; 0 is none, because the connection broke.
type tally struct {
	mu    sync.Mutex
	n     map[int]int
	worst time.Duration
}

func (l *tally) add(status int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n == nil {
		l.n = make(map[int]int)
	}
	l.n[status]++
	l.worst = max(l.worst, took)
}

// next returns what was counted since the last call, and the longest wait.
func (l *tally) next() (n map[int]int, worst time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, worst = l.n, l.worst
	l.n, l.worst = nil, 0
	return n, worst
}

// only reports whether no other statuses than these were counted, and the last
// of them at all.
func only(n map[int]int, statuses ...int) bool {
	rest := maps.Clone(n)
	for _, s := range statuses {
		delete(rest, s)
	}
	return len(rest) == 0 && n[statuses[len(statuses)-1]] > 0
}

// keepAsking has each client ask for a page of p again and again, until stop.
func keepAsking(p *exampletest.Process, path string, clients ...*http.Client) (l *tally, stop func()) {
	l = new(tally)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(5 * time.Millisecond):
				}
				begun := time.Now()
				res, _, err := ask(c, "GET", p.URL+path, "")
				l.add(statusOf(res, err), time.Since(begun))
			}
		})
	}
	return l, sync.OnceFunc(func() { close(done); wg.Wait() })
}

func statusOf(res *http.Response, err error) int {
	if err != nil {
		return 0
	}
	return res.StatusCode
}

// flood sends requests at a fixed rate for a time, whatever becomes of them.
// Where the machine is too slow for that it sends what it can. It returns how
// many it sent.
func flood(perSecond int, length time.Duration, send func(i int)) int {
	ticks := make(chan int)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for i := range ticks {
				send(i)
			}
		})
	}
	begun, n := time.Now(), 0
	for ; time.Since(begun) < length; n++ {
		time.Sleep(time.Until(begun.Add(time.Duration(n) * time.Second / time.Duration(perSecond))))
		ticks <- n
	}
	close(ticks)
	wg.Wait()
	return n
}

// short is how long something takes in make test, or in full.
func short(cut, whole time.Duration) time.Duration {
	if *full {
		return whole
	}
	return cut
}

// numbered is an account of its own for each number.
func numbered(i int) string { return fmt.Sprintf("person-%d.testnet", i) }

// hangUpDefault ends what the browsers of exampletest keep open.
func hangUpDefault() {
	http.DefaultTransport.(witness).next.(*http.Transport).CloseIdleConnections()
}
