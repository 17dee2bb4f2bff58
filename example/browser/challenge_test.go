package browser

import (
	"fmt"
	"testing"
	"time"
)

// Who takes too long is told so, and gets another one.
func TestChallengeExpired(t *testing.T) {
	t.Parallel()
	site := demo(t, "-challenge-ttl", "2s")
	p := newPerson(t)
	tab := p.open(site.URL + "/")
	tab.click("#usual")
	wallet := p.popup("/sign-message")
	wallet.says("#status", "A site asks")
	time.Sleep(2500 * time.Millisecond)
	wallet.click("#approve")
	tab.trouble("took too long", "Get a new one")

	// On a site that gives more time this is where it works; here each try may
	// be too slow, if the machine is.
	tab.wait("a new one works", func() bool {
		tab.click("#remedy")
		wallet := p.popup("/sign-message")
		wallet.click("#approve")
		tab.holds(`location.pathname === "/private" || document.getElementById("trouble")?.checkVisibility()`)
		return tab.eval(`location.pathname`) == "/private"
	})
	tab.quiet("400") // the console says that of each answer
}

// The picker renews the challenge while it is open and somebody looks, so that a
// wallet always gets one that is good for a while. The test moves the clock.
func TestCountdown(t *testing.T) {
	t.Parallel()
	site := demo(t)
	tab := newPerson(t).open(site.URL + "/")
	challenges := func() int { return tab.count("POST", "/auth/challenge") }
	later := func(seconds int) {
		tab.eval(fmt.Sprintf(`{ const now = Date.now; Date.now = () => now() + %d; }`, seconds*1000))
	}
	more := func(what string, than int) {
		t.Helper()
		tab.wait(what, func() bool { return challenges() > than })
		tab.says("#countdown", "Good for 4:")
	}
	still := func(what string) {
		t.Helper()
		before := challenges()
		tab.eval(`new Promise((done) => setTimeout(done, 2500))`) // it looks every second
		if after := challenges(); after != before {
			t.Errorf("%s, and %d challenges are asked for", what, after-before)
		}
	}
	tab.click("#others")
	tab.says("#countdown", "Good for 4:")
	tab.press("Tab") // to the second way
	tab.holds(`document.activeElement.dataset.mode === "redirect"`)
	later(120)
	tab.says("#countdown", "Good for 2:") // which is enough
	later(120)
	more("it is renewed", 1)
	later(600)
	more("and again when it is over", 2)
	if tab.eval(`document.activeElement.dataset.mode`) != "redirect" {
		t.Error("the focus goes elsewhere when the challenge is renewed")
	}

	tab.eval(`Object.defineProperty(document, "visibilityState", { get: () => self.unseen ? "hidden" : "visible" }); self.unseen = true`)
	later(600)
	still("nobody looks")
	before := challenges()
	tab.eval(`self.unseen = false`)
	more("somebody looks again", before)

	tab.press("Escape")
	tab.holds(`!document.getElementById("picker").open`)
	later(600)
	still("it is closed")
	tab.quiet()
}
