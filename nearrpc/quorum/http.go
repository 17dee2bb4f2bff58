package quorum

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"syscall"
	"time"
)

const maxBody = 1 << 20 // bytes, after decompression

// Call makes a JSON-RPC 2.0 call with the params, which are what json.Marshal
// takes. Without a Problem, the Reply is the answer to this very request, under
// HTTP 200: a result, or an error that the caller must judge. With a Problem it
// is not an answer; its Error, where the body held one, may be read to say more
// exactly what failed.
func (s *Server) Call(ctx context.Context, method string, params any) (Reply, *Problem) {
	id := requestID()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		return Reply{}, unclear("the request cannot be encoded")
	}
	a, p := s.send(ctx, http.MethodPost, s.url, body)
	if p != nil {
		return Reply{}, p
	}
	if p := a.problem(http.StatusOK); p != nil {
		return Reply{Error: errorIn(a.body)}, p
	}
	return ParseReply(a.status, id, a.body)
}

// plainPath is a path that means the same to everybody on the way.
var plainPath = regexp.MustCompile(`^(/[A-Za-z0-9_-]*)+$`)

// Get makes a GET request of the path below the endpoint's URL, whose query it
// keeps: "/accounts/G…" of "https://host/v1?key=…" is
// "https://host/v1/accounts/G…?key=…". The path is of letters, digits, "_",
// "-" and "/", and begins with "/".
//
// Without a Problem, the status is 200 or 404, and the body whole. Anybody on
// the way can say 404: a caller who makes a no of it reads the body first.
func (s *Server) Get(ctx context.Context, path string) (status int, body []byte, p *Problem) {
	if !plainPath.MatchString(path) {
		return 0, nil, unclear("the request cannot be made")
	}
	target, err := url.JoinPath(s.url, path)
	if err != nil {
		return 0, nil, unclear("the request cannot be made") // err shows the URL
	}
	a, p := s.send(ctx, http.MethodGet, target, nil)
	if p != nil {
		return 0, nil, p
	}
	if p := a.problem(http.StatusOK, http.StatusNotFound); p != nil {
		return 0, nil, p
	}
	return a.status, a.body, nil
}

// requestID makes the id of a JSON-RPC request. It cannot be guessed, so an
// answer that belongs to somebody else's request, out of a cache or a
// connection mixed up on the way, never passes for the answer to ours.
func requestID() string { return rand.Text() }

// answer is what came over HTTP.
type answer struct {
	status     int
	retryAfter time.Duration
	body       []byte
	bodyErr    error // it could not be read to its end
}

func (s *Server) send(ctx context.Context, method, target string, body []byte) (answer, *Problem) {
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return answer{}, unclear("the request cannot be made") // err shows the URL
	}
	req.Header = s.header.Clone()
	if body == nil {
		req.Header.Del("Content-Type")
	}
	res, err := s.http.Do(req)
	if err != nil {
		return answer{}, unclear(reason(err))
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, retryAfter: parseRetryAfter(res.Header.Get("Retry-After"), time.Now())}
	a.body, a.bodyErr = readBody(res.Body)
	return a, nil
}

// problem is why the answer, by HTTP, is none. Where the status is not wanted
// it tells more than what became of the body.
func (a answer) problem(wanted ...int) *Problem {
	switch {
	case !slices.Contains(wanted, a.status):
		p := statusProblem(a.status)
		p.RetryAfter = a.retryAfter
		return p
	case a.bodyErr != nil:
		return &Problem{Text: reason(a.bodyErr), Final: errors.Is(a.bodyErr, errTooLarge)}
	}
	return nil
}

func statusProblem(status int) *Problem {
	// 3xx and 4xx are about us: a key that is refused or used up stays so.
	// 408 is the server's own timeout.
	final := status/100 == 3 || status/100 == 4 && status != http.StatusRequestTimeout
	return &Problem{Text: fmt.Sprintf("HTTP %d", status), Final: final}
}

var errTooLarge = errors.New("the body is larger than 1 MiB")

// readBody reads to the end, so that the connection can be used again. The
// limit counts decompressed bytes: net/http unpacks gzip below us.
func readBody(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if len(data) > maxBody {
		return nil, errTooLarge
	}
	return data, err
}

// reason puts an error into words of our own. Those of net/http show the whole
// URL, and what a broken server sent.
func reason(err error) string {
	var (
		errno   syscall.Errno
		dns     *net.DNSError
		timeout net.Error
		cert    *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, errTooLarge):
		return errTooLarge.Error()
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	case errors.As(err, &dns):
		return "host not found"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &cert):
		return "the TLS certificate is not accepted"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection closed too early"
	}
	return "no valid HTTP answer"
}
