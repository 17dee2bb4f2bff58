package browser

import (
	"testing"

	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// The chain cannot be asked: the page says so, and the wallet signs once.
func TestChainDown(t *testing.T) {
	t.Parallel()
	site, node := testnet(t)
	alice, p := newWallet("alice.testnet"), newPerson(t)
	onChain(t, node, alice)
	p.has(alice)
	node.Fault(nearrpctest.Down())
	tab := p.open(site.URL + "/?next=/api/me")
	tab.says("#usual", "Test wallet")
	tab.click("#usual")
	tab.trouble("Your wallet need not sign again", "Try again")
	node.Fault(nil)
	tab.insist("/api/me")
	if n := tab.eval(`sessionStorage.signed`); n != "1" {
		t.Errorf("the wallet has signed %v times", n)
	}
	tab.quiet("503")
}

// insist presses the remedy until it leads to a path: who has been down is not
// asked at once.
func (tab *page) insist(path string) {
	tab.t.Helper()
	tab.wait("it works again", func() bool {
		if tab.eval(`document.getElementById("remedy")?.checkVisibility()`) == true {
			tab.click("#remedy")
		}
		return tab.eval(`location.pathname`) == path
	})
}

// The same where the browser has been to MyNearWallet and back, the real one as
// the page sees it.
func TestMyNearWallet(t *testing.T) {
	t.Parallel()
	site, node := testnet(t)
	alice := newWallet("alice.testnet")
	onChain(t, node, alice)
	tab := newPerson(t).open(site.URL + "/")
	tab.says("#usual", "MyNearWallet")
	tab.internet("https://testnet.mynearwallet.com/*", func(url string) response {
		return response{status: 302, location: returnOf(t, alice, url)}
	})
	node.Fault(nearrpctest.Down())
	tab.click("#others")
	tab.click(`#wallets [data-mode="redirect"]`)
	tab.trouble("Your wallet need not sign again", "Try again")
	tab.holds(`location.hash === ""`) // the signature is not left there
	node.Fault(nil)
	tab.insist("/private")
	tab.says("h1", "Hello, alice.testnet")
	tab.quiet("503")
}

// The store cannot be reached: nobody is signed in, or seems to be signed out.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	site, node := testnet(t, "-redis", redis.URL())
	alice, p := newWallet("alice.testnet"), newPerson(t)
	onChain(t, node, alice)
	p.has(alice)
	tab := p.open(site.URL + "/")
	tab.says("#status", "Not signed in")
	redis.Kill()
	tab.click("#usual")
	tab.trouble("cannot get at its sessions", "Try again")
	if err := redis.Run(); err != nil {
		t.Fatal(err)
	}
	tab.insist("/private")
	tab.says("h1", "Hello, alice.testnet")

	tab.goTo(site.URL + "/")
	tab.says("#sessions", "this one")
	redis.Kill()
	tab.click("#end-all")
	tab.trouble("cannot get at its sessions", "Try again")
	tab.says("#status", "Signed in as alice.testnet")
	tab.click("#sign-out button")
	tab.says("#status", "Signed out") // here, whatever the store says
	tab.quiet("503")
}
