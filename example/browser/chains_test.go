package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

const (
	ethereum = "Demo Ethereum wallet"
	stellar  = "Demo Freighter"
)

// allChains starts the demo with every chain, and with its extension.
func allChains(t testing.TB) *exampletest.Process {
	t.Helper()
	return demo(t, "-ethereum", "-stellar")
}

// choose goes to the wallets and chooses one that is installed.
func (tab *page) choose(wallet string) {
	tab.t.Helper()
	tab.click("#others")
	tab.click(fmt.Sprintf(`#wallets [data-name=%q]`, wallet))
}

// reply answers the demo extension's dialog that asks this.
func (tab *page) reply(asks, button string) {
	tab.t.Helper()
	tab.says("dialog.extension", asks)
	tab.click(fmt.Sprintf("dialog.extension [value=%q]", button))
}

// account is the demo extension's account, as its dialog says.
func (tab *page) account() string {
	tab.t.Helper()
	says, _ := tab.eval(`document.querySelector("dialog.extension .quiet").textContent`).(string)
	_, account, _ := strings.Cut(says, ": ")
	return account
}

// isAt waits until an element shows an account. Wallets write Ethereum's addresses
// in lower case, the site in the mixed case of EIP-55.
func (tab *page) isAt(selector, account string) {
	tab.t.Helper()
	tab.holds(fmt.Sprintf(`document.querySelector(%q).innerText.toLowerCase().includes(%q)`, selector, strings.ToLower(account)))
}

const (
	access    = "wants to see your account"
	signature = "asks for your signature"
)

// approves signs in with a wallet of the demo extension that knows the site, and
// stops at the private page.
func (tab *page) approves(wallet string) {
	tab.t.Helper()
	tab.choose(wallet)
	tab.reply(signature, "yes")
	tab.at("/private")
}

// A sign-in with an Ethereum wallet that is found by EIP-6963, and with Freighter:
// the wallet names the account, the page shows the text, the wallet shows the
// same, and a second time the wallet knows the site.
func TestOtherChains(t *testing.T) {
	t.Parallel()
	site := allChains(t)
	for _, c := range []struct{ wallet, kind, network, listed, caip10 string }{
		{ethereum, "Ethereum", "Ethereum", "Ethereum, installed", "eip155:1:0x"},
		{stellar, "Stellar", "Stellar testnet", "Stellar testnet, installed", "stellar:testnet:G"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			tab := newPerson(t).open(site.URL + "/private")
			tab.at("/")
			tab.says("h1", "Sign in")
			tab.says("#status", "Not signed in")
			tab.click("#others")
			tab.says(fmt.Sprintf("#wallets [data-name=%q]", c.wallet), c.listed)
			tab.click(fmt.Sprintf("#wallets [data-name=%q]", c.wallet))
			tab.says("#message + dd", "wants you to sign in with your "+c.kind+" account")
			tab.says("#network", c.network)
			tab.reply(access, "yes")
			tab.says("dialog.extension", signature)
			account := tab.account()
			tab.isAt("#who", account)
			if tab.eval(`document.querySelector("dialog.extension .text").textContent === document.querySelector("#message + dd").textContent`) != true {
				t.Errorf("the page shows %v", tab.eval(`document.querySelector("#message + dd").textContent`))
			}
			tab.says("#message + dd", "Sign in to localhost:")
			tab.says("#message + dd", "Nonce: ")
			tab.reply(signature, "yes")
			tab.at("/private")
			tab.says("h1", "Hello, ")
			tab.says("dl", c.caip10)

			tab.goTo(site.URL + "/")
			tab.says("#status", " on "+c.network+".")
			tab.isAt("#status", account)
			tab.says("#sessions", "this one")
			tab.click("#sign-out button")
			tab.says("#status", "Signed out")
			tab.approves(c.wallet)
			tab.only(site.URL)
			tab.quiet()
		})
	}
}

