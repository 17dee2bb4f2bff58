package blackbox

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// budget is how long a verify may take whatever the chain does: five seconds by
// the kit, and what a busy machine adds.
const budget = 8 * time.Second

// rpc is a node that answers every request so.
func rpc(status int, body string) nearrpctest.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, strings.ReplaceAll(body, "ID", string(idOf(r))))
		return true
	}
}

// query is rpc for the question about a key only.
func query(body string) nearrpctest.Fault { return nearrpctest.Only("query", rpc(200, body)) }

const yes = `"result":{"nonce":7,"permission":"FullAccess","block_height":1,"block_hash":"11111111111111111111111111111111"}`

// T54: everything that an endpoint can do instead of answering. Each is 503 in
// time, takes nothing (when the chain answers again, the same signature signs
// in) and costs little memory.
func TestT54ChainFails(t *testing.T) {
	t.Parallel()
	faults := []struct {
		what  string
		fault nearrpctest.Fault
	}{
		{"down", nearrpctest.Down()},
		{"500", rpc(500, `{"jsonrpc":"2.0",`+yes+`,"id":ID}`)},
		{"404 with a yes", rpc(404, `{"jsonrpc":"2.0",`+yes+`,"id":ID}`)},
		{"an error under 200", query(`{"jsonrpc":"2.0","error":{"name":"HANDLER_ERROR","cause":{"name":"UNAVAILABLE_SHARD"},"code":-32000,"message":"Server error"},"id":ID}`)},
		{"an internal error under 200", query(`{"jsonrpc":"2.0","error":{"name":"INTERNAL_ERROR","cause":{"name":"INTERNAL_ERROR"},"code":-32000},"id":ID}`)},
		{"an error that nobody knows", query(`{"jsonrpc":"2.0","error":{"code":-32000,"message":"UNKNOWN_ACCESS_KEY"},"id":ID}`)},
		{"result and error", query(`{"jsonrpc":"2.0",` + yes + `,"error":{"code":1},"id":ID}`)},
		{"HTML", nearrpctest.HTML()},
		{"no JSON", rpc(200, "OK")},
		{"nothing", rpc(200, "")},
		{"204", rpc(204, "")},
		{"null", rpc(200, "null")},
		{"a list", query(`[{"jsonrpc":"2.0",` + yes + `,"id":ID}]`)},
		{"a null result", query(`{"jsonrpc":"2.0","result":null,"id":ID}`)},
		{"an empty result", query(`{"jsonrpc":"2.0","result":{},"id":ID}`)},
		{"another id", nearrpctest.WrongID()},
		{"no id", query(`{"jsonrpc":"2.0",` + yes + `}`)},
		{"a null id", query(`{"jsonrpc":"2.0",` + yes + `,"id":null}`)},
		{"jsonrpc 1.0", query(`{"jsonrpc":"1.0",` + yes + `,"id":ID}`)},
		{"no jsonrpc", query(`{` + yes + `,"id":ID}`)},
		{"two results", query(`{"jsonrpc":"2.0","result":{"error":"x"},` + yes + `,"id":ID}`)},
		{"two ids", query(`{"jsonrpc":"2.0",` + yes + `,"id":"x","id":ID}`)},
		{"two permissions", query(`{"jsonrpc":"2.0","result":{"permission":"FullAccess","permission":"FullAccess"},"id":ID}`)},
		{"names in another case", query(`{"JSONRPC":"2.0","RESULT":{"PERMISSION":"FullAccess"},"ID":ID}`)},
		{"two answers", query(`{"jsonrpc":"2.0",` + yes + `,"id":ID}{"jsonrpc":"2.0",` + yes + `,"id":ID}`)},
		{"half an answer", nearrpctest.Truncated()},
		{"64 MB", nearrpctest.HugeBody(64 << 20)},
		{"64 MB from a gzip bomb", nearrpctest.GzipBomb(64 << 20)},
		{"a drip", nearrpctest.SlowDrip(100 * time.Millisecond)},
		{"a hang", nearrpctest.Hang()},
		// The last, as the kit honours it also when the node is well again.
		{"429", nearrpctest.TooManyRequests(2 * time.Second)},
	}
	onBoth(t, func(t *testing.T, s *site) {
		c, w := s.person("alice.testnet")
		for _, f := range faults {
			answer := s.a.Signed(c, w)
			before, begun := s.a.Memory(), time.Now()
			s.node.Fault(f.fault)
			res, body := s.a.Do(c, "POST", "/auth/verify", answer)
			took := time.Since(begun)
			unavailable(t, f.what, res, body, "chain_unavailable")
			if took > budget {
				t.Errorf("%s: took %v", f.what, took)
			}
			if more := s.a.Memory() - before; more > 32<<20 {
				t.Errorf("%s: %d MB more memory", f.what, more>>20)
			}
			s.node.Fault(nil)
			s.within(10*time.Second, f.what+", the same signature", func() bool {
				res, body = s.a.Do(c, "POST", "/auth/verify", answer)
				return res.StatusCode != 503
			})
			exampletest.Expect(t, f.what+", the same signature", res, body, 200, w.Account)
		}
	})
}

