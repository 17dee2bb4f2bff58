package nearrpctest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

const (
	key1 = "ed25519:6E8sCci9badyRkXb3JoRpBj5p8C6Tw41ELDZoiihKEtp"
	key2 = "ed25519:H9k5eiU4xXS3M4z8HzKJSLaZdqGdGwBG49o7orNC4eZW"
)

// post sends a body and returns the answer with its block masked.
func post(node http.Handler, body string) string {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	node.ServeHTTP(w, r)
	block := regexp.MustCompile(`"block_height":\d+,"block_hash":"[1-9A-HJ-NP-Za-km-z]{43,44}"`)
	return fmt.Sprint(w.Code, " ", block.ReplaceAllString(w.Body.String(), `"block":0`))
}

func query(params string) string {
	return `{"jsonrpc":"2.0","id":"dontcare","method":"query","params":{` + params + `}}`
}

func viewKey(account, key string) string {
	return query(`"request_type":"view_access_key","finality":"final","account_id":"` + account + `","public_key":"` + key + `"`)
}

func TestAnswersLikeNearcore(t *testing.T) {
	t.Parallel()
	const old, recent = nearrpctest.Nearcore213, nearrpctest.Nearcore214
	node := nearrpctest.NewNode("testnet")
	for _, err := range []error{
		node.AddFullAccessKey("full.testnet", key1),
		node.AddFunctionCallKey("call.testnet", key1, "app.testnet", "vote"),
		node.AddGasKeyFullAccess("gas.testnet", key1),
		node.AddGasKeyFunctionCall("gascall.testnet", key1, "app.testnet"),
		node.CreateAccount("empty.testnet"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	missing := `200 {"jsonrpc":"2.0","result":{"error":"access key ` + key1 + ` does not exist while viewing","logs":[],"block":0},"id":"dontcare"}`
	unknown := `200 {"jsonrpc":"2.0","error":{"name":"HANDLER_ERROR","cause":{"name":"UNKNOWN_ACCOUNT","info":{"block_hash":"HASH","block_height":1,"requested_account_id":"no.testnet"}},"code":-32000,"message":"Server error","data":"account no.testnet does not exist while viewing"},"id":"dontcare"}`
	list := func(account string) string {
		return query(`"request_type":"view_access_key_list","finality":"final","account_id":"` + account + `"`)
	}
	view := query(`"request_type":"view_account","finality":"final","account_id":"no.testnet"`)
	tests := []struct {
		name    string
		dialect nearrpctest.Dialect
		body    string
		want    string
	}{
		{"full access", old, viewKey("full.testnet", key1), `200 {"jsonrpc":"2.0","result":{"nonce":NONCE,"permission":"FullAccess","block":0},"id":"dontcare"}`},
		{"without prefix", old, viewKey("full.testnet", key1[8:]), `200 {"jsonrpc":"2.0","result":{"nonce":NONCE,"permission":"FullAccess","block":0},"id":"dontcare"}`},
		{"function call", old, viewKey("call.testnet", key1), `200 {"jsonrpc":"2.0","result":{"nonce":NONCE,"permission":{"FunctionCall":{"allowance":null,"receiver_id":"app.testnet","method_names":["vote"]}},"block":0},"id":"dontcare"}`},
		{"gas key", old, viewKey("gas.testnet", key1), `200 {"jsonrpc":"2.0","result":{"nonce":NONCE,"permission":{"GasKeyFullAccess":{"balance":"0","num_nonces":1}},"block":0},"id":"dontcare"}`},
		{"gas key call", old, viewKey("gascall.testnet", key1), `200 {"jsonrpc":"2.0","result":{"nonce":NONCE,"permission":{"GasKeyFunctionCall":{"balance":"0","num_nonces":1,"allowance":null,"receiver_id":"app.testnet","method_names":[]}},"block":0},"id":"dontcare"}`},
		{"no key", old, viewKey("empty.testnet", key1), missing},
		{"no key", recent, viewKey("empty.testnet", key1), missing},
		{"no account", old, viewKey("no.testnet", key1), missing},
		{"no account", recent, viewKey("no.testnet", key1), `200 {"jsonrpc":"2.0","result":{"error":"account no.testnet does not exist while viewing","logs":[],"block":0},"id":"dontcare"}`},
		{"list", old, list("empty.testnet"), `200 {"jsonrpc":"2.0","result":{"keys":[],"block":0},"id":"dontcare"}`},
		{"list", old, list("full.testnet"), `200 {"jsonrpc":"2.0","result":{"keys":[{"public_key":"` + key1 + `","access_key":{"nonce":NONCE,"permission":"FullAccess"}}],"block":0},"id":"dontcare"}`},
		{"list of no account", old, list("no.testnet"), `200 {"jsonrpc":"2.0","result":{"keys":[],"block":0},"id":"dontcare"}`},
		{"list of no account", recent, list("no.testnet"), unknown},
		{"no account", old, view, unknown},
		{"no account", recent, view, unknown},
		{"bad id", old, viewKey("No.testnet", key1), "400 PARSE_ERROR -32700"},
		{"bad key", old, viewKey("full.testnet", "ed25519:abc"), "400 PARSE_ERROR -32700"},
		{"bad base58", old, viewKey("full.testnet", "ed25519:0OIl"), "400 PARSE_ERROR -32700"},
		{"bad key type", old, viewKey("full.testnet", "rsa:abc"), "400 PARSE_ERROR -32700"},
		{"no finality", old, query(`"request_type":"view_account","account_id":"full.testnet"`), "400 PARSE_ERROR -32700"},
		{"legacy path", old, `{"jsonrpc":"2.0","id":"dontcare","method":"query","params":["access_key/a",""]}`, "400 PARSE_ERROR -32700"},
		{"not JSON", old, `not json`, "400 PARSE_ERROR -32700"},
		{"no such method", old, `{"jsonrpc":"2.0","id":7,"method":"nope"}`, "400 METHOD_NOT_FOUND -32601"},
	}
	nonce := regexp.MustCompile(`"nonce":\d{15,}`)
	info := regexp.MustCompile(`"block_hash":"\w+","block_height":\d+`)
	short := regexp.MustCompile(`^400 .*"name":"(PARSE_ERROR|METHOD_NOT_FOUND)".*"code":(-\d+).*$`)
	for _, test := range tests {
		node.SetDialect(test.dialect)
		got := nonce.ReplaceAllString(post(node, test.body), `"nonce":NONCE`)
		got = info.ReplaceAllString(got, `"block_hash":"HASH","block_height":1`)
		got = short.ReplaceAllString(got, "400 $1 $2")
		if got != test.want {
			t.Errorf("%s, dialect %d:\n got %s\nwant %s", test.name, test.dialect, got, test.want)
		}
	}
}

func TestIDIsEchoed(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	for _, id := range []string{`"x"`, `7`, `null`, `"a\"b"`} {
		got := post(node, `{"jsonrpc":"2.0","id":`+id+`,"method":"status","params":[]}`)
		if !strings.HasSuffix(got, `"id":`+id+`}`) || !strings.Contains(got, `"chain_id":"testnet"`) {
			t.Errorf("id %s: %s", id, got)
		}
	}
}

func TestBlocksAdvance(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	node.CreateAccount("alice.testnet")
	ask := func() (b struct {
		Result struct {
			Height uint64 `json:"block_height"`
			Hash   string `json:"block_hash"`
		}
	}) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(query(`"request_type":"view_account","finality":"final","account_id":"alice.testnet"`)))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		node.ServeHTTP(w, r)
		json.Unmarshal(w.Body.Bytes(), &b)
		return b
	}
	a, b := ask().Result, ask().Result
	if a.Height == 0 || b.Height <= a.Height || a.Hash == b.Hash {
		t.Errorf("%+v, then %+v", a, b)
	}
}

