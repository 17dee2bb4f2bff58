package nearrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

type fixture struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Request     json.RawMessage   `json:"request"`
	HTTPStatus  int               `json:"http_status"`
	ContentType string            `json:"content_type"`
	Headers     map[string]string `json:"headers"`
	Body        string            `json:"body_text"`
	Expect      string            `json:"expect"`
}

// params are what the request of the fixture asked, as far as it did.
func (f fixture) params() (id, account, key string) {
	var r struct {
		ID     any
		Params struct{ Account_id, Public_key string }
	}
	json.Unmarshal(f.Request, &r)
	id, _ = r.ID.(string)
	return id, r.Params.Account_id, r.Params.Public_key
}

func (f fixture) status() int {
	if f.HTTPStatus == 0 {
		return 200 // the source does not say
	}
	return f.HTTPStatus
}

func (f fixture) want() error {
	switch f.Expect {
	case "full_access", "gas_key_full_access":
		return nil
	case "function_call_only":
		return ErrNotFullAccess
	case "key_absent":
		return ErrKeyNotFound
	case "account_absent":
		return ErrAccountNotFound
	}
	return ErrUnavailable // indeterminate, bad_request, and answers to other questions
}

func fixtures(t testing.TB) []fixture {
	data, err := os.ReadFile("testdata/near_rpc_fixtures.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Fixtures []fixture }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Fixtures) < 50 {
		t.Fatalf("%d fixtures, want all 50", len(file.Fixtures))
	}
	return file.Fixtures
}

// accessKey reads an HTTP answer to view_access_key.
func accessKey(status int, id, body, account, key string) (quorum.Verdict, *quorum.Problem) {
	r, p := quorum.ParseReply(status, id, []byte(body))
	return readAccessKey(r, p, account, key)
}

func TestFixturesClassified(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures(t) {
		id, account, key := f.params()
		v, p := accessKey(f.status(), id, f.Body, account, key)
		if verdictError(v) != f.want() || (p == nil) != (v != cannotTell) {
			t.Errorf("%s %s: got %v (%+v), want %v (%s)", f.ID, f.Name, verdictError(v), p, f.want(), f.Expect)
		}
	}
}

const (
	testAccount = "alice.near"
	testKey     = "ed25519:6E8sCci9badyRkXb3JoRpBj5p8C6Tw41ELDZoiihKEtp"
	testBlock   = `"block_height":1,"block_hash":"H33oNAtVZDJjhpncQb5LY6NxYzQLMMVLptq99mwmLmnj"`
)

// ok wraps a result, fail an error.
func ok(result string) string { return `{"jsonrpc":"2.0","result":` + result + `,"id":"q"}` }
func fail(err string) string  { return `{"jsonrpc":"2.0","error":` + err + `,"id":"q"}` }

func key(permission string) string {
	return ok(`{"nonce":7,"permission":` + permission + `,` + testBlock + `}`)
}

func cause(name, info string) string {
	return fail(`{"name":"HANDLER_ERROR","cause":{"name":"` + name + `"` + info + `},"code":-32000,"message":"Server error","data":"x"}`)
}

func flatError(text string) string { return ok(`{"error":"` + text + `","logs":[],` + testBlock + `}`) }

