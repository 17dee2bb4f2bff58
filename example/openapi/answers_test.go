package openapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// row is one request at a site of its own, and the line of the checklist that
// it is there for.
type row struct {
	line    string
	before  func(*visitor) // nil is nothing
	request func(*visitor) *http.Request
}

// asks is a request that is the same whatever was before.
func asks(method, path, body string, header ...string) func(*visitor) *http.Request {
	return func(v *visitor) *http.Request { return v.request(method, path, body, header...) }
}

// hands is a verify of what a wallet has signed.
func hands(body func(*visitor) string) func(*visitor) *http.Request {
	return func(v *visitor) *http.Request { return v.request("POST", "/verify", body(v)) }
}

func both(a, b func(*visitor)) func(*visitor) {
	return func(v *visitor) { a(v); b(v) }
}

func signedIn(v *visitor)  { v.signIn("alice.near") }
func storeDown(v *visitor) { v.store.down.Store(true) }
func chainDown(v *visitor) { v.node.Fault(nearrpctest.Down()) }

func contractsDown(v *visitor) { v.contracts.Fault(nearrpctest.Down()) }
func ledgerDown(v *visitor)    { v.ledger.Fault(nearrpctest.Down()) }

func signedInBy(body func(*visitor) string) func(*visitor) {
	return func(v *visitor) { v.must(v.request("POST", "/verify", body(v)), nil) }
}

// chainSilent is a chain that has not answered for longer than is allowed.
func chainSilent(v *visitor) {
	chainDown(v)
	for begun := time.Now(); v.do("GET /session", v.request("GET", "/session", "")).status != 503; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			v.t.Fatal("the chain is down, and keys count as checked")
		}
	}
}

// tired is a client that has asked for as much as it may.
func tired(path string) func(*visitor) {
	return func(v *visitor) {
		for range 100 {
			if v.do("POST "+path, v.request("POST", path, "{}")).status == 429 {
				return
			}
		}
		v.t.Fatal("there is no limit")
	}
}

func byAlice(v *visitor) string  { return v.signed(v.person("alice.near")) }
func byDenied(v *visitor) string { return v.signed(v.person(denied)) }

// byStranger is an account that the chain does not know.
func byStranger(v *visitor) string { return v.signed(exampletest.NewWallet("nobody.near")) }

func byLimitedKey(v *visitor) string {
	w := exampletest.NewWallet("alice.near")
	if err := v.node.AddFunctionCallKey("alice.near", w.Key(), "game.near"); err != nil {
		v.t.Fatal(err)
	}
	return v.signed(w)
}

// byForger names a key of alice's and signs with another.
func byForger(v *visitor) string {
	forger := exampletest.NewWallet("alice.near")
	return strings.Replace(v.signed(forger), forger.Key(), v.person("alice.near").Key(), 1)
}

// byOther is bob, where alice was asked for.
func byOther(v *visitor) string {
	return v.person("bob.near").Sign(v.challenge(`{"accountId":"alice.near"}`).toSign())
}

// byMLDSA65 names a key of another type.
func byMLDSA65(v *visitor) string {
	w := v.person("alice.near")
	return strings.Replace(v.signed(w), w.Key(), "ml-dsa-65:"+strings.Repeat("1", 1952), 1)
}

// elsewhere is signed over the challenge of another browser.
func elsewhere(v *visitor) string {
	v.challenge("")
	return v.site.visitor().signed(v.person("alice.near"))
}

// revokes asks for the end of a session of alice's: her own, or that of another
// browser of hers.
func revokes(own bool) func(*visitor) *http.Request {
	return func(v *visitor) *http.Request {
		of := v
		if !own {
			of = v.site.visitor()
			signedIn(of)
		}
		return v.request("DELETE", "/sessions/"+of.currentID(), "")
	}
}

var (
	tooLarge = `{"accountId":"` + strings.Repeat("a", 17<<10) + `"}`
	evil     = []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}
	upgrade  = append([]string{"Upgrade", "websocket", "Connection", "Upgrade"}, evil...)
	plain    = []string{"Content-Type", "text/plain"}
	form     = []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Mode", "navigate"}
)