func TestHTTPStatuses(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	tests := []struct {
		method, contentType, body string
		want                      int
	}{
		{"GET", "application/json", "", 405},
		{"POST", "text/plain", viewKey("a.testnet", key1), 415},
		{"POST", "", viewKey("a.testnet", key1), 415},
		{"POST", "application/json; charset=utf-8", viewKey("a.testnet", key1), 200},
		{"POST", "application/json", strings.Repeat(" ", 10<<20+1), 413},
	}
	for _, test := range tests {
		r := httptest.NewRequest(test.method, "/any/path", strings.NewReader(test.body))
		r.Header.Set("Content-Type", test.contentType)
		w := httptest.NewRecorder()
		node.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s %s: got %d, want %d", test.method, test.contentType, w.Code, test.want)
		}
	}
}

func TestKeysComeAndGo(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	has := func() bool { return strings.Contains(post(node, viewKey("alice.testnet", key1)), `"FullAccess"`) }
	for _, bad := range [][2]string{{"Alice", key1}, {"a", key1}, {"a..b", key1}, {"alice.testnet", "x"}, {"alice.testnet", "ed25519:" + strings.Repeat("1", 5000)}} {
		if node.AddFullAccessKey(bad[0], bad[1]) == nil {
			t.Errorf("took %q", bad)
		}
	}
	node.AddFullAccessKey("alice.testnet", key1)
	node.AddFullAccessKey("alice.testnet", key2)
	if !has() {
		t.Error("added, not there")
	}
	node.AddFunctionCallKey("alice.testnet", key1, "app.testnet")
	if has() {
		t.Error("replaced, still there")
	}
	node.AddFullAccessKey("alice.testnet", key1)
	node.CreateAccount("alice.testnet")
	if !has() {
		t.Error("creating an account that exists must not empty it")
	}
	node.DeleteKey("alice.testnet", key1)
	if has() || !strings.Contains(post(node, viewKey("alice.testnet", key2)), `"FullAccess"`) {
		t.Error("deleted the wrong key")
	}
	node.DeleteAccount("alice.testnet")
	node.DeleteKey("alice.testnet", key2)
	if strings.Contains(post(node, viewKey("alice.testnet", key2)), "FullAccess") {
		t.Error("the account is still there")
	}
	if node.Requests() != node.Queries() || node.Queries() < 5 {
		t.Errorf("%d requests, %d queries", node.Requests(), node.Queries())
	}
	post(node, `{"jsonrpc":"2.0","id":1,"method":"status"}`)
	if node.Requests() != node.Queries()+1 {
		t.Errorf("%d requests, %d queries", node.Requests(), node.Queries())
	}
}

