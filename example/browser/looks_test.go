package browser

import "testing"

// screens are what the pages are looked at on.
var screens = map[string]struct {
	width, height int
	phone         bool
}{"desktop": {1200, 900, false}, "phone": {360, 740, true}}

// look leaves pictures for whoever wants to see them, light and dark; nothing may
// be wider than the screen, or than what it is in.
func (tab *page) look(name string) {
	tab.t.Helper()
	tab.picture(name)
	tab.dark(true)
	tab.picture(name + "-dark")
	tab.dark(false)
	if tab.eval(`document.documentElement.scrollWidth > innerWidth`) != false {
		tab.t.Errorf("%s is wider than the screen", name)
	}
	if cut := tab.eval(`[...document.querySelectorAll("button, a, dd, li, p, h1, h2")].filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth && e.clientWidth > 0).map((e) => e.id || e.innerText).join()`); cut != "" {
		tab.t.Errorf("%s: too wide for its place: %v", name, cut)
	}
}

// The pages of the demo, from the first to several sessions and an error.
func TestLooks(t *testing.T) {
	t.Parallel()
	site := demo(t)
	for name, c := range screens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t)
			tab := p.open(site.URL + "/")
			tab.screen(c.width, c.height, c.phone)
			tab.says("#status", "Not signed in")
			tab.look(name + "-home")
			tab.click("#others")
			tab.says("#countdown", "Good for")
			tab.look(name + "-picker")
			tab.click(`#wallets [data-mode="redirect"]`)
			tab.at("/sign-message")
			tab.says("#message", "Sign in to ")
			tab.look(name + "-wallet")
			tab.fill("#account", name+".demo")
			tab.click("#approve")
			tab.at("/private")
			tab.look(name + "-private")

			// Other browsers of the account, as far as the site can tell.
			for range 2 {
				tab.must(tab.call("Network.clearBrowserCookies", nil, nil))
				tab.goTo(site.URL + "/")
				tab.demoAs(name + ".demo")
			}
			tab.goTo(site.URL + "/")
			tab.holds(`document.querySelectorAll("#sessions li").length === 3`)
			tab.look(name + "-sessions")
			tab.click("#sign-out button")

			tab.click("#usual")
			p.popup("/sign-message")
			tab.says("#status", "Waiting")
			tab.look(name + "-waiting")
			tab.click("#cancel")
			tab.eval(`window.open = () => null`)
			tab.click("#usual")
			tab.trouble("blocked", "in this tab")
			tab.look(name + "-trouble")
			tab.quiet()
		})
	}
}

// A real network, with a wallet that is installed, and that moves.
func TestLooksOfTestnet(t *testing.T) {
	t.Parallel()
	site, node := testnet(t)
	alice := newWallet("alice-with-a-rather-long-name-that-is-still-allowed.testnet")
	onChain(t, node, alice)
	for name, c := range screens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t)
			p.has(alice)
			tab := p.open(site.URL + "/")
			tab.screen(c.width, c.height, c.phone)
			tab.click("#others")
			tab.says("#countdown", "Good for")
			tab.look(name + "-testnet-picker")
			tab.click(`#wallets [data-id="test"]`)
			tab.at("/private")
			tab.look(name + "-testnet-private")
			tab.goTo(site.URL + "/")
			tab.says("#sessions", "this one")
			tab.eval(`wallet.shows("bob.testnet")`)
			tab.says("#follow", "Sign in as bob.testnet")
			tab.look(name + "-testnet-moved")
			tab.click("#follow")
			tab.trouble("another account", "Try again")
			tab.look(name + "-testnet-trouble")
			tab.quiet("401")
		})
	}
}
