package stellar

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/nearauth/nearauth/handlers/sep53"
	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// horizonNetwork asks Horizon for the passphrase of its network.
func horizonNetwork(ctx context.Context, s *quorum.Server) (string, *quorum.Problem) {
	status, body, p := s.Get(ctx, "/")
	if p != nil {
		return "", p
	}
	root, err := quorum.ParseObject(body)
	if status != http.StatusOK || err != nil {
		return "", unclear("the URL is not the one of a Horizon")
	}
	return root.Text("network_passphrase"), nil
}

// horizonAccount asks Horizon for an account, nil if it is not on the ledger.
func horizonAccount(ctx context.Context, s *quorum.Server, id sep53.Address) (*accountEntry, *quorum.Problem) {
	status, body, p := s.Get(ctx, "/accounts/"+id.String())
	if p != nil {
		return nil, p
	}
	account, err := quorum.ParseObject(body)
	switch {
	case err != nil:
		return nil, unclear(err.Error())
	case status == http.StatusNotFound:
		return nil, horizonMissing(account)
	}
	return readHorizon(account, id)
}

// notFound is how Horizon says that there is no such account. Anybody on the
// way can say 404, a proxy that has lost its Horizon first of all.
const notFound = "https://stellar.org/horizon-errors/not_found"

func horizonMissing(problem quorum.Object) *quorum.Problem {
	if problem.Text("type") != notFound {
		return unclear("HTTP 404, and not Horizon's")
	}
	return nil
}

// readHorizon reads Horizon's account. Its signers include the master key.
func readHorizon(account quorum.Object, id sep53.Address) (*accountEntry, *quorum.Problem) {
	if account.Text("account_id") != id.String() {
		return nil, unclear("the answer is about another account")
	}
	entry := &accountEntry{weights: map[sep53.Address]uint8{}}
	thresholds := account.Sub("thresholds")
	for level, name := range map[Level]string{Low: "low_threshold", Medium: "med_threshold", High: "high_threshold"} {
		threshold, ok := byteOf(thresholds, name)
		if !ok {
			return nil, unclear("the account has no " + name)
		}
		entry.thresholds[level] = threshold
	}
	signers := account.List("signers")
	if signers == nil || len(signers) > maxSigners+1 {
		return nil, unclear("the account has no list of signers")
	}
	for _, s := range signers {
		if !entry.addHorizon(s) {
			return nil, unclear("a signer that this version does not know")
		}
	}
	return entry, nil
}

// addHorizon notes a signer. Of the types that there are, one signs messages.
func (e *accountEntry) addHorizon(value any) bool {
	signer, _ := value.(quorum.Object)
	weight, ok := byteOf(signer, "weight")
	if !ok {
		return false
	}
	switch signer.Text("type") {
	case "ed25519_public_key":
		key, err := sep53.ParseAddress(signer.Text("key"))
		return err != nil || e.add(key, weight)
	case "sha256_hash", "preauth_tx", "ed25519_signed_payload":
		return true
	}
	return false
}

// byteOf returns a member that is an integer from 0 to 255.
func byteOf(o quorum.Object, name string) (uint8, bool) {
	value, _ := o.Get(name)
	number, _ := value.(json.Number)
	n, err := strconv.ParseUint(string(number), 10, 8)
	return uint8(n), err == nil
}

// rpcNetwork asks Stellar RPC for the passphrase of its network.
func rpcNetwork(ctx context.Context, s *quorum.Server) (string, *quorum.Problem) {
	result, p := call(ctx, s, "getNetwork", struct{}{})
	return result.Text("passphrase"), p
}

// rpcAccount asks Stellar RPC for an account, nil if it is not on the ledger.
func rpcAccount(ctx context.Context, s *quorum.Server, id sep53.Address) (*accountEntry, *quorum.Problem) {
	key := base64.StdEncoding.EncodeToString(ledgerKey(id))
	result, p := call(ctx, s, "getLedgerEntries", map[string]any{"keys": []string{key}})
	if p != nil {
		return nil, p
	}
	return readLedgerEntries(result, id)
}

// call makes a JSON-RPC call whose result should be an object.
func call(ctx context.Context, s *quorum.Server, method string, params any) (quorum.Object, *quorum.Problem) {
	reply, p := s.Call(ctx, method, params)
	if p != nil {
		return nil, p
	}
	if reply.Error != nil {
		return nil, unclear("the answer is an RPC error")
	}
	result, _ := reply.Result.(quorum.Object) // of what is none, no member is there
	return result, nil
}

// readLedgerEntries reads the result of getLedgerEntries for the key of one
// account, a list that is empty if the account is not on the ledger. An entry
// says itself whose it is.
func readLedgerEntries(result quorum.Object, id sep53.Address) (*accountEntry, *quorum.Problem) {
	entries := result.List("entries")
	switch {
	case entries == nil || len(entries) > 1:
		return nil, unclear("the result is not a list of one entry or none")
	case len(entries) == 0:
		return nil, nil
	}
	found, _ := entries[0].(quorum.Object)
	entry, err := parseEntry(found.Text("xdr"), id)
	if err != nil {
		return nil, unclear(err.Error())
	}
	return entry, nil
}
