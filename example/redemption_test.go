package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A challenge is redeemed by 50 clients at once, half of them at each of two
// instances, a thousand times: one success each.
func TestRedemptionOverTwoInstances(t *testing.T) {
	node, _, instances := onRedis(t, 2)
	w := newWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.account, w.key())
	const clients = 50
	rounds := 1000
	if testing.Short() {
		rounds = 20
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	counts := map[string]int{}
	for round := range rounds {
		body, cookie := instances[round%2].answer(w)
		answers := make(chan string, clients)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range clients {
			wg.Go(func() {
				<-start
				answers <- redeem(client, instances[i%2], body, cookie)
			})
		}
		close(start)
		wg.Wait()
		close(answers)
		won := 0
		for a := range answers {
			counts[a]++
			if a == "200" {
				won++
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d successes; so far %v", round, won, counts)
		}
	}
	if counts["200"] != rounds || counts["400 challenge_invalid"] != rounds*(clients-1) {
		t.Errorf("answers %v", counts)
	}
}

// answer asks for a challenge and signs it; it returns the verify body and the
// login cookie.
func (p *process) answer(w wallet) (body, cookie string) {
	p.t.Helper()
	b := browser()
	body = p.signed(b, w)
	for _, c := range b.Jar.Cookies(site(p.t, p)) {
		cookie = c.Name + "=" + c.Value
	}
	return body, cookie
}

func redeem(client *http.Client, p *process, body, cookie string) string {
	r, err := http.NewRequest("POST", p.url+"/auth/verify", strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", cookie)
	res, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode == http.StatusOK {
		return "200"
	}
	_, code, _ := strings.Cut(string(b), `"code":"`)
	code, _, _ = strings.Cut(code, `"`)
	return fmt.Sprint(res.StatusCode, " ", code)
}
