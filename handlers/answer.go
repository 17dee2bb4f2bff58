package handlers

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// answer is a JSON object on its way out. The two answers that a sign-in
// consists of are written with it, because encoding/json spends on them a tenth
// of what the whole of a challenge costs. All else goes out by writeJSON.
type answer []byte

func newAnswer() answer { return append(make(answer, 0, 640), '{') }

func (a *answer) name(name string) {
	if len(*a) > 1 {
		*a = append(*a, ',')
	}
	*a = append(append(append(*a, '"'), name...), '"', ':')
}

func (a *answer) text(name, value string) {
	a.name(name)
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(value) // a string always has a JSON text
			*a = append(*a, quoted...)
			return
		}
	}
	*a = append(append(append(*a, '"'), value...), '"')
}

// optional is text, or nothing.
func (a *answer) optional(name, value string) {
	if value != "" {
		a.text(name, value)
	}
}

func (a *answer) time(name string, t time.Time) {
	a.name(name)
	*a = append(t.AppendFormat(append(*a, '"'), time.RFC3339Nano), '"')
}

func (a *answer) int(name string, n int) {
	a.name(name)
	*a = strconv.AppendInt(*a, int64(n), 10)
}

func (a *answer) write(w http.ResponseWriter) { writeBody(w, append(*a, '}', '\n')) }

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("handlers: " + err.Error()) // only our own types of plain values get here
	}
	writeBody(w, append(body, '\n'))
}

func writeBody(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body)
}