var rows = append([]row{
	{"POST /challenge 200", nil, asks("POST", "/challenge", "")},
	{"POST /challenge 200", nil, asks("POST", "/challenge", `{"accountId":"alice.near","chain":"near","callbackUrl":"`+callback+`"}`)},
	{"POST /challenge 200", nil, asks("POST", "/challenge", `{"accountId":"`+ethereumID+`","chain":"ethereum"}`)},
	{"POST /challenge 200", nil, asks("POST", "/challenge", `{"chain":"eip155:1","callbackUrl":"`+callback+`"}`)},
	{"POST /challenge 200", nil, asks("POST", "/challenge", `{"walletAddress":"`+stellarID+`","chain":"stellar"}`)},
	{"POST /challenge 400 invalid_request", nil, asks("POST", "/challenge", `{"accountId":"not an account"}`)},
	{"POST /challenge 400 invalid_request", nil, asks("POST", "/challenge", `{"accountId":"alice.near","chain":"ethereum"}`)},
	{"POST /challenge 400 invalid_request", nil, asks("POST", "/challenge", `{"chain":"stellar"}`)},
	{"POST /challenge 400 invalid_request", nil, asks("POST", "/challenge", `{"callbackUrl":"https://evil.example/"}`)},
	{"POST /challenge 400 unsupported_chain", nil, asks("POST", "/challenge", `{"chain":"near:testnet"}`)},
	{"POST /challenge 400 unsupported_chain", nil, asks("POST", "/challenge", `{"chain":"eip155:137"}`)},
	{"POST /challenge 403 cross_origin", nil, asks("POST", "/challenge", "", evil...)},
	{"POST /challenge 405 method_not_allowed", nil, asks("GET", "/challenge", "")},
	{"POST /challenge 413 body_too_large", nil, asks("POST", "/challenge", tooLarge)},
	{"POST /challenge 415 unsupported_media_type", nil, asks("POST", "/challenge", "{}", plain...)},
	{"POST /challenge 429 rate_limited", tired("/challenge"), asks("POST", "/challenge", "")},
	{"POST /challenge 503 store_unavailable", storeDown, asks("POST", "/challenge", "")},

	{"POST /verify 200", nil, hands(byAlice)},
	{"POST /verify 200", signedIn, hands(byAlice)},
	{"POST /verify 200", nil, hands(byEthereum)},
	{"POST /verify 200", nil, hands(byOwnText)},
	{"POST /verify 200", nil, hands(byStellar)},
	{"POST /verify 200", nil, hands(byFreighter)},
	{"POST /verify 400 invalid_request", nil, asks("POST", "/verify", "[]")},
	{"POST /verify 400 invalid_request", nil, hands(byOtherSite)},
	{"POST /verify 400 unsupported_chain", nil, hands(byOtherChain)},
	{"POST /verify 400 unsupported_key_type", nil, hands(byMLDSA65)},
	{"POST /verify 400 cookie_missing", nil, asks("POST", "/verify", `{"accountId":"alice.near"}`)},
	{"POST /verify 400 challenge_invalid", nil, hands(elsewhere)},
	{"POST /verify 401 invalid_signature", nil, hands(byForger)},
	{"POST /verify 401 invalid_signature", nil, hands(byEthereumForger)},
	{"POST /verify 401 invalid_signature", nil, hands(byStellarForger)},
	{"POST /verify 401 account_mismatch", nil, hands(byOther)},
	{"POST /verify 401 account_mismatch", nil, hands(byOtherStellar)},
	{"POST /verify 401 key_not_found", nil, hands(byStranger)},
	{"POST /verify 401 key_not_found", nil, hands(bySigner(2))},
	{"POST /verify 401 key_not_full_access", nil, hands(byLimitedKey)},
	{"POST /verify 403 cross_origin", nil, asks("POST", "/verify", "{}", evil...)},
	{"POST /verify 403 account_denied", nil, hands(byDenied)},
	{"POST /verify 405 method_not_allowed", nil, asks("PUT", "/verify", "{}")},
	{"POST /verify 413 body_too_large", nil, asks("POST", "/verify", tooLarge)},
	{"POST /verify 415 unsupported_media_type", nil, asks("POST", "/verify", "{}", plain...)},
	{"POST /verify 429 rate_limited", tired("/verify"), asks("POST", "/verify", "{}")},
	{"POST /verify 503 chain_unavailable", chainDown, hands(byAlice)},
	{"POST /verify 503 store_unavailable", nil, hands(func(v *visitor) string { defer storeDown(v); return byAlice(v) })},

	{"GET /session 200", nil, asks("GET", "/session", "")},
	{"GET /session 200", signedIn, asks("GET", "/session", "")},
	{"GET /session 200", signedInBy(byEthereum), asks("GET", "/session", "")},
	{"GET /session 200", signedInBy(byStellar), asks("GET", "/session", "")},
	{"GET /session 403 cross_origin", signedIn, asks("GET", "/session", "", upgrade...)},
	{"GET /session 405 method_not_allowed", nil, asks("POST", "/session", "")},
	{"GET /session 503 store_unavailable", both(signedIn, storeDown), asks("GET", "/session", "")},
	{"GET /session 503 chain_unavailable", both(signedIn, chainSilent), asks("GET", "/session", "")},

	{"POST /logout 204", nil, asks("POST", "/logout", "")},
	{"POST /logout 204", signedIn, asks("POST", "/logout", "{}")},
	{"POST /logout 204", signedIn, asks("POST", "/logout?scope=all", "")},
	{"POST /logout 204", signedIn, asks("POST", "/logout?scope=others", "")},
	{"POST /logout 303", signedIn, asks("POST", "/logout", "", form...)},
	{"POST /logout 400 invalid_request", signedIn, asks("POST", "/logout?scope=some", "")},
	{"POST /logout 403 cross_origin", signedIn, asks("POST", "/logout", "", evil...)},
	{"POST /logout 405 method_not_allowed", nil, asks("GET", "/logout", "")},
	{"POST /logout 413 body_too_large", nil, asks("POST", "/logout", tooLarge)},
	{"POST /logout 415 unsupported_media_type", nil, asks("POST", "/logout", "{}", plain...)},
	{"POST /logout 503 store_unavailable", both(signedIn, storeDown), asks("POST", "/logout", "")},

	{"GET /sessions 200", signedIn, asks("GET", "/sessions", "")},
	{"GET /sessions 200", signedInBy(byEthereum), asks("GET", "/sessions", "")},
	{"GET /sessions 200", signedInBy(byStellar), asks("GET", "/sessions", "")},
	{"GET /sessions 401 unauthenticated", nil, asks("GET", "/sessions", "")},
	{"GET /sessions 403 cross_origin", signedIn, asks("GET", "/sessions", "", upgrade...)},
	{"GET /sessions 405 method_not_allowed", nil, asks("DELETE", "/sessions", "")},
	{"GET /sessions 503 store_unavailable", both(signedIn, storeDown), asks("GET", "/sessions", "")},
	{"GET /sessions 503 chain_unavailable", both(signedIn, chainSilent), asks("GET", "/sessions", "")},

	{"DELETE /sessions/{id} 204", signedIn, revokes(true)},
	{"DELETE /sessions/{id} 204", signedIn, revokes(false)},
	{"DELETE /sessions/{id} 401 unauthenticated", nil, asks("DELETE", "/sessions/none", "")},
	{"DELETE /sessions/{id} 403 cross_origin", signedIn, asks("DELETE", "/sessions/none", "", evil...)},
	{"DELETE /sessions/{id} 404 session_not_found", signedIn, asks("DELETE", "/sessions/none", "")},
	{"DELETE /sessions/{id} 405 method_not_allowed", nil, asks("GET", "/sessions/none", "")},
	{"DELETE /sessions/{id} 503 store_unavailable", both(signedIn, storeDown), asks("DELETE", "/sessions/none", "")},
	{"DELETE /sessions/{id} 503 chain_unavailable", both(signedIn, chainSilent), asks("DELETE", "/sessions/none", "")},
}, fileRows()...)

