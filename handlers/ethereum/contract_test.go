package ethereum_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/sha3"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
	"github.com/nearauth/nearauth/handlers/siwe"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

// scene is a chain that asks one node about contracts.
func scene(t testing.TB) (*ethereum.Chain, *ethereumtest.Node) {
	t.Helper()
	node, endpoint := serve(t, 1)
	return newChain(t, ethereum.Config{
		RPC: []ethereum.Endpoint{endpoint}, AttemptTimeout: 200 * time.Millisecond, Timeout: 500 * time.Millisecond,
	}), node
}

// signIn verifies and confirms. The signature is a contract's if it comes to
// Confirm with evidence.
func signIn(t testing.TB, chain *ethereum.Chain, challenge handlers.Challenge, signature string) (store.Account, error) {
	t.Helper()
	account, err := chain.Verify(challenge, handlers.Proof{Signature: signature})
	if err != nil {
		return account, err
	}
	return account, chain.Confirm(t.Context(), account)
}

// A contract signs in by the key of its owner, whose address is another, and only
// as long as the owner is.
func TestContractAccount(t *testing.T) {
	t.Parallel()
	chain, node := scene(t)
	must(t, node.AddWallet(wallet, alice.Address()))
	challenge := issue(t, chain, wallet)
	account, err := signIn(t, chain, challenge, alice.Sign(challenge.Message))
	must(t, err)
	hash := siwe.Hash(challenge.Message)
	if account.ID != wallet || account.Chain != "eip155:1" || !strings.HasPrefix(account.PublicKey, "erc1271:") || len(account.PublicKey) != 8+32 ||
		account.Evidence != string(hash[:])+string(unhex(t, alice.Sign(challenge.Message))) {
		t.Errorf("%+v", account)
	}
	_, err = signIn(t, chain, challenge, bob.Sign(challenge.Message))
	wantErr(t, "bob", err, handlers.ErrInvalidSignature)
	_, err = signIn(t, chain, challenge, alice.Sign(challenge.Message+" "))
	wantErr(t, "another text", err, handlers.ErrInvalidSignature)

	must(t, node.AddWallet(wallet, bob.Address()))
	wantErr(t, "re-check after the owner has changed", chain.Confirm(t.Context(), account), handlers.ErrInvalidSignature)
	must(t, node.AddWallet(wallet, alice.Address()))
	must(t, chain.Confirm(t.Context(), account))
	must(t, node.Remove(wallet))
	wantErr(t, "re-check after it was destroyed", chain.Confirm(t.Context(), account), handlers.ErrInvalidSignature)

	for name, change := range map[string]func(a *store.Account){
		"another address": func(a *store.Account) { a.ID = alice.Address() },
		"another chain":   func(a *store.Account) { a.Chain = "eip155:10" },
		"no address":      func(a *store.Account) { a.ID = "alice.near" },
	} {
		a := account
		change(&a)
		must(t, node.AddWallet(wallet, alice.Address()))
		wantErr(t, name, chain.Confirm(t.Context(), a), handlers.ErrInvalidSignature)
	}
	// What no sign-in has made cannot be asked about, which is no reason to end
	// a session.
	for name, change := range map[string]func(a *store.Account){
		"another key":          func(a *store.Account) { a.PublicKey = "erc1271:" + strings.Repeat("0", 32) },
		"other evidence":       func(a *store.Account) { a.Evidence += "\x00" },
		"no signature":         func(a *store.Account) { a.Evidence = a.Evidence[:32] },
		"less than a hash":     func(a *store.Account) { a.Evidence = "x" },
		"its key, and no hash": func(a *store.Account) { a.Evidence, a.PublicKey = "x", ethereum.EvidenceKey("x") },
		"its key, and no more": func(a *store.Account) { a.Evidence = a.Evidence[:32]; a.PublicKey = ethereum.EvidenceKey(a.Evidence) },
		"key of the owner":     func(a *store.Account) { a.Evidence, a.PublicKey = "", alice.Address() },
	} {
		a := account
		change(&a)
		wantErr(t, name, chain.Confirm(t.Context(), a), handlers.ErrUnavailable)
	}
}

