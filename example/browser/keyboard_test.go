package browser

import (
	"fmt"
	"testing"
)

// A whole sign-in with Tab, Enter, Space and Escape, where one always sees where
// one is.
func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	site := demo(t)
	tab := newPerson(t).open(site.URL + "/")
	tab.says("#status", "Not signed in")
	tab.tabTo(`#others`)

	tab.press("Enter")
	tab.holds(`document.getElementById("picker").open`)
	tab.holds(`document.activeElement.closest("#wallets") !== null`) // once the challenge is there
	tab.press("Escape")
	tab.holds(`!document.getElementById("picker").open && document.activeElement.id === "others"`)

	tab.press(" ")
	tab.holds(`document.activeElement.closest("#wallets") !== null`)
	for range 6 { // round and round: the page behind the dialog is out of reach
		tab.press("Tab")
		tab.holds(`["BODY", "HTML"].includes(document.activeElement.tagName) || document.activeElement.closest("#picker") !== null`)
	}
	tab.tabTo(`[data-mode="redirect"]`)
	tab.press("Enter")

	tab.at("/sign-message")
	tab.holds(`document.activeElement.id === "approve"`)
	tab.press("Enter")
	tab.at("/private")
	tab.says("h1", "Hello, guest")

	tab.tabTo(`form button`)
	tab.press(" ")
	tab.at("/")
	tab.says("#status", "Not signed in")
	tab.quiet()
}

// tabTo presses Tab until an element has the focus, and fails unless that can
// be seen. It waits for the element to be there, and not disabled.
func (tab *page) tabTo(selector string) {
	tab.t.Helper()
	tab.holds(fmt.Sprintf(`document.querySelector(%q)?.matches(":enabled, a")`, selector))
	for range 20 {
		tab.press("Tab")
		if tab.script(`document.activeElement.matches(%s)`, selector) != true {
			continue
		}
		if tab.eval(`(() => {
			const style = getComputedStyle(document.activeElement);
			return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
		})()`) != true {
			tab.t.Errorf("one does not see that %s has the focus", selector)
		}
		return
	}
	tab.t.Fatalf("Tab does not lead to %s", selector)
}
