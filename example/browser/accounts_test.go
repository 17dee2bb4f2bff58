package browser

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// A name belongs to who was first; the wallet says so, and another name works.
func TestTakenName(t *testing.T) {
	t.Parallel()
	site := demo(t)
	newPerson(t).open(site.URL + "/").demoAs("alice.demo")

	p := newPerson(t)
	tab := p.open(site.URL + "/")
	tab.click("#usual")
	wallet := p.popup("/sign-message")
	wallet.fill("#account", "alice.demo")
	wallet.click("#approve")
	wallet.says("#status", "taken")
	tab.says("#status", "Waiting for the wallet")
	wallet.fill("#account", "bob.demo")
	wallet.click("#approve")
	tab.at("/private")
	tab.says("h1", "Hello, bob.demo")
	tab.quiet()
	wallet.quiet("409")
}

// The wallet has moved to another account: the page says so. To be that account
// the wallet has to sign with it, and not with the one of before.
func TestWalletMovesToAnotherAccount(t *testing.T) {
	t.Parallel()
	site, node := testnet(t)
	alice, p := newWallet("alice.testnet"), newPerson(t)
	onChain(t, node, alice)
	p.has(alice)
	tab := p.signedIn(site) // on a page that was loaded since
	tab.eval(`wallet.shows("alice.testnet")`)
	tab.holds(`document.getElementById("moved").hidden`)
	tab.eval(`wallet.shows("bob.testnet")`)
	tab.says("#moved", "Your wallet is on bob.testnet now")
	tab.click("#follow")
	tab.trouble("another account than the one asked for", "Try again")
	tab.says("#status", "Signed in as alice.testnet") // as before

	bob := alice
	bob.Account = "bob.testnet" // with the same key
	onChain(t, node, bob)
	tab.eval(`wallet.accountId = "bob.testnet"`)
	tab.click("#remedy")
	tab.at("/private")
	tab.says("h1", "Hello, bob.testnet")
	tab.quiet("401")
}

// A person removes the key with which they are signed in: the session ends by
// itself, and the key signs nobody in.
func TestKeyRemoved(t *testing.T) {
	t.Parallel()
	site := demo(t, "-recheck", "1s")
	p := newPerson(t)
	tab := p.open(site.URL + "/")
	wallet := tab.walletOf()
	tab.demoAs("alice.demo")
	tab.goTo(site.URL + "/")
	tab.says("#status", "Signed in as alice.demo")
	there := p.open(wallet + "/sign-message?" + url.Values{
		"message": {"hi"}, "recipient": {"here"}, "nonce": {base64.StdEncoding.EncodeToString(make([]byte, 32))}, "callbackUrl": {site.URL + "/"},
	}.Encode())
	there.holds(`document.getElementById("account").value === "alice.demo"`)
	there.click("summary")
	there.click("#remove")
	there.says("#status", "removed")
	there.quiet()
	there.close()
	// Whenever somebody looks at the tab, it asks who is signed in.
	tab.wait("the session ends", func() bool {
		time.Sleep(100 * time.Millisecond)
		tab.lookedAt()
		status, _ := tab.eval(`document.getElementById("status").innerText`).(string)
		return strings.Contains(status, "Signed out")
	})
	tab.click("#usual")
	p.popup("/sign-message").click("#approve")
	tab.trouble("That key is not on the account", "Choose another wallet")
	tab.click("#remedy")
	tab.says("#picker", "Choose a wallet")
	tab.quiet("401")
}

// What the chain says about a key, in words.
func TestKeysThatSignNobodyIn(t *testing.T) {
	t.Parallel()
	site, node := testnet(t)
	alice := newWallet("alice.testnet")
	for name, c := range map[string]struct {
		onChain func(*nearrpctest.Node) error
		words   string
	}{
		"unknown": {func(*nearrpctest.Node) error { return nil }, "That key is not on the account"},
		"function call": {func(n *nearrpctest.Node) error {
			return n.AddFunctionCallKey("carol.testnet", alice.Key(), "app.testnet")
		}, "A full-access key has to sign"},
	} {
		p, w := newPerson(t), alice
		if name == "function call" {
			w.Account = "carol.testnet"
		}
		if err := c.onChain(node); err != nil {
			t.Fatal(err)
		}
		p.has(w)
		tab := p.open(site.URL + "/")
		tab.says("#usual", "Test wallet")
		tab.click("#usual")
		tab.trouble(c.words, "Choose another wallet")
		tab.quiet("401")
	}
}