// Who says no, when asked for the account or for the signature, is simply back.
func TestRejectOtherChains(t *testing.T) {
	t.Parallel()
	site := allChains(t)
	for _, wallet := range []string{ethereum, stellar} {
		t.Run(wallet, func(t *testing.T) {
			t.Parallel()
			tab := newPerson(t).open(site.URL + "/")
			back := func() {
				t.Helper()
				tab.says("#status", "Not signed in")
				tab.holds(`document.activeElement.id === "usual" && !document.querySelector("dialog.extension")`)
				tab.fine()
			}
			tab.choose(wallet)
			tab.reply(access, "no")
			back()
			if n := tab.count("POST", "/auth/challenge"); n != 1 { // the picker's, for NEAR
				t.Errorf("%d challenges, and the wallet has named no account", n)
			}
			tab.choose(wallet)
			tab.reply(access, "yes")
			tab.reply(signature, "no")
			back()
			tab.choose(wallet)
			tab.says("dialog.extension", signature)
			tab.press("Escape") // is a no as well
			back()
			tab.approves(wallet)
			tab.quiet()
		})
	}
}

// The wallet moves to another account: the page says so, also after a reload, and
// no longer when it is back. Signing in as that account is one click and one
// signature.
func TestOtherWalletMoves(t *testing.T) {
	t.Parallel()
	site := allChains(t)
	for _, wallet := range []string{ethereum, stellar} {
		t.Run(wallet, func(t *testing.T) {
			t.Parallel()
			tab := newPerson(t).open(site.URL + "/")
			tab.choose(wallet)
			tab.reply(access, "yes")
			tab.says("dialog.extension", signature)
			first := tab.account()
			tab.reply(signature, "yes")
			tab.at("/private")
			tab.goTo(site.URL + "/")
			tab.says("#sessions", "this one")
			tab.moveTo(2)
			tab.says("#moved", "Your wallet is on ")
			tab.moveTo(1)
			tab.holds(`document.getElementById("moved").hidden`)
			tab.moveTo(2)
			tab.says("#follow", "Sign in as ")
			tab.click("#follow")
			tab.says("dialog.extension", signature)
			second := tab.account()
			if first == second || len(first) < 42 {
				t.Errorf("the accounts are %s and %s", first, second)
			}
			tab.isAt("#who", second)
			tab.reply(signature, "yes")
			tab.at("/private")
			tab.isAt("dl", second)
			tab.goTo(site.URL + "/")
			tab.isAt("#status", second)
			tab.holds(`document.getElementById("moved").hidden`)
			tab.quiet()
		})
	}
}

// moveTo has the demo extension on another of its accounts.
func (tab *page) moveTo(account int) {
	tab.t.Helper()
	tab.holds(fmt.Sprintf(`(() => { const e = document.getElementById("demo-account"); if (!e) return false; e.value = %d; e.dispatchEvent(new Event("change")); return true; })()`, account))
}

// One person on three chains: each sign-in ends the one before, and the list is of
// that account's sessions alone.
func TestOneChainAfterAnother(t *testing.T) {
	t.Parallel()
	site := allChains(t)
	tab := newPerson(t).open(site.URL + "/")
	sessions := func(network string, n int) {
		t.Helper()
		tab.goTo(site.URL + "/")
		tab.says("#status", " on "+network+".")
		tab.holds(fmt.Sprintf(`document.querySelectorAll("#sessions li").length === %d && document.querySelectorAll("#sessions strong").length === 1`, n))
	}
	anew := func() {
		tab.must(tab.call("Network.clearBrowserCookies", nil, nil)) // another browser, as far as the site can tell
		tab.goTo(site.URL + "/")
		tab.says("#status", "Not signed in")
	}
	tab.choose(ethereum)
	tab.reply(access, "yes")
	tab.reply(signature, "yes")
	tab.at("/private")
	sessions("Ethereum", 1)
	anew()
	tab.approves(ethereum)
	sessions("Ethereum", 2)
	anew()
	tab.choose(stellar)
	tab.reply(access, "yes")
	tab.reply(signature, "yes")
	tab.at("/private")
	sessions("Stellar testnet", 1)
	anew()
	tab.demoAs("alice.demo")
	sessions("NEAR demo", 1)
	tab.moveTo(2)                                             // of wallets that are not the session's
	tab.eval(`new Promise((done) => setTimeout(done, 2500))`) // Freighter is asked every two seconds
	tab.holds(`document.getElementById("moved").hidden`)
	tab.quiet()
}

// The whole of it with the keyboard.
func TestOtherChainsKeyboardOnly(t *testing.T) {
	t.Parallel()
	site := allChains(t)
	tab := newPerson(t).open(site.URL + "/")
	tab.says("#usual", "Sign in with "+ethereum)
	tab.tabTo("#usual")
	tab.press("Enter")
	for _, asks := range []string{access, signature} {
		tab.says("dialog.extension", asks)
		tab.holds(`document.activeElement.value === "yes"`)
		tab.tabTo(`dialog.extension [value="no"]`)
		tab.tabTo(`dialog.extension [value="yes"]`)
		tab.press("Enter")
	}
	tab.at("/private")
	tab.says("h1", "Hello, 0x")
	tab.quiet()
}

