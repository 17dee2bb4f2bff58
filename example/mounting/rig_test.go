package mounting

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/mr-tron/base58"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/handlers/nep413"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store"
)

func init() { gin.SetMode(gin.TestMode) } // which prints no list of routes

const origin = "https://example.com" // which httptest's client leads to the server

// rig is one of the sites, over real HTTP and TLS, and a chain.
type rig struct {
	t      *testing.T
	node   *nearrpctest.Node
	server *httptest.Server
}

func newRig(t *testing.T, mount func(*handlers.Auth) http.Handler) *rig {
	t.Helper()
	return newRigOn(t, store.NewMemory(), mount)
}

func newRigOn(t *testing.T, backend store.Store, mount func(*handlers.Auth) http.Handler) *rig {
	t.Helper()
	r := &rig{t: t, node: nearrpctest.NewNode("testnet")}
	chain, err := nearrpctest.Serve(r.node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = chain.Close() })
	rpc, err := nearrpc.New(nearrpc.Config{ChainID: "testnet", Endpoints: []nearrpc.Endpoint{{URL: chain.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	testnet, err := near.New(near.Config{Network: "testnet", RPC: rpc})
	if err != nil {
		t.Fatal(err)
	}
	auth, err := handlers.New(handlers.Config{
		Origin: origin, Store: backend, Chains: []handlers.Chain{testnet}, LoginPage: "/",
	})
	if err != nil {
		t.Fatal(err)
	}
	r.server = httptest.NewTLSServer(mount(auth))
	t.Cleanup(r.server.Close)
	return r
}

// wallet is an account and a full-access key of it.
type wallet struct {
	account string
	key     string
	private ed25519.PrivateKey
}

func (r *rig) wallet(account string) wallet {
	r.t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	w := wallet{account, "ed25519:" + base58.Encode(public), private}
	if err := r.node.AddFullAccessKey(account, w.key); err != nil {
		r.t.Fatal(err)
	}
	return w
}

// browser keeps cookies, and says where its requests come from.
type browser struct {
	t      *testing.T
	client *http.Client
}

func (r *rig) browser() *browser {
	r.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	client := *r.server.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{r.t, &client}
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	body string
}

// code returns the code of one of the kit's errors, or "".
func (a answer) code() string {
	var e struct{ Error, Code string }
	if json.Unmarshal([]byte(a.body), &e) != nil || e.Error == "" || a.Header.Get("Content-Type") != "application/json" {
		return ""
	}
	return e.Code
}

// do sends a request as a script on the site's own pages would; header, in
// pairs, says otherwise.
func (b *browser) do(method, path, body string, header ...string) answer {
	b.t.Helper()
	req, err := http.NewRequest(method, origin+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Sec-Fetch-Mode", "cors")
	if method != http.MethodGet {
		req.Header.Set("Origin", origin)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(header, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{res, string(text)}
}

// expect ends the test unless the answer has the status and, if it is one of
// the kit's errors, the code.
func (b *browser) expect(a answer, status int, code string) {
	b.t.Helper()
	if a.StatusCode != status || a.code() != code {
		b.t.Fatalf("%s %s: %d %q, want %d %q", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.body, status, code)
	}
}

// view returns what the page at path shows.
func (b *browser) view(path string) (v view) {
	b.t.Helper()
	res := b.do("GET", path, "")
	b.expect(res, 200, "")
	if err := json.Unmarshal([]byte(res.body), &v); err != nil {
		b.t.Fatalf("GET %s: %q: %v", path, res.body, err)
	}
	return v
}

// signIn does what a front end and a wallet do.
func (b *browser) signIn(s setup, w wallet) answer {
	b.t.Helper()
	res := b.do("POST", s.challenge, "")
	b.expect(res, 200, "")
	var c struct {
		Nonce              []byte // base64, as encoding/json has it
		Message, Recipient string
	}
	if err := json.Unmarshal([]byte(res.body), &c); err != nil || len(c.Nonce) != 32 {
		b.t.Fatalf("challenge %q: %v", res.body, err)
	}
	hash, err := nep413.Payload{Message: c.Message, Nonce: [32]byte(c.Nonce), Recipient: c.Recipient}.Hash()
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{
		"accountId": w.account, "publicKey": w.key,
		"nonce":     base64.StdEncoding.EncodeToString(c.Nonce),
		"signature": base64.StdEncoding.EncodeToString(ed25519.Sign(w.private, hash[:])),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do("POST", s.verify, string(body))
}