// T55: the endpoint sends us elsewhere, where a yes is waiting, and an API key
// would be welcome. We do not go.
func TestT55ChainRedirects(t *testing.T) {
	t.Parallel()
	const key = "rpc-key-that-must-not-travel"
	secrets.add("an RPC key", key)
	onBoth(t, func(t *testing.T, s *site) {
		var visits atomic.Int64
		lies := nearrpctest.NewNode("testnet")
		lies.Fault(nearrpctest.LieFullAccess())
		elsewhere, err := nearrpctest.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			visits.Add(1)
			lies.ServeHTTP(w, r)
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer elsewhere.Close()
		flags := append(s.flags, "-rpc", s.chain.URL+"/"+key, "-rpc", s.chain.URL+"/?key="+key)
		fresh, knowing := start(t, flags...), start(t, flags...)
		thief := exampletest.NewWallet("alice.testnet") // of whom the real chain knows nothing
		res, body := knowing.SignIn(exampletest.Browser(), thief)
		exampletest.Expect(t, "the real chain", res, body, 401, "key_not_found")
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, to := range []string{elsewhere.URL, elsewhere.URL + "/" + key, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1), "http://169.254.169.254/latest/meta-data/", strings.TrimPrefix(elsewhere.URL, "http:"), "file:///etc/passwd"} {
				s.node.Fault(redirect(status, to))
				// One has yet to ask which chain the endpoint is on, the other knows.
				for _, p := range []*exampletest.Process{fresh, knowing} {
					begun := time.Now()
					res, body := p.SignIn(exampletest.Browser(), thief)
					unavailable(t, fmt.Sprint(status, " to ", to), res, body, "chain_unavailable")
					if took := time.Since(begun); took > budget {
						t.Errorf("%d to %s: took %v", status, to, took)
					}
				}
			}
		}
		if visits.Load() != 0 {
			t.Errorf("went there %d times", visits.Load())
		}
		if log := said(fresh) + said(knowing); strings.Contains(log, key) || strings.Contains(log, "169.254") {
			t.Error("the log holds the key, or where we were sent")
		}
		s.node.Fault(nil)
		res, body = fresh.SignIn(exampletest.Browser(), thief)
		exampletest.Expect(t, "the real chain", res, body, 401, "key_not_found")
	})
}

// redirect answers everything with a redirect.
func redirect(status int, to string) nearrpctest.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Location", to)
		w.WriteHeader(status)
		return true
	}
}

