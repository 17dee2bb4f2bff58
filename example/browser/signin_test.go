package browser

import (
	"os"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if findChromium() != "" {
		if c, err := shared(); err == nil {
			c.close()
		}
	}
	exampletest.Clean()
	os.Exit(code)
}

// Two clicks: one on the page and one in the wallet, in a window of its own.
func TestPopup(t *testing.T) {
	t.Parallel()
	site := exampletest.Start(t)
	p := newPerson(t)
	tab := p.open(site.URL + "/private")
	tab.at("/")
	tab.says("#status", "Not signed in")
	tab.click("#usual")
	wallet := p.popup("/sign-message")
	wallet.says("#message", "Sign in to ")
	wallet.fill("#account", "alice.demo")
	wallet.click("#approve")
	tab.at("/private")
	tab.says("h1", "Hello, alice.demo")
	tab.quiet()
}

// The same in this tab: the browser goes to the wallet and comes back.
func TestRedirect(t *testing.T) {
	t.Parallel()
	site := exampletest.Start(t)
	p := newPerson(t)
	tab := p.open(site.URL + "/")
	tab.click("#others")
	tab.says("#countdown", "Good for 4:5")
	tab.click(`#wallets [data-mode="redirect"]`)
	tab.at("/sign-message")
	tab.fill("#account", "alice.demo")
	tab.click("#approve")
	tab.at("/private")
	tab.says("h1", "Hello, alice.demo")
	tab.quiet()
}
