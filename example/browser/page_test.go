package browser

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long anything may take to come about.
const patience = 15 * time.Second

// person is a browser context: somebody with cookies and wallets of their own.
type person struct {
	t       testing.TB
	c       *chromium
	context string
	script  string // that each new page of theirs begins with: a wallet, as an extension would
}

func newPerson(t testing.TB) *person {
	t.Helper()
	p := &person{t: t, c: browser(t)}
	var made struct{ BrowserContextID string }
	p.must(p.c.call("", "Target.createBrowserContext", map[string]any{"disposeOnDetach": true}, &made))
	p.context = made.BrowserContextID
	t.Cleanup(func() {
		_ = p.c.call("", "Target.disposeBrowserContext", map[string]any{"browserContextId": p.context}, nil)
	})
	return p
}

func (p *person) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// page is a tab or a window.
type page struct {
	*person
	target, session string

	mu       sync.Mutex
	noise    []string // what the console says that it should not
	requests []string // what the page has asked for
	answer   func(url string) response
}

// open opens a tab.
func (p *person) open(url string) *page {
	p.t.Helper()
	var made struct{ TargetID string }
	p.must(p.c.call("", "Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": p.context}, &made))
	tab := p.attach(made.TargetID)
	tab.goTo(url)
	return tab
}

// close closes a tab or a window, as a person does.
func (tab *page) close() {
	tab.t.Helper()
	tab.must(tab.c.call("", "Target.closeTarget", map[string]any{"targetId": tab.target}, nil))
	tab.wait("it is closed", func() bool { return tab.find(tab.target) == "" })
}

func (p *person) attach(target string) *page {
	p.t.Helper()
	var attached struct{ SessionID string }
	p.must(p.c.call("", "Target.attachToTarget", map[string]any{"targetId": target, "flatten": true}, &attached))
	tab := &page{person: p, target: target, session: attached.SessionID}
	p.c.mu.Lock()
	p.c.events[tab.session] = tab.event
	p.c.mu.Unlock()
	for _, domain := range []string{"Page.enable", "Runtime.enable", "Log.enable", "Network.enable"} {
		p.must(tab.call(domain, nil, nil))
	}
	if p.script != "" {
		p.must(tab.call("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": p.script}, nil))
	}
	return tab
}

// popup waits for a window that a page of this person has opened.
func (p *person) popup(urlPart string) *page {
	p.t.Helper()
	var target string
	p.wait("a window at "+urlPart, func() bool {
		target = p.find(urlPart)
		return target != ""
	})
	return p.attach(target)
}

// closed waits until there is no such window.
func (p *person) closed(urlPart string) {
	p.t.Helper()
	p.wait("no window at "+urlPart, func() bool { return p.find(urlPart) == "" })
}

// find returns the first page of this person at such an address, or of that id.
func (p *person) find(what string) string {
	p.t.Helper()
	var all struct {
		TargetInfos []struct{ TargetID, Type, URL, BrowserContextID string }
	}
	p.must(p.c.call("", "Target.getTargets", nil, &all))
	for _, t := range all.TargetInfos {
		if t.Type == "page" && t.BrowserContextID == p.context && (strings.Contains(t.URL, what) || t.TargetID == what) {
			return t.TargetID
		}
	}
	return ""
}

// wait waits until f is true, and has the others tell why it is not.
func (p *person) wait(what string, f func() bool, why ...func()) {
	p.t.Helper()
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(10 * time.Millisecond) {
		if f() {
			return
		}
	}
	for _, tell := range why {
		tell()
	}
	p.t.Fatalf("it does not come about: %s", what)
}

func (tab *page) call(method string, params, result any) error {
	return tab.c.call(tab.session, method, params, result)
}

