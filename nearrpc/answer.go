package nearrpc

import (
	"slices"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// The verdicts. The noes are ordered: a later one tells more.
const (
	cannotTell    = quorum.CannotTell
	fullAccess    = quorum.Yes
	keyAbsent     = quorum.No
	accountAbsent = quorum.No + 1
	notFullAccess = quorum.No + 2
)

// verdictError is the verdict as FullAccess reports it.
func verdictError(v quorum.Verdict) error {
	switch v {
	case fullAccess:
		return nil
	case notFullAccess:
		return ErrNotFullAccess
	case keyAbsent:
		return ErrKeyNotFound
	case accountAbsent:
		return ErrAccountNotFound
	}
	return ErrUnavailable
}

// unclear is an answer that cannot be used. The text is ours throughout: what a
// server wrote can hold our own API key, line breaks, anything.
func unclear(text string) *quorum.Problem { return &quorum.Problem{Text: text} }

// readAccessKey reads what quorum made of the answer to view_access_key. A
// verdict comes with a nil problem, and no verdict with a problem.
func readAccessKey(r quorum.Reply, p *quorum.Problem, account, key string) (quorum.Verdict, *quorum.Problem) {
	result, p := open(r, p)
	switch {
	case p != nil:
		return cannotTell, p
	case r.Error != nil:
		return structured(r.Error, account, key)
	}
	permission, found := result.Get("permission")
	text, failed := result.Get("error")
	switch {
	case found && failed:
		return cannotTell, unclear("the result is both a key and an error")
	case failed:
		return flat(text, account, key)
	case found:
		return permissionVerdict(permission)
	}
	return cannotTell, unclear("the result has no permission")
}

// readChain reads what quorum made of the answer to status.
func readChain(r quorum.Reply, p *quorum.Problem) (string, *quorum.Problem) {
	result, p := open(r, p)
	switch {
	case p != nil:
		return "", p
	case r.Error != nil:
		return "", rpcProblem(r.Error)
	case result.Text("chain_id") == "":
		return "", unclear("the status has no chain_id")
	case result.Sub("sync_info").Is("syncing"):
		// What it calls final is of an hour or a day ago.
		return "", unclear("the node is still syncing")
	}
	return result.Text("chain_id"), nil
}

// open returns the result, which is an object in all that we ask. It is nil
// where there is a problem, or r.Error.
func open(r quorum.Reply, p *quorum.Problem) (quorum.Object, *quorum.Problem) {
	if p != nil {
		return nil, named(p, r.Error)
	}
	result, ok := r.Result.(quorum.Object)
	if !ok && r.Error == nil {
		return nil, unclear("the result is not an object")
	}
	return result, nil
}

// permissionVerdict knows the four permissions there are (NEP-611 added the
// two gas keys). A fifth one may be anything, so it is not even a no.
func permissionVerdict(permission any) (quorum.Verdict, *quorum.Problem) {
	if permission == "FullAccess" {
		return fullAccess, nil
	}
	variants, _ := permission.(quorum.Object)
	switch {
	case len(variants) != 1:
	case variants.Sub("GasKeyFullAccess") != nil:
		return fullAccess, nil
	case variants.Sub("FunctionCall") != nil, variants.Sub("GasKeyFunctionCall") != nil:
		return notFullAccess, nil
	}
	return cannotTell, unclear("a permission this version does not know")
}

// flat reads a result.error. All versions of nearcore up to 2.14 report a
// missing key this way; 2.14 told the missing account apart. The text must
// name what we asked about.
func flat(text any, account, key string) (quorum.Verdict, *quorum.Problem) {
	switch text {
	case "access key " + key + " does not exist while viewing":
		return keyAbsent, nil
	case "account " + account + " does not exist while viewing":
		return accountAbsent, nil
	}
	return cannotTell, unclear("a result.error this version does not know")
}

// structured reads an error with a cause. Code, message and data are legacy
// and prove nothing: the same text stood for different things over the years.
func structured(rpcError quorum.Object, account, key string) (quorum.Verdict, *quorum.Problem) {
	cause := rpcError.Sub("cause")
	if rpcError.Text("name") != "HANDLER_ERROR" || !about(cause, account, key) {
		return cannotTell, rpcProblem(rpcError)
	}
	switch cause.Text("name") {
	case "UNKNOWN_ACCESS_KEY", "UNKNOWN_GAS_KEY":
		return keyAbsent, nil
	case "UNKNOWN_ACCOUNT":
		return accountAbsent, nil
	}
	return cannotTell, rpcProblem(rpcError)
}

// about reports whether the cause, where it names an account or a key, names
// ours. The info may be missing.
func about(cause quorum.Object, account, key string) bool {
	info, given := cause.Get("info")
	if !given {
		return true
	}
	o, ok := info.(quorum.Object)
	return ok && sameOrAbsent(o, "requested_account_id", account) && sameOrAbsent(o, "public_key", key)
}

func sameOrAbsent(o quorum.Object, name, want string) bool {
	value, given := o.Get(name)
	return !given || value == want
}

// causes are the error names of nearcore that may appear in our texts.
var causes = []string{
	"GARBAGE_COLLECTED_BLOCK", "INTERNAL_ERROR", "INVALID_ACCOUNT", "METHOD_NOT_FOUND",
	"NO_SYNCED_BLOCKS", "PARSE_ERROR", "TIMEOUT_ERROR", "TOO_MANY_ACCESS_KEYS",
	"UNAVAILABLE_SHARD", "UNKNOWN_ACCESS_KEY", "UNKNOWN_ACCOUNT", "UNKNOWN_BLOCK",
}

func rpcProblem(rpcError quorum.Object) *quorum.Problem {
	name := causeName(rpcError)
	if name == "" {
		name = "an RPC error without a known name"
	}
	return &quorum.Problem{Text: name, Final: rpcError.Text("name") == "REQUEST_VALIDATION_ERROR"}
}

// named adds the name of the error that came under another status than 200.
func named(p *quorum.Problem, rpcError quorum.Object) *quorum.Problem {
	name := causeName(rpcError)
	if name == "" {
		return p
	}
	more := *p
	more.Text += " " + name
	return &more
}

// causeName returns the name of the error's cause if it is one of ours.
func causeName(rpcError quorum.Object) string {
	name := rpcError.Sub("cause").Text("name")
	if !slices.Contains(causes, name) {
		return ""
	}
	return name
}
