package quorum_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// trusting is a Config that believes that every server is the right one.
func trusting(n *toy) quorum.Config {
	c := config(n)
	c.Identify = func(context.Context, *quorum.Server) *quorum.Problem { return nil }
	return c
}

func call(ctx context.Context, s *quorum.Server) (quorum.Reply, *quorum.Problem) {
	return s.Call(ctx, "owns", []string{"alice"})
}

// says answers a call; in the body %s is the id, quoted.
func says(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var call struct{ ID json.RawMessage }
		_ = json.NewDecoder(r.Body).Decode(&call)
		w.WriteHeader(code)
		fmt.Fprintf(w, body, call.ID)
	}
}

func TestReply(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code    int
		body    string
		want    any    // Result
		error   string // the message of Error
		problem string // "" for none
	}{
		"string":                 {200, `{"jsonrpc":"2.0","id":%s,"result":"0x01"}`, "0x01", "", ""},
		"number":                 {200, `{"jsonrpc":"2.0","id":%s,"result":18446744073709551616}`, json.Number("18446744073709551616"), "", ""},
		"true":                   {200, `{"jsonrpc":"2.0","id":%s,"result":true}`, true, "", ""},
		"null":                   {200, `{"jsonrpc":"2.0","id":%s,"result":null}`, nil, "", ""},
		"array":                  {200, `{"jsonrpc":"2.0","id":%s,"result":["a",[],1]}`, []any{"a", []any{}, json.Number("1")}, "", ""},
		"error":                  {200, `{"jsonrpc":"2.0","id":%s,"error":{"code":3,"message":"execution reverted"}}`, nil, "execution reverted", ""},
		"error under 500":        {500, `{"jsonrpc":"2.0","id":%s,"error":{"message":"busy"}}`, nil, "busy", "HTTP 500"},
		"result under 500":       {500, `{"jsonrpc":"2.0","id":%s,"result":true}`, nil, "", "HTTP 500"},
		"result under 203":       {203, `{"jsonrpc":"2.0","id":%s,"result":true}`, nil, "", "HTTP 203"},
		"result under 404":       {404, `{"jsonrpc":"2.0","id":%s,"result":true}`, nil, "", "HTTP 404"},
		"result and error":       {200, `{"jsonrpc":"2.0","id":%s,"result":true,"error":{}}`, nil, "", "neither a result nor an error"},
		"result and null error":  {200, `{"jsonrpc":"2.0","id":%s,"result":true,"error":null}`, nil, "", "neither a result nor an error"},
		"result and Error":       {200, `{"jsonrpc":"2.0","id":%s,"result":true,"Error":{}}`, nil, "", "neither a result nor an error"},
		"neither":                {200, `{"jsonrpc":"2.0","id":%s}`, nil, "", "neither a result nor an error"},
		"error a string":         {200, `{"jsonrpc":"2.0","id":%s,"error":"no"}`, nil, "", "neither a result nor an error"},
		"error null":             {200, `{"jsonrpc":"2.0","id":%s,"error":null}`, nil, "", "neither a result nor an error"},
		"Result":                 {200, `{"jsonrpc":"2.0","id":%s,"Result":true}`, nil, "", "neither a result nor an error"},
		"another id":             {200, `{"jsonrpc":"2.0","id":"x","result":true,"was":%s}`, nil, "", "not the answer to our request"},
		"no id":                  {200, `{"jsonrpc":"2.0","result":true,"was":%s}`, nil, "", "not the answer to our request"},
		"version 1":              {200, `{"jsonrpc":"1.0","id":%s,"result":true}`, nil, "", "not the answer to our request"},
		"result twice":           {200, `{"jsonrpc":"2.0","id":%s,"result":false,"result":true}`, nil, "", "a JSON member occurs twice"},
		"twice in a list":        {200, `{"jsonrpc":"2.0","id":%s,"result":[{"a":1,"A":2}]}`, nil, "", "a JSON member occurs twice"},
		"twice in an error":      {200, `{"jsonrpc":"2.0","id":%s,"error":{"code":1,"code":3}}`, nil, "", "a JSON member occurs twice"},
		"batch":                  {200, `[{"jsonrpc":"2.0","id":%s,"result":true}]`, nil, "", "not a JSON object"},
		"not JSON, under 500":    {500, `<html>%s`, nil, "", "HTTP 500"},
		"twice, error under 500": {500, `{"id":%s,"error":{"message":"a","message":"b"}}`, nil, "", "HTTP 500"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newToy(t, `true`)
			n.is("toy", "", says(test.code, test.body))
			reply, p := withServer(t, newClient(t, trusting(n)), call)
			if p == nil && test.problem != "" || p != nil && p.Text != test.problem {
				t.Errorf("got %+v, want %q", p, test.problem)
			}
			if !reflect.DeepEqual(reply.Result, test.want) || reply.Error.Text("message") != test.error || (reply.Error != nil) != (test.error != "") {
				t.Errorf("got %#v", reply)
			}
		})
	}
}