// announced is an Ethereum wallet that announces itself twice, as extensions do:
// it says what self.says is, or signs badly, or with self.waits never.
const announced = `(() => {
	const answers = { eth_requestAccounts: ["0x" + "a1".repeat(20)], personal_sign: "0x" + "00".repeat(65) };
	const request = async ({ method }) => {
		if (self.says) throw self.says;
		return self.waits && method === "personal_sign" ? new Promise(() => {}) : answers[method];
	};
	const detail = Object.freeze({ info: { uuid: "1", name: "Test wallet", icon: "data:,", rdns: "test" }, provider: { request } });
	const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
	addEventListener("eip6963:requestProvider", announce);
	addEventListener("DOMContentLoaded", announce);
})()`

// A real network: a wallet that announces itself as EIP-6963 has it is offered
// once, and what wallets say in numbers is said in words.
func TestInstalledEthereumWallet(t *testing.T) {
	t.Parallel()
	_, chain := exampletest.Chain(t)
	site := exampletest.Start(t, "-addr", "localhost:0", "-network", "testnet", "-rpc", chain.URL, "-ethereum")
	p := newPerson(t)
	p.script = announced
	tab := p.open(site.URL + "/")
	tab.eval(`self.says = { code: -32002, message: "Request of type 'wallet_requestPermissions' already pending" }`)
	tab.says("#usual", "Sign in with Test wallet")
	tab.click("#others")
	tab.says("#wallets li:first-child", "Ethereum, installed")
	tab.holds(`document.querySelectorAll("#wallets [data-id]").length === 1`)
	tab.says("#wallets", "NEAR testnet, in a window")
	tab.holds(`!document.getElementById("wallets").innerText.includes("Freighter")`)
	tab.click("#wallets [data-id]")
	tab.trouble("has a request open already", "Choose another wallet")
	tab.eval(`self.says = { code: 4001, message: "no" }`)
	tab.click("#usual")
	tab.holds(`document.activeElement.id === "usual"`)
	tab.fine()
	tab.eval(`self.says = { code: 4100, message: "no" }`)
	tab.click("#usual")
	tab.trouble("has not opened that account", "Choose another wallet")
	tab.eval(`self.says = undefined`)
	tab.click("#remedy")
	tab.click("#wallets [data-id]")
	tab.trouble("The wallet's signature does not fit", "Choose another wallet")
	tab.only(site.URL)
	tab.quiet("401")
	nothingOfTheDemo(t, site)
}

// A site with several networks of Ethereum's kind offers each wallet for each of
// them, and remembers which it was.
func TestSeveralEthereumNetworks(t *testing.T) {
	t.Parallel()
	_, chain := exampletest.Chain(t)
	site := exampletest.Start(t, "-addr", "localhost:0", "-network", "testnet", "-rpc", chain.URL,
		"-ethereum-rpc", "1="+chain.URL, "-ethereum-rpc", "8453="+chain.URL+"/a", "-ethereum-rpc", "8453="+chain.URL+"/b", "-ethereum-rpc", "7="+chain.URL)
	p := newPerson(t)
	p.script = announced
	tab := p.open(site.URL + "/")
	tab.says("#usual", "Sign in with Test wallet")
	tab.says("#network", "Ethereum")
	tab.click("#others")
	for _, network := range []string{"Ethereum, installed", "Base, installed", "Ethereum chain 7, installed"} {
		tab.says("#wallets", network)
	}
	tab.holds(`document.querySelectorAll("#wallets [data-id]").length === 3`)
	tab.eval(`self.says = { code: 4001, message: "no" }`)
	tab.click(`#wallets [data-chain="eip155:8453"]`)
	tab.says("#status", "Not signed in")
	tab.says("#network", "Base")
	tab.goTo(site.URL + "/")
	tab.says("#network", "Base")
	tab.eval(`self.waits = true`)
	tab.click("#usual")
	tab.says("#message + dd", "Chain ID: 8453")
	tab.click("#cancel")
	tab.says("#status", "Not signed in")
	tab.fine()
	tab.quiet()
}