// An account with a key costs no question, and neither does a proof that no
// contract could have given.
func TestKeysAskNobody(t *testing.T) {
	t.Parallel()
	chain, node := scene(t)
	challenge := issue(t, chain, alice.Address())
	account, err := signIn(t, chain, challenge, alice.Sign(challenge.Message))
	if err != nil || account.Evidence != "" {
		t.Errorf("%+v, error %v", account, err)
	}
	_, err = chain.Verify(challenge, handlers.Proof{Signature: "0x"})
	wantErr(t, "no signature", err, handlers.ErrMalformed)
	if n := node.Requests(); n != 0 {
		t.Errorf("%d requests", n)
	}
	// Without a node, a contract is nobody.
	_, err = ethereum.Mainnet().Verify(challenge, handlers.Proof{Signature: bob.Sign(challenge.Message)})
	wantErr(t, "no RPC", err, handlers.ErrInvalidSignature)
	account, err = chain.Verify(challenge, handlers.Proof{Signature: bob.Sign(challenge.Message)})
	must(t, err)
	wantErr(t, "no RPC any more", ethereum.Mainnet().Confirm(t.Context(), account), handlers.ErrUnavailable)
	wantErr(t, "nobody's contract", chain.Confirm(t.Context(), account), handlers.ErrInvalidSignature)
}

// A contract's text names the chain that the contract is asked about on.
func TestContractOnItsChainOnly(t *testing.T) {
	t.Parallel()
	node, endpoint := serve(t, 1)
	must(t, node.AddWallet(wallet, alice.Address()))
	chain := newChain(t, ethereum.Config{RPC: []ethereum.Endpoint{endpoint}, AlsoChainIDs: []uint64{10}})
	challenge := issue(t, chain, "")
	for id, want := range map[string]error{"1": nil, "10": handlers.ErrInvalidSignature} {
		text := strings.Replace(clientText(wallet, challenge.NonceText), "Chain ID: 1\n", "Chain ID: "+id+"\n", 1)
		read, err := chain.ReadMessage(challenge, text)
		must(t, err)
		if _, err = signIn(t, chain, read, alice.Sign(text)); !errors.Is(err, want) {
			t.Errorf("chain %s: %v", id, err)
		}
	}
	// The same contract, asked for by a site that is on another chain.
	other := newChain(t, ethereum.Config{ChainID: 10, RPC: []ethereum.Endpoint{endpoint}})
	challenge = issue(t, other, wallet)
	_, err := signIn(t, other, challenge, alice.Sign(challenge.Message))
	wantErr(t, "a node of another chain", err, handlers.ErrUnavailable)
	if !strings.Contains(err.Error(), "is on 1, not on 10") {
		t.Error(err)
	}
}

// recorder keeps what was asked.
type recorder struct {
	mu    sync.Mutex
	calls []string
}

func (r *recorder) fault(_ http.ResponseWriter, q *http.Request) bool {
	body, _ := io.ReadAll(q.Body)
	q.Body = io.NopCloser(strings.NewReader(string(body)))
	var c struct {
		Method string
		Params json.RawMessage
	}
	_ = json.Unmarshal(body, &c)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c.Method+" "+string(c.Params))
	return false
}

// What a contract is asked is as viem asks it, to the byte.
func TestERC1271(t *testing.T) {
	t.Parallel()
	for _, v := range load(t).ERC1271 {
		chain, node := scene(t)
		signature, hash := unhex(t, v.Signature), [32]byte(unhex(t, v.Hash))
		must(t, node.Accept(v.Address, hash, signature))
		var asked recorder
		node.Fault(asked.fault)
		challenge := handlers.Challenge{Request: handlers.Request{AccountID: v.Address, Message: v.Message}}
		account, err := chain.Verify(challenge, handlers.Proof{Signature: v.Signature})
		if !strings.HasPrefix(v.Message, "localhost:4361 wants") { // viem's is no text of EIP-4361
			wantErr(t, v.Name, err, handlers.ErrMalformed)
			account = evidence(v.Address, hash, signature)
		} else {
			must(t, err)
		}
		if err := chain.Confirm(t.Context(), account); err != nil || v.ChainID != 1 {
			t.Errorf("%s: %v", v.Name, err)
		}
		want := []string{
			`eth_chainId []`, `eth_syncing []`,
			fmt.Sprintf(`eth_getCode [%q,"latest"]`, v.Call.To),
			fmt.Sprintf(`eth_call [{"data":%q,"to":%q},"latest"]`, v.Call.Data, v.Call.To),
		}
		if strings.Join(asked.calls, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: asked\n%s", v.Name, strings.Join(asked.calls, "\n"))
		}
		must(t, node.Return(v.Address, v.Word))
		wantErr(t, v.Name, chain.Confirm(t.Context(), account), nil)
	}
}

