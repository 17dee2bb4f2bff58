package browser

import "testing"

// Two clicks: one on the page and one in the wallet, in a window of its own.
func TestPopup(t *testing.T) {
	t.Parallel()
	site := demo(t)
	p := newPerson(t)
	tab := p.open(site.URL + "/private")
	tab.at("/")
	tab.says("#status", "Not signed in")
	tab.says("#signed-out", "Sign in to localhost:")
	tab.click("#usual")
	wallet := p.popup("/sign-message")
	tab.says("#status", "Waiting for the wallet")
	wallet.says("#message", "Sign in to localhost:")
	wallet.fill("#account", "alice.demo")
	wallet.click("#approve")
	tab.at("/private")
	tab.says("h1", "Hello, alice.demo")
	tab.quiet()
}

// The same in this tab: the browser goes to the wallet, which is another site,
// and comes back.
func TestRedirect(t *testing.T) {
	t.Parallel()
	site := demo(t)
	tab := newPerson(t).open(site.URL + "/")
	tab.demoAs("alice.demo")
	tab.says("h1", "Hello, alice.demo")
	if n := tab.count("POST", "/auth/challenge"); n != 1 {
		t.Errorf("%d challenges for one sign-in", n)
	}
	tab.quiet()
}

// Who says no in the wallet's window is simply back.
func TestRejectInPopup(t *testing.T) {
	t.Parallel()
	site := demo(t)
	p := newPerson(t)
	tab := p.open(site.URL + "/")
	tab.click("#usual")
	wallet := p.popup("/sign-message")
	wallet.click("#reject")
	tab.says("#status", "Not signed in")
	tab.holds(`document.activeElement.id === "usual"`)
	tab.fine()
	tab.quiet()
}

func TestRejectInRedirect(t *testing.T) {
	t.Parallel()
	site := demo(t)
	tab := newPerson(t).open(site.URL + "/?next=/api/me")
	tab.click("#others")
	tab.click(`#wallets [data-mode="redirect"]`)
	tab.at("/sign-message")
	tab.click("#reject")
	tab.at("/")
	tab.says("#status", "Not signed in")
	tab.fine()
	tab.holds(`location.hash === ""`)
	tab.quiet()
}

func TestRejectInjected(t *testing.T) {
	t.Parallel()
	site, _ := testnet(t)
	p := newPerson(t)
	p.has(newWallet("alice.testnet"))
	tab := p.open(site.URL + "/")
	tab.says("#usual", "Test wallet")
	tab.eval(`wallet.refuses = true`)
	tab.click("#usual")
	tab.holds(`document.activeElement.id === "usual"`)
	tab.says("#status", "Not signed in")
	tab.fine()
	tab.quiet()
}

// Cancel closes the wallet's window, and what the wallet says later is too late.
func TestCancel(t *testing.T) {
	t.Parallel()
	site := demo(t)
	p := newPerson(t)
	tab := p.open(site.URL + "/")
	tab.click("#usual")
	p.popup("/sign-message")
	tab.click("#cancel")
	tab.says("#status", "Not signed in")
	tab.fine()
	p.closed("/sign-message")
	tab.quiet()
}

func TestPopupClosed(t *testing.T) {
	t.Parallel()
	site := demo(t)
	p := newPerson(t)
	tab := p.open(site.URL + "/")
	tab.click("#usual")
	wallet := p.popup("/sign-message")
	wallet.says("#status", "A site asks")
	wallet.close()
	tab.trouble("closed before it answered", "Try again")
	tab.click("#remedy")
	wallet = p.popup("/sign-message")
	wallet.click("#approve")
	tab.at("/private")
	tab.quiet()
}

// A browser that blocks the window is no dead end.
func TestPopupBlocked(t *testing.T) {
	t.Parallel()
	site := demo(t)
	tab := newPerson(t).open(site.URL + "/")
	tab.eval(`window.open = () => null`)
	tab.click("#usual")
	tab.trouble("blocked", "Open it in this tab")
	tab.click("#remedy")
	tab.at("/sign-message")
	tab.click("#approve")
	tab.at("/private")
	tab.quiet()
}