// event notes what the console says, and what the page does not get.
func (tab *page) event(method string, params json.RawMessage) {
	switch method {
	case "Network.requestWillBeSent":
		tab.asked(params)
		return
	case "Fetch.requestPaused":
		go tab.intercepted(params) // it calls the browser, whose answer is heard here
		return
	}
	var said struct {
		Type             string
		Entry            struct{ Level, Text, URL string }
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Args []struct{ Value any }
	}
	_ = json.Unmarshal(params, &said)
	text := ""
	switch {
	case method == "Runtime.exceptionThrown":
		text = said.ExceptionDetails.Text + " " + said.ExceptionDetails.Exception.Description
	case method == "Runtime.consoleAPICalled" && said.Type == "error":
		text = fmt.Sprint(said.Args)
	case method == "Log.entryAdded" && said.Entry.Level == "error":
		text = said.Entry.Text + " " + said.Entry.URL
	default:
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.noise = append(tab.noise, text)
}

// quiet fails the test if the console has said anything but what is allowed.
func (tab *page) quiet(allowed ...string) {
	tab.t.Helper()
	tab.mu.Lock()
	defer tab.mu.Unlock()
next:
	for _, line := range tab.noise {
		for _, a := range allowed {
			if strings.Contains(line, a) {
				continue next
			}
		}
		tab.t.Errorf("console: %s", line)
	}
}

func (tab *page) goTo(url string) {
	tab.t.Helper()
	var went struct{ ErrorText string }
	tab.must(tab.call("Page.navigate", map[string]any{"url": url}, &went))
	if went.ErrorText != "" {
		tab.t.Fatalf("%s: %s", url, went.ErrorText)
	}
	tab.wait("the page is complete", func() bool { return tab.eval(`document.readyState`) == "complete" })
}

// eval evaluates an expression; nil while the page is on its way elsewhere.
func (tab *page) eval(expression string) any {
	var result struct {
		Result struct{ Value any }
	}
	if tab.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &result) != nil {
		return nil
	}
	return result.Result.Value
}

// holds waits until an expression is true.
func (tab *page) holds(expression string) {
	tab.t.Helper()
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(10 * time.Millisecond) {
		if tab.eval(expression) == true {
			return
		}
	}
	tab.t.Fatalf("it does not become true: %s\nthe page says: %v", expression, tab.eval(`document.body.innerText`))
}

// says waits until an element that is shown has a text in it.
func (tab *page) says(selector, text string) {
	tab.t.Helper()
	tab.holds(fmt.Sprintf(`(() => { const e = document.querySelector(%q); return Boolean(e && e.checkVisibility() && e.innerText.includes(%q)); })()`, selector, text))
}

// click clicks as a person does, once the element is there and enabled, and stays
// where it is.
func (tab *page) click(selector string) {
	tab.t.Helper()
	var at, before []any
	tab.wait("there is "+selector+" to click", func() bool {
		at, _ = tab.eval(fmt.Sprintf(`(() => {
			const e = document.querySelector(%q);
			if (!e || e.disabled || !e.checkVisibility()) return null;
			e.scrollIntoView({ block: "center", behavior: "instant" });
			const r = e.getClientRects()[0]; // the first line of a link
			const x = r.x + r.width / 2, y = r.y + r.height / 2;
			const top = document.elementFromPoint(x, y);
			return e.contains(top) ? [x, y] : null;
		})()`, selector)).([]any)
		stays := at != nil && slices.Equal(at, before)
		before = at
		return stays
	}, func() { tab.t.Logf("the page says: %v", tab.eval(`document.body.innerText`)) })
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		_ = tab.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1}, nil)
	}
}

// press presses a key: "Tab", "Enter", "Escape", " ".
func (tab *page) press(key string) {
	tab.t.Helper()
	codes := map[string]int{"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}
	params := map[string]any{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
	if key == "Enter" {
		params["text"] = "\r"
	}
	if key == " " {
		params["text"], params["code"] = " ", "Space"
	}
	tab.must(tab.call("Input.dispatchKeyEvent", params, nil))
	params["type"] = "keyUp"
	delete(params, "text")
	tab.must(tab.call("Input.dispatchKeyEvent", params, nil))
}

// fill replaces what is in a field.
func (tab *page) fill(selector, text string) {
	tab.t.Helper()
	tab.holds(fmt.Sprintf(`(() => { const e = document.querySelector(%q); if (!e || e.disabled || !e.checkVisibility()) return false; e.focus(); e.select(); return true; })()`, selector))
	tab.must(tab.call("Input.insertText", map[string]any{"text": text}, nil))
}

// at waits until the tab is at a path.
func (tab *page) at(path string) {
	tab.t.Helper()
	tab.holds(fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, path))
}

// picture leaves a picture of the page.
func (tab *page) picture(name string) {
	tab.t.Helper()
	var shot struct{ Data string }
	tab.must(tab.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot))
	image, err := base64.StdEncoding.DecodeString(shot.Data)
	tab.must(err)
	dir := os.Getenv("ARTIFACTS")
	if dir == "" {
		dir = "artifacts"
	}
	tab.must(os.MkdirAll(dir, 0o755))
	tab.must(os.WriteFile(filepath.Join(dir, name+".png"), image, 0o644))
}

// screen is how large the window is, and whether it is a phone's.
func (tab *page) screen(width, height int, phone bool) {
	tab.t.Helper()
	tab.must(tab.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}, nil))
}

// dark sets which colours the person prefers.
func (tab *page) dark(on bool) {
	tab.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	tab.must(tab.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": value}}}, nil))
}
