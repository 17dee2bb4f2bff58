package ethereumtest_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
	"github.com/nearauth/nearauth/handlers/siwe"
)

const wallet = "0xa5b3A53800cD49669F34DE80f2C569c6D4Ca3009"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// post returns the status and the body of an answer.
func post(h http.Handler, kind, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/any/path", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func call(h http.Handler, method, params string) string {
	_, body := post(h, "application/json", fmt.Sprintf(`{"jsonrpc":"2.0","id":"q","method":%q,"params":%s}`, method, params))
	return strings.TrimSuffix(strings.TrimPrefix(body, `{"jsonrpc":"2.0","id":"q",`), "}")
}

// The words and codes are those of geth.
func TestWords(t *testing.T) {
	t.Parallel()
	n := ethereumtest.NewNode(8453)
	must(t, n.AddWallet(wallet, ethereumtest.NewKey().Address()))
	must(t, n.Delegate("0x000000000000000000000000000000000000dEaD", wallet, wallet))
	for _, c := range []struct{ method, params, want string }{
		{"eth_chainId", `[]`, `"result":"0x2105"`},
		{"net_version", `[]`, `"error":{"code":-32601,"message":"the method net_version does not exist/is not available"}`},
		{"eth_getCode", `["` + wallet + `","latest"]`, `"result":"0x6080604052"`},
		{"eth_getCode", `["0x0000000000000000000000000000000000000001","latest"]`, `"result":"0x"`},
		{"eth_getCode", `["0x000000000000000000000000000000000000dead","latest"]`, `"result":"0xef0100` + strings.ToLower(wallet[2:]) + `"`},
		{"eth_getCode", `["` + wallet + `"]`, `"error":{"code":-32602,"message":"missing value for required argument 1"}`},
		{"eth_call", `[{"to":"0x0000000000000000000000000000000000000001","data":"0x1626ba7e"},"latest"]`, `"result":"0x"`},
		{"eth_call", `[{"to":"` + wallet + `","data":"0x12345678"},"latest"]`, `"error":{"code":-32000,"message":"execution reverted"}`},
		{"eth_call", `[{"data":"0x6000"},"latest"]`, `"error":{"code":-32000,"message":"invalid opcode: INVALID"}`},
	} {
		if got := call(n, c.method, c.params); got != c.want {
			t.Errorf("%s %s: %s", c.method, c.params, got)
		}
	}
	for _, params := range []string{`["x","latest"]`, `[1,"latest"]`, `["` + wallet + `","earliest"]`, `["` + wallet + `",1]`} {
		if got := call(n, "eth_getCode", params); !strings.Contains(got, `"code":-32602`) {
			t.Errorf("%s: %s", params, got)
		}
	}
	for _, params := range []string{`[1,"latest"]`, `[{"data":"1"},"latest"]`, `[{"data":"0x","to":"0x1"},"latest"]`, `[{"data":"0x"},"safe"]`} {
		if got := call(n, "eth_call", params); !strings.Contains(got, `"code":-32602`) {
			t.Errorf("%s: %s", params, got)
		}
	}
	for kind, want := range map[string]int{"application/json": 200, "text/plain": 415} {
		if code, body := post(n, kind, `{}`); code != want {
			t.Errorf("%s: %d %s", kind, code, body)
		}
	}
	if code, _ := post(n, "application/json", strings.Repeat(" ", 6<<20)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("6 MiB: %d", code)
	}
	w := httptest.NewRecorder()
	n.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
	if n.Requests() != 21 || n.Calls() != 7 {
		t.Errorf("%d requests, %d calls", n.Requests(), n.Calls())
	}
}

