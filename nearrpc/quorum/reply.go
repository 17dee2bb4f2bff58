package quorum

import "net/http"

// Reply is the answer to a JSON-RPC call.
type Reply struct {
	// Result is any JSON value, as in an Object, if Error is nil. The null
	// that JSON-RPC allows is nil, too.
	Result any

	// Error is the error that the server answered with, or nil.
	Error Object
}

// ParseReply reads an HTTP answer to the JSON-RPC request that carried the id,
// as Call does. It is there for the tests of those who use Call.
func ParseReply(status int, id string, body []byte) (Reply, *Problem) {
	if status != http.StatusOK {
		return Reply{Error: errorIn(body)}, statusProblem(status)
	}
	envelope, err := ParseObject(body)
	if err != nil {
		return Reply{}, unclear(err.Error())
	}
	if envelope.Text("jsonrpc") != "2.0" || id == "" || envelope.Text("id") != id {
		return Reply{}, unclear("not the answer to our request")
	}
	result, hasResult := envelope.Get("result")
	_, hasError := envelope.Get("error")
	rpcError := envelope.Sub("error")
	if result == (misspelt{}) || hasResult == hasError || hasError && rpcError == nil {
		return Reply{}, unclear("neither a result nor an error")
	}
	return Reply{Result: result, Error: rpcError}, nil
}

// errorIn reads the body of an answer that is not believed.
func errorIn(body []byte) Object {
	envelope, _ := ParseObject(body)
	return envelope.Sub("error")
}
