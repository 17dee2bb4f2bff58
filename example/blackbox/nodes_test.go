package blackbox

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
	"github.com/nearauth/nearauth/handlers/stellar/stellartest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// nodes are those that a site asks about contracts, on two chains, and about the
// signers of Stellar accounts.
type nodes struct {
	mainnet, base *ethereumtest.Node
	horizon       *stellartest.Node
}

const baseChain = 8453

// onNodes is onBoth for a site with nodes to ask. With the flags -ethereum and
// -stellar alone it has none.
func onNodes(t *testing.T, f func(t *testing.T, s *site, n nodes)) {
	t.Helper()
	for name, begin := range map[string]func(*testing.T, ...string) *site{"memory": inMemory, "redis": onRedis} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := nodes{ethereumtest.NewNode(1), ethereumtest.NewNode(baseChain), stellartest.NewNode("Test SDF Network ; September 2015")}
			f(t, begin(t, "-ethereum-rpc", "1="+serve(t, n.mainnet), "-ethereum-rpc", fmt.Sprint(baseChain, "=", serve(t, n.base)), "-horizon", serve(t, n.horizon)), n)
		})
	}
}

// serve serves a node until the test ends.
func serve(t *testing.T, node http.Handler) (url string) {
	t.Helper()
	server, err := nearrpctest.Serve(node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server.URL
}

// contractWallet is the account of a contract, which takes what the key of its
// owner has signed.
type contractWallet struct {
	at    string
	owner ethereumWallet
	on    string // the chain
}

func (w contractWallet) chain() string           { return w.on }
func (w contractWallet) address() string         { return w.at }
func (w contractWallet) sign(text string) string { return w.owner.sign(text) }

// deploy makes a contract on a chain. Its address is that of a key, which nobody
// has any more.
func deploy(t *testing.T, node *ethereumtest.Node, chain string) contractWallet {
	t.Helper()
	w := contractWallet{newEthereumWallet(t).address(), newEthereumWallet(t), chain}
	if err := node.AddWallet(w.at, w.owner.address()); err != nil {
		t.Fatal(err)
	}
	return w
}

// fund makes a Stellar account.
func fund(t *testing.T, node *stellartest.Node) stellarWallet {
	t.Helper()
	w := newStellarWallet()
	if err := node.Fund(w.address()); err != nil {
		t.Fatal(err)
	}
	return w
}

// fault is what a node does instead of answering.
type fault struct {
	what  string
	begin func()
}

// outlives signs in with a wallet whose nodes fail in each of these ways: 503 in
// time, and when they answer again the same signature signs in.
func (s *site) outlives(w wallet, faults []fault, end func()) {
	s.t.Helper()
	for _, f := range faults {
		c := exampletest.Browser()
		answer := s.signed(c, w)
		f.begin()
		begun := time.Now()
		res, body := s.a.Do(c, "POST", "/auth/verify", answer)
		unavailable(s.t, f.what, res, body, "chain_unavailable")
		if took := time.Since(begun); took > budget {
			s.t.Errorf("%s: took %v", f.what, took)
		}
		end()
		s.within(10*time.Second, f.what+", the same signature", func() bool {
			res, body = s.a.Do(c, "POST", "/auth/verify", answer)
			return res.StatusCode != 503
		})
		exampletest.Expect(s.t, f.what+", the same signature", res, body, 200, w.address())
		res, body = s.b.Do(c, "POST", "/auth/verify", answer)
		refused(s.t, f.what+", and once more", res, body, 400, "challenge_invalid")
	}
}

// T54, where a contract is to be asked whether it takes a signature. Accounts with a
// key sign in meanwhile, because nobody is asked about them.
func TestT54EthereumNodeFails(t *testing.T) {
	t.Parallel()
	onNodes(t, func(t *testing.T, s *site, n nodes) {
		w, key := deploy(t, n.mainnet, "ethereum"), newEthereumWallet(t)
		var faults []fault
		for _, f := range []struct {
			what  string
			fault ethereumtest.Fault
		}{
			{"another chain", ethereumtest.WrongChain(baseChain)}, // the first: nobody has been asked yet
			{"down", nearrpctest.Down()},
			{"HTML", nearrpctest.HTML()},
			{"half an answer", nearrpctest.Truncated()},
			{"64 MB from a gzip bomb", nearrpctest.GzipBomb(64 << 20)},
			{"no block", ethereumtest.Fails("eth_call", -32000, "header not found")},
			{"out of gas", ethereumtest.Fails("eth_call", -32000, "out of gas")},
			{"no code to be had", ethereumtest.Fails("eth_getCode", -32005, "limit exceeded")},
			{"an answer that is no bytes", ethereumtest.Answers("eth_call", "true")},
			{"a hang", nearrpctest.Hang()},
			{"429", nearrpctest.TooManyRequests(2 * time.Second)},
		} {
			faults = append(faults, fault{f.what, func() {
				n.mainnet.Fault(f.fault)
				c, asked := exampletest.Browser(), n.mainnet.Requests()
				res, body := s.a.Do(c, "POST", "/auth/verify", s.signed(c, key))
				exampletest.Expect(t, f.what+", an account with a key", res, body, 200, key.address())
				if n.mainnet.Requests() != asked {
					t.Errorf("%s: asked about a key", f.what)
				}
			}})
		}
		s.outlives(w, faults, func() { n.mainnet.Fault(nil) })
	})
}

// T54, where Horizon is to say whether a key may sign for its account.
func TestT54HorizonFails(t *testing.T) {
	t.Parallel()
	onNodes(t, func(t *testing.T, s *site, n nodes) {
		w, other := fund(t, n.horizon), fund(t, n.horizon)
		var faults []fault
		for _, f := range []struct {
			what  string
			fault stellartest.Fault
		}{
			{"another network", stellartest.OtherNetwork("Public Global Stellar Network ; September 2015")}, // the first: nobody has been asked yet
			{"down", nearrpctest.Down()},
			{"HTML", nearrpctest.HTML()},
			{"404 from somebody else", stellartest.NotFound()},
			{"404 of another kind", stellartest.About(stellartest.Fault(rpc(404, `{"type":"about:blank","status":404}`)))},
			{"another account", stellartest.OtherAccount(n.horizon, other.address())},
			{"a Horizon that is behind", stellartest.StillIngesting()},
			{"half an answer", stellartest.Truncated(n.horizon)},
			{"64 MB from a gzip bomb", stellartest.Fault(nearrpctest.GzipBomb(64 << 20))},
			{"a hang", nearrpctest.Hang()},
			{"429", stellartest.TooManyRequests(2 * time.Second)},
		} {
			faults = append(faults, fault{f.what, func() { n.horizon.Fault(f.fault) }})
		}
		s.outlives(w, faults, func() { n.horizon.Fault(nil) })
	})
}

// What the nodes say definitely: of keys that may not sign for their account, and
// of contracts that do not take a signature. It uses the challenge up.
func TestT37OfOtherChains(t *testing.T) {
	t.Parallel()
	onNodes(t, func(t *testing.T, s *site, n nodes) {
		signIn := func(what string, w wallet, more map[string]any, status int, code string) {
			t.Helper()
			c := exampletest.Browser()
			answer := with(t, s.signed(c, w), more)
			res, body := s.a.Do(c, "POST", "/auth/verify", answer)
			exampletest.Expect(t, what, res, body, status, code)
			res, body = s.b.Do(c, "POST", "/auth/verify", answer)
			refused(t, what+", again", res, body, 400, "challenge_invalid")
		}
		contract := deploy(t, n.mainnet, "ethereum")
		signIn("a contract", contract, nil, 200, `"account":"eip155:1:`+contract.at+`"`)
		stranger := contractWallet{contract.at, newEthereumWallet(t), "ethereum"}
		signIn("not its owner", stranger, nil, 401, "invalid_signature")
		if err := n.mainnet.AddWallet(contract.at, stranger.owner.address()); err != nil {
			t.Fatal(err)
		}
		signIn("no more its owner", contract, nil, 401, "invalid_signature")
		signIn("its owner now", stranger, nil, 200, contract.at)
		if err := n.mainnet.Delegate(contract.at, newEthereumWallet(t).address(), stranger.owner.address()); err != nil {
			t.Fatal(err)
		}
		signIn("a delegate's owner", stranger, nil, 401, "invalid_signature")
		if err := n.mainnet.Remove(contract.at); err != nil {
			t.Fatal(err)
		}
		signIn("no contract", stranger, nil, 401, "invalid_signature")

		account, cosigner := fund(t, n.horizon), newStellarWallet()
		signIn("an account as it begins", account, nil, 200, `"account":"stellar:testnet:`+account.address()+`"`)
		signIn("not on the ledger", newStellarWallet(), nil, 401, "key_not_found")
		byCosigner := cosignedWallet{account, cosigner}
		publicKey := map[string]any{"publicKey": cosigner.address()}
		signIn("no signer", byCosigner, publicKey, 401, "key_not_found")
		for _, err := range []error{n.horizon.SetSigner(account.address(), cosigner.address(), 1), n.horizon.SetOptions(account.address(), 0, 0, 2, 2)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		signIn("a signer of too little weight", byCosigner, publicKey, 401, "key_not_full_access")
		signIn("a master key without any", account, nil, 401, "key_not_found")
		if err := n.horizon.SetSigner(account.address(), cosigner.address(), 2); err != nil {
			t.Fatal(err)
		}
		signIn("a signer of enough", byCosigner, publicKey, 200, `"accountId":"`+account.address()+`"`)
	})
}

// cosignedWallet signs for an account with another key.
type cosignedWallet struct {
	stellarWallet
	signer stellarWallet
}

func (w cosignedWallet) sign(text string) string { return w.signer.sign(text) }

// A contract's text is for the chain that the contract is on, and an address is
// another account on each.
func TestT09ContractOfAnotherChain(t *testing.T) {
	t.Parallel()
	onNodes(t, func(t *testing.T, s *site, n nodes) {
		w := deploy(t, n.base, "eip155:8453")
		verify := func(what string, w wallet, text func(issued) string, status int, contains string) {
			t.Helper()
			c := exampletest.Browser()
			ch := s.issue(c, w.chain(), w.address())
			res, body := s.a.Do(c, "POST", "/auth/verify", ch.answer(w.address(), w.sign(text(ch))))
			exampletest.Expect(t, what, res, body, status, contains)
		}
		own := func(ch issued) string { return ch.Message }
		verify("on its chain", w, own, 200, `"account":"eip155:8453:`+w.at+`"`)
		w.on = "eip155:1"
		verify("on another", w, own, 401, "invalid_signature")
		verify("signed for its chain", w, func(ch issued) string { return replaced(t, ch.Message, "Chain ID: 1\n", "Chain ID: 8453\n") }, 401, "invalid_signature")

		// A key is somebody on both, and not the same account.
		key := newEthereumWallet(t)
		var sessions []string
		for _, chain := range []string{"eip155:1", "eip155:8453"} {
			verify(chain, contractWallet{key.address(), key, chain}, own, 200, `"account":"`+chain+`:`+key.address()+`"`)
			c := exampletest.Browser()
			res, body := s.a.Do(c, "POST", "/auth/verify", s.signed(c, contractWallet{key.address(), key, chain}))
			exampletest.Expect(t, chain, res, body, 200, key.address())
			cookie := "nearauth=" + token(s.a, c)
			if count, _ := sessionsOf(t, s.b, cookie); count != 2 {
				t.Errorf("%s: %d sessions", chain, count)
			}
			sessions = append(sessions, cookie)
		}
		res, body := send(t, s.a, "POST", "/auth/logout?scope=all", "", http.Header{"Cookie": {sessions[0]}})
		exampletest.Expect(t, "logout", res, body, 204, "")
		whoWith(t, "on one chain", s.b, sessions[0], "")
		whoWith(t, "on the other", s.b, sessions[1], key.address())
	})
}

// T06 on the other chains: of fifty at once, half of them on each instance, one
// signs in, whether or not there is somebody to ask.
func TestT06RaceOnOtherChains(t *testing.T) {
	t.Parallel()
	rounds := 5
	if *full {
		rounds = 50
	}
	onNodes(t, func(t *testing.T, s *site, n nodes) {
		client := &http.Client{Transport: witness{&http.Transport{MaxIdleConnsPerHost: 50}}, Timeout: 30 * time.Second}
		defer client.CloseIdleConnections()
		key := newEthereumWallet(t)
		answers := map[string]func(c *http.Client) string{
			"Ethereum": func(c *http.Client) string { return s.signed(c, key) },
			"Ethereum, its own text": func(c *http.Client) string {
				text := key.text(s.issue(c, "ethereum", "").Nonce, time.Now())
				return object(map[string]any{"message": text, "signature": key.sign(text)})
			},
			"a contract": func(c *http.Client) string { return s.signed(c, deploy(t, n.mainnet, "ethereum")) },
			"Stellar":    func(c *http.Client) string { return s.signed(c, fund(t, n.horizon)) },
		}
		for name, answer := range answers {
			for round := range rounds {
				c := exampletest.Browser()
				body := answer(c)
				won, codes := race(s, client, body, loginCookie(s.a, c))
				if len(won) != 1 || codes["challenge_invalid"] != 49 {
					t.Fatalf("%s, round %d: %d signed in, and %v", name, round, len(won), codes)
				}
			}
		}
	})
}
