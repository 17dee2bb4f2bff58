package browser

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A whole visit asks nobody but the site and the wallet, runs nothing that is
// not a file of theirs, and leaves no complaint in the console.
func TestNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	site := demo(t)
	p := newPerson(t)
	tab := p.open(site.URL + "/")
	origins := []string{site.URL, tab.walletOf()}
	tab.click("#usual")
	wallet := p.popup("/sign-message")
	wallet.says("#status", "A site asks")
	wallet.onlyEntries(origins)
	wallet.click("#reject")
	tab.demoAs("alice.demo")
	tab.goTo(site.URL + "/")
	tab.says("#sessions", "this one")
	tab.click("#sign-out button")
	tab.says("#status", "Signed out")
	if len(tab.requests) < 20 {
		t.Errorf("only %d requests are seen", len(tab.requests))
	}
	tab.only(origins...)
	tab.quiet()
	wallet.quiet()
}

// onlyEntries is only for a window whose first requests were before anybody
// listened.
func (tab *page) onlyEntries(origins []string) {
	tab.t.Helper()
	names, _ := tab.eval(`performance.getEntries().map((e) => e.name).filter((name) => name.includes("://"))`).([]any)
	if len(names) < 3 {
		tab.t.Errorf("only %v are seen", names)
	}
	for _, name := range names {
		if !slices.ContainsFunc(origins, func(o string) bool { return strings.HasPrefix(name.(string), o+"/") }) {
			tab.t.Errorf("the window has asked for %s", name)
		}
	}
}

// The policy is what the browser goes by: what is put into a page does not run.
func TestInjectedScript(t *testing.T) {
	t.Parallel()
	site := demo(t)
	tab := newPerson(t).open(site.URL + "/")
	wallet := tab.walletOf()
	for _, address := range []string{site.URL + "/", wallet + "/sign-message"} {
		tab.goTo(address)
		tab.eval(`(() => {
			const script = document.createElement("script");
			script.textContent = "self.ran = true";
			document.body.append(script);
			document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='self.ran = true'>");
			document.body.setAttribute("style", "color: red");
		})()`)
		tab.holds(`new Promise((done) => setTimeout(() => done(self.ran === undefined), 100))`)
		if tab.eval(`getComputedStyle(document.body).color`) == "rgb(255, 0, 0)" {
			t.Errorf("%s: an inline style is applied", address)
		}
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, directive := range []string{"script-src", "style-src"} {
		if !slices.ContainsFunc(tab.noise, func(s string) bool { return strings.Contains(s, directive) }) {
			t.Errorf("the browser does not say that %s forbids it: %q", directive, tab.noise)
		}
	}
}

// The headers of every page: popups of wallets may talk back to it, and nobody
// may frame it.
func TestHeaders(t *testing.T) {
	t.Parallel()
	site := demo(t)
	for _, path := range []string{"/", "/static/app.js", "/private", "/auth/session"} {
		res, err := http.Get(site.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Cross-Origin-Opener-Policy"); got != "same-origin-allow-popups" {
			t.Errorf("%s: Cross-Origin-Opener-Policy %q", path, got)
		}
		content := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(content, "default-src 'none'; script-src 'self'; style-src 'self';") || !strings.Contains(content, "frame-ancestors 'none'") {
			t.Errorf("%s: Content-Security-Policy %q", path, content)
		}
	}
}

// Whatever a link says, a sign-in leads to a page of this site.
func TestHostileNext(t *testing.T) {
	t.Parallel()
	site := demo(t)
	tab := newPerson(t).open(site.URL + "/")
	hostile := []string{
		"https://evil.example/", "//evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "/\t/evil.example",
		"http:evil.example", "https:/evil.example", "/..//evil.example", "//localhost:80@evil.example", "data:text/html,hi", "\x00//evil.example",
	}
	stays := func(expression string) {
		t.Helper()
		if tab.eval(`new URL(`+expression+`, location.href).origin === location.origin`) != true {
			t.Errorf("%v leads away: %v", tab.eval(`location.href`), tab.eval(expression))
		}
	}
	for _, next := range hostile {
		tab.goTo(site.URL + "/?next=" + url.QueryEscape(next))
		tab.says("#status", "Not signed in")
		stays(`document.body.dataset.next`)
		stays(`document.getElementById("next").href`)
	}
	tab.goTo(site.URL + "/?next=" + url.QueryEscape(hostile[1]))
	tab.demoAs("alice.demo") // which ends at /private
	tab.goTo(site.URL + "/?next=" + url.QueryEscape("/api/me?a=b"))
	tab.says("#status", "Signed in")
	tab.click("#next")
	tab.at("/api/me")
	var me struct{ AccountID string }
	if text, _ := tab.eval(`document.body.innerText`).(string); json.Unmarshal([]byte(text), &me) != nil || me.AccountID != "alice.demo" {
		t.Errorf("at /api/me: %s", text)
	}
}
