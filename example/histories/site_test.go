package histories

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// origin is what browsers would call the site, whichever process they reach.
const origin = "http://localhost:8080"

// site is one site behind several addresses.
type site struct {
	client *http.Client
	urls   []func() string // an address changes when its process starts again
}

func newSite(t testing.TB) *site {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &site{client: &http.Client{Transport: transport, Timeout: patience}}
}

// newExamples starts processes of the example as one site.
func newExamples(t testing.TB, redis *redistest.Server, chain *nearrpctest.Server, n int) (*site, []*process) {
	t.Helper()
	path, err := exampletest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	logs := t.TempDir()
	s := newSite(t)
	var processes []*process
	for i := range n {
		p := newProcess(t, func() (*running, error) {
			cmd := exec.Command(path, "-addr", "127.0.0.1:0", "-origin", origin, "-network", "testnet", "-rpc", chain.URL, "-redis", redis.URL(), "-rate-limit", "off")
			log, err := os.OpenFile(filepath.Join(logs, fmt.Sprint(i)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				return nil, err
			}
			defer log.Close() // the process has its own
			cmd.Stderr = log
			r, err := launch(cmd, nil)
			if err != nil {
				said, _ := os.ReadFile(log.Name())
				err = errors.Join(err, errors.New(string(said)))
			}
			return r, err
		})
		processes = append(processes, p)
		s.urls = append(s.urls, func() string {
			_, url, _ := strings.Cut(p.current().ready, " ready at ")
			return url
		})
	}
	return s, processes
}

// reply is a whole answer.
type reply struct {
	status  int
	body    []byte
	cookies []*http.Cookie
}

// send sends a request to one of the processes. An error means that there was
// no answer, or not all of it.
func (s *site) send(process int, method, path string, body []byte, cookies []*http.Cookie) (*reply, error) {
	r, err := http.NewRequest(method, s.urls[process%len(s.urls)]()+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		r.Header.Set("Origin", origin)
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	res, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &reply{res.StatusCode, b, res.Cookies()}, nil
}

// pauseBetween is how long a client waits after it got no answer.
const pauseBetween = 20 * time.Millisecond
