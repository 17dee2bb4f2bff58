package nearrpctest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Fault answers a request in the place of the node, and reports whether it
// did. It may read r.Body; the node still has it. A Fault that waits must
// return when r.Context() is done.
type Fault func(w http.ResponseWriter, r *http.Request) bool

// Only limits a fault to one JSON-RPC method: "status" or "query".
func Only(method string, f Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return callOf(r).Method == method && f(w, r)
	}
}

// Down answers 502 with the HTML page of a load balancer.
func Down() Fault {
	return page(http.StatusBadGateway, "502 Server Error")
}

// HTML answers 200 with a web page, as a captive portal or parked domain does.
func HTML() Fault {
	return page(http.StatusOK, "Welcome")
}

func page(status int, title string) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<html><head>\n<title>%s</title>\n</head>\n<body><h1>%[1]s</h1></body></html>\n", title)
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
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, `{"jsonrpc":"2.0","error":{"code":-429,"message":"project plan exceeded"},"id":%s}`, callOf(r).ID)
		return true
	}
}

// Redirect answers 307 to the URL; a client that follows sends the question,
// and perhaps its API key, there.
func Redirect(url string) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Location", url)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	}
}

// Hang accepts the request and answers nothing until the client has left or
// the server has closed.
func Hang() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	}
}

// SlowDrip sends an answer that would be a yes, one byte an interval.
func SlowDrip(interval time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		flush := http.NewResponseController(w)
		for _, b := range yes(callOf(r).ID, "") {
			if _, err := w.Write([]byte{b}); err != nil {
				return true
			}
			flush.Flush()
			select {
			case <-time.After(interval):
			case <-r.Context().Done():
				return true
			}
		}
		return true
	}
}

// Truncated announces an answer that would be a yes, sends half of it, and
// breaks the connection off.
func Truncated() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		body := yes(callOf(r).ID, "")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body[:len(body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // the way to break off that net/http provides
	}
}

// HugeBody sends an answer that would be a yes in a body of more than size
// bytes.
func HugeBody(size int) Fault {
	chunk := bytes.Repeat([]byte{'x'}, 64<<10)
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		before, after := around(callOf(r).ID)
		w.Write(before)
		for sent := 0; sent < size; sent += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return true // the client has seen enough
			}
		}
		w.Write(after)
		return true
	}
}

// GzipBomb is HugeBody compressed to a thousandth.
func GzipBomb(size int) Fault {
	const unit = 1 << 20
	chunk := pack(bytes.Repeat([]byte{'x'}, unit))
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		before, after := around(callOf(r).ID)
		w.Write(pack(before)) // gzip files one behind the other are one
		for sent := 0; sent < size; sent += unit {
			if _, err := w.Write(chunk); err != nil {
				return true
			}
		}
		w.Write(pack(after))
		return true
	}
}

func pack(data []byte) []byte {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	zip.Write(data)
	zip.Close()
	return b.Bytes()
}

// around is a yes, cut where padding can stand.
func around(id []byte) (before, after []byte) {
	const padding = "PADDING"
	before, after, _ = bytes.Cut(yes(id, padding), []byte(padding))
	return before, after
}

// LieFullAccess says yes to every query, whatever the chain says. This is
// what several operators are asked for.
func LieFullAccess() Fault {
	return Only("query", func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Write(yes(callOf(r).ID, ""))
		return true
	})
}

// LieKeyNotFound says to every query that the key does not exist.
func LieKeyNotFound() Fault {
	return Only("query", func(w http.ResponseWriter, r *http.Request) bool {
		var q queryParams
		c := callOf(r)
		json.Unmarshal(c.Params, &q)
		answer{status: http.StatusOK, Version: "2.0", ID: c.ID, Result: map[string]any{
			"error": "access key " + q.PublicKey + " does not exist while viewing",
			"logs":  []string{}, "block_height": 1, "block_hash": hashOf(1),
		}}.write(w)
		return true
	})
}

// WrongID says yes to every query, but under the id of another request.
func WrongID() Fault {
	return Only("query", func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Write(yes([]byte(`"another-request"`), ""))
		return true
	})
}

// WrongChain says of itself to be a node of the chain.
func WrongChain(chainID string) Fault {
	return Only("status", func(w http.ResponseWriter, r *http.Request) bool {
		answer{status: http.StatusOK, Version: "2.0", ID: callOf(r).ID,
			Result: map[string]any{"chain_id": chainID}}.write(w)
		return true
	})
}

// Syncing says of itself, truly, that it is behind: what it calls final is old.
func Syncing(chainID string) Fault {
	return Only("status", func(w http.ResponseWriter, r *http.Request) bool {
		answer{status: http.StatusOK, Version: "2.0", ID: callOf(r).ID,
			Result: map[string]any{"chain_id": chainID, "sync_info": map[string]any{"syncing": true}}}.write(w)
		return true
	})
}

// yes is the answer for a full-access key, with room for padding in a member
// that clients do not know.
func yes(id []byte, pad string) []byte {
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","result":{"nonce":7,"permission":"FullAccess","block_height":1,"block_hash":"%s","x":"%s"},"id":%s}`,
		hashOf(1), pad, id)
}

// callOf reads the request and puts its body back.
func callOf(r *http.Request) call {
	body, _ := io.ReadAll(r.Body)
	withBody(r, body)
	return parseCall(body)
}