func TestAnswers(t *testing.T) {
	t.Parallel()
	yes := key(`"FullAccess"`)
	tests := []struct {
		name string
		body string
		want error
	}{
		{"full access", yes, nil},
		{"white space around", " \r\n" + yes + "\n", nil},
		{"unknown fields", ok(`{"permission":"FullAccess","nonce":18446744073709551615,"new":{"a":[1e999,{"b":null}]},` + testBlock + `}`), nil},
		{"escaped spelling of the same string", key(`"FullAcc\u0065ss"`), nil},
		{"gas key", key(`{"GasKeyFullAccess":{"balance":"0","num_nonces":1}}`), nil},
		{"gas key, new field in it", key(`{"GasKeyFullAccess":{"x":1}}`), nil},
		{"function call", key(`{"FunctionCall":{"allowance":null,"receiver_id":"c.near","method_names":[]}}`), ErrNotFullAccess},
		{"gas key function call", key(`{"GasKeyFunctionCall":{"receiver_id":"FullAccess"}}`), ErrNotFullAccess},
		{"2.13 and 2.14: missing key", flatError("access key " + testKey + " does not exist while viewing"), ErrKeyNotFound},
		{"2.14: missing account", flatError("account " + testAccount + " does not exist while viewing"), ErrAccountNotFound},
		{"structured: missing key", cause("UNKNOWN_ACCESS_KEY", `,"info":{"public_key":"`+testKey+`",`+testBlock+`}`), ErrKeyNotFound},
		{"structured: missing key, no info", cause("UNKNOWN_ACCESS_KEY", ""), ErrKeyNotFound},
		{"structured: missing account", cause("UNKNOWN_ACCOUNT", `,"info":{"requested_account_id":"`+testAccount+`"}`), ErrAccountNotFound},

		{"permission: number", key(`1`), ErrUnavailable},
		{"permission: null", key(`null`), ErrUnavailable},
		{"permission: true", key(`true`), ErrUnavailable},
		{"permission: empty object", key(`{}`), ErrUnavailable},
		{"permission: array", key(`["FullAccess"]`), ErrUnavailable},
		{"permission: upper case", key(`"FULLACCESS"`), ErrUnavailable},
		{"permission: lower case", key(`"fullaccess"`), ErrUnavailable},
		{"permission: more words", key(`"FullAccessReadOnly"`), ErrUnavailable},
		{"permission: not quite", key(`"NotFullAccess"`), ErrUnavailable},
		{"permission: gas key as a string", key(`"GasKeyFullAccess"`), ErrUnavailable},
		{"permission: gas key null", key(`{"GasKeyFullAccess":null}`), ErrUnavailable},
		{"permission: gas key string", key(`{"GasKeyFullAccess":"x"}`), ErrUnavailable},
		{"permission: gas key in other case", key(`{"gaskeyfullaccess":{}}`), ErrUnavailable},
		{"permission: two gas keys", key(`{"GasKeyFullAccess":{},"GasKeyFunctionCall":{}}`), ErrUnavailable},
		{"permission: FullAccess object", key(`{"FullAccess":{}}`), ErrUnavailable},
		{"permission: function call not an object", key(`{"FunctionCall":1}`), ErrUnavailable},

		{"duplicate permission", ok(`{"permission":{"FunctionCall":{}},"permission":"FullAccess"}`), ErrUnavailable},
		{"duplicate permission, other case", ok(`{"permission":"FullAccess","Permission":{"FunctionCall":{}}}`), ErrUnavailable},
		{"duplicate permission, escaped", ok(`{"permission":"FullAccess","permissio\u006e":"FullAccess"}`), ErrUnavailable},
		{"duplicate permission, long s", ok(`{"permission":"FullAccess","permi\u017fsion":"x"}`), ErrUnavailable},
		{"duplicate variant", key(`{"GasKeyFullAccess":{},"GasKeyFullAccess":{}}`), ErrUnavailable},
		{"duplicate in the variant", key(`{"GasKeyFullAccess":{"balance":"1","balance":"2"}}`), ErrUnavailable},
		{"duplicate result", `{"jsonrpc":"2.0","result":{},"result":{"permission":"FullAccess"},"id":"q"}`, ErrUnavailable},
		{"duplicate id", `{"jsonrpc":"2.0","id":"x","result":{"permission":"FullAccess"},"id":"q"}`, ErrUnavailable},
		{"other case only", ok(`{"Permission":"FullAccess"}`), ErrUnavailable},
		{"envelope in other case", `{"jsonrpc":"2.0","Result":{"permission":"FullAccess"},"id":"q"}`, ErrUnavailable},
		{"Error beside result", `{"jsonrpc":"2.0","result":{"permission":"FullAccess"},"Error":{},"id":"q"}`, ErrUnavailable},
		{"error beside permission", ok(`{"permission":"FullAccess","error":"access key ` + testKey + ` does not exist while viewing"}`), ErrUnavailable},
		{"null error beside permission", ok(`{"permission":"FullAccess","error":null}`), ErrUnavailable},
		{"Error beside permission", ok(`{"permission":"FullAccess","Error":"x"}`), ErrUnavailable},
		{"result and error", `{"jsonrpc":"2.0","result":{"permission":"FullAccess"},"error":{},"id":"q"}`, ErrUnavailable},
		{"result and null error", `{"jsonrpc":"2.0","result":{"permission":"FullAccess"},"error":null,"id":"q"}`, ErrUnavailable},
		{"null result", ok(`null`), ErrUnavailable},
		{"string null result", ok(`"null"`), ErrUnavailable},
		{"string result", ok(`"FullAccess"`), ErrUnavailable},
		{"array result", ok(`[{"permission":"FullAccess"}]`), ErrUnavailable},
		{"empty result", ok(`{}`), ErrUnavailable},
		{"error is a string", fail(`"origin_not_allowed"`), ErrUnavailable},
		{"error is null", fail(`null`), ErrUnavailable},

		{"no id", `{"jsonrpc":"2.0","result":{"permission":"FullAccess"}}`, ErrUnavailable},
		{"null id", `{"jsonrpc":"2.0","result":{"permission":"FullAccess"},"id":null}`, ErrUnavailable},
		{"other id", strings.Replace(yes, `"q"`, `"r"`, 1), ErrUnavailable},
		{"number id", strings.Replace(yes, `"q"`, `1`, 1), ErrUnavailable},
		{"no jsonrpc", `{"result":{"permission":"FullAccess"},"id":"q"}`, ErrUnavailable},
		{"jsonrpc 1.0", strings.Replace(yes, "2.0", "1.0", 1), ErrUnavailable},
		{"jsonrpc as number", strings.Replace(yes, `"2.0"`, "2.0", 1), ErrUnavailable},

		{"empty", "", ErrUnavailable},
		{"trailing data", yes + "x", ErrUnavailable},
		{"second value", yes + yes, ErrUnavailable},
		{"truncated", yes[:len(yes)-1], ErrUnavailable},
		{"trailing comma", strings.Replace(yes, `"q"}`, `"q",}`, 1), ErrUnavailable},
		{"BOM", "\ufeff" + yes, ErrUnavailable},
		{"not UTF-8", strings.Replace(yes, `"nonce"`, "\"non\xffce\"", 1), ErrUnavailable},
		{"batch", "[" + yes + "]", ErrUnavailable},
		{"deep", ok(`{"permission":"FullAccess","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`), ErrUnavailable},
		{"very deep", strings.Repeat(`{"a":`, 200000), ErrUnavailable},

		{"flat: another key", flatError("access key ed25519:1111 does not exist while viewing"), ErrUnavailable},
		{"flat: another account", flatError("account bob.near does not exist while viewing"), ErrUnavailable},
		{"flat: more text", flatError("access key " + testKey + " does not exist while viewing it"), ErrUnavailable},
		{"flat: wasm", flatError("wasm execution failed"), ErrUnavailable},
		{"flat: object", ok(`{"error":{"name":"UNKNOWN_ACCESS_KEY"}}`), ErrUnavailable},
		{"structured: another account", cause("UNKNOWN_ACCOUNT", `,"info":{"requested_account_id":"bob.near"}`), ErrUnavailable},
		{"structured: another key", cause("UNKNOWN_ACCESS_KEY", `,"info":{"public_key":"ed25519:1111"}`), ErrUnavailable},
		{"structured: info is null", cause("UNKNOWN_ACCESS_KEY", `,"info":null`), ErrUnavailable},
		{"structured: INVALID_ACCOUNT", cause("INVALID_ACCOUNT", ""), ErrUnavailable},
		{"structured: NO_SYNCED_BLOCKS", cause("NO_SYNCED_BLOCKS", ""), ErrUnavailable},
		{"structured: UNAVAILABLE_SHARD", cause("UNAVAILABLE_SHARD", `,"info":{"requested_shard_id":3}`), ErrUnavailable},
		{"structured: other name", fail(`{"name":"INTERNAL_ERROR","cause":{"name":"UNKNOWN_ACCESS_KEY"}}`), ErrUnavailable},
		{"structured: cause is a string", fail(`{"name":"HANDLER_ERROR","cause":"UNKNOWN_ACCESS_KEY"}`), ErrUnavailable},
		{"legacy text alone", fail(`{"code":-32000,"message":"Server error","data":"access key ` + testKey + ` does not exist while viewing"}`), ErrUnavailable},
	}
	for _, test := range tests {
		v, p := accessKey(200, "q", test.body, testAccount, testKey)
		if verdictError(v) != test.want || (p == nil) != (v != cannotTell) {
			t.Errorf("%s: got %v (%+v), want %v", test.name, verdictError(v), p, test.want)
		}
		if v == cannotTell {
			continue
		}
		for _, status := range []int{0, 199, 201, 204, 206, 304, 400, 404, 422, 500, 503} {
			if v, p := accessKey(status, "q", test.body, testAccount, testKey); v != cannotTell || p == nil {
				t.Errorf("%s: believed under HTTP %d", test.name, status)
			}
		}
	}
	if v, _ := accessKey(200, "", strings.Replace(yes, `"q"`, `""`, 1), testAccount, testKey); v != cannotTell {
		t.Error("believed without an id")
	}
}

func TestChainAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct{ body, want string }{
		{ok(`{"chain_id":"mainnet","sync_info":{"syncing":false}}`), "mainnet"},
		{ok(`{"chain_id":"mainnet","Chain_id":"testnet"}`), ""},
		{ok(`{"Chain_ID":"mainnet"}`), ""},
		{ok(`{"chain_id":["mainnet"]}`), ""},
		{ok(`{}`), ""},
		{fail(`{"name":"REQUEST_VALIDATION_ERROR","cause":{"name":"METHOD_NOT_FOUND"}}`), ""},
	}
	for _, test := range tests {
		got, p := readChain(quorum.ParseReply(200, "q", []byte(test.body)))
		if got != test.want || (p == nil) != (test.want != "") {
			t.Errorf("%s: got %q, %v", test.body, got, p)
		}
	}
}

// What a server writes must not get into our logs and errors, but for a few
// words we know.
func TestProblemTextIsOurs(t *testing.T) {
	t.Parallel()
	evil := "SECRET\\nlevel=ERROR"
	bodies := []string{
		cause(evil, ""), flatError(evil), key(`"` + evil + `"`), ok(`"` + evil + `"`), fail(`"` + evil + `"`),
		fail(`{"name":"` + evil + `","message":"` + evil + `","data":"` + evil + `"}`), evil,
	}
	for _, body := range bodies {
		for _, status := range []int{200, 302, 400, 500} {
			_, p := accessKey(status, "q", body, testAccount, testKey)
			if p == nil || strings.Contains(p.Text, "SECRET") || strings.Contains(p.Text, "\n") {
				t.Errorf("HTTP %d %s: %+v", status, body, p)
			}
		}
	}
	_, p := accessKey(400, "q", cause("PARSE_ERROR", ""), testAccount, testKey)
	if p.Text != "HTTP 400 PARSE_ERROR" || !p.Final {
		t.Errorf("got %+v", p)
	}
}

