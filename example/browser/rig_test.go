package browser

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/handlers/nep413"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "4") // they wait more than they work; -parallel says otherwise
	code := m.Run()
	if findChromium() != "" {
		if c, err := shared(); err == nil {
			c.close()
		}
	}
	exampletest.Clean()
	os.Exit(code)
}

// demo starts the example as a newcomer does. It is at localhost, which browsers
// take for another site than the wallet's 127.0.0.1.
func demo(t testing.TB, flags ...string) *exampletest.Process {
	t.Helper()
	browser(t) // or skip
	return exampletest.Start(t, append([]string{"-addr", "localhost:0"}, flags...)...)
}

// testnet starts the example on a fake NEAR node that the test can change.
func testnet(t testing.TB, flags ...string) (*exampletest.Process, *nearrpctest.Node) {
	t.Helper()
	browser(t)
	node, chain := exampletest.Chain(t)
	return exampletest.Start(t, append([]string{"-addr", "localhost:0", "-network", "testnet", "-rpc", chain.URL}, flags...)...), node
}

// onChain makes the account of a wallet, or adds its key.
func onChain(t testing.TB, node *nearrpctest.Node, w exampletest.Wallet) {
	t.Helper()
	if err := node.AddFullAccessKey(w.Account, w.Key()); err != nil {
		t.Fatal(err)
	}
}

// has gives the person a wallet that announces itself on each page, as an
// extension does. self.wallet is how the test moves it.
func (p *person) has(w exampletest.Wallet) {
	p.t.Helper()
	seed, public := w.Private.Seed(), w.Private.Public().(ed25519.PublicKey)
	url64 := base64.RawURLEncoding
	setup, err := json.Marshal(map[string]any{
		"accountId": w.Account,
		"public":    map[string]string{"kty": "OKP", "crv": "Ed25519", "x": url64.EncodeToString(public)},
		"private":   map[string]string{"kty": "OKP", "crv": "Ed25519", "x": url64.EncodeToString(public), "d": url64.EncodeToString(seed)},
	})
	p.must(err)
	p.script = "(" + walletScript + ")(" + string(setup) + ")"
}

// walletScript speaks the protocol of injected wallets. It counts what it signs
// where a reload does not lose it.
const walletScript = `(setup) => {
	if (self !== top || !location.protocol.startsWith("http")) return;
	const listeners = new Set();
	const wallet = self.wallet = {
		accountId: setup.accountId, refuses: false,
		manifest: { id: "test", name: "Test wallet", features: { signMessage: true, signInAndSignMessage: true, testnet: true } },
		async signInAndSignMessage({ messageParams }) {
			if (wallet.refuses) throw new Error("User rejected the request");
			sessionStorage.signed = 1 + Number(sessionStorage.signed ?? 0);
			const { testKey } = await import(new URL("/auth/client.js", location.href).href);
			const key = (jwk, use) => crypto.subtle.importKey("jwk", jwk, "Ed25519", true, [use]);
			const keys = { publicKey: await key(setup.public, "verify"), privateKey: await key(setup.private, "sign") };
			return [{ accountId: wallet.accountId, signedMessage: await testKey(wallet.accountId, keys)(messageParams) }];
		},
		on: (event, f) => event === "accountsChanged" && listeners.add(f),
		off: (event, f) => listeners.delete(f),
		shows: (accountId) => listeners.forEach((f) => f({ accounts: [{ accountId }] })),
	};
	const announce = () => dispatchEvent(new CustomEvent("near-wallet-injected", { detail: wallet }));
	addEventListener("near-selector-ready", announce);
}`

func newWallet(account string) exampletest.Wallet { return exampletest.NewWallet(account) }

// returnOf is where MyNearWallet sends the browser back to after the person has
// approved: https://testnet.mynearwallet.com/sign-message?… says where.
func returnOf(t testing.TB, w exampletest.Wallet, request string) string {
	t.Helper()
	u, err := url.Parse(request)
	if err != nil {
		t.Error(err)
		return ""
	}
	q := u.Query()
	nonce, _ := base64.StdEncoding.DecodeString(q.Get("nonce"))
	if u.Path != "/sign-message" || len(nonce) != 32 {
		t.Errorf("not what MyNearWallet understands: %s", request)
		return ""
	}
	callback := q.Get("callbackUrl")
	hash, err := nep413.Payload{Message: q.Get("message"), Nonce: [32]byte(nonce), Recipient: q.Get("recipient"), CallbackURL: &callback}.Hash()
	if err != nil {
		t.Error(err)
	}
	signature := base64.StdEncoding.EncodeToString(ed25519.Sign(w.Private, hash[:]))
	return fmt.Sprintf("%s#accountId=%s&signature=%s&publicKey=%s&state=%s&", callback,
		w.Account, url.QueryEscape(signature), url.QueryEscape(w.Key()), q.Get("state"))
}

// signedIn is a tab at the site's home, signed in with the injected wallet.
func (p *person) signedIn(site *exampletest.Process) *page {
	p.t.Helper()
	tab := p.open(site.URL + "/")
	tab.click("#usual")
	tab.at("/private")
	tab.goTo(site.URL + "/")
	tab.says("#status", "Signed in as ")
	tab.says("#sessions", "this one")
	return tab
}

// demoAs signs in with the demo wallet, in this tab, and stops at the private page.
func (tab *page) demoAs(account string) {
	tab.t.Helper()
	tab.click("#others")
	tab.click(`#wallets [data-mode="redirect"]`)
	tab.at("/sign-message")
	tab.fill("#account", account)
	tab.click("#approve")
	tab.at("/private")
}

// trouble waits for words of an error, and that what is to be done has the focus.
func (tab *page) trouble(words, remedy string) {
	tab.t.Helper()
	tab.says("#words", words)
	tab.says("#remedy", remedy)
	tab.holds(`document.activeElement.id === "remedy"`)
}

// fine fails the test if the page shows an error.
func (tab *page) fine() {
	tab.t.Helper()
	if tab.eval(`document.getElementById("trouble").checkVisibility()`) != false {
		tab.t.Errorf("an error is shown: %v", tab.eval(`document.getElementById("words").innerText`))
	}
}

// script evaluates an expression with arguments in it, quoted for JavaScript.
func (tab *page) script(format string, args ...string) any {
	quoted := make([]any, len(args))
	for i, a := range args {
		b, _ := json.Marshal(a)
		quoted[i] = string(b)
	}
	return tab.eval(fmt.Sprintf(format, quoted...))
}

// walletOf is the origin of the demo wallet.
func (tab *page) walletOf() string {
	tab.t.Helper()
	origin, _ := tab.eval(`document.querySelector("#wallets [data-url]").dataset.url`).(string)
	if !strings.HasPrefix(origin, "http") {
		tab.t.Fatal("the page offers no demo wallet")
	}
	return origin
}
