package nearrpc_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

func TestCertificateIsChecked(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	node.AddFullAccessKey(alice, aliceKey)
	server := httptest.NewUnstartedServer(node)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	client := newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: server.URL}}})
	err := client.FullAccess(t.Context(), alice, aliceKey)
	if !errors.Is(err, nearrpc.ErrUnavailable) || !strings.Contains(err.Error(), "the TLS certificate is not accepted") {
		t.Errorf("got %v", err)
	}
	// The caller may bring a Transport that knows the certificate.
	client = newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: server.URL}}, Transport: server.Client().Transport})
	if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil {
		t.Error(err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	target, targetServer := serve(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		node, server := serve(t)
		node.Fault(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", targetServer.URL)
			w.WriteHeader(status)
			return true
		})
		client := newClient(t, nearrpc.Config{Endpoints: []nearrpc.Endpoint{{URL: server.URL}}})
		if err := client.FullAccess(t.Context(), alice, aliceKey); !errors.Is(err, nearrpc.ErrUnavailable) {
			t.Errorf("%d: got %v", status, err)
		}
	}
	if n := target.Requests(); n != 0 {
		t.Errorf("followed %d times", n)
	}
}

func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	const path, query, user, header = "PATHSECRET", "QUERYSECRET", "USERSECRET", "HEADERSECRET"
	secrets := []string{path, query, user, header, base64.StdEncoding.EncodeToString([]byte("me:" + user))}
	var out logs
	var texts strings.Builder
	echo := func(w http.ResponseWriter, r *http.Request) bool {
		fmt.Fprintf(w, `{"jsonrpc":"2.0","error":{"name":%[1]q,"cause":{"name":%[1]q},"message":%[1]q},"id":1}`, fmt.Sprint(r.URL, r.Header))
		return true
	}
	echoStatus := func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(500)
		return echo(w, r)
	}
	badLocation := nearrpctest.Redirect("http://" + header + "%zz/" + path)
	brokenHTTP := func(w http.ResponseWriter, r *http.Request) bool {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return false
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 %s %s\r\n\r\n", r.URL, header)
		return true
	}
	all := faults()
	all["echo"], all["echo 500"], all["bad location"], all["broken HTTP"] = echo, echoStatus, badLocation, brokenHTTP
	all["chain"] = func(w http.ResponseWriter, r *http.Request) bool {
		return nearrpctest.WrongChain(fmt.Sprint(r.URL, r.Header))(w, r)
	}
	for name, fault := range all {
		node, server := serve(t)
		node.Fault(fault)
		client := newClient(t, nearrpc.Config{
			Endpoints: []nearrpc.Endpoint{{
				URL:    strings.Replace(server.URL, "://", "://me:"+user+"@", 1) + "/v1/" + path + "?apiKey=" + query,
				Header: http.Header{"Authorization": {"Bearer " + header}, "X-Api-Key": {header}},
			}},
			AttemptTimeout: 50 * time.Millisecond, Timeout: 120 * time.Millisecond, Logger: out.logger(),
		})
		err := client.FullAccess(t.Context(), alice, aliceKey)
		if err == nil {
			t.Errorf("%s: a yes", name)
		}
		fmt.Fprintf(&texts, "%v %+v %#v\n", err, err, err)
		for ; err != nil; err = errors.Unwrap(err) {
			fmt.Fprintln(&texts, err)
		}
	}
	for _, bad := range []string{"https://%zz" + path, "ftp://me:" + user + "@h/" + path, path, "http://h.example/" + path, "https://h/\n" + path, "://" + user} {
		_, err := nearrpc.New(nearrpc.Config{ChainID: "testnet", Endpoints: []nearrpc.Endpoint{{URL: bad}}})
		if err == nil {
			t.Errorf("New took %q", bad)
		}
		fmt.Fprintln(&texts, err)
	}
	_, err := nearrpc.New(nearrpc.Config{ChainID: "testnet", Endpoints: []nearrpc.Endpoint{
		{URL: "https://h/" + path, Header: http.Header{"Authorization": {header + "\n"}}}}})
	if err == nil {
		t.Error("New took a header with a line break")
	}
	fmt.Fprintln(&texts, err)
	if out.String() == "" || !strings.Contains(texts.String(), "http://127.0.0.1:") {
		t.Error("nothing to search in")
	}
	for _, secret := range secrets {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s in the log:\n%s", secret, out.String())
		}
		if strings.Contains(texts.String(), secret) {
			t.Errorf("%s in an error:\n%s", secret, texts.String())
		}
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	var ids [2][]string
	endpoint := func(i int) *httptest.Server {
		node := nearrpctest.NewNode("testnet")
		node.AddFullAccessKey(alice, aliceKey)
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			var call struct {
				ID, Method string
				Params     any
			}
			json.Unmarshal(body, &call)
			ids[i] = append(ids[i], call.ID)
			if call.Method == "query" {
				got, _ := json.Marshal(call.Params)
				want := fmt.Sprintf(`{"account_id":%q,"finality":"final","public_key":%q,"request_type":"view_access_key"}`, alice, aliceKey)
				if string(got) != want {
					t.Errorf("asked %s, want %s", got, want)
				}
			}
			if r.URL.String() != "/path?k=v" || r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
			}
			if got, want := fmt.Sprint(r.Header["X-Key"]), fmt.Sprintf("[%d a]", i); got != want {
				t.Errorf("endpoint %d got the key %s", i, got)
			}
			if _, sent := r.Header["Idempotency-Key"]; sent {
				t.Error("the Idempotency-Key is for net/http only")
			}
			node.ServeHTTP(w, r)
		}))
	}
	var config nearrpc.Config
	for i := range 2 {
		server := endpoint(i)
		defer server.Close()
		config.Endpoints = append(config.Endpoints, nearrpc.Endpoint{URL: server.URL + "/path?k=v", Operator: fmt.Sprint(i),
			Header: http.Header{"x-key": {fmt.Sprint(i), "a"}, "Content-Type": {"text/plain"}}})
	}
	config.Agree = 2
	client := newClient(t, config)
	for _, ep := range config.Endpoints {
		//lint:ignore SA1008 a header that is not canonical is the point
		ep.Header["x-key"][0] = "changed later" // New has copied it
	}
	for range 3 {
		if err := client.FullAccess(t.Context(), alice, aliceKey); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for _, id := range append(ids[0], ids[1]...) {
		if len(id) < 20 || seen[id] {
			t.Errorf("id %q can be guessed or came twice", id)
		}
		seen[id] = true
	}
}