func TestReplyObject(t *testing.T) {
	t.Parallel()
	n := newToy(t, `{"list":[{"key":"G"}]}`)
	reply, p := withServer(t, newClient(t, trusting(n)), call)
	result, _ := reply.Result.(quorum.Object)
	list := result.List("list")
	if p != nil || len(list) != 1 || list[0].(quorum.Object).Text("key") != "G" {
		t.Errorf("got %#v, %v", reply, p)
	}
}

func TestParamsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	n := newToy(t, `true`)
	_, p := withServer(t, newClient(t, trusting(n)), func(ctx context.Context, s *quorum.Server) (quorum.Reply, *quorum.Problem) {
		return s.Call(ctx, "owns", func() {})
	})
	if p == nil || n.requests.Load() != 0 {
		t.Errorf("got %v after %d requests", p, n.requests.Load())
	}
}

// page is what Get returned.
type page struct {
	status int
	body   string
}

func get(path string) func(ctx context.Context, s *quorum.Server) (page, *quorum.Problem) {
	return func(ctx context.Context, s *quorum.Server) (page, *quorum.Problem) {
		status, body, p := s.Get(ctx, path)
		return page{status, string(body)}, p
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault   http.HandlerFunc
		want    page
		problem string
		final   bool
		wait    time.Duration
	}{
		"200":              {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }, page{200, "{}"}, "", false, 0},
		"404":              {status(404), page{404, ""}, "", false, 0},
		"201":              {status(201), page{}, "HTTP 201", false, 0},
		"403":              {status(403), page{}, "HTTP 403", true, 0},
		"408":              {status(408), page{}, "HTTP 408", false, 0},
		"410":              {status(410), page{}, "HTTP 410", true, 0},
		"500":              {status(500), page{}, "HTTP 500", false, 0},
		"429, Retry-After": {later(429, "7"), page{}, "HTTP 429", true, 7 * time.Second},
		"503, Retry-After": {later(503, "7"), page{}, "HTTP 503", false, 7 * time.Second},
		"redirect":         {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, page{}, "HTTP 302", true, 0},
		"too large":        {large(200), page{}, "the body is larger than 1 MiB", true, 0},
		"too large, 404":   {large(404), page{}, "the body is larger than 1 MiB", true, 0},
		"too large, 500":   {large(500), page{}, "HTTP 500", false, 0},
		"truncated":        {truncated(200), page{}, "the connection closed too early", false, 0},
		"truncated, 404":   {truncated(404), page{}, "the connection closed too early", false, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newToy(t, "")
			n.is("toy", "", test.fault)
			got, p := withServer(t, newClient(t, trusting(n)), get("/accounts/G1"))
			if got != test.want || p == nil && test.problem != "" {
				t.Errorf("got %v, %v", got, p)
			}
			if p != nil && (p.Text != test.problem || p.Final != test.final || p.RetryAfter != test.wait) {
				t.Errorf("got %+v", p)
			}
			if n.requests.Load() != 1 {
				t.Errorf("%d requests", n.requests.Load())
			}
		})
	}
}

func later(code int, seconds string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", seconds)
		w.WriteHeader(code)
	}
}

func large(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, strings.Repeat(" ", 1<<20+1))
	}
}

func truncated(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "{}")
	}
}

