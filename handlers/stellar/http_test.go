package stellar_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

// logs is a writer for loggers of several goroutines.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// browser signs in on a site with this chain.
type browser struct {
	*testing.T
	http.Client
	url string
	log *logs
}

func visit(t *testing.T, chains ...handlers.Chain) *browser {
	t.Helper()
	b := &browser{T: t, log: new(logs)}
	server := httptest.NewUnstartedServer(nil)
	b.url = "http://" + server.Listener.Addr().String()
	auth, err := handlers.New(handlers.Config{
		Origin: b.url, Store: store.NewMemory(), Chains: chains,
		Logger: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = auth
	server.Start()
	t.Cleanup(server.Close)
	b.Jar, _ = cookiejar.New(nil)
	return b
}

type object = map[string]any

func (b *browser) post(path string, body object) (int, object) {
	b.Helper()
	data, _ := json.Marshal(body)
	res, err := b.Post(b.url+path, "application/json", bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	var o object
	if err := json.Unmarshal(answer, &o); err != nil {
		b.Fatalf("%s: %s", path, answer)
	}
	return res.StatusCode, o
}

// Over HTTP, as a front end sees it.
func TestSignIn(t *testing.T) {
	t.Parallel()
	node, endpoint := serve(t)
	node.Fund(alice.address)
	node.SetSigner(alice.address, carol.address, 1)
	b := visit(t, mustNew(t, stellar.Config{Network: "testnet", RPC: []stellar.Endpoint{endpoint}}))
	status, c := b.post("/challenge", object{"chain": "stellar", "accountId": alice.address})
	if status != 200 || c["address"] != alice.address || c["networkPassphrase"] != testnet || c["chain"] != "stellar:testnet" {
		t.Fatalf("%d %v", status, c)
	}
	text := c["message"].(string)
	if nonce := c["nonce"].(string); len(nonce) != 64 || !strings.Contains(text, "\nNonce: "+nonce+"\n") || !strings.HasPrefix(text, b.url+" wants you") {
		t.Errorf("%s: %s", nonce, text)
	}
	proof := object{"accountId": alice.address, "signature": alice.sign(text), "nonce": c["nonce"]}
	with := func(more object) object {
		p := maps.Clone(proof)
		maps.Copy(p, more)
		return p
	}
	for _, step := range []struct {
		name   string
		body   object
		status int
		code   string
	}{
		{"another text", with(object{"signature": alice.sign(text + " ")}), 401, "invalid_signature"},
		{"another key", with(object{"signature": bob.sign(text)}), 401, "invalid_signature"},
		{"another account", with(object{"accountId": bob.address, "signature": bob.sign(text)}), 401, "account_mismatch"},
		{"another account by one's own key", with(object{"accountId": bob.address, "publicKey": alice.address}), 401, "account_mismatch"},
		{"an account in lower case", with(object{"accountId": strings.ToLower(alice.address)}), 400, "invalid_request"},
		{"another message", with(object{"message": text + " "}), 400, "invalid_request"},
		{"the wallet's own names", object{"address": alice.address, "signedMessage": alice.sign(text), "signerAddress": alice.address, "message": text}, 200, ""},
		{"the same again", proof, 400, "challenge_invalid"},
	} {
		status, answer := b.post("/verify", step.body)
		if code, _ := answer["code"].(string); status != step.status || code != step.code {
			t.Errorf("%s: %d %v, want %d %s", step.name, status, answer, step.status, step.code)
		}
		if status == 200 && (answer["account"] != "stellar:testnet:"+alice.address || answer["publicKey"] != alice.address) {
			t.Errorf("%s: %v", step.name, answer)
		}
	}
	_, c = b.post("/challenge", object{"address": alice.address})
	proof = object{"accountId": alice.address, "publicKey": carol.address, "signature": carol.sign(c["message"].(string))}
	if status, answer := b.post("/verify", proof); status != 200 || answer["publicKey"] != carol.address || answer["accountId"] != alice.address {
		t.Errorf("a co-signer: %d %v", status, answer)
	}
	_, c = b.post("/challenge", object{"address": alice.address})
	proof = object{"accountId": alice.address, "publicKey": bob.address, "signature": bob.sign(c["message"].(string))}
	if status, answer := b.post("/verify", proof); status != 401 || answer["code"] != "key_not_found" {
		t.Errorf("a stranger: %d %v", status, answer)
	}
	node.Fault(nearrpctest.Down())
	_, c = b.post("/challenge", object{"address": alice.address})
	proof = object{"accountId": alice.address, "signature": alice.sign(c["message"].(string))}
	if status, answer := b.post("/verify", proof); status != 503 || answer["code"] != "chain_unavailable" {
		t.Errorf("an outage: %d %v", status, answer)
	}
	node.Fault(nil)
	if status, answer := b.post("/verify", proof); status != 200 {
		t.Errorf("after the outage: %d %v", status, answer)
	}
}

// The same key on two networks is two accounts, and a challenge is one's own.
func TestTwoNetworks(t *testing.T) {
	t.Parallel()
	b := visit(t, stellar.Pubnet(), stellar.Testnet())
	for _, chain := range []string{"stellar:pubnet", "stellar:testnet"} {
		_, c := b.post("/challenge", object{"chain": chain, "accountId": alice.address})
		status, answer := b.post("/verify", object{"signature": alice.sign(c["message"].(string)), "nonce": c["nonce"]})
		if status != 200 || answer["account"] != chain+":"+alice.address {
			t.Errorf("%s: %d %v", chain, status, answer)
		}
	}
	_, on := b.post("/challenge", object{"chain": "stellar:pubnet", "accountId": alice.address})
	_, off := b.post("/challenge", object{"chain": "stellar:testnet", "accountId": alice.address})
	for _, nonce := range []any{on["nonce"], off["nonce"]} {
		text := on["message"]
		if nonce == on["nonce"] {
			text = off["message"]
		}
		if status, answer := b.post("/verify", object{"accountId": alice.address, "signature": alice.sign(text.(string)), "nonce": nonce}); status != 401 || answer["code"] != "invalid_signature" {
			t.Errorf("the other network's text: %d %v", status, answer)
		}
	}
}

// A secret seed, sent for an address, is refused and goes nowhere.
func TestSeedIsNotLogged(t *testing.T) {
	t.Parallel()
	const seed = "SAKICEVQLYWGSOJS4WW7HZJWAHZVEEBS527LHK5V4MLJALYKICQCJXMW"
	b := visit(t, stellar.Testnet())
	_, c := b.post("/challenge", object{"accountId": alice.address})
	for path, bodies := range map[string][]object{
		"/challenge": {{"accountId": seed}, {"address": seed}, {}},
		"/verify": {
			{"accountId": seed, "signature": alice.sign(c["message"].(string))},
			{"accountId": alice.address, "publicKey": seed, "signature": alice.sign(c["message"].(string))},
			{"accountId": alice.address, "signature": seed},
			{"accountId": alice.address, "signature": strings.Repeat(seed, 3)[:88]},
		},
	} {
		for _, body := range bodies {
			status, answer := b.post(path, body)
			text, _ := json.Marshal(answer)
			if status != 400 || strings.Contains(string(text), seed[1:6]) {
				t.Errorf("%s %v: %d %s", path, body, status, text)
			}
		}
	}
	if strings.Contains(b.log.String(), seed[1:6]) || b.log.String() == "" {
		t.Errorf("logged: %s", b.log)
	}
}
