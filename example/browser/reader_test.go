package browser

import (
	"slices"
	"testing"
)

// role is what a screen reader says of an element.
type role struct{ role, name string }

// hears waits until a screen reader would find all these.
func (tab *page) hears(want ...role) {
	tab.t.Helper()
	var heard []role
	tab.wait("a screen reader hears everything", func() bool {
		heard = tab.heard()
		return !slices.ContainsFunc(want, func(r role) bool { return !slices.Contains(heard, r) })
	}, func() { tab.t.Logf("wanted %v\nheard %v", want, heard) })
}

func (tab *page) heard() (all []role) {
	type value struct{ Value any }
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name value
		}
	}
	if tab.call("Accessibility.getFullAXTree", nil, &tree) != nil {
		return nil
	}
	for _, n := range tree.Nodes {
		if !n.Ignored {
			r, _ := n.Role.Value.(string)
			name, _ := n.Name.Value.(string)
			all = append(all, role{r, name})
		}
	}
	return all
}

// What a screen reader is told: where one is, what can be done, what goes on and
// what went wrong.
func TestScreenReader(t *testing.T) {
	t.Parallel()
	site := demo(t)
	p := newPerson(t)
	tab := p.open(site.URL + "/")
	tab.hears(role{"RootWebArea", "Sign in with NEAR"}, role{"heading", "Sign in with NEAR"}, role{"status", ""},
		role{"StaticText", "Not signed in."}, role{"region", "What your wallet will ask"},
		role{"button", "Sign in with Demo wallet"}, role{"button", "Other ways…"})

	tab.click("#others")
	tab.hears(role{"dialog", "Choose a wallet"}, role{"button", "Demo wallet in a window"},
		role{"button", "Demo wallet, in this tab"}, role{"button", "Cancel"})
	if slices.Contains(tab.heard(), role{"button", "Other ways…"}) {
		t.Error("the page behind the dialog is read out")
	}
	tab.press("Escape")

	tab.eval(`window.open = () => null`)
	tab.click("#usual")
	tab.hears(role{"alert", ""}, role{"StaticText", "Your browser blocked the wallet's window."}, role{"button", "Open it in this tab"})

	tab.click("#remedy")
	tab.at("/sign-message")
	tab.hears(role{"RootWebArea", "Demo wallet"}, role{"status", ""}, role{"combobox", "Sign as"},
		role{"button", "Approve"}, role{"button", "Reject"})
	tab.click("#approve")
	tab.at("/private")
	tab.hears(role{"button", "Sign out"}, role{"link", "Your sessions"})
	tab.goTo(site.URL + "/")
	tab.hears(role{"region", "Where you are signed in"}, role{"list", "Where you are signed in"},
		role{"button", "Sign out"}, role{"button", "Sign out everywhere"}, role{"link", "Go to the private page"})
	tab.quiet()
}

// Every code that the server and the client know is said in words, except what
// only a mistake in the page could bring about, and a "no", which is no error.
func TestEveryErrorHasWords(t *testing.T) {
	t.Parallel()
	site := demo(t)
	tab := newPerson(t).open(site.URL + "/")
	codes, _ := tab.eval(`fetch("/auth/client.d.ts").then((r) => r.text()).then((text) => text.match(/type ErrorCode =([^;]*);/)[1].match(/[a-z_]+/g))`).([]any)
	words, _ := tab.eval(`import(location.origin + "/static/words.js").then(({ words }) => words)`).(map[string]any)
	if len(codes) < 25 || len(words) < 20 {
		t.Fatalf("%d codes, %d of them in words", len(codes), len(words))
	}
	silent := []string{"not_found", "method_not_allowed", "body_too_large", "unsupported_media_type", "rejected", "unknown"}
	for _, code := range codes {
		if _, said := words[code.(string)]; !said && !slices.Contains(silent, code.(string)) {
			t.Errorf("there are no words for %s", code)
		}
	}
}
