package browser

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

// asked notes what the page asks for.
func (tab *page) asked(params json.RawMessage) {
	var sent struct{ Request struct{ Method, URL string } }
	_ = json.Unmarshal(params, &sent)
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.requests = append(tab.requests, sent.Request.Method+" "+sent.Request.URL)
}

// count is how often the page has asked for something, "POST /auth/challenge".
func (tab *page) count(method, path string) (n int) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, r := range tab.requests {
		m, address, _ := strings.Cut(r, " ")
		if u, err := url.Parse(address); err == nil && m == method && u.Path == path {
			n++
		}
	}
	return n
}

// only fails the test if the page has asked any other origin than these.
func (tab *page) only(origins ...string) {
	tab.t.Helper()
	tab.mu.Lock()
	defer tab.mu.Unlock()
next:
	for _, r := range tab.requests {
		_, address, _ := strings.Cut(r, " ")
		for _, origin := range origins {
			if strings.HasPrefix(address, origin+"/") {
				continue next
			}
		}
		tab.t.Errorf("the page has asked for %s", r)
	}
}

// response is what a server of the internet is taken to answer; without a status
// it cannot be reached.
type response struct {
	status   int
	location string
	body     string
}

// internet answers in the place of the servers that a pattern matches.
func (tab *page) internet(pattern string, answer func(url string) response) {
	tab.t.Helper()
	tab.mu.Lock()
	tab.answer = answer
	tab.mu.Unlock()
	tab.must(tab.call("Fetch.enable", map[string]any{"patterns": []map[string]string{{"urlPattern": pattern}}}, nil))
}

func (tab *page) intercepted(params json.RawMessage) {
	var paused struct {
		RequestID string
		Request   struct{ URL string }
	}
	_ = json.Unmarshal(params, &paused)
	tab.mu.Lock()
	answer := tab.answer
	tab.mu.Unlock()
	r := answer(paused.Request.URL)
	if r.status == 0 {
		_ = tab.call("Fetch.failRequest", map[string]any{"requestId": paused.RequestID, "errorReason": "InternetDisconnected"}, nil)
		return
	}
	type header struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	headers := []header{{"Content-Type", "text/javascript"}, {"Access-Control-Allow-Origin", "*"}}
	if r.location != "" {
		headers = append(headers, header{"Location", r.location})
	}
	_ = tab.call("Fetch.fulfillRequest", map[string]any{
		"requestId": paused.RequestID, "responseCode": r.status, "responseHeaders": headers,
		"body": base64.StdEncoding.EncodeToString([]byte(r.body)),
	}, nil)
}
