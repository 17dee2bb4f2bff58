package stellartest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// answerHorizon answers in the shapes of Horizon 23 (package protocols/horizon
// of go-stellar-sdk).
func (n *Node) answerHorizon(w http.ResponseWriter, r *http.Request) {
	id, isAccount := strings.CutPrefix(r.URL.Path, "/accounts/")
	switch {
	case r.Method != http.MethodGet:
		writeProblem(w, problem{Type: "not_found", Title: "Resource Missing", Status: http.StatusNotFound, Detail: missing})
	case r.URL.Path == "/":
		n.writeRoot(w, r)
	case isAccount && !strings.Contains(id, "/"):
		n.writeAccount(w, r, id)
	default:
		writeProblem(w, problem{Type: "not_found", Title: "Resource Missing", Status: http.StatusNotFound, Detail: missing})
	}
}

const missing = "The resource at the url requested was not found.  This usually occurs for one of two reasons:  The url requested is not valid, or no data in our database could be found with the parameters provided."

// problem is RFC 7807's.
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail,omitempty"`
	Extras map[string]any `json:"extras,omitempty"`
}

func writeProblem(w http.ResponseWriter, p problem) {
	p.Type = "https://stellar.org/horizon-errors/" + p.Type
	write(w, p.Status, "application/problem+json; charset=utf-8", p)
}

func write(w http.ResponseWriter, status int, contentType string, value any) {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	w.Write(body)
}

type link struct {
	Href      string `json:"href"`
	Templated bool   `json:"templated,omitempty"`
}

const halJSON = "application/hal+json; charset=utf-8"

func (n *Node) writeRoot(w http.ResponseWriter, r *http.Request) {
	ledger := n.latest()
	base := "http://" + r.Host
	write(w, http.StatusOK, halJSON, map[string]any{
		"_links": map[string]link{
			"account":  {base + "/accounts/{account_id}", true},
			"accounts": {base + "/accounts{?signer,sponsor,asset,liquidity_pool,cursor,limit,order}", true},
			"self":     {base + "/", false},
		},
		"horizon_version":                 "23.0.0",
		"core_version":                    "stellar-core 23.0.1",
		"ingest_latest_ledger":            ledger,
		"history_latest_ledger":           ledger,
		"history_latest_ledger_closed_at": time.Now().UTC().Format(time.RFC3339),
		"history_elder_ledger":            2,
		"core_latest_ledger":              ledger,
		"network_passphrase":              n.passphrase,
		"current_protocol_version":        23,
		"supported_protocol_version":      23,
		"core_supported_protocol_version": 23,
	})
}

type horizonSigner struct {
	Weight uint8  `json:"weight"`
	Key    string `json:"key"`
	Type   string `json:"type"`
}

func (n *Node) writeAccount(w http.ResponseWriter, r *http.Request, id string) {
	if key, err := decodeStrkey(id); err != nil || key.version != versionG {
		writeProblem(w, problem{Type: "bad_request", Title: "Bad Request", Status: http.StatusBadRequest, Detail: "The request you sent was invalid in some way.",
			Extras: map[string]any{"invalid_field": "account_id", "reason": "Account ID must start with `G` and contain 56 alphanum characters"}})
		return
	}
	a, ok := n.find(id)
	if !ok {
		writeProblem(w, problem{Type: "not_found", Title: "Resource Missing", Status: http.StatusNotFound, Detail: missing})
		return
	}
	// The master key is among the signers here, and comes last.
	signers := []horizonSigner{}
	for _, s := range a.signers {
		signers = append(signers, horizonSigner{s.weight, s.text, kinds[s.version].horizon})
	}
	signers = append(signers, horizonSigner{a.master, a.id, kinds[versionG].horizon})
	self := "http://" + r.Host + "/accounts/" + a.id
	write(w, http.StatusOK, halJSON, map[string]any{
		"_links": map[string]link{
			"self":         {self, false},
			"transactions": {self + "/transactions{?cursor,limit,order}", true},
			"data":         {self + "/data/{key}", true},
		},
		"id": a.id, "account_id": a.id, "paging_token": a.id,
		"sequence": "1", "subentry_count": len(a.signers),
		"last_modified_ledger": n.latest(), "last_modified_time": time.Now().UTC().Format(time.RFC3339),
		"thresholds": map[string]uint8{"low_threshold": a.low, "med_threshold": a.medium, "high_threshold": a.high},
		"flags": map[string]bool{
			"auth_required": false, "auth_revocable": false, "auth_immutable": false, "auth_clawback_enabled": false,
		},
		"balances": []map[string]string{{
			"balance": "10.0000000", "buying_liabilities": "0.0000000", "selling_liabilities": "0.0000000", "asset_type": "native",
		}},
		"signers": signers, "data": map[string]string{},
		"num_sponsoring": 0, "num_sponsored": 0,
	})
}