// T56: the endpoint lies, or is of another chain. What does not speak about our
// question is no answer: 503. An endpoint of one's own that says yes to our very
// question is believed, which is why those of strangers must agree in pairs.
// (The answer about a key carries no time, so a node that falls behind after its
// first answer is not told from one that does not.)
func TestT56ChainLies(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		w := exampletest.NewWallet("alice.testnet")
		other := exampletest.NewWallet("bob.testnet")
		signIn := func(p *exampletest.Process, what string) {
			t.Helper()
			res, body := p.SignIn(exampletest.Browser(), w)
			unavailable(t, what, res, body, "chain_unavailable")
		}
		for what, fault := range map[string]nearrpctest.Fault{
			"another chain":         nearrpctest.WrongChain("mainnet"),
			"a like name":           nearrpctest.WrongChain("Testnet"),
			"a forged log":          nearrpctest.WrongChain("testnet\ntime=x level=INFO msg=y"),
			"no chain":              nearrpctest.WrongChain(""),
			"a node that is behind": nearrpctest.Syncing("testnet"),
			"no status at all":      nearrpctest.Only("status", rpc(200, `{"jsonrpc":"2.0","error":{"name":"REQUEST_VALIDATION_ERROR","cause":{"name":"METHOD_NOT_FOUND"},"code":-32601},"id":ID}`)),
		} {
			s.node.Fault(fault)
			fresh := start(t, s.flags...) // which has not asked yet
			asked := s.node.Queries()
			_ = s.node.AddFullAccessKey(w.Account, w.Key()) // it would say yes
			signIn(fresh, what)
			s.node.DeleteKey(w.Account, w.Key())
			if s.node.Queries() != asked {
				t.Errorf("%s: asked all the same", what)
			}
			fresh.Kill()
		}
		for what, result := range map[string]string{
			"no, about another key":     `{"error":"access key ` + other.Key() + ` does not exist while viewing","logs":[],"block_height":1,"block_hash":"x"}`,
			"no, about another account": `{"error":"account bob.testnet does not exist while viewing","logs":[],"block_height":1,"block_hash":"x"}`,
			"no, and more":              `{"error":"access key ` + w.Key() + ` does not exist while viewing it","logs":[]}`,
			"a yes that is not one":     `{"error":"access key ` + w.Key() + ` does not exist while viewing","permission":"FullAccess"}`,
		} {
			s.node.Fault(says(result))
			signIn(s.a, what)
		}
		for what, cause := range map[string]string{
			"no account, but another": `{"name":"UNKNOWN_ACCOUNT","info":{"requested_account_id":"bob.testnet"}}`,
			"no key, but another":     `{"name":"UNKNOWN_ACCESS_KEY","info":{"public_key":"` + other.Key() + `"}}`,
			"no block":                `{"name":"NO_SYNCED_BLOCKS"}`,
		} {
			s.node.Fault(query(`{"jsonrpc":"2.0","error":{"name":"HANDLER_ERROR","cause":` + cause + `,"code":-32000,"message":"Server error","data":"x"},"id":ID}`))
			signIn(s.a, what)
		}
		s.node.Fault(nil)
		res, body := s.a.SignIn(exampletest.Browser(), w)
		exampletest.Expect(t, "the truth", res, body, 401, "key_not_found")
	})
}

// T56: two operators must agree. One that lies, with whatever the other says or
// does not say, signs nobody in.
func TestT56Quorum(t *testing.T) {
	t.Parallel()
	path, err := exampletest.Build("github.com/nearauth/nearauth/example/blackbox/panics")
	if err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, flags ...string) {
		liar, at1 := exampletest.Chain(t)
		honest, at2 := exampletest.Chain(t)
		p := exampletest.Run(t, path, append([]string{"-origin", exampletest.Site, "-rpc", at1.URL + "," + at2.URL, "-agree", "2"}, flags...)...)
		t.Cleanup(func() { secrets.log(t.Name(), p.Log()) })
		w := exampletest.NewWallet("alice.testnet")
		liar.Fault(nearrpctest.LieFullAccess())
		for what, fault := range map[string]nearrpctest.Fault{
			"the other says no": nil, "the other is down": nearrpctest.Down(), "the other hangs": nearrpctest.Hang(),
			"the other is nonsense": nearrpctest.HTML(), "the other is of another chain": query(`{"jsonrpc":"2.0","result":{"permission":"Unheard"},"id":ID}`),
		} {
			honest.Fault(fault)
			res, body := p.SignIn(exampletest.Browser(), w)
			unavailable(t, what, res, body, "chain_unavailable")
		}
		honest.Fault(nil)
		liar.Fault(nil)
		res, body := p.SignIn(exampletest.Browser(), w)
		exampletest.Expect(t, "both say no", res, body, 401, "key_not_found")
		for _, n := range []*nearrpctest.Node{liar, honest} {
			if err := n.AddFullAccessKey(w.Account, w.Key()); err != nil {
				t.Fatal(err)
			}
		}
		res, body = p.SignIn(exampletest.Browser(), w)
		exampletest.Expect(t, "both say yes", res, body, 200, w.Account)
	}
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		run(t)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		run(t, "-redis", redistest.Start(t).URL())
	})
}
