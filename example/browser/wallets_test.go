package browser

import "testing"

// A wallet that announces itself is offered first, by its own name, and signs in
// without a window.
func TestInjectedWallet(t *testing.T) {
	t.Parallel()
	site, node := testnet(t)
	alice, p := newWallet("alice.testnet"), newPerson(t)
	onChain(t, node, alice)
	p.has(alice)
	tab := p.open(site.URL + "/")
	tab.says("#usual", "Sign in with Test wallet")
	tab.eval(`window.open = () => { throw new Error("a window") }`)
	tab.click("#others")
	tab.says("#wallets li:first-child", "Test wallet")
	tab.says("#wallets li:nth-child(2)", "MyNearWallet")
	tab.holds(`document.activeElement.dataset.name === "Test wallet"`)
	tab.click("#wallets li:first-child button")
	tab.at("/private")
	tab.says("h1", "Hello, alice.testnet")
	tab.only(site.URL)
	tab.quiet()
}

// One that comes late, as extensions do, is offered while the picker is open, and
// one that comes again is there once.
func TestInjectedWalletComesLate(t *testing.T) {
	t.Parallel()
	site, node := testnet(t)
	alice, p := newWallet("alice.testnet"), newPerson(t)
	onChain(t, node, alice)
	p.has(alice)
	p.script = `addEventListener("near-selector-ready", (event) => self.late || event.stopImmediatePropagation(), true);` + p.script
	tab := p.open(site.URL + "/")
	tab.says("#usual", "Sign in with MyNearWallet")
	tab.click("#others")
	tab.says("#countdown", "Good for")
	tab.eval(`self.late = true; for (let i = 0; i < 3; i++) dispatchEvent(new Event("near-selector-ready"))`)
	tab.says("#wallets li:first-child", "Test wallet")
	tab.holds(`document.querySelectorAll("#wallets [data-id]").length === 1`)
	tab.click(`#wallets [data-id]`)
	tab.at("/private")

	// Who comes back finds it in the first place.
	tab.eval(`document.querySelector("form button").click()`)
	tab.at("/")
	tab.eval(`self.late = true; dispatchEvent(new Event("near-selector-ready"))`)
	tab.says("#usual", "Sign in with Test wallet")
	tab.quiet()
}