func TestBase58(t *testing.T) {
	t.Parallel()
	node := nearrpctest.NewNode("testnet")
	zeros := "ed25519:11111111111111111111111111111111" // 32 zero bytes
	if err := node.AddFullAccessKey("a.testnet", zeros); err != nil {
		t.Error(err)
	}
	if !strings.Contains(post(node, viewKey("a.testnet", zeros)), "FullAccess") || node.AddFullAccessKey("a.testnet", zeros+"1") == nil {
		t.Error("leading zeros")
	}
	const secp = "secp256k1:5r22SrjrDvgY3wdQsnjgxkeAbU1VcM71FYvALEQWihjM3Xk4Be1CpETTqFccChQr4iJwDroSDVmgaWZv2AcXvYeL"
	if err := node.AddFullAccessKey("a.testnet", secp); err != nil {
		t.Error(err)
	}
	if !strings.Contains(post(node, viewKey("a.testnet", secp)), "FullAccess") || node.AddFullAccessKey("a.testnet", "ed25519"+secp[len("secp256k1"):]) == nil {
		t.Error("keys of secp256k1")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	body := viewKey("alice.testnet", key1)
	tests := []struct {
		name  string
		fault nearrpctest.Fault
		want  string // in status and body
	}{
		{"down", nearrpctest.Down(), "502 <html>"},
		{"html", nearrpctest.HTML(), "200 <html>"},
		{"429", nearrpctest.TooManyRequests(time.Second), `429 {"jsonrpc":"2.0","error":{"code":-429`},
		{"redirect", nearrpctest.Redirect("https://x.example"), "307 "},
		{"huge", nearrpctest.HugeBody(1000), `200 {"jsonrpc":"2.0","result":{"nonce":7,"permission":"FullAccess"`},
		{"drip", nearrpctest.SlowDrip(0), `"permission":"FullAccess"`},
		{"lie", nearrpctest.LieFullAccess(), `"permission":"FullAccess"`},
		{"lie no", nearrpctest.LieKeyNotFound(), `"error":"access key ` + key1 + ` does not exist while viewing"`},
		{"wrong id", nearrpctest.WrongID(), `"id":"another-request"`},
		{"wrong chain, another question", nearrpctest.WrongChain("x"), "does not exist while viewing"},
		{"only status", nearrpctest.Only("status", nearrpctest.Down()), "does not exist while viewing"},
		{"only query", nearrpctest.Only("query", nearrpctest.Down()), "502 "},
		{"none", nil, "does not exist while viewing"},
	}
	for _, test := range tests {
		node := nearrpctest.NewNode("testnet")
		node.Fault(test.fault)
		if got := post(node, body); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %.200s", test.name, got)
		}
		if node.Queries() != 1 {
			t.Errorf("%s: not counted", test.name)
		}
		node.Fault(nil)
		if got := post(node, body); !strings.Contains(got, "does not exist while viewing") {
			t.Errorf("%s: after the fault: %s", test.name, got)
		}
	}
	node := nearrpctest.NewNode("testnet")
	node.Fault(nearrpctest.WrongChain("mainnet"))
	if got := post(node, `{"jsonrpc":"2.0","id":"i","method":"status"}`); got != `200 {"jsonrpc":"2.0","result":{"chain_id":"mainnet"},"id":"i"}` {
		t.Error(got)
	}
	node.Fault(nearrpctest.GzipBomb(1 << 20))
	packed := strings.TrimPrefix(post(node, body), "200 ")
	unpacked, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil || len(packed) > 10_000 {
		t.Fatal(err, len(packed))
	}
	if n, err := io.Copy(io.Discard, unpacked); n < 1<<20 || err != nil {
		t.Error(n, err)
	}
}