// Without the flags there is nothing of it: not on the page, not on the wire.
func TestOnlyNEAR(t *testing.T) {
	t.Parallel()
	site := demo(t)
	p := newPerson(t)
	p.script = `addEventListener("eip6963:requestProvider", () => { self.probed = true; }); addEventListener("message", () => { self.probed = true; })`
	tab := p.open(site.URL + "/")
	tab.says("h1", "Sign in with NEAR")
	tab.says("#usual", "Sign in with Demo wallet")
	tab.click("#others")
	tab.says("#countdown", "Good for")
	tab.holds(`self.probed === undefined`)
	tab.holds(`!document.querySelector(".extension")`)
	tab.holds(`!/ethereum|stellar|freighter/i.test(document.documentElement.outerHTML)`)
	for _, path := range []string{"/static/others.js", "/auth/ethereum.js", "/auth/stellar.js", "/demo/extension.js"} {
		if n := tab.count("GET", path); n != 0 {
			t.Errorf("the page asks for %s", path)
		}
	}
	tab.quiet()
	nothingOfTheDemo(t, site)
}

func nothingOfTheDemo(t *testing.T, site *exampletest.Process) {
	t.Helper()
	for path, method := range map[string]string{"/demo/extension.js": "GET", "/demo/keys.js": "GET", "/demo/ethereum": "POST"} {
		res, body := site.Do(exampletest.Browser(), method, path, "")
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
	}
}

// What other sites and guesses get of the demo's Ethereum keys.
func TestDemoEthereumKeys(t *testing.T) {
	t.Parallel()
	site := allChains(t)
	const asked = `{"secret": "0123456789012345678901234567890123456789", "account": 1, "message": "0x6869"}`
	for what, c := range map[string]struct {
		header [2]string
		body   string
		status int
	}{
		"this site":       {[2]string{"Sec-Fetch-Site", "same-origin"}, asked, 200},
		"another site":    {[2]string{"Sec-Fetch-Site", "cross-site"}, asked, 403},
		"another origin":  {[2]string{"Origin", "https://evil.example"}, asked, 403},
		"no secret":       {[2]string{"Origin", site.URL}, `{"account": 1}`, 400},
		"a short secret":  {[2]string{"Origin", site.URL}, `{"secret": "0123", "account": 1}`, 400},
		"what is not hex": {[2]string{"Origin", site.URL}, strings.Replace(asked, "0x6869", "hi", 1), 400},
		"too much":        {[2]string{"Origin", site.URL}, strings.Replace(asked, "0x", "0x"+strings.Repeat("00", 9000), 1), 400},
	} {
		r, err := http.NewRequest("POST", site.URL+"/demo/ethereum", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(c.header[0], c.header[1])
		if res, body := site.Send(exampletest.Browser(), r); res.StatusCode != c.status {
			t.Errorf("%s: %d %s", what, res.StatusCode, body)
		}
	}
}

// What all of it looks like.
func TestLooksOfOtherChains(t *testing.T) {
	t.Parallel()
	site := allChains(t)
	for name, c := range screens {
		for kind, wallet := range map[string]string{"ethereum": ethereum, "stellar": stellar} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				look := func(tab *page, what string) { t.Helper(); tab.look(name + "-" + kind + "-" + what) }
				tab := newPerson(t).open(site.URL + "/")
				tab.screen(c.width, c.height, c.phone)
				tab.says("#usual", "Sign in with "+ethereum)
				look(tab, "home")
				tab.click("#others")
				tab.says("#countdown", "Good for")
				tab.says("#wallets", stellar)
				look(tab, "picker")
				tab.click(fmt.Sprintf("#wallets [data-name=%q]", wallet))
				tab.says("dialog.extension", access)
				look(tab, "access")
				tab.reply(access, "yes")
				tab.says("dialog.extension", signature)
				look(tab, "signature")
				tab.eval(`document.querySelector("dialog.extension").hidden = true`) // to see the page
				look(tab, "waiting")
				tab.eval(`document.querySelector("dialog.extension").hidden = false`)
				tab.reply(signature, "yes")
				tab.at("/private")
				look(tab, "private")
				tab.goTo(site.URL + "/")
				tab.says("#sessions", "this one")
				tab.moveTo(2)
				tab.says("#follow", "Sign in as ")
				look(tab, "moved")
				tab.quiet()
			})
		}
	}
}
