package nearrpc

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

const maxBody = 1 << 20 // bytes, after decompression

// endpoint is one server and what we know of it.
type endpoint struct {
	url      string // may hold a key: not for logs or errors
	host     string // scheme://host, to show
	operator string
	header   http.Header
	chainID  string
	timeout  time.Duration
	http     *http.Client
	log      *slog.Logger

	onChain  atomic.Bool   // status has answered chainID
	checking chan struct{} // one token: guards the next two
	checked  time.Time
	checkErr *failure

	health
}

// failure is why an endpoint gave no answer.
type failure struct {
	problem
	host       string
	retryAfter time.Duration
}

func (f *failure) Error() string { return f.host + ": " + f.text }

func (e *endpoint) failed(p *problem) *failure { return &failure{problem: *p, host: e.host} }

// ask makes one attempt. Either the verdict is definite or there is a failure.
func (e *endpoint) ask(ctx context.Context, account, key string) (verdict, *failure) {
	attempt, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	v, f := e.attempt(attempt, account, key)
	if errors.Is(ctx.Err(), context.Canceled) {
		return v, f // a caller who left says nothing about the endpoint
	}
	// One line when trouble begins and one when it ends, not one a login.
	switch {
	case f == nil && e.recovered():
		e.log.Info("nearrpc: endpoint answers again", "endpoint", e.host)
	case f != nil && e.note(f):
		// When it is back it may be another node, or one that has to catch up.
		e.onChain.Store(false)
		e.log.Warn("nearrpc: endpoint failed", "endpoint", e.host, "cause", f.text)
	}
	return v, f
}

func (e *endpoint) attempt(ctx context.Context, account, key string) (verdict, *failure) {
	if f := e.checkChain(ctx); f != nil {
		return cannotTell, f
	}
	r, f := e.post(ctx, "query", map[string]string{
		"request_type": "view_access_key",
		"finality":     "final",
		"account_id":   account,
		"public_key":   key,
	})
	if f != nil {
		return cannotTell, f
	}
	v, p := r.accessKey(account, key)
	if p != nil {
		return cannotTell, e.failed(p)
	}
	return v, nil
}

// checkChain asks which chain the endpoint is on, once, and again after it has
// failed. The first question asks
// and the others wait for its outcome, so that a busy start is one request.
func (e *endpoint) checkChain(ctx context.Context) *failure {
	if e.onChain.Load() {
		return nil
	}
	came := time.Now()
	select {
	case e.checking <- struct{}{}:
		defer func() { <-e.checking }()
	case <-ctx.Done():
		return e.failed(unclear(reason(ctx.Err())))
	}
	switch {
	case e.onChain.Load():
		return nil
	case e.checked.After(came):
		return e.checkErr
	}
	f := e.askChain(ctx)
	if f == nil {
		e.onChain.Store(true)
	} else if ctx.Err() == nil { // others may have more time than we had
		e.checked, e.checkErr = time.Now(), f
	}
	return f
}

func (e *endpoint) askChain(ctx context.Context) *failure {
	r, f := e.post(ctx, "status", []string{})
	if f != nil {
		return f
	}
	chain, p := r.chain()
	if p != nil {
		return e.failed(p)
	}
	if chain != e.chainID {
		f := e.failed(wrongChain(chain, e.chainID))
		e.log.Error("nearrpc: endpoint is on the wrong chain", "endpoint", e.host, "cause", f.text)
		return f
	}
	return nil
}

// requestID makes the id of a JSON-RPC request. It cannot be guessed, so an
// answer that belongs to somebody else's request, out of a cache or a
// connection mixed up on the way, never passes for the answer to ours.
func requestID() string { return rand.Text() }

// post makes a JSON-RPC call. An answer under another status than 200 is a
// failure here already, with the Retry-After it came with.
func (e *endpoint) post(ctx context.Context, method string, params any) (reply, *failure) {
	id := requestID()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		return reply{}, e.failed(unclear("the request cannot be encoded"))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return reply{}, e.failed(unclear("the request cannot be made")) // err shows the URL
	}
	req.Header = e.header.Clone()
	res, err := e.http.Do(req)
	if err != nil {
		return reply{}, e.failed(unclear(reason(err)))
	}
	defer res.Body.Close()
	data, err := readBody(res.Body)
	r := reply{status: res.StatusCode, id: id, body: data}
	if r.status != http.StatusOK {
		_, _, p := r.open()
		f := e.failed(p)
		f.retryAfter = retryAfter(res.Header.Get("Retry-After"), time.Now())
		return reply{}, f
	}
	if err != nil {
		return reply{}, e.failed(&problem{text: reason(err), final: errors.Is(err, errTooLarge)})
	}
	return r, nil
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
