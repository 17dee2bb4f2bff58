package browser

import (
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// The pages on a desktop and on a phone, light and dark, as pictures for whoever
// wants to look; nothing is wider than the screen.
func TestLooks(t *testing.T) {
	t.Parallel()
	site := exampletest.Start(t)
	for name, c := range map[string]struct {
		width, height int
		phone, dark   bool
	}{"desktop": {1200, 900, false, false}, "desktop-dark": {1200, 900, false, true}, "phone": {360, 740, true, false}, "phone-dark": {360, 740, true, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t)
			tab := p.open(site.URL + "/")
			tab.screen(c.width, c.height, c.phone)
			tab.dark(c.dark)
			look := func(page string) {
				t.Helper()
				tab.picture(name + "-" + page)
				if tab.eval(`document.documentElement.scrollWidth > innerWidth`) != false {
					t.Errorf("%s is wider than the screen", page)
				}
			}
			tab.says("#status", "Not signed in")
			look("home")
			tab.click("#others")
			tab.says("#countdown", "Good for")
			look("picker")
			tab.click(`#wallets [data-mode="redirect"]`)
			tab.at("/sign-message")
			tab.says("#message", "Sign in to ")
			look("wallet")
			tab.fill("#account", name+".demo")
			tab.click("#reject")
			tab.at("/")
			tab.says("#status", "Not signed in")
			tab.click("#others")
			tab.click(`#wallets [data-mode="redirect"]`)
			tab.at("/sign-message")
			tab.fill("#account", name+".demo")
			tab.click("#approve")
			tab.at("/private")
			look("private")
			tab.goTo(site.URL + "/")
			tab.says("#sessions", "this one")
			look("signed-in")
			tab.quiet()
		})
	}
}