func TestAccountNotFoundIsKeyNotFound(t *testing.T) {
	t.Parallel()
	if !errors.Is(ErrAccountNotFound, ErrKeyNotFound) || errors.Is(ErrKeyNotFound, ErrAccountNotFound) {
		t.Error("ErrAccountNotFound must be ErrKeyNotFound, and not the other way round")
	}
}

// FuzzAnswer holds that no body makes the classifier panic, and that a yes is
// one by another reading of JSON too.
func FuzzAnswer(f *testing.F) {
	for _, x := range fixtures(f) {
		id, _, _ := x.params()
		f.Add(x.status(), []byte(strings.ReplaceAll(x.Body, `"`+id+`"`, `"q"`)))
	}
	f.Add(200, []byte(key(`{"GasKeyFullAccess":{}}`)))
	f.Add(200, []byte(ok(`{"permission":"FullAccess","Permission":1}`)))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		v, p := accessKey(status, "q", string(body), testAccount, testKey)
		if (p == nil) != (v != cannotTell) {
			t.Fatalf("verdict %v with problem %v", v, p)
		}
		if v == fullAccess && !plainlyYes(status, body) {
			t.Fatalf("a yes out of HTTP %d %q", status, body)
		}
		readChain(quorum.ParseReply(status, "q", body))
	})
}

// plainlyYes is an independent, stricter oracle over encoding/json's maps.
func plainlyYes(status int, body []byte) bool {
	var envelope, result, variant map[string]json.RawMessage
	if status != 200 || json.Unmarshal(body, &envelope) != nil || json.Unmarshal(envelope["result"], &result) != nil {
		return false
	}
	var version, id, permission string
	json.Unmarshal(envelope["jsonrpc"], &version)
	json.Unmarshal(envelope["id"], &id)
	if envelope["error"] != nil || result["error"] != nil || version != "2.0" || id != "q" || members(body) != distinctMembers(body) {
		return false
	}
	if json.Unmarshal(result["permission"], &permission) == nil {
		return permission == "FullAccess"
	}
	return json.Unmarshal(result["permission"], &variant) == nil && len(variant) == 1 &&
		bytes.HasPrefix(bytes.TrimSpace(variant["GasKeyFullAccess"]), []byte("{"))
}

// members counts the colons outside of strings: one a member, also where
// maps would keep only the last of a name.
func members(body []byte) (n int) {
	inString := false
	for i := 0; i < len(body); i++ {
		switch {
		case body[i] == '\\':
			i++
		case body[i] == '"':
			inString = !inString
		case body[i] == ':' && !inString:
			n++
		}
	}
	return n
}

func distinctMembers(body []byte) int {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return -1
	}
	again, err := json.Marshal(value)
	if err != nil {
		return -1
	}
	return members(again)
}
