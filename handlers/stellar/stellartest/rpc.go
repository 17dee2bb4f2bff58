package stellartest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// call is a JSON-RPC request.
type call struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

// callOf reads the request and puts its body back. What is no call has no method.
func callOf(r *http.Request) call {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var c call
	if json.Unmarshal(body, &c) != nil || c.Version != "2.0" {
		c = call{}
	}
	if c.ID == nil {
		c.ID = json.RawMessage("null")
	}
	return c
}

// rpcAnswer is a JSON-RPC response, in the order of the fields that Stellar
// RPC's library (jrpc2) has.
type rpcAnswer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result,omitempty"`
	Error   *rpcError       `json:"error,omitempty"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// answerRPC answers in the shapes of Stellar RPC 23 (package protocols/rpc of
// go-stellar-sdk). Errors too come under HTTP 200.
func (n *Node) answerRPC(w http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	a := rpcAnswer{Version: "2.0", ID: c.ID}
	ledger := n.latest()
	switch c.Method {
	case "":
		a.Error = &rpcError{-32700, "parse error"}
	case "getNetwork":
		a.Result = map[string]any{"passphrase": n.passphrase, "protocolVersion": 23}
	case "getHealth":
		a.Result = map[string]any{"status": "healthy", "latestLedger": ledger, "oldestLedger": ledger - 120_959, "ledgerRetentionWindow": 120_960}
	case "getLedgerEntries":
		a.Result, a.Error = n.ledgerEntries(c.Params)
	default:
		a.Error = &rpcError{-32601, "method not found"}
	}
	writeRPC(w, a)
}

func writeRPC(w http.ResponseWriter, a rpcAnswer) {
	body, err := json.Marshal(a)
	if err != nil {
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

// ledgerEntry is one that was found; the others are left out of the answer.
type ledgerEntry struct {
	Key          string `json:"key"`
	XDR          string `json:"xdr"`
	LastModified int    `json:"lastModifiedLedgerSeq"`
	Extension    string `json:"extXdr"`
}

func (n *Node) ledgerEntries(params json.RawMessage) (any, *rpcError) {
	var p struct{ Keys []string }
	if json.Unmarshal(params, &p) != nil {
		return nil, &rpcError{-32602, "invalid parameters"}
	}
	ids := []string{}
	for i, key := range p.Keys {
		id, ok := accountOf(key)
		if !ok {
			return nil, &rpcError{-32602, fmt.Sprintf("cannot unmarshal key value %s at index %d", key, i)}
		}
		ids = append(ids, id)
	}
	return n.entriesOf(ids), nil
}

func (n *Node) entriesOf(ids []string) any {
	latest := n.latest()
	entries := []ledgerEntry{}
	for _, id := range ids {
		if a, ok := n.find(id); ok {
			entries = append(entries, ledgerEntry{base64.StdEncoding.EncodeToString(a.ledgerKey()), a.xdr(), latest, "AAAAAA=="})
		}
	}
	return map[string]any{"entries": entries, "latestLedger": latest}
}

// accountOf reads the LedgerKey of an account, which is all there are here.
func accountOf(key string) (id string, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(raw) != 40 || !bytes.Equal(raw[:8], make([]byte, 8)) {
		return "", false
	}
	return encodeStrkey(versionG, raw[8:]), true
}

func (a account) ledgerKey() []byte { return slices.Concat(make([]byte, 8), a.key) }

// xdr is the LedgerEntryData of the account: it has 10 lumens, made its first
// transaction, and nothing that does not bear on who may sign.
func (a account) xdr() string {
	u32, u64 := binary.BigEndian.AppendUint32, binary.BigEndian.AppendUint64
	b := a.ledgerKey()                 // the type of the entry and the account begin it, too
	b = u64(b, 100_000_000)            // balance, in stroops
	b = u64(b, 1)                      // seqNum
	b = u32(b, uint32(len(a.signers))) // numSubEntries
	b = u32(b, 0)                      // no inflationDest
	b = u32(b, 0)                      // flags
	b = u32(b, 0)                      // no homeDomain
	b = append(b, a.master, a.low, a.medium, a.high)
	b = u32(b, uint32(len(a.signers)))
	for _, s := range a.signers {
		b = u32(b, kinds[s.version].xdr)
		b = append(b, s.payload...)
		b = u32(b, uint32(s.weight))
	}
	b = u32(b, 0) // no extension
	return base64.StdEncoding.EncodeToString(b)
}
