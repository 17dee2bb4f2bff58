package stellartest

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// Fault answers a request in the place of the node, and reports whether it did.
// Those of package nearrpctest that are not about NEAR go with this node, too:
// Down, HTML, Hang, Redirect and more.
type Fault = nearrpctest.Fault

// About limits a fault to questions about accounts, so that the server says
// truly which network it is on.
func About(f Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool { return asksAccount(r) && f(w, r) }
}

// NotFound answers 404 with the HTML page of a proxy that has lost its server.
func NotFound() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html><head>\n<title>404 Not Found</title>\n</head>\n<body><h1>404 Not Found</h1></body></html>\n")
		return true
	}
}

// TooManyRequests answers 429, with a Retry-After header in whole seconds if
// retryAfter is at least one.
func TooManyRequests(retryAfter time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if seconds := int(retryAfter.Seconds()); seconds > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(seconds))
		}
		writeProblem(w, problem{Type: "rate_limit_exceeded", Title: "Rate Limit Exceeded", Status: http.StatusTooManyRequests,
			Detail: "The rate limit for the requesting IP address is over its alloted limit.  The allowed limit and requests left per time period are communicated to clients via the http response headers 'X-RateLimit-*' headers."})
		return true
	}
}

// StillIngesting answers 503 as a Horizon does that has not caught up yet.
func StillIngesting() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		writeProblem(w, problem{Type: "still_ingesting", Title: "Still Ingesting", Status: http.StatusServiceUnavailable,
			Detail: "Data cannot be presented because it's still being ingested. Please wait for several minutes before your try again."})
		return true
	}
}

// Truncated announces the node's own answer, sends half of it, and breaks the
// connection off.
func Truncated(n *Node) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		var whole recorder
		n.answer(&whole, r)
		w.Header().Set("Content-Length", strconv.Itoa(len(whole.body)))
		w.Write(whole.body[:len(whole.body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // the way to break off that net/http provides
	}
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	body   []byte
}

func (r *recorder) WriteHeader(int) {}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}

func (r *recorder) Write(b []byte) (int, error) {
	r.body = append(r.body, b...)
	return len(b), nil
}

// Instead tells of another ledger than its own when it is asked about accounts:
// a server that lies, or has fallen behind. With a ledger that has no accounts
// it says of all that they do not exist.
func Instead(other *Node) Fault {
	return About(func(w http.ResponseWriter, r *http.Request) bool {
		other.answer(w, r)
		return true
	})
}

// OtherNetwork says of itself to be on the network of that passphrase.
func OtherNetwork(passphrase string) Fault {
	other := NewNode(passphrase)
	return func(w http.ResponseWriter, r *http.Request) bool {
		if asksAccount(r) {
			return false
		}
		other.answer(w, r)
		return true
	}
}

// OtherAccount answers about the account of id whatever account it is asked
// about, as a cache does whose key is wrong.
func OtherAccount(n *Node, id string) Fault {
	return About(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			n.writeAccount(w, r, id)
			return true
		}
		c := callOf(r)
		result := n.entriesOf([]string{id})
		writeRPC(w, rpcAnswer{Version: "2.0", ID: c.ID, Result: result})
		return true
	})
}