// isValidSignature is asked the way the contract ABI has it, and no other.
func TestWallet(t *testing.T) {
	t.Parallel()
	key := ethereumtest.NewKey()
	n := ethereumtest.NewNode(1)
	must(t, n.AddWallet(wallet, key.Address()))
	hash := siwe.Hash("x")
	const magic, no = `"result":"0x1626ba7e00000000000000000000000000000000000000000000000000000000"`, `"result":"0xffffffff00000000000000000000000000000000000000000000000000000000"`
	ask := func(signature string) string {
		data := fmt.Sprintf("0x1626ba7e%x%064x%064x%s%s", hash, 64, len(signature)/2-1, signature[2:], strings.Repeat("0", 62))
		return call(n, "eth_call", `[{"to":"`+wallet+`","data":"`+data+`"},"latest"]`)
	}
	for signature, want := range map[string]string{
		key.Sign("x"):                   magic,
		key.Sign("y"):                   no,
		ethereumtest.NewKey().Sign("x"): no,
	} {
		if got := ask(signature); got != want {
			t.Errorf("%s", got)
		}
	}
	other := "0x" + strings.Repeat("ab", 65)
	b, err := hex.DecodeString(other[2:])
	must(t, err)
	must(t, n.Accept(wallet, hash, b))
	if got := ask(other); got != magic {
		t.Error(got)
	}
	must(t, n.Return(wallet, "0x01"))
	if got := ask(other); got != `"result":"0x01"` {
		t.Error(got)
	}
	must(t, n.Revert(wallet))
	if got := ask(other); !strings.HasPrefix(got, `"error":{"code":3,"message":"execution reverted: refused","data":"0x08c379a000`) {
		t.Error(got)
	}
	must(t, n.Remove(wallet))
	if got := ask(other); got != `"result":"0x"` {
		t.Error(got)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	n := ethereumtest.NewNode(1)
	for name, err := range map[string]error{
		"AddWallet":         n.AddWallet("x", wallet),
		"owner":             n.AddWallet(wallet, "x"),
		"AddCounterfactual": n.AddCounterfactual("x", wallet, wallet, "0x"),
		"owner of one":      n.AddCounterfactual(wallet, "x", wallet, "0x"),
		"factory":           n.AddCounterfactual(wallet, wallet, "x", "0x"),
		"calldata":          n.AddCounterfactual(wallet, wallet, wallet, "x"),
		"Accept":            n.Accept("x", [32]byte{}, nil),
		"Delegate":          n.Delegate("x", wallet, wallet),
		"delegate":          n.Delegate(wallet, "x", wallet),
		"owner of delegate": n.Delegate(wallet, wallet, "x"),
		"Return":            n.Return("x", "0x"),
		"data":              n.Return(wallet, "x"),
		"Revert":            n.Revert("x"),
		"Remove":            n.Remove("x"),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "ethereumtest: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, digits := range []string{"", "x", "00", strings.Repeat("0", 66)} {
		if k, err := ethereumtest.ParseKey(digits); err == nil {
			t.Errorf("%q: %s", digits, k.Address())
		}
	}
	if _, err := ethereumtest.NewKey().SignCounterfactual("x", "x", "0x"); err == nil {
		t.Error("no factory")
	}
	if _, err := ethereumtest.NewKey().SignCounterfactual("x", wallet, "x"); err == nil {
		t.Error("no calldata")
	}
}

// A fault sees the request, and the node still does.
func TestFault(t *testing.T) {
	t.Parallel()
	n := ethereumtest.NewNode(1)
	var seen bytes.Buffer
	n.Fault(func(_ http.ResponseWriter, r *http.Request) bool {
		_, err := io.Copy(&seen, r.Body)
		return err != nil
	})
	if got := call(n, "eth_chainId", "[]"); got != `"result":"0x1"` || !strings.Contains(seen.String(), "eth_chainId") {
		t.Errorf("%s, seen %s", got, &seen)
	}
	for _, c := range []struct {
		fault                ethereumtest.Fault
		method, params, want string
	}{
		{ethereumtest.WrongChain(255), "eth_chainId", "[]", `"result":"0xff"`},
		{ethereumtest.LieNoCode(), "eth_getCode", "[]", `"result":"0x"`},
		{ethereumtest.LieAccepted(), "eth_chainId", "[]", `"result":"0x1"`},
		{ethereumtest.LieAccepted(), "eth_getCode", "[]", `"result":"0x6080604052"`},
		{ethereumtest.LieAccepted(), "eth_call", `[{"to":"0x"}]`, `"result":"0x1626ba7e00000000000000000000000000000000000000000000000000000000"`},
		{ethereumtest.LieAccepted(), "eth_call", `[{"data":"0x"}]`, `"result":"0x01"`},
		{ethereumtest.Fails("eth_call", -1, "no"), "eth_call", "[]", `"error":{"code":-1,"message":"no"}`},
		{ethereumtest.Fails("eth_call", -1, "no"), "eth_chainId", "[]", `"result":"0x1"`},
		{ethereumtest.Answers("eth_chainId", "x"), "eth_chainId", "[]", `"result":"x"`},
	} {
		n.Fault(c.fault)
		if got := call(n, c.method, c.params); got != c.want {
			t.Errorf("%s %s: %s", c.method, c.params, got)
		}
	}
}
