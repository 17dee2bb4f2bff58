package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// A challenge is redeemed by 50 clients at once, half of them at each of two
// instances, a thousand times: one success each.
func TestRedemptionOverTwoInstances(t *testing.T) {
	node, _, instances := exampletest.OnRedis(t, 2)
	w := exampletest.NewWallet("alice.testnet")
	_ = node.AddFullAccessKey(w.Account, w.Key())
	const clients = 50
	rounds := 1000
	if testing.Short() {
		rounds = 20
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	counts := map[string]int{}
	for round := range rounds {
		body, cookie := answer(t, instances[round%2], w)
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
func answer(t *testing.T, p *exampletest.Process, w exampletest.Wallet) (body, cookie string) {
	t.Helper()
	b := exampletest.Browser()
	body = p.Signed(b, w)
	for _, c := range p.Cookies(b) {
		cookie = c.Name + "=" + c.Value
	}
	return body, cookie
}

func redeem(client *http.Client, p *exampletest.Process, body, cookie string) string {
	r, err := http.NewRequest("POST", p.URL+"/auth/verify", strings.NewReader(body))
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
