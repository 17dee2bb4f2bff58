package browser

import (
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

const cdn = "https://cdn.jsdelivr.net/*"

// Without the internet, or with other code than the site knows, "More wallets"
// says so and all else is as before. Nothing is asked of the CDN until then.
func TestMoreWalletsUnavailable(t *testing.T) {
	t.Parallel()
	site, node := testnet(t)
	for name, answer := range map[string]response{
		"offline":    {},
		"gone":       {status: 404, body: "export class NearConnector {}"},
		"other code": {status: 200, body: "self.ran = true; export class NearConnector {}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alice, p := newWallet("alice.testnet"), newPerson(t)
			onChain(t, node, alice)
			p.has(alice)
			tab := p.open(site.URL + "/")
			tab.internet(cdn, func(string) response { return answer })
			tab.says("#usual", "Test wallet")
			tab.only(site.URL)
			tab.click("#others")
			tab.click("#more")
			tab.trouble("More wallets cannot be loaded", "Choose another wallet")
			if tab.eval(`self.ran`) == true {
				t.Error("code has run that is not what it should be")
			}
			tab.click("#remedy")
			tab.click(`#wallets [data-id="test"]`)
			tab.at("/private")
			tab.quiet("cdn.jsdelivr.net") // the browser itself says that
		})
	}
}

// connector stands for near-connect: it draws a list with inline styles, and its
// wallet is a script in a sandboxed frame that needs the nonce.
const connector = `
export class NearConnector {
	constructor(options) { this.options = options; }
	on() {}
	off() {}
	async selectWallet() {
		const { network, autoConnect, cspNonce } = this.options;
		if (network !== "testnet" || autoConnect !== false) throw new Error("other options");
		const list = document.createElement("div");
		list.innerHTML = "<button id='theirs' style='position: fixed; inset: 0'>Their wallet</button>";
		document.body.append(list);
		await new Promise((chosen) => (list.onclick = chosen));
		if (getComputedStyle(list.firstChild).position !== "fixed") throw new Error("no inline styles");
		list.remove();
		const frame = document.createElement("iframe");
		frame.sandbox = "allow-scripts";
		frame.srcdoc = "<script nonce='" + cspNonce + "'>parent.postMessage('alive', '*')</script>";
		const alive = new Promise((heard) => addEventListener("message", ({ source }) => source === frame.contentWindow && heard()));
		document.body.append(frame);
		await alive;
		return "theirs";
	}
	wallet() {
		return { ...self.wallet, manifest: { features: { signMessage: true } }, signMessage: this.sign };
	}
	async connect() {}
	async sign(messageParams) {
		const [{ signedMessage }] = await self.wallet.signInAndSignMessage({ messageParams });
		return signedMessage;
	}
}`

// The mechanism, with a module that does what near-connect does: it is checked by
// its hash, is given the nonce, and its wallet signs in.
func TestMoreWallets(t *testing.T) {
	t.Parallel()
	site, node := testnet(t)
	alice, p := newWallet("alice.testnet"), newPerson(t)
	onChain(t, node, alice)
	p.has(alice)
	tab := p.open(site.URL + "/")
	tab.internet(cdn, func(string) response { return response{status: 200, body: connector} })
	tab.says("#usual", "Test wallet")
	sum := sha512.Sum384([]byte(connector))
	tab.script(`document.body.dataset.integrity = %s`, "sha384-"+base64.StdEncoding.EncodeToString(sum[:]))
	tab.click("#others")
	tab.click("#more")
	tab.says("#where", "Choose a wallet in the list that opens")
	tab.click("#theirs")
	tab.at("/private")
	tab.says("h1", "Hello, alice.testnet")
	if n := tab.count("GET", "/gh/azbang/near-connect@da9408fa49d9038f3fa5f57d39b0221df7a66f39/cdn/hot-connect.es.js"); n != 1 {
		t.Errorf("the module was fetched %d times", n)
	}
	tab.quiet()
}

// Where near-connect is not wanted, and in the demo, neither the page nor its
// policy knows of it. Where it is, each page has a nonce of its own.
func TestNearConnectFlag(t *testing.T) {
	t.Parallel()
	page := func(url string) (policy, body string) {
		t.Helper()
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var b strings.Builder
		if err := res.Write(&b); err != nil {
			t.Fatal(err)
		}
		return res.Header.Get("Content-Security-Policy"), b.String()
	}
	off, _ := testnet(t, "-near-connect=false")
	for _, url := range []string{off.URL, demo(t).URL} {
		if policy, body := page(url); !strings.Contains(policy, "script-src 'self';") || strings.Contains(body, "jsdelivr") {
			t.Errorf("%s knows near-connect: %s", url, policy)
		}
	}
	on, _ := testnet(t)
	first, body := page(on.URL)
	second, _ := page(on.URL)
	if !strings.Contains(first, "script-src 'self' 'nonce-") || !strings.Contains(first, "/cdn/hot-connect.es.js;") || !strings.Contains(body, `data-integrity="sha384-`) {
		t.Errorf("near-connect is not offered: %s", first)
	}
	if first == second {
		t.Error("two pages have one nonce")
	}
	if policy, _ := page(on.URL + "/static/app.js"); !strings.Contains(policy, "script-src 'self';") {
		t.Errorf("the policy is wider than the one page needs: %s", policy)
	}
}
