package clients

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/ethereum"
	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

// example starts the example with these flags, and without NEAR's network, which
// nobody asks here.
func example(t *testing.T, flags ...string) string {
	t.Helper()
	exampletest.Libraries(t)
	p := exampletest.Start(t, append([]string{"-origin", origin, "-network", "testnet", "-rpc", "http://127.0.0.1:9", "-rate-limit", "off"}, flags...)...)
	return p.URL
}

// text is what a step of a script says that is a string.
func text(t *testing.T, lines []line, step string) (s string) {
	t.Helper()
	i := slices.IndexFunc(lines, func(l line) bool { return l.Step == step })
	if i < 0 || json.Unmarshal(lines[i].Body, &s) != nil {
		t.Fatalf("no step %s in %+v", step, lines)
	}
	return s
}

// viem and ethers sign in, with the text of the server and with one of the front
// end's own, which is what wagmi, RainbowKit and Reown have.
func TestEthereumLibraries(t *testing.T) {
	url := example(t, "-ethereum")
	for _, library := range []string{"viem", "ethers"} {
		for style, message := range map[string]string{"server": `"message":"http://localhost:8080 wants you to sign in with your Ethereum account:\n0x`, "client": `"chain":"eip155:1"`} {
			t.Run(library+"/"+style, func(t *testing.T) {
				t.Parallel()
				lines := node(t, "ethereum.mjs", url, origin, library, style)
				address := text(t, lines, "address")
				expect(t, lines, slices.Concat(
					[]want{{"address", 0, `"0x`}, {"challenge", 200, message}, {"both libraries", 0, `{"ethers":true,"viem":true}`}},
					me("before", 401, nobody),
					[]want{{"verify", 200, `"account":"eip155:1:` + address + `"`}, {"the same again", 400, used}},
					me("signed in", 200, `"accountId":"`+address+`"`),
					[]want{{"session", 200, `"chain":"eip155:1"`}, {"log out", 204, "null"}},
					me("signed out", 401, nobody), me("a copy of the cookies", 401, nobody),
				))
			})
		}
	}
}

// Contract accounts, by a fake node of their chain: deployed (ERC-1271) and not
// yet (ERC-6492). The library that wraps their signatures is viem.
func TestContractAccounts(t *testing.T) {
	t.Parallel()
	chain := ethereumtest.NewNode(1)
	mux := http.NewServeMux()
	mux.Handle("/", chain)
	mux.HandleFunc("POST /wallet", func(w http.ResponseWriter, r *http.Request) {
		var wallet struct{ Address, Owner, Factory, Calldata string }
		err := json.NewDecoder(r.Body).Decode(&wallet)
		if err == nil && wallet.Factory == "" {
			err = chain.AddWallet(wallet.Address, wallet.Owner)
		} else if err == nil {
			err = chain.AddCounterfactual(wallet.Address, wallet.Owner, wallet.Factory, wallet.Calldata)
		}
		if err != nil {
			t.Error(err)
		}
	})
	faults := map[string]ethereumtest.Fault{
		"": nil, "down": nearrpctest.Down(), "another chain": ethereumtest.WrongChain(137), "HTTP 429": nearrpctest.TooManyRequests(0),
	}
	mux.HandleFunc("POST /fault", func(w http.ResponseWriter, r *http.Request) {
		var name string
		_ = json.NewDecoder(r.Body).Decode(&name)
		fault, known := faults[name]
		if !known {
			t.Errorf("no fault %q", name)
		}
		chain.Fault(fault)
	})
	server, err := ethereumtest.Serve(mux)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	lines := node(t, "contract.mjs", example(t, "-ethereum-rpc", "1="+server.URL), origin, server.URL)
	const asked, unavailable = `"chain":"eip155:1"`, `"code":"chain_unavailable"`
	account := `"account":"eip155:1:` + text(t, lines, "address") + `"`
	expect(t, lines, []want{
		{"address", 0, `"0x`}, {"challenge", 200, asked}, {"deployed", 200, account}, {"session", 200, `"publicKey":"erc1271:`},
		{"challenge", 200, asked}, {"deployed, its own text", 200, account},
		{"challenge", 200, asked}, {"not deployed", 200, `"publicKey":"erc1271:`},
		{"challenge", 200, asked}, {"not deployed, and not wrapped", 401, badSignature},
		{"challenge", 200, asked}, {"a stranger's key", 401, badSignature}, {"and then the owner's", 400, used},
		{"challenge", 200, asked}, {"no contract there", 401, badSignature},
		{"challenge", 200, asked}, {"down", 503, unavailable}, {"HTTP 429", 503, unavailable}, {"another chain", 503, unavailable},
		{"the same again", 200, account},
	})
}

