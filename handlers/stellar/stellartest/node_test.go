package stellartest_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers/stellar/stellartest"
)

const (
	alice      = "GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L"
	passphrase = "Test SDF Network ; September 2015"
)

func get(t *testing.T, server *httptest.Server, path string) (int, string, map[string]any) {
	t.Helper()
	res, err := http.Get(server.URL + path)
	return read(t, res, err)
}

func post(t *testing.T, server *httptest.Server, body string) (int, string, map[string]any) {
	t.Helper()
	res, err := http.Post(server.URL+"/rpc", "application/json", strings.NewReader(body))
	return read(t, res, err)
}

func read(t *testing.T, res *http.Response, err error) (status int, kind string, value map[string]any) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), value
}

func serve(t *testing.T) (*stellartest.Node, *httptest.Server) {
	t.Helper()
	node := stellartest.NewNode(passphrase)
	server := httptest.NewServer(node)
	t.Cleanup(server.Close)
	return node, server
}

// The accounts of the vectors, which go-stellar-sdk made, come out byte for byte
// in XDR, and in Horizon's JSON with the same signers and thresholds.
func TestVectorAccounts(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../sep53/testdata/stellar_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Checks struct {
			K2       string
			Key      string `json:"ledger_key_xdr"`
			Accounts []struct {
				Horizon map[string]any
				XDR     string `json:"rpc_ledger_entry_xdr"`
			}
		} `json:"account_checks"`
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Checks.Accounts) != 2 {
		t.Fatal(len(file.Checks.Accounts), err)
	}
	for i, make := range []func(*stellartest.Node) error{
		func(n *stellartest.Node) error { return n.Fund(alice) },
		func(n *stellartest.Node) error {
			n.Fund(alice)
			n.SetSigner(alice, file.Checks.K2, 1)
			return n.SetOptions(alice, 0, 0, 0, 0)
		},
	} {
		node, server := serve(t)
		if err := make(node); err != nil {
			t.Fatal(err)
		}
		want := file.Checks.Accounts[i]
		_, _, horizon := get(t, server, "/accounts/"+alice)
		for name, value := range want.Horizon {
			if got, want := canonical(horizon[name]), canonical(value); got != want {
				t.Errorf("%d: %s: %s, want %s", i, name, got, want)
			}
		}
		_, _, rpc := post(t, server, `{"jsonrpc":"2.0","id":7,"method":"getLedgerEntries","params":{"keys":["`+file.Checks.Key+`"]}}`)
		entries := rpc["result"].(map[string]any)["entries"].([]any)
		if entry := entries[0].(map[string]any); len(entries) != 1 || entry["xdr"] != want.XDR || entry["key"] != file.Checks.Key || rpc["id"] != 7.0 {
			t.Errorf("%d: %v, want %s", i, rpc, want.XDR)
		}
	}
}

func canonical(value any) string {
	b, _ := json.Marshal(value)
	return string(b)
}

func TestHorizonAnswers(t *testing.T) {
	t.Parallel()
	_, server := serve(t)
	if status, kind, root := get(t, server, "/"); status != 200 || !strings.HasPrefix(kind, "application/hal+json") || root["network_passphrase"] != passphrase {
		t.Errorf("%d %s %v", status, kind, root)
	}
	for path, want := range map[string]struct {
		status int
		kind   string
	}{
		"/accounts/" + alice:        {404, "https://stellar.org/horizon-errors/not_found"},
		"/nothing":                  {404, "https://stellar.org/horizon-errors/not_found"},
		"/accounts/" + alice + "/x": {404, "https://stellar.org/horizon-errors/not_found"},
		"/accounts/G":               {400, "https://stellar.org/horizon-errors/bad_request"},
	} {
		status, kind, problem := get(t, server, path)
		if status != want.status || problem["type"] != want.kind || problem["status"] != float64(status) || !strings.HasPrefix(kind, "application/problem+json") {
			t.Errorf("%s: %d %s %v", path, status, kind, problem)
		}
	}
}

func TestRPCAnswers(t *testing.T) {
	t.Parallel()
	_, server := serve(t)
	key := base64.StdEncoding.EncodeToString(make([]byte, 39))
	for body, want := range map[string]string{
		`{"jsonrpc":"2.0","id":"a","method":"getNetwork","params":{}}`:                             `{"passphrase":"` + passphrase + `","protocolVersion":23}`,
		`{"jsonrpc":"2.0","id":"a","method":"getLedgerEntries","params":{"keys":["` + key + `"]}}`: "-32602",
		`{"jsonrpc":"2.0","id":"a","method":"getLedgerEntries","params":[]}`:                       "-32602",
		`{"jsonrpc":"2.0","id":"a","method":"nothing"}`:                                            "-32601",
		`{"jsonrpc":"1.0","id":"a","method":"getNetwork"}`:                                         "-32700",
		`{"jsonrpc":"2.0","id":"a","method":"getLedgerEntries","params":{"keys":[]}}`:              `"entries":[]`,
		`{"jsonrpc":"2.0","id":"a","method":"getHealth"}`:                                          `"status":"healthy"`,
	} {
		if status, _, answer := post(t, server, body); status != 200 || !strings.Contains(canonical(answer), want) {
			t.Errorf("%s: %d %v, want %s", body, status, answer, want)
		}
	}
}

func TestLedger(t *testing.T) {
	t.Parallel()
	node, server := serve(t)
	const t1 = "TAQCSRX2RIDJNHFIFHWD63X7D7D6TRT5Y2S6E3TEMXTG5W3OECHZ2OG4" // SEP-23
	for name, err := range map[string]error{
		"a seed":            node.Fund("SAKICEVQLYWGSOJS4WW7HZJWAHZVEEBS527LHK5V4MLJALYKICQCJXMW"),
		"no account":        node.SetOptions(alice, 1, 1, 1, 1),
		"no account either": node.SetSigner(alice, t1, 1),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := node.Fund(alice); err != nil {
		t.Fatal(err)
	}
	for key, ok := range map[string]bool{
		alice: false, "": false, "GBXF": false,
		"SAKICEVQLYWGSOJS4WW7HZJWAHZVEEBS527LHK5V4MLJALYKICQCJXMW": false,
		"CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA": false,
		"GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ": true,
		t1: true,
		"PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAOQCAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUAAAAFGBU": true,
		"PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAOQCAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DXFH6":      false,
		"PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAOQCAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4Z2PQ":       false,
	} {
		if err := node.SetSigner(alice, key, 3); (err == nil) != ok {
			t.Errorf("%s: %v", key, err)
		}
	}
	_, _, account := get(t, server, "/accounts/"+alice)
	if got := canonical(account["signers"]); strings.Count(got, `"weight":3`) != 3 || !strings.Contains(got, "preauth_tx") || !strings.Contains(got, "ed25519_signed_payload") {
		t.Errorf("%s", got)
	}
	node.SetSigner(alice, t1, 0)
	_, _, account = get(t, server, "/accounts/"+alice)
	if strings.Contains(canonical(account), t1) {
		t.Error("a signer that was removed is there")
	}
	node.Remove(alice)
	if status, _, _ := get(t, server, "/accounts/"+alice); status != 404 {
		t.Errorf("an account that was removed: %d", status)
	}
	if node.Requests() != 3 || node.Queries() != 3 {
		t.Errorf("%d requests, %d queries", node.Requests(), node.Queries())
	}
}