// files are those of the browser's side.
var files = []string{"/client.js", "/client.d.ts", "/ethereum.js", "/ethereum.d.ts", "/stellar.js", "/stellar.d.ts"}

func fileRows() (rows []row) {
	for _, path := range files {
		rows = append(rows,
			row{"GET " + path + " 200", nil, asks("GET", path, "")},
			row{"GET " + path + " 304", nil, unchanged(path)},
			row{"GET " + path + " 405 method_not_allowed", nil, asks("POST", path, "")})
	}
	return rows
}

// networkRows are at a site that asks the networks of Ethereum and Stellar, too.
var networkRows = []row{
	{"POST /verify 200", nil, hands(byContract)},
	{"POST /verify 200", nil, hands(bySigner(2))},
	{"POST /verify 401 invalid_signature", nil, hands(byContractForger)},
	{"POST /verify 401 invalid_signature", nil, hands(byEthereumForger)}, // there is no contract
	{"POST /verify 401 key_not_found", nil, hands(byStellar)},            // it is not on the ledger
	{"POST /verify 401 key_not_found", nil, hands(bySigner(0))},
	{"POST /verify 401 key_not_full_access", nil, hands(bySigner(1))},
	{"POST /verify 413 body_too_large", nil, asks("POST", "/verify", strings.Repeat(" ", 40<<10+1))},
	{"POST /verify 503 chain_unavailable", contractsDown, hands(byContract)},
	{"POST /verify 503 chain_unavailable", ledgerDown, hands(bySigner(2))},
	{"GET /session 200", signedInBy(byContract), asks("GET", "/session", "")},
	{"GET /sessions 200", signedInBy(bySigner(2)), asks("GET", "/sessions", "")},
}

func unchanged(path string) func(*visitor) *http.Request {
	return func(v *visitor) *http.Request {
		tag := v.do("GET "+path, v.request("GET", path, "")).header.Get("ETag")
		return v.request("GET", path, "", "If-None-Match", tag)
	}
}

// observe brings about each row, at a site of its own.
func observe(t *testing.T, newSite func(*testing.T) *site, rows []row) (seen []observation) {
	t.Helper()
	for _, row := range rows {
		v := newSite(t).visitor()
		if row.before != nil {
			row.before(v)
		}
		method, rest, _ := strings.Cut(row.line, " ")
		path, _, _ := strings.Cut(rest, " ")
		o := v.do(method+" "+path, row.request(v))
		if o.String() != row.line {
			t.Errorf("%s, want %s: %s", o, row.line, o.body)
		}
		seen = append(seen, o)
	}
	return seen
}

// Every answer of the handlers is one that the document names, and is as the
// document has it; and the document names none that there is not.
func TestEveryAnswer(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	seen := append(observe(t, newSite, rows), observe(t, newSiteWithNetworks, networkRows)...)
	for _, problem := range check(d, seen) {
		t.Error(problem)
	}
	for _, line := range unvisited(d, seen) {
		t.Errorf("%s: the document names it, and no test has seen it", line)
	}
}