// The Stellar SDK's keys sign in, in both encodings that wallets have.
func TestStellarSDK(t *testing.T) {
	url := example(t, "-stellar")
	for _, encoding := range []string{"base64", "hex"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			lines := node(t, "stellar.mjs", url, origin, encoding)
			address := text(t, lines, "address")
			expect(t, lines, slices.Concat(
				[]want{
					{"address", 0, `"G`}, {"challenge", 200, `wants you to sign in with your Stellar account:\n` + address},
					{"the SDK", 0, `{"address":true,"verifies":true}`},
					{"the text without its prefix", 401, badSignature}, {"another text", 401, badSignature}, {"another key", 401, badSignature},
				},
				me("before", 401, nobody),
				[]want{{"verify", 200, `"account":"stellar:testnet:` + address + `"`}, {"the same again", 400, used}},
				me("signed in", 200, `"accountId":"`+address+`"`),
				[]want{{"session", 200, `"chain":"stellar:testnet"`}, {"log out", 204, "null"}},
				me("signed out", 401, nobody), me("a copy of the cookies", 401, nobody),
			))
		})
	}
}

// Front ends of two documents, on the paths that they have, without the lines
// that kept a token; and as they are written there, which signs nobody in.
func TestSeeds(t *testing.T) {
	exampletest.Libraries(t)
	for _, c := range []struct {
		seed, challenge, verify string
		chain                   handlers.Chain
		before, after           func(lines []line) []want
	}{
		{"003-link2pay", "/api/auth/nonce", "/api/auth/session", stellar.Testnet(),
			func([]line) []want {
				return []want{{"wallets", 0, ""}, {"/api/auth/nonce", 200, `"expiresIn":300`}, {"failed", 0, ""}, {"me", 401, nobody}}
			},
			func(lines []line) []want {
				return []want{{"wallets", 0, ""}, {"/api/auth/nonce", 200, `"expiresIn":300`}, {"/api/auth/session", 200, `"chain":"stellar:testnet"`}, {"me", 200, `"G`}}
			}},
		{"004-ethereum-payment", "/api/user/wallet_nonce", "/api/user/wallet_verify", ethereum.Mainnet(),
			func([]line) []want {
				return []want{{"wallets", 0, ""}, {"/api/user/wallet_nonce", 200, `"nonce"`}, {"/api/user/wallet_verify", 401, badSignature}, {"failed", 0, ""}, {"me", 401, nobody}}
			},
			func(lines []line) []want {
				return []want{{"wallets", 0, ""}, {"/api/user/wallet_nonce", 200, `"messageHex":"0x`}, {"/api/user/wallet_verify", 200, `"chain":"eip155:1"`}, {"me", 200, `"0x`}}
			}},
	} {
		for version, wants := range map[string]func([]line) []want{"before": c.before, "after": c.after} {
			t.Run(c.seed+"/"+version, func(t *testing.T) {
				t.Parallel()
				lines := node(t, "seeds.mjs", mounted(t, c.chain, c.challenge, c.verify), origin, "seeds/"+c.seed+"."+version+".mjs")
				expect(t, lines, wants(lines))
			})
		}
	}
}

// mounted is a site with the handlers on paths of another server.
func mounted(t *testing.T, chain handlers.Chain, challenge, verify string) (url string) {
	t.Helper()
	auth, err := handlers.New(handlers.Config{Origin: origin, Store: store.NewMemory(), Chains: []handlers.Chain{chain}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(challenge, auth.Challenge())
	mux.Handle(verify, auth.Verify())
	mux.Handle("/api/me", auth.RequireAccount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account, _ := middleware.AccountFrom(r.Context())
		_ = json.NewEncoder(w).Encode(map[string]string{"accountId": account.ID})
	})))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}
