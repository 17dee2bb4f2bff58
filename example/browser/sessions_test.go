package browser

import (
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// browsers are two browsers of one account, each with a key of its own, at home.
func browsers(t *testing.T) (site *exampletest.Process, here, there *page) {
	t.Helper()
	site, node := testnet(t)
	var tabs []*page
	for range 2 {
		w, p := newWallet("alice.testnet"), newPerson(t)
		onChain(t, node, w)
		p.has(w)
		tabs = append(tabs, p.signedIn(site))
	}
	here, there = tabs[0], tabs[1]
	here.goTo(site.URL + "/")
	here.holds(`document.querySelectorAll("#sessions li").length === 2`)
	here.holds(`document.querySelectorAll("#sessions strong").length === 1`)
	here.says("#sessions", "this one")
	here.says("#sessions", "Chrome on Linux")
	return site, here, there
}

// signedOut fails unless the server knows the browser no more.
func (tab *page) signedOut(site *exampletest.Process) {
	tab.t.Helper()
	tab.goTo(site.URL + "/private")
	tab.at("/")
	tab.says("#status", "Not signed in")
}

func TestEndOneSession(t *testing.T) {
	t.Parallel()
	site, here, there := browsers(t)
	here.click("#sessions button")
	here.holds(`document.querySelectorAll("#sessions li").length === 1`)
	here.holds(`document.activeElement.id === "everywhere"`)
	here.says("#sessions", "this one")
	there.signedOut(site)
	here.goTo(site.URL + "/private")
	here.says("h1", "Hello, alice.testnet")
	here.quiet()
	there.quiet()
}

func TestSignOutElsewhere(t *testing.T) {
	t.Parallel()
	site, here, there := browsers(t)
	here.click("#end-others")
	here.holds(`document.querySelectorAll("#sessions li").length === 1 && document.getElementById("end-others").disabled`)
	here.says("#status", "Signed in as alice.testnet")
	there.signedOut(site)
	here.quiet()
}

func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	site, here, there := browsers(t)
	here.click("#end-all")
	here.says("#status", "Signed out")
	here.holds(`document.activeElement.id === "usual"`)
	here.signedOut(site)
	there.signedOut(site)
	here.quiet()
}

// One that has ended elsewhere is no alarm.
func TestSessionHadEnded(t *testing.T) {
	t.Parallel()
	_, here, there := browsers(t)
	there.click("#sign-out button")
	there.says("#status", "Signed out")
	here.click("#sessions button")
	here.trouble("had ended already", "Look again")
	here.click("#remedy")
	here.holds(`document.querySelectorAll("#sessions li").length === 1`)
	here.fine()
	here.quiet("404")
}

// Tabs of one browser follow each other.
func TestTabs(t *testing.T) {
	t.Parallel()
	site := demo(t)
	p := newPerson(t)
	one, two := p.open(site.URL+"/"), p.open(site.URL+"/")
	two.says("#status", "Not signed in")
	one.demoAs("alice.demo")
	two.says("#status", "Signed in as alice.demo")
	two.says("#sessions", "this one") // what is below it has its place then
	two.click("#sign-out button")
	two.says("#status", "Signed out")
	one.signedOut(site)
	two.demoAs("bob.demo")
	one.says("#status", "Signed in as bob.demo")
	two.click("form button") // of the private page, which has no script
	two.at("/")
	one.lookedAt()
	one.says("#status", "Signed out")
	one.quiet()
	two.quiet()
}

// lookedAt is when somebody turns to the tab.
func (tab *page) lookedAt() {
	tab.eval(`document.dispatchEvent(new Event("visibilitychange"))`)
}

// Signing out needs no JavaScript, and the pages do not promise what does.
func TestWithoutJavaScript(t *testing.T) {
	t.Parallel()
	site := demo(t)
	tab := newPerson(t).open(site.URL + "/")
	tab.demoAs("alice.demo")
	tab.must(tab.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil))
	tab.goTo(site.URL + "/private")
	tab.says("h1", "Hello, alice.demo")
	tab.click("form button")
	tab.at("/")
	tab.says("noscript", "Wallets need JavaScript")
	tab.holds(`[...document.querySelectorAll("button, #status")].every((e) => !e.checkVisibility())`)
	tab.click("noscript a")
	tab.holds(`location.search.startsWith("?next=") && document.readyState === "complete"`) // not let in
	if n := tab.count("GET", "/auth/session"); n > 1 {
		t.Errorf("a script has run: %d", n)
	}
	tab.quiet()
}