// evidence is the account that Verify makes of a contract's signature.
func evidence(address string, hash [32]byte, signature []byte) store.Account {
	chain, err := ethereum.New(ethereum.Config{ChainID: 1, RPC: []ethereum.Endpoint{{URL: "https://rpc.example.com"}}})
	if err != nil {
		panic(err)
	}
	return chain.ContractAccount(address, hash, signature)
}

// What a contract returns is a yes if it is the one word.
func TestERC1271Returns(t *testing.T) {
	t.Parallel()
	chain, node := scene(t)
	account := evidence(wallet, [32]byte{1}, []byte{2})
	check := func(name string, want error) {
		t.Helper()
		if err := chain.Confirm(t.Context(), account); !errors.Is(err, want) || want != nil && errors.Is(err, handlers.ErrUnavailable) != (want == handlers.ErrUnavailable) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	yes := 0
	for _, v := range load(t).Returns {
		want := handlers.ErrInvalidSignature
		if v.Expect == "valid" {
			want = nil
			yes++
		}
		if v.Revert {
			must(t, node.Revert(wallet))
		} else {
			must(t, node.Return(wallet, v.Return))
		}
		check(v.Return, want)
	}
	if yes != 1 {
		t.Errorf("%d are valid", yes)
	}
	const magic = "0x1626ba7e00000000000000000000000000000000000000000000000000000000"
	for data, want := range map[string]error{
		magic + strings.Repeat("ff", 32):     nil, // more than a word is returned by some
		magic[:len(magic)-2] + "01":          handlers.ErrInvalidSignature,
		magic[:len(magic)-2]:                 handlers.ErrInvalidSignature,
		"0x20c13b0b" + magic[10:]:            handlers.ErrInvalidSignature, // of the draft
		"0xffffffff" + magic[10:]:            handlers.ErrInvalidSignature,
		"0x" + strings.Repeat("0", 63) + "1": handlers.ErrInvalidSignature, // true
		"0x" + strings.Repeat("00", 32):      handlers.ErrInvalidSignature,
		"0x01":                               handlers.ErrInvalidSignature,
	} {
		must(t, node.Return(wallet, data))
		check(data, want)
	}
}

// Errors of the code are noes, and errors of the node are none.
func TestRevert(t *testing.T) {
	t.Parallel()
	chain, node := scene(t)
	account := evidence(wallet, [32]byte{1}, []byte{2})
	must(t, node.Accept(wallet, [32]byte{1}, []byte{2}))
	must(t, chain.Confirm(t.Context(), account))
	for text, no := range map[string]bool{
		`{"code":3,"message":"execution reverted: no","data":"0x08c379a0"}`:               true, // geth
		`{"code":3,"message":"nope","data":"0x08c379a0"}`:                                 true,
		`{"code":3,"message":"timeout"}`:                                                  false,
		`{"code":-32000,"message":"execution reverted"}`:                                  true, // geth, without a reason
		`{"code":-32000,"message":"Execution reverted","data":"0x"}`:                      true, // Besu
		`{"code":-32015,"message":"VM execution error.","data":"Reverted 0x08c379a0"}`:    true, // Nethermind
		`{"code":-32603,"message":"Internal error","data":"0x08c379a0"}`:                  true,
		`{"code":-32000,"message":"invalid opcode: INVALID"}`:                             true, // an old assert
		`{"code":-32000,"message":"invalid jump destination"}`:                            true,
		`{"code":-32000,"message":"stack underflow (0 <=> 1)"}`:                           true,
		`{"code":-32000,"message":"out of gas"}`:                                          false,
		`{"code":-32000,"message":"out of gas","data":"0x08c379a0"}`:                      false,
		`{"code":-32005,"message":"daily request count exceeded","data":"0x"}`:            false,
		`{"code":-32000,"message":"execution aborted (timeout = 5s)"}`:                    false,
		`{"code":-32000,"message":"header not found"}`:                                    false,
		`{"code":-32005,"message":"limit exceeded","data":{"see":"https://…"}}`:           false, // Infura
		`{"code":-32016,"message":"rate limited","data":"slow down"}`:                     false,
		`{"code":-32601,"message":"the method eth_call does not exist/is not available"}`: false,
		`{"code":"3","message":"3"}`:                                                      false,
		`{"code":3.0,"message":""}`:                                                       false,
		`{"message":"reverted"}`:                                                          false,
		`{}`:                                                                              false,
		`{"Code":3,"message":""}`:                                                         false,
		`{"code":1,"message":"revert","message":"execution reverted"}`:                    false,
		`"execution reverted"`:                                                            false,
		`null`:                                                                            false,
	} {
		node.Fault(ethereumtest.Only("eth_call", raw(`"error":`+text)))
		want := handlers.ErrUnavailable
		if no {
			want = handlers.ErrInvalidSignature
		}
		if err := chain.Confirm(t.Context(), account); !errors.Is(err, want) || errors.Is(err, handlers.ErrUnavailable) == no {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// raw answers with a member beside the envelope.
func raw(member string) ethereumtest.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		var c struct{ ID json.RawMessage }
		_ = json.NewDecoder(r.Body).Decode(&c)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,%s}`, c.ID, member)
		return true
	}
}

// What is not understood is no answer, neither yes nor no.
func TestUnclearAnswers(t *testing.T) {
	t.Parallel()
	plain := evidence(wallet, [32]byte{1}, []byte{2})
	wrapped := evidence(wallet, [32]byte{1}, unhex(t, load(t).ERC6492.Wrapped.Signature))
	for _, c := range []struct {
		method, result string
		account        store.Account
	}{
		{"eth_chainId", `1`, plain}, {"eth_chainId", `"1"`, plain}, {"eth_chainId", `"0x01"`, plain}, {"eth_chainId", `"0x"`, plain},
		{"eth_chainId", `"0x1 "`, plain}, {"eth_chainId", `"0x+1"`, plain}, {"eth_chainId", `"0x1_0"`, plain}, {"eth_chainId", `"0x10000000000000001"`, plain},
		{"eth_chainId", `null`, plain}, {"eth_chainId", `"0x5"`, plain}, {"eth_chainId", `"0X1"`, plain}, {"eth_chainId", `"0x0"`, plain},
		{"eth_getCode", `null`, plain}, {"eth_getCode", `""`, plain}, {"eth_getCode", `"0x0"`, plain}, {"eth_getCode", `"60"`, plain},
		{"eth_getCode", `["0x60"]`, plain}, {"eth_getCode", `"0xzz"`, plain}, {"eth_getCode", `false`, plain},
		{"eth_call", `null`, plain}, {"eth_call", `true`, plain}, {"eth_call", `""`, plain}, {"eth_call", `"0x1"`, plain}, {"eth_call", `{}`, plain},
		{"eth_call", `"1626ba7e00000000000000000000000000000000000000000000000000000000"`, plain},
		{"eth_call", `"0x"`, wrapped}, {"eth_call", `"0x02"`, wrapped}, {"eth_call", `"0x0101"`, wrapped}, {"eth_call", `true`, wrapped},
		{"eth_call", `"0x` + strings.Repeat("0", 63) + `1"`, wrapped},
		{"eth_call", `"0x1626ba7e00000000000000000000000000000000000000000000000000000000"`, wrapped},
	} {
		chain, node := scene(t)
		must(t, node.Accept(wallet, [32]byte{1}, []byte{2}))
		node.Fault(ethereumtest.Only(c.method, raw(`"result":`+c.result)))
		err := chain.Confirm(t.Context(), c.account)
		if !errors.Is(err, handlers.ErrUnavailable) || errors.Is(err, handlers.ErrInvalidSignature) {
			t.Errorf("%s %s: %v", c.method, c.result, err)
		}
	}
	// A number of either case, and the largest.
	for id, text := range map[uint64]string{42161: "0xA4B1", 1<<64 - 1: "0xffffffffffffffff"} {
		node, endpoint := serve(t, id)
		node.Fault(ethereumtest.Answers("eth_chainId", text))
		must(t, newChain(t, ethereum.Config{ChainID: id, RPC: []ethereum.Endpoint{endpoint}}).Ready(t.Context()))
	}
}

// The validator is the one of the standard, and what it is asked is its
// constructor's arguments.
func TestERC6492(t *testing.T) {
	t.Parallel()
	v := load(t).ERC6492
	if len(ethereum.Validator) != v.Validator.Bytes {
		t.Errorf("%d bytes", len(ethereum.Validator))
	}
	sum := sha3.NewLegacyKeccak256()
	sum.Write(ethereum.Validator)
	if got := "0x" + hex.EncodeToString(sum.Sum(nil)); got != v.Validator.Keccak {
		t.Errorf("the validator's hash is %s", got)
	}

	chain, node := scene(t)
	must(t, node.AddCounterfactual(wallet, alice.Address(), v.Wrapped.Factory, v.Wrapped.Calldata))
	hash, signature := [32]byte{1}, unhex(t, v.Wrapped.Signature)
	if !strings.HasSuffix(v.Wrapped.Signature, v.Magic[2:]) {
		t.Fatal("the vector does not end in the magic bytes")
	}
	var asked recorder
	node.Fault(asked.fault)
	account := evidence(wallet, hash, signature)
	wantErr(t, "a signature over another hash", chain.Confirm(t.Context(), account), handlers.ErrInvalidSignature)
	data := hex.EncodeToString(ethereum.Validator) +
		strings.Repeat("0", 24) + strings.ToLower(wallet[2:]) + hex.EncodeToString(hash[:]) +
		fmt.Sprintf("%064x%064x%x", 96, len(signature), signature) + strings.Repeat("0", 2*(-len(signature)&31))
	if want := fmt.Sprintf(`eth_call [{"data":"0x%s"},"latest"]`, data); asked.calls[len(asked.calls)-1] != want {
		t.Errorf("asked %s", asked.calls[len(asked.calls)-1])
	}
	must(t, node.Accept(wallet, hash, unhex(t, v.Wrapped.Inner)))
	must(t, chain.Confirm(t.Context(), account))
	// What is not wrapped is asked of the contract.
	must(t, node.Accept(wallet, hash, unhex(t, v.NotWrapped)))
	must(t, chain.Confirm(t.Context(), evidence(wallet, hash, unhex(t, v.NotWrapped))))
}

// A wallet that is not deployed yet signs in, by how it would be.
func TestCounterfactual(t *testing.T) {
	t.Parallel()
	chain, node := scene(t)
	const factory, calldata = "0xCafEBAbECAFEbAbEcaFEbabECAfebAbEcAFEBaBe", "0xdeadbeef"
	must(t, node.AddCounterfactual(wallet, alice.Address(), factory, calldata))
	challenge := issue(t, chain, wallet)
	sign := func(key *ethereumtest.Key, factory, calldata string) string {
		s, err := key.SignCounterfactual(challenge.Message, factory, calldata)
		must(t, err)
		return s
	}
	account, err := signIn(t, chain, challenge, sign(alice, factory, calldata))
	must(t, err)
	for name, signature := range map[string]string{
		"bob":              sign(bob, factory, calldata),
		"another factory":  sign(alice, bob.Address(), calldata),
		"another contract": sign(alice, factory, "0xdeadbeef00"),
		"not wrapped":      alice.Sign(challenge.Message),
		"only the magic":   "0x" + strings.Repeat("6492", 16),
	} {
		_, err := signIn(t, chain, challenge, signature)
		wantErr(t, name, err, handlers.ErrInvalidSignature)
	}
	// Deployed, the contract itself says who its owner is.
	must(t, node.AddWallet(wallet, bob.Address()))
	wantErr(t, "re-check after it was deployed for another owner", chain.Confirm(t.Context(), account), handlers.ErrInvalidSignature)
	must(t, node.AddWallet(wallet, alice.Address()))
	must(t, chain.Confirm(t.Context(), account))
	must(t, node.Revert(wallet))
	wantErr(t, "re-check by a contract that reverts", chain.Confirm(t.Context(), account), handlers.ErrInvalidSignature)
	// Alice's own address is not one that a factory could deploy to.
	challenge = issue(t, chain, alice.Address())
	_, err = signIn(t, chain, challenge, sign(bob, factory, calldata))
	wantErr(t, "alice's address", err, handlers.ErrInvalidSignature)
}

// An account that has delegated signs in by its key, and by nothing else.
func TestEIP7702(t *testing.T) {
	t.Parallel()
	chain, node := scene(t)
	code := load(t).EIP7702.Code
	must(t, node.Delegate(alice.Address(), "0x"+code[8:], bob.Address()))
	challenge := issue(t, chain, alice.Address())
	account, err := signIn(t, chain, challenge, alice.Sign(challenge.Message))
	if err != nil || account.PublicKey != alice.Address() {
		t.Errorf("%+v, error %v", account, err)
	}
	wrapped, err := bob.SignCounterfactual(challenge.Message, wallet, "0x")
	must(t, err)
	for name, signature := range map[string]string{"by the delegate": bob.Sign(challenge.Message), "by way of ERC-6492": wrapped} {
		before := node.Calls()
		_, err = signIn(t, chain, challenge, signature)
		wantErr(t, name, err, handlers.ErrInvalidSignature)
		if node.Calls() != before || !strings.Contains(err.Error(), "delegated") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// It is the vector's code, and one byte more is a contract's.
	for text, calls := range map[string]int{code: 0, code + "00": 1, "0xef01": 1} {
		node.Fault(ethereumtest.Answers("eth_getCode", text))
		before := node.Calls()
		_, _ = signIn(t, chain, challenge, bob.Sign(challenge.Message))
		if node.Calls()-before != calls {
			t.Errorf("%s: %d calls", text, node.Calls()-before)
		}
	}
}

// An outage is neither yes nor no, and says when to come back.
func TestOutage(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]ethereumtest.Fault{
		"down":               nearrpctest.Down(),
		"a web page":         nearrpctest.HTML(),
		"hanging":            nearrpctest.Hang(),
		"hanging in between": ethereumtest.Only("eth_call", nearrpctest.Hang()),
		"too many requests":  nearrpctest.TooManyRequests(7 * time.Second),
		"a redirect":         nearrpctest.Redirect("https://evil.example"),
		"a large body":       nearrpctest.HugeBody(2 << 20),
		"another chain":      ethereumtest.WrongChain(5),
		"behind":             ethereumtest.Fails("eth_getCode", -32000, "header not found"),
		"limited":            ethereumtest.Fails("eth_call", -32005, "limit exceeded"),
		"without a method":   ethereumtest.Fails("eth_chainId", -32601, "no such method"),
		"syncing":            ethereumtest.Syncing(),
		"syncing, or not":    ethereumtest.Fails("eth_syncing", -32000, "?"),
	} {
		chain, node := scene(t)
		must(t, node.AddWallet(wallet, alice.Address()))
		challenge := issue(t, chain, wallet)
		account, err := chain.Verify(challenge, handlers.Proof{Signature: alice.Sign(challenge.Message)})
		must(t, err)
		node.Fault(fault)
		err = chain.Confirm(t.Context(), account)
		u, ok := errors.AsType[*handlers.UnavailableError](err)
		if !ok || errors.Is(err, handlers.ErrInvalidSignature) || u.RetryAfter < time.Second || name == "too many requests" && u.RetryAfter < 6*time.Second {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), "header not found") || strings.Contains(err.Error(), "evil") {
			t.Errorf("%s: shows what the node wrote: %v", name, err)
		}
		node.Fault(nil)
	}
	chain, node := scene(t)
	node.Fault(nearrpctest.Hang())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := chain.Confirm(ctx, evidence(wallet, [32]byte{1}, []byte{2}))
	wantErr(t, "the client left", err, handlers.ErrUnavailable)
}

// A node that is syncing has no contracts yet. A gateway may not say whether one
// behind it is.
func TestSyncing(t *testing.T) {
	t.Parallel()
	chain, node := scene(t)
	must(t, node.Accept(wallet, [32]byte{1}, []byte{2}))
	account := evidence(wallet, [32]byte{1}, []byte{2})
	node.Fault(ethereumtest.Syncing())
	wantErr(t, "syncing", chain.Confirm(t.Context(), account), handlers.ErrUnavailable)
	node.Fault(ethereumtest.Fails("eth_syncing", -32601, "the method eth_syncing does not exist/is not available"))
	must(t, chain.Confirm(t.Context(), account))
}

// What a contract does to a question is not the server's fault: its owner could
// have other people's questions asked elsewhere.
func TestExhaustionIsTheContracts(t *testing.T) {
	t.Parallel()
	own, first := serve(t, 1)
	next, second := serve(t, 1)
	second.URL = strings.Replace(second.URL, "127.0.0.1", "localhost", 1)
	chain := newChain(t, ethereum.Config{RPC: []ethereum.Endpoint{first, second}})
	for _, node := range []*ethereumtest.Node{own, next} {
		must(t, node.Accept(wallet, [32]byte{1}, []byte{2}))
	}
	wrapped, err := bob.SignCounterfactual("x", wallet, "0x")
	must(t, err)
	for name, c := range map[string]struct {
		fault     ethereumtest.Fault
		signature []byte
	}{
		"out of gas":               {ethereumtest.Fails("eth_call", -32000, "out of gas"), []byte{3}},
		"out of time":              {ethereumtest.Fails("eth_call", -32000, "execution aborted (timeout = 5s)"), []byte{3}},
		"no call without contract": {ethereumtest.Answers("eth_call", "0x"), unhex(t, wrapped)},
	} {
		own.Fault(c.fault)
		if err := chain.Confirm(t.Context(), evidence(wallet, [32]byte{1}, c.signature)); err == nil {
			t.Errorf("%s: it is accepted", name)
		}
		own.Fault(nil)
		before := next.Requests()
		must(t, chain.Confirm(t.Context(), evidence(wallet, [32]byte{1}, []byte{2})))
		if next.Requests() != before {
			t.Errorf("%s: others are asked about elsewhere", name)
		}
	}
}

// One operator that lies signs nobody in where two must agree, and keeps nobody
// out.
func TestLyingOperator(t *testing.T) {
	t.Parallel()
	wrapped, err := bob.SignCounterfactual("x", wallet, "0x")
	must(t, err)
	for _, account := range []store.Account{
		evidence(wallet, [32]byte{1}, []byte{2}), evidence(wallet, [32]byte{1}, unhex(t, wrapped)),
	} {
		liar, first := serve(t, 1)
		honest, second := serve(t, 1)
		third, further := serve(t, 1)
		for i, e := range []*ethereum.Endpoint{&first, &second, &further} {
			e.Operator = fmt.Sprint(i)
		}
		liar.Fault(ethereumtest.LieAccepted())
		must(t, honest.Revert(wallet))
		must(t, third.Revert(wallet))

		alone := newChain(t, ethereum.Config{RPC: []ethereum.Endpoint{first}})
		must(t, alone.Confirm(t.Context(), account)) // this is what one is believed
		two := newChain(t, ethereum.Config{RPC: []ethereum.Endpoint{first, second, further}, Agree: 2})
		err := two.Confirm(t.Context(), account)
		wantErr(t, "one of three lies", err, handlers.ErrUnavailable)
		third.Fault(nearrpctest.Down())
		wantErr(t, "one of two lies", two.Confirm(t.Context(), account), handlers.ErrUnavailable)
		liar.Fault(ethereumtest.LieNoCode())
		third.Fault(ethereumtest.LieAccepted())
		honest.Fault(ethereumtest.LieAccepted())
		must(t, two.Confirm(t.Context(), account)) // two of three say yes
	}
}