// Waiting faults end when the client leaves, and when the server closes.
func TestFaultsLetGo(t *testing.T) {
	before := runtime.NumGoroutine()
	client := &http.Client{Transport: &http.Transport{}}
	for _, closing := range []bool{true, false} {
		for _, fault := range []nearrpctest.Fault{nearrpctest.Hang(), nearrpctest.SlowDrip(time.Second), nearrpctest.HugeBody(1 << 40), nearrpctest.Truncated()} {
			node := nearrpctest.NewNode("testnet")
			node.Fault(fault)
			server, err := nearrpctest.Serve(node)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			r, _ := http.NewRequestWithContext(ctx, "POST", server.URL, bytes.NewReader([]byte(viewKey("a.testnet", key1))))
			r.Header.Set("Content-Type", "application/json")
			leave := cancel
			if closing {
				leave = func() { server.Close() }
			}
			time.AfterFunc(50*time.Millisecond, leave)
			if res, err := client.Do(r); err == nil {
				if _, err := io.Copy(io.Discard, res.Body); err == nil {
					t.Error("the answer came to its end")
				}
				res.Body.Close()
			}
			cancel()
			if !closing {
				settle(t, before+3) // the server's loop, at most its connection's, at most the client's
			}
			server.Close()
		}
	}
	client.CloseIdleConnections()
	settle(t, before)
}

func settle(t *testing.T, want int) {
	t.Helper()
	for end := time.Now().Add(3 * time.Second); runtime.NumGoroutine() > want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, want %d", runtime.NumGoroutine(), want)
		}
	}
}

// The package goes into programs: neither the flags of testing nor those of
// httptest may come with it.
func TestImports(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skip("no go command: ", err)
	}
	for _, dep := range strings.Fields(string(out)) {
		first, _, _ := strings.Cut(dep, "/")
		if dep == "testing" || dep == "net/http/httptest" || strings.Contains(first, ".") && dep != "github.com/nearauth/nearauth/nearrpc/nearrpctest" {
			t.Errorf("imports %s", dep)
		}
	}
}

func FuzzNode(f *testing.F) {
	f.Add(viewKey("alice.testnet", key1))
	f.Add(`{"jsonrpc":"2.0","id":1,"method":"status"}`)
	f.Add(`{"jsonrpc":"2.0","id":{"a":[1]},"method":"query","params":[]}`)
	node := nearrpctest.NewNode("testnet")
	node.AddFullAccessKey("alice.testnet", key1)
	f.Fuzz(func(t *testing.T, body string) {
		for _, fault := range []nearrpctest.Fault{nil, nearrpctest.LieFullAccess(), nearrpctest.LieKeyNotFound(), nearrpctest.TooManyRequests(0)} {
			node.Fault(fault)
			_, answer, _ := strings.Cut(post(node, body), " ")
			if !json.Valid([]byte(answer)) {
				t.Fatalf("%q", answer)
			}
		}
	})
}
