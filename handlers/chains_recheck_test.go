package handlers_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/handlers/stellar/stellartest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

// networks are a chain of Ethereum's and one of Stellar's that can be asked.
type networks struct {
	ethereum *ethereumtest.Node
	stellar  *stellartest.Node
}

func newRigOfNetworks(t *testing.T) (*rig, networks) {
	t.Helper()
	n := networks{ethereumtest.NewNode(1), stellartest.NewNode("Test SDF Network ; September 2015")}
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	mainnet, err := ethereum.New(ethereum.Config{ChainID: 1, RPC: []ethereum.Endpoint{{URL: serve(n.ethereum)}}, AttemptTimeout: time.Second, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	testnet, err := stellar.New(stellar.Config{Network: "testnet", Horizon: []stellar.Endpoint{{URL: serve(n.stellar)}}, AttemptTimeout: time.Second, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *handlers.Config) { c.Chains = append(c.Chains, mainnet, testnet) })
	mux := http.NewServeMux()
	mux.Handle("/", r.server.Config.Handler)
	mux.Handle("/checked", r.auth.RequireKeyCheck(0)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	r.server.Config.Handler = mux
	return r, n
}

// visitor is somebody who is signed in with a chain.
type visitor struct {
	*browser
	t *testing.T
}

// checked asks for the page that the chain's word of this moment is needed for.
func (v visitor) checked(what string, status int, code string) {
	v.t.Helper()
	v.expect(what, v.do("GET", "/checked", nil), status, code)
}

// What the network said at the sign-in is asked again, whatever the chain: of a
// contract whether it still takes the signature, of a signer whether it still is
// one. A key of Ethereum is nobody else's to take away.
func TestRecheckOfThreeChains(t *testing.T) {
	t.Parallel()
	r, n := newRigOfNetworks(t)
	key, other := newEthereumKey(t), newEthereumKey(t)
	contract := newEthereumKey(t).address()
	if err := n.ethereum.AddWallet(contract, key.address()); err != nil {
		t.Fatal(err)
	}
	signIn := func(chain, account string, answer func(textChallenge) members) visitor {
		t.Helper()
		v := visitor{r.browser(), t}
		c := v.textChallenge(members{"chain": chain, "accountId": account})
		v.expect(account, v.do("POST", "/auth/verify", answer(c)), 200, "")
		return v
	}
	byKey := func(k ethereumKey) func(textChallenge) members {
		return func(c textChallenge) members { return members{"signature": toHex(k.personalSign(c.Message))} }
	}
	person := signIn("ethereum", key.address(), byKey(key))
	wallet := signIn("ethereum", contract, byKey(key))

	master, signer := newStellarKey(), newStellarKey()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(n.stellar.Fund(master.address()))
	must(n.stellar.SetSigner(master.address(), signer.address(), 1))
	owner := signIn("stellar", master.address(), func(c textChallenge) members {
		return members{"signature": hex.EncodeToString(master.signMessage(c.Message))}
	})
	cosigner := signIn("stellar", master.address(), func(c textChallenge) members {
		return members{"publicKey": signer.address(), "signature": hex.EncodeToString(signer.signMessage(c.Message))}
	})
	all := map[string]visitor{"a key": person, "a contract": wallet, "a master key": owner, "a co-signer": cosigner}
	for name, v := range all {
		v.checked(name+", as signed in", 200, "")
	}

	// An outage is no refusal, for those who need an answer.
	n.ethereum.Fault(ethereumtest.Fails("eth_call", -32000, "header not found"))
	n.stellar.Fault(nearrpctest.Down())
	person.checked("a key, the chain down", 200, "")
	wallet.checked("a contract, the chain down", 503, "chain_unavailable")
	owner.checked("a master key, the network down", 503, "chain_unavailable")
	n.ethereum.Fault(nil)
	n.stellar.Fault(nil)
	time.Sleep(1100 * time.Millisecond) // one question a second, after a failure
	for name, v := range all {
		v.checked(name+", when it is back", 200, "")
	}

	must(n.ethereum.AddWallet(contract, other.address()))
	must(n.stellar.SetSigner(master.address(), signer.address(), 0))
	person.checked("a key", 200, "")
	wallet.checked("a contract of another owner", 401, "unauthenticated")
	owner.checked("a master key", 200, "")
	cosigner.checked("a co-signer who was removed", 401, "unauthenticated")
	for name, v := range map[string]visitor{"the contract's session": wallet, "the co-signer's session": cosigner} {
		if got := v.account(); got != "" {
			t.Errorf("%s: still signed in as %s", name, got)
		}
	}
	if owner.account() == "" || person.account() == "" {
		t.Error("a session ended that nothing was said about")
	}
	must(n.stellar.SetOptions(master.address(), 0, 0, 0, 0))
	owner.checked("a master key without weight", 401, "unauthenticated")
}

// Nobody is shown what a contract's session is proved by: until the challenge is
// used up, whoever has it could sign in with it.
func TestEvidenceIsNotShown(t *testing.T) {
	t.Parallel()
	r, n := newRigOfNetworks(t)
	key := newEthereumKey(t)
	contract := newEthereumKey(t).address()
	if err := n.ethereum.AddWallet(contract, key.address()); err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	c := b.textChallenge(members{"chain": "ethereum", "accountId": contract})
	signature := key.personalSign(c.Message)
	n.ethereum.Fault(ethereumtest.Fails("eth_call", -32000, "header not found"))
	answers := []response{b.do("POST", "/auth/verify", members{"signature": toHex(signature)})}
	n.ethereum.Fault(nil)
	answers = append(answers, b.do("POST", "/auth/verify", members{"signature": toHex(signature)}), b.do("GET", "/auth/session", nil), b.do("GET", "/auth/sessions", nil))
	sinks := map[string]string{"the log": r.log.String()}
	for i, res := range answers {
		sinks[fmt.Sprint("answer ", i, ", ", res.StatusCode)] = res.body
	}
	r.mu.Lock()
	for i, e := range r.events {
		if e.Account.Evidence != "" {
			t.Errorf("event %d, %s %s, has it", i, e.Kind, e.Code)
		}
	}
	r.mu.Unlock()
	account, err := json.Marshal(store.Account{ID: contract, Evidence: string(signature)})
	if err != nil {
		t.Fatal(err)
	}
	sinks["an account in JSON"] = string(account)
	for name, said := range sinks {
		if len(said) < 10 {
			t.Errorf("%s: %q", name, said)
		}
		quoted, _ := json.Marshal(string(signature[:32]))
		for _, form := range []string{"vidence", hex.EncodeToString(signature[:32]), string(signature[:32]), strings.Trim(string(quoted), `"`), strings.Trim(strconv.Quote(string(signature[:32])), `"`)} {
			if strings.Contains(strings.ToLower(said), strings.ToLower(form)) {
				t.Errorf("%s shows it: %s", name, said)
			}
		}
	}
	if answers[0].StatusCode != 503 || answers[1].StatusCode != 200 {
		t.Errorf("verify: %d, then %d", answers[0].StatusCode, answers[1].StatusCode)
	}
}

// A contract's no uses the challenge up, so that a stranger cannot have the
// network asked without end; and two signatures are two questions.
func TestContractRefusalTakesTheChallenge(t *testing.T) {
	t.Parallel()
	r, n := newRigOfNetworks(t)
	key, stranger := newEthereumKey(t), newEthereumKey(t)
	contract := newEthereumKey(t).address()
	if err := n.ethereum.AddWallet(contract, key.address()); err != nil {
		t.Fatal(err)
	}
	b := r.browser()
	c := b.textChallenge(members{"chain": "ethereum", "accountId": contract})
	b.expect("a stranger", b.do("POST", "/auth/verify", members{"signature": toHex(stranger.personalSign(c.Message))}), 401, "invalid_signature")
	b.expect("the owner, too late", b.do("POST", "/auth/verify", members{"signature": toHex(key.personalSign(c.Message))}), 400, "challenge_invalid")
	if got := b.account(); got != "" {
		t.Errorf("signed in as %s", got)
	}
}

// What a verify request may bring grows with the chains that need it, and the
// other endpoints' do not.
func TestLongProofs(t *testing.T) {
	t.Parallel()
	r, n := newRigOfNetworks(t)
	contract := newEthereumKey(t).address()
	long := make([]byte, 15<<10)
	b := r.browser()
	c := b.textChallenge(members{"chain": "ethereum", "accountId": contract})
	hash := [32]byte(keccak([]byte("\x19Ethereum Signed Message:\n"), []byte(strconv.Itoa(len(c.Message))), []byte(c.Message)))
	if err := n.ethereum.Accept(contract, hash, long); err != nil {
		t.Fatal(err)
	}
	b.expect("15 KiB of signature", b.do("POST", "/auth/verify", members{"signature": toHex(long)}), 200, "")
	if got := b.account(); got != "eip155:1:"+contract {
		t.Errorf("signed in as %q", got)
	}
	b.expect("48 KiB", b.do("POST", "/auth/verify", members{"signature": toHex(make([]byte, 24<<10))}), 413, "body_too_large")
	b.expect("a challenge of 17 KiB", b.do("POST", "/auth/challenge", members{"padding": strings.Repeat("x", 17<<10)}), 413, "body_too_large")
	few := newRigOfThree(t).browser()
	few.expect("17 KiB where nobody needs that", few.do("POST", "/auth/verify", members{"signature": toHex(make([]byte, 9<<10))}), 413, "body_too_large")
}

// The evidence survives the store: it is what the re-check asks about.
func TestEvidenceIsKept(t *testing.T) {
	t.Parallel()
	r, _ := newRigOfNetworks(t)
	account := store.Account{Chain: "eip155:1", ID: "0x0", PublicKey: "erc1271:0", Evidence: "\x00hash and signature\xff"}
	ctx, err := r.auth.Sessions.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = store.SignIn(ctx, r.auth.Sessions, account, store.Client{}); err != nil {
		t.Fatal(err)
	}
	ctx, err = r.auth.Sessions.Load(t.Context(), r.auth.Sessions.Token(ctx))
	if err != nil {
		t.Fatal(err)
	}
	session, err := store.Current(ctx, r.auth.Sessions)
	if err != nil || session.Account != account {
		t.Errorf("%+v, error %v", session, err)
	}
}