// What is sent is a plain GET below the endpoint's URL, with what the endpoint
// is configured with and nothing of JSON-RPC.
func TestGetRequest(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/":                    "/v1/?key=SECRET",
		"/accounts/GABC":       "/v1/accounts/GABC?key=SECRET",
		"/a_b-c/0":             "/v1/a_b-c/0?key=SECRET",
		"":                     "",
		"accounts/GABC":        "",
		"/accounts/../../root": "",
		"/accounts/%2e%2e":     "",
		"/accounts/G?x=y":      "",
		"/accounts/G#x":        "",
		"/accounts/G\n":        "",
		"/accounts/\u00e9":     "",
		"@other.example/":      "",
	} {
		n := newToy(t, "")
		var sent *http.Request
		n.is("toy", "", func(_ http.ResponseWriter, r *http.Request) { sent = r })
		c := trusting(n)
		c.Endpoints[0].URL = strings.Replace(n.url, "://", "://me:pass@", 1) + "/v1?key=SECRET"
		c.Endpoints[0].Header = http.Header{"X-Key": {"k"}, "Content-Type": {"text/plain"}}
		got, p := withServer(t, newClient(t, c), get(path))
		if want == "" {
			if p == nil || sent != nil || strings.Contains(p.Text, "SECRET") {
				t.Errorf("%q: got %v, %v", path, got, p)
			}
			continue
		}
		if p != nil || sent == nil {
			t.Errorf("%q: %v", path, p)
			continue
		}
		user, pass, _ := sent.BasicAuth()
		if sent.URL.String() != want || sent.Method != "GET" || sent.ContentLength != 0 || user != "me" || pass != "pass" ||
			sent.Header.Get("X-Key") != "k" || sent.Header.Get("Accept") != "application/json" || sent.Header["Content-Type"] != nil {
			t.Errorf("%q: sent %s %s %v", path, sent.Method, sent.URL, sent.Header)
		}
	}
}

// The Retry-After of an answer to Get keeps the endpoint from being asked.
func TestGetRetryAfter(t *testing.T) {
	t.Parallel()
	n := newToy(t, "")
	n.is("toy", "", later(429, "40"))
	client := newClient(t, trusting(n))
	for range 2 {
		_, err := client.Ask(t.Context(), "alice", func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
			_, _, p := s.Get(ctx, "/accounts/G")
			return quorum.CannotTell, p
		})
		var u *quorum.UnavailableError
		if !errors.As(err, &u) || u.RetryAfter != 40*time.Second || n.requests.Load() != 1 {
			t.Errorf("got %v after %d requests", err, n.requests.Load())
		}
	}
}

// Secrets can stand in the path, the query, the userinfo and the headers, and a
// server can send them back, in whatever it sends.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const secret = "SECRET"
	faults := map[string]http.HandlerFunc{
		"result": says(200, `{"jsonrpc":"2.0","result":"`+secret+`","id":%s}`),
		"error":  says(500, `{"jsonrpc":"2.0","error":{"message":"`+secret+`"},"id":%s}`),
		"page":   says(200, secret+"%s"),
		"location": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://%zz/"+secret, http.StatusTemporaryRedirect)
		},
		"closed": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"not HTTP": func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			fmt.Fprintf(conn, "HTTP/1.1 %s\r\n\r\n", secret)
		},
		"hang": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	}
	for name, fault := range faults {
		for how, question := range map[string]quorum.Question{
			"call": owns,
			"get": func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
				_, _, p := s.Get(ctx, "/accounts/"+secret)
				return quorum.CannotTell, p
			},
		} {
			n := newToy(t, "")
			n.is("toy", "", fault)
			var out logs
			c := trusting(n)
			c.Logger, c.Timeout = out.logger(), 200*time.Millisecond
			c.Endpoints[0].URL = strings.Replace(n.url, "://", "://me:"+secret+"@", 1) + "/" + secret + "?k=" + secret
			c.Endpoints[0].Header = http.Header{"Authorization": {secret}}
			shown := ""
			_, err := newClient(t, c).Ask(t.Context(), "alice", func(ctx context.Context, s *quorum.Server) (quorum.Verdict, *quorum.Problem) {
				shown = fmt.Sprintf("%v %s", s, s)
				return question(ctx, s)
			})
			text := fmt.Sprintf("%v %+v\n%s\n%s", err, err, out.String(), shown)
			if strings.Contains(text, secret) || !strings.Contains(text, n.url) || !strings.Contains(out.String(), "level=WARN") {
				t.Errorf("%s, %s: %s", name, how, text)
			}
		}
	}
}
