package stellar_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/stellar"
	"github.com/nearauth/nearauth/store"
)

// vectorAccount is the account of the vectors.
const vectorAccount = "GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L"

// canned is a network whose answer about accounts is given: body under status to
// Horizon's question, xdr to Stellar RPC's, no entry if it is empty.
func canned(t *testing.T, status int, body, xdr string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			if r.URL.Path == "/" {
				fmt.Fprintf(w, `{"network_passphrase":%q}`, testnet)
				return
			}
			if r.URL.Path != "/accounts/"+vectorAccount {
				t.Errorf("asked for %s", r.URL.Path)
			}
			w.WriteHeader(status)
			io.WriteString(w, body)
			return
		}
		var call struct {
			ID, Method string
			Params     struct{ Keys []string }
		}
		if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
			t.Error(err)
		}
		entries := ""
		if xdr != "" && call.Method == "getLedgerEntries" {
			entries = fmt.Sprintf(`{"key":%q,"xdr":%q,"lastModifiedLedgerSeq":7,"extXdr":"AAAAAA=="}`, call.Params.Keys[0], xdr)
		}
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%q,"result":{"passphrase":%q,"entries":[%s],"latestLedger":9}}`, call.ID, testnet, entries)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Each account of the vectors, by each of three keys, at each level, from
// Horizon's JSON and from the XDR of Stellar RPC.
func TestAccountVectors(t *testing.T) {
	t.Parallel()
	v := loadVectors(t).Checks
	signers := map[string]string{"master_only": vectorAccount, "k2_only": v.K2, "k3_only": v.K3}
	levels := map[string]stellar.Level{"low": stellar.Low, "med": stellar.Medium, "high": stellar.High}
	yes, no := 0, 0
	for _, a := range v.Accounts {
		url := canned(t, http.StatusOK, string(a.Horizon), a.XDR)
		for dialect, use := range dialects {
			for name, signer := range signers {
				for level, threshold := range levels {
					config := stellar.Config{Network: "testnet", Threshold: threshold}
					use(&config, stellar.Endpoint{URL: url})
					err := mustNew(t, config).Confirm(t.Context(), store.Account{ID: vectorAccount, PublicKey: signer})
					want := a.Expect[name]
					if (err == nil) != want[level] {
						t.Errorf("%s, %s, %s, %s: %v", a.Name, dialect, name, level, err)
					}
					if err != nil && errors.Is(err, handlers.ErrKeyNotFound) == want["signer"] || errors.Is(err, handlers.ErrUnavailable) {
						t.Errorf("%s, %s, %s, %s: %v", a.Name, dialect, name, level, err)
					}
					if err == nil {
						yes++
					} else {
						no++
					}
				}
			}
		}
	}
	if yes != 12 || no != 24 {
		t.Errorf("%d yes, %d no", yes, no)
	}
}

// Horizon's answers over HTTP: only its own 404 is a no.
func TestHorizonVectors(t *testing.T) {
	t.Parallel()
	v := loadVectors(t)
	own := string(v.Checks.Accounts[0].Horizon)
	for _, c := range v.HorizonHTTP {
		body, want := c.Body, handlers.ErrUnavailable
		switch {
		case c.Status == http.StatusNotFound:
			body, want = `{"type":"https://stellar.org/horizon-errors/not_found","title":"Resource Missing","status":404}`, handlers.ErrKeyNotFound
		case c.OtherAccount:
			body = strings.ReplaceAll(own, vectorAccount, v.Checks.K2)
		}
		chain := mustNew(t, stellar.Config{Network: "testnet", Horizon: []stellar.Endpoint{{URL: canned(t, c.Status, body, "")}}})
		if err := chain.Confirm(t.Context(), store.Account{ID: vectorAccount, PublicKey: vectorAccount}); !errors.Is(err, want) || errors.Is(err, handlers.ErrKeyNotFound) != (want == handlers.ErrKeyNotFound) {
			t.Errorf("%s: %v", c.Meaning, err)
		}
	}
}

// What is not an account as Horizon writes it is not understood, and so neither
// a yes nor a no.
func TestHorizonAnswersRefused(t *testing.T) {
	t.Parallel()
	const signer = `{"weight":1,"key":"` + vectorAccount + `","type":"ed25519_public_key"}`
	account := func(id, thresholds, signers string) string {
		return `{"id":"` + id + `","account_id":"` + id + `","thresholds":{` + thresholds + `},"signers":` + signers + `}`
	}
	const good = `"low_threshold":0,"med_threshold":0,"high_threshold":0`
	for name, c := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"good":                       {200, account(vectorAccount, good, "["+signer+"]"), nil},
		"members that are new":       {200, strings.Replace(account(vectorAccount, good, "["+signer+"]"), "{", `{"new":[{"a":1}],`, 1), nil},
		"another account":            {200, account("GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ", good, "["+signer+"]"), handlers.ErrUnavailable},
		"no account":                 {200, account("", good, "["+signer+"]"), handlers.ErrUnavailable},
		"account in another case":    {200, strings.ReplaceAll(account(vectorAccount, good, "["+signer+"]"), "account_id", "Account_id"), handlers.ErrUnavailable},
		"no thresholds":              {200, account(vectorAccount, "", "["+signer+"]"), handlers.ErrUnavailable},
		"a threshold missing":        {200, account(vectorAccount, `"low_threshold":0,"med_threshold":0`, "["+signer+"]"), handlers.ErrUnavailable},
		"a threshold of 256":         {200, account(vectorAccount, strings.Replace(good, "0", "256", 1), "["+signer+"]"), handlers.ErrUnavailable},
		"a threshold below 0":        {200, account(vectorAccount, strings.Replace(good, "0", "-1", 1), "["+signer+"]"), handlers.ErrUnavailable},
		"a threshold as text":        {200, account(vectorAccount, strings.Replace(good, "0", `"0"`, 1), "["+signer+"]"), handlers.ErrUnavailable},
		"thresholds in another case": {200, strings.ReplaceAll(account(vectorAccount, good, "["+signer+"]"), "med_", "Med_"), handlers.ErrUnavailable},
		"no signers":                 {200, account(vectorAccount, good, "null"), handlers.ErrUnavailable},
		"an empty list of signers":   {200, account(vectorAccount, good, "[]"), handlers.ErrKeyNotFound},
		"signers as an object":       {200, account(vectorAccount, good, signer), handlers.ErrUnavailable},
		"22 signers":                 {200, account(vectorAccount, good, "["+signer+strings.Repeat(`,{"weight":1,"key":"x","type":"sha256_hash"}`, 21)+"]"), handlers.ErrUnavailable},
		"a signer that is a number":  {200, account(vectorAccount, good, "["+signer+",1]"), handlers.ErrUnavailable},
		"a signer twice":             {200, account(vectorAccount, good, "["+signer+","+strings.Replace(signer, "1", "0", 1)+"]"), handlers.ErrUnavailable},
		"a signer of a new type":     {200, account(vectorAccount, good, "["+signer+`,{"weight":1,"key":"x","type":"new"}]`), handlers.ErrUnavailable},
		"no weight":                  {200, account(vectorAccount, good, "["+strings.Replace(signer, "weight", "Weight", 1)+"]"), handlers.ErrUnavailable},
		"a weight of 1.0":            {200, account(vectorAccount, good, "["+strings.Replace(signer, "1", "1.0", 1)+"]"), handlers.ErrUnavailable},
		"a weight of 0":              {200, account(vectorAccount, good, "["+strings.Replace(signer, "1", "0", 1)+"]"), handlers.ErrKeyNotFound},
		"our key as a hash":          {200, account(vectorAccount, good, "["+strings.Replace(signer, "ed25519_public_key", "sha256_hash", 1)+"]"), handlers.ErrKeyNotFound},
		"a member twice":             {200, strings.Replace(account(vectorAccount, good, "["+signer+"]"), "{", `{"signers":[],`, 1), handlers.ErrUnavailable},
		"a key nobody can use":       {200, account(vectorAccount, good, "["+signer+`,{"weight":1,"key":"GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF","type":"ed25519_public_key"}]`), nil},
		"cut off":                    {200, account(vectorAccount, good, "["+signer+"]")[:80], handlers.ErrUnavailable},
		"an account under 404":       {404, account(vectorAccount, good, "["+signer+"]"), handlers.ErrUnavailable},
		"a proxy's 404":              {404, `{"message":"no Route matched with those values"}`, handlers.ErrUnavailable},
		"not_found under 200":        {200, `{"type":"https://stellar.org/horizon-errors/not_found","status":404}`, handlers.ErrUnavailable},
		"not_found under 410":        {410, `{"type":"https://stellar.org/horizon-errors/not_found","status":404}`, handlers.ErrUnavailable},
		"another problem under 404":  {404, `{"type":"https://stellar.org/horizon-errors/not_implemented","status":404}`, handlers.ErrUnavailable},
	} {
		chain := mustNew(t, stellar.Config{Network: "testnet", Horizon: []stellar.Endpoint{{URL: canned(t, c.status, c.body, "")}}})
		err := chain.Confirm(t.Context(), store.Account{ID: vectorAccount, PublicKey: vectorAccount})
		if !errors.Is(err, c.want) || errors.Is(err, handlers.ErrKeyNotFound) != (c.want == handlers.ErrKeyNotFound) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// The same of Stellar RPC's envelope. What an entry may be is tested with
// parseEntry.
func TestRPCAnswersRefused(t *testing.T) {
	t.Parallel()
	xdr := loadVectors(t).Checks.Accounts[0].XDR
	entry := `{"key":"k","xdr":"` + xdr + `"}`
	for name, c := range map[string]struct {
		answer string
		want   error
	}{
		"good":                    {`"result":{"entries":[` + entry + `],"latestLedger":9}`, nil},
		"no account":              {`"result":{"entries":[],"latestLedger":9}`, handlers.ErrKeyNotFound},
		"no entries":              {`"result":{"latestLedger":9}`, handlers.ErrUnavailable},
		"entries null":            {`"result":{"entries":null}`, handlers.ErrUnavailable},
		"entries in another case": {`"result":{"Entries":[]}`, handlers.ErrUnavailable},
		"entries as an object":    {`"result":{"entries":{}}`, handlers.ErrUnavailable},
		"two entries":             {`"result":{"entries":[` + entry + `,` + entry + `]}`, handlers.ErrUnavailable},
		"an entry that is null":   {`"result":{"entries":[null]}`, handlers.ErrUnavailable},
		"an entry without XDR":    {`"result":{"entries":[{"key":"k"}]}`, handlers.ErrUnavailable},
		"half of the XDR":         {`"result":{"entries":[{"xdr":"` + xdr[:80] + `"}]}`, handlers.ErrUnavailable},
		"another's XDR":           {`"result":{"entries":[{"xdr":"` + xdr[:20] + "AAAA" + xdr[24:] + `"}]}`, handlers.ErrUnavailable},
		"an RPC error":            {`"error":{"code":-32602,"message":"entries: []"}`, handlers.ErrUnavailable},
		"an array":                {`"result":[]`, handlers.ErrUnavailable},
		"null":                    {`"result":null`, handlers.ErrUnavailable},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var call struct{ ID, Method string }
			json.NewDecoder(r.Body).Decode(&call)
			answer := c.answer
			if call.Method == "getNetwork" {
				answer = fmt.Sprintf(`"result":{"passphrase":%q}`, testnet)
			}
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%q,%s}`, call.ID, answer)
		}))
		defer server.Close()
		chain := mustNew(t, stellar.Config{Network: "testnet", RPC: []stellar.Endpoint{{URL: server.URL}}})
		err := chain.Confirm(t.Context(), store.Account{ID: vectorAccount, PublicKey: vectorAccount})
		if strings.Contains(fmt.Sprint(err), "RPC error") != (name == "an RPC error") {
			t.Errorf("%s: the log would not say what it was: %v", name, err)
		}
		if !errors.Is(err, c.want) || errors.Is(err, handlers.ErrKeyNotFound) != (c.want == handlers.ErrKeyNotFound) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
