package histories

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// op is what can be asked about one record: a challenge or a session.
type op string

const (
	// Of store.Challenges.
	put  op = "put"
	get  op = "get"
	take op = "take"
	// Of store.Sessions.
	create op = "create"
	update op = "update"
	touch  op = "touch"
	remove op = "delete"
	find   op = "find"
	// Of a browser: a logout is answered alike whether there was a session.
	logout op = "logout"
	// Of a Redis without persistence: it starts again.
	lose op = "LOSE"
)

func (o op) reads() bool { return o == get || o == find }

// said is the answer to an op.
type said string

const (
	done    said = "done"
	gone    said = "gone"
	exists  said = "exists"
	unknown said = "?" // cannot tell, no answer in time, or nobody left to answer
)

// input and output are one operation, as porcupine sees it and as it travels
// to a worker. Values are never used twice, so that an answer says which write
// it saw.
type (
	input struct {
		Op    op     `json:"op"`
		Value uint64 `json:"value,omitempty"`
	}
	output struct {
		Said    said   `json:"said"`
		Value   uint64 `json:"value,omitempty"`
		Touched uint64 `json:"touched,omitempty"`
	}
)

// record is the whole state of one key. Touched is the part that a touch
// overwrites, and that an update sets back.
type record struct {
	there          bool
	value, touched uint64
}

func (r record) found() output {
	if !r.there {
		return output{Said: gone}
	}
	return output{done, r.value, r.touched}
}

// apply is the law: what a record becomes by an operation, and the one answer
// to it.
func (r record) apply(in input) (record, output) {
	written, ok := record{there: true, value: in.Value}, output{Said: done}
	switch in.Op {
	case put:
		return written, ok
	case get, find:
		return r, r.found()
	case take, remove:
		return record{}, r.found()
	case create:
		if r.there {
			return r, output{Said: exists}
		}
		return written, ok
	case update:
		if !r.there {
			return r, output{Said: gone}
		}
		return written, ok
	case touch:
		if !r.there {
			return r, output{Said: gone}
		}
		r.touched = in.Value
		return r, ok
	case logout, lose:
		return record{}, ok
	}
	panic("no such operation: " + in.Op)
}

// model is the law for porcupine. An operation without an answer is accepted
// as having happened; as it stays open to the end of the history, porcupine
// may as well put it behind everything else, which is never having happened.
var model = porcupine.Model{
	Init: func() any { return record{} },
	Step: func(state, in, out any) (bool, any) {
		next, want := state.(record).apply(in.(input))
		answer := out.(output)
		return answer.Said == unknown || answer == want, next
	},
	DescribeOperation: func(in, out any) string { return describe(in.(input), out.(output)) },
}

func describe(in input, out output) string {
	s := string(in.Op)
	if in.Value != 0 {
		s += fmt.Sprintf(" %d", in.Value)
	}
	s += " -> " + string(out.Said)
	if out.Value != 0 {
		s += fmt.Sprintf(" %d/%d", out.Value, out.Touched)
	}
	return s
}
