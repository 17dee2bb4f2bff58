package nearrpc

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
)

// verdict is one endpoint's answer. The zero value is not an answer, so that
// nothing forgotten can become a yes. The noes are ordered: a later one tells
// more.
type verdict uint8

const (
	cannotTell verdict = iota
	fullAccess
	keyAbsent
	accountAbsent
	notFullAccess
)

func (v verdict) definite() bool { return v != cannotTell }

// err is the verdict as FullAccess reports it.
func (v verdict) err() error {
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

// problem is why an answer cannot be used. The text is ours throughout: what a
// server wrote can hold our own API key, line breaks, anything.
type problem struct {
	text  string
	final bool // asking the same endpoint again now would not help
}

func unclear(text string) *problem { return &problem{text: text} }

// reply is an HTTP answer to a JSON-RPC request that carried the id.
type reply struct {
	status int
	id     string
	body   []byte
}

// accessKey reads the answer to view_access_key. A verdict comes with a nil
// problem, and no verdict with a problem.
func (r reply) accessKey(account, key string) (verdict, *problem) {
	result, rpcError, p := r.open()
	switch {
	case p != nil:
		return cannotTell, p
	case rpcError != nil:
		return structured(rpcError, account, key)
	}
	permission, found := result.get("permission")
	text, failed := result.get("error")
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

// chain reads the answer to status.
func (r reply) chain() (string, *problem) {
	result, rpcError, p := r.open()
	switch {
	case p != nil:
		return "", p
	case rpcError != nil:
		return "", rpcProblem(rpcError)
	case result.text("chain_id") == "":
		return "", unclear("the status has no chain_id")
	case result.sub("sync_info").is("syncing"):
		// What it calls final is of an hour or a day ago.
		return "", unclear("the node is still syncing")
	}
	return result.text("chain_id"), nil
}

// open takes the answer out of its envelope: either result or rpcError is set.
// Only what came under HTTP 200 is believed. Other bodies are read to say more
// exactly what failed.
func (r reply) open() (result, rpcError object, p *problem) {
	envelope, err := parseObject(r.body)
	if r.status != http.StatusOK {
		return nil, nil, httpProblem(r.status, envelope.sub("error"))
	}
	if err != nil {
		return nil, nil, unclear(err.Error())
	}
	if envelope.text("jsonrpc") != "2.0" || r.id == "" || envelope.text("id") != r.id {
		return nil, nil, unclear("not the answer to our request")
	}
	_, hasResult := envelope.get("result")
	_, hasError := envelope.get("error")
	result, rpcError = envelope.sub("result"), envelope.sub("error")
	if hasResult == hasError || result == nil && rpcError == nil {
		return nil, nil, unclear("neither a result nor an error")
	}
	return result, rpcError, nil
}

// permissionVerdict knows the four permissions there are (NEP-611 added the
// two gas keys). A fifth one may be anything, so it is not even a no.
func permissionVerdict(permission any) (verdict, *problem) {
	if permission == "FullAccess" {
		return fullAccess, nil
	}
	variants, _ := permission.(object)
	switch {
	case len(variants) != 1:
	case variants.sub("GasKeyFullAccess") != nil:
		return fullAccess, nil
	case variants.sub("FunctionCall") != nil, variants.sub("GasKeyFunctionCall") != nil:
		return notFullAccess, nil
	}
	return cannotTell, unclear("a permission this version does not know")
}

// flat reads a result.error. All versions of nearcore up to 2.14 report a
// missing key this way; 2.14 told the missing account apart. The text must
// name what we asked about.
func flat(text any, account, key string) (verdict, *problem) {
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
func structured(rpcError object, account, key string) (verdict, *problem) {
	cause := rpcError.sub("cause")
	if rpcError.text("name") != "HANDLER_ERROR" || !about(cause, account, key) {
		return cannotTell, rpcProblem(rpcError)
	}
	switch cause.text("name") {
	case "UNKNOWN_ACCESS_KEY", "UNKNOWN_GAS_KEY":
		return keyAbsent, nil
	case "UNKNOWN_ACCOUNT":
		return accountAbsent, nil
	}
	return cannotTell, rpcProblem(rpcError)
}

// about reports whether the cause, where it names an account or a key, names
// ours. The info may be missing.
func about(cause object, account, key string) bool {
	info, given := cause.get("info")
	if !given {
		return true
	}
	o, ok := info.(object)
	return ok && sameOrAbsent(o, "requested_account_id", account) && sameOrAbsent(o, "public_key", key)
}

func sameOrAbsent(o object, name, want string) bool {
	value, given := o.get(name)
	return !given || value == want
}

// causes are the error names of nearcore that may appear in our texts.
var causes = []string{
	"GARBAGE_COLLECTED_BLOCK", "INTERNAL_ERROR", "INVALID_ACCOUNT", "METHOD_NOT_FOUND",
	"NO_SYNCED_BLOCKS", "PARSE_ERROR", "TIMEOUT_ERROR", "TOO_MANY_ACCESS_KEYS",
	"UNAVAILABLE_SHARD", "UNKNOWN_ACCESS_KEY", "UNKNOWN_ACCOUNT", "UNKNOWN_BLOCK",
}

func rpcProblem(rpcError object) *problem {
	name := rpcError.sub("cause").text("name")
	if !slices.Contains(causes, name) {
		name = "an RPC error without a known name"
	}
	return &problem{text: name, final: rpcError.text("name") == "REQUEST_VALIDATION_ERROR"}
}

func httpProblem(status int, rpcError object) *problem {
	text := fmt.Sprintf("HTTP %d", status)
	if name := rpcError.sub("cause").text("name"); slices.Contains(causes, name) {
		text += " " + name
	}
	// 3xx and 4xx are about us: a key that is refused or used up stays so.
	// 408 is nearcore's own timeout.
	return &problem{text: text, final: status/100 == 3 || status/100 == 4 && status != http.StatusRequestTimeout}
}

// printable chain ids may be shown; others could forge log lines.
var printable = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

func wrongChain(got, want string) *problem {
	if !printable.MatchString(got) {
		got = "another chain"
	}
	return &problem{text: fmt.Sprintf("is on %s, not on %s", got, want), final: true}
}
