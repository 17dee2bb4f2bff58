package histories

import (
	"math"
	"testing"

	"github.com/anishathalye/porcupine"
)

// ask is an operation from one time to another, of any client. Without an
// answer it is open.
func ask(from, to int64, o op, value uint64, out output) porcupine.Operation {
	if out.Said == unknown {
		to = math.MaxInt64
	}
	return porcupine.Operation{Input: input{o, value}, Output: out, Call: from, Return: to}
}

// Histories of which it is known whether they are possible. What the checker
// accepts here is as important as what it refuses.
func TestLaw(t *testing.T) {
	t.Parallel()
	yes, no, lost := output{Said: done}, output{Said: gone}, output{Said: unknown}
	one, two := output{Said: done, Value: 1}, output{Said: done, Value: 2}
	type history = []porcupine.Operation
	for _, c := range []struct {
		name  string
		legal bool
		ops   history
	}{
		{"a challenge is taken once", true, history{ask(0, 1, put, 1, yes), ask(2, 5, take, 0, one), ask(3, 4, take, 0, no)}},
		{"taken twice", false, history{ask(0, 1, put, 1, yes), ask(2, 5, take, 0, one), ask(3, 4, take, 0, one)}},
		{"there after it was taken", false, history{ask(0, 1, put, 1, yes), ask(2, 3, take, 0, one), ask(4, 5, get, 0, one)}},
		{"gone though nobody took it", false, history{ask(0, 1, put, 1, yes), ask(2, 3, get, 0, no)}},
		{"an older one than was put last", false, history{ask(0, 1, put, 1, yes), ask(2, 3, put, 2, yes), ask(4, 5, take, 0, one)}},

		{"an open take that happened", true, history{ask(0, 1, put, 1, yes), ask(2, 0, take, 0, lost), ask(4, 5, get, 0, no)}},
		{"and one that did not", true, history{ask(0, 1, put, 1, yes), ask(2, 0, take, 0, lost), ask(4, 5, get, 0, one)}},
		{"and one that happened late", true, history{ask(0, 1, put, 1, yes), ask(2, 0, take, 0, lost), ask(4, 5, get, 0, one), ask(6, 7, get, 0, no)}},
		{"but not twice", false, history{ask(0, 1, put, 1, yes), ask(2, 0, take, 0, lost), ask(4, 5, get, 0, no), ask(6, 7, put, 2, yes), ask(8, 9, get, 0, no)}},
		{"nor before it was asked for", false, history{ask(0, 1, put, 1, yes), ask(2, 3, get, 0, no), ask(4, 0, take, 0, lost)}},
		{"an open put that happened late", true, history{ask(0, 0, put, 1, lost), ask(1, 2, get, 0, no), ask(3, 4, take, 0, one)}},

		{"lost by a restart", true, history{ask(0, 1, put, 1, yes), ask(2, 5, lose, 0, yes), ask(6, 7, get, 0, no)}},
		{"there after a restart", false, history{ask(0, 1, put, 1, yes), ask(2, 5, lose, 0, yes), ask(6, 7, get, 0, one)}},
		{"put while it restarted", true, history{ask(3, 4, put, 1, yes), ask(2, 5, lose, 0, yes), ask(6, 7, get, 0, one)}},

		{"an update of what is there", true, history{ask(0, 1, create, 1, yes), ask(2, 3, update, 2, yes), ask(4, 5, find, 0, two)}},
		{"an update creates", false, history{ask(0, 1, create, 1, yes), ask(2, 3, remove, 0, one), ask(4, 5, update, 2, yes)}},
		{"an update without an answer creates", false, history{ask(0, 1, create, 1, yes), ask(2, 3, remove, 0, one), ask(4, 0, update, 2, lost), ask(6, 7, find, 0, two)}},
		{"an update that was under way comes first", true, history{ask(0, 1, create, 1, yes), ask(2, 6, update, 2, yes), ask(3, 4, remove, 0, two), ask(7, 8, find, 0, no)}},
		{"created over another", false, history{ask(0, 1, create, 1, yes), ask(2, 3, create, 2, yes)}},
		{"deleted twice", false, history{ask(0, 1, create, 1, yes), ask(2, 5, remove, 0, one), ask(3, 4, remove, 0, one)}},
		{"a touch writes beside the value", true, history{ask(0, 1, create, 1, yes), ask(2, 3, touch, 9, yes), ask(4, 5, find, 0, output{done, 1, 9})}},
		{"a touch brings an older value back", false, history{ask(0, 1, create, 1, yes), ask(2, 6, touch, 9, yes), ask(3, 4, update, 2, yes), ask(7, 8, find, 0, output{done, 1, 9})}},
		{"a touch creates", false, history{ask(0, 1, touch, 9, yes)}},

		{"served after a logout", false, history{ask(0, 1, create, 1, yes), ask(2, 3, logout, 0, yes), ask(4, 5, find, 0, one)}},
		{"served while logging out", true, history{ask(0, 1, create, 1, yes), ask(2, 5, logout, 0, yes), ask(3, 6, find, 0, one), ask(7, 8, logout, 0, yes)}},
		{"a logout that nobody answered, undone", false, history{ask(0, 1, create, 1, yes), ask(2, 0, logout, 0, lost), ask(3, 4, find, 0, no), ask(5, 6, find, 0, one)}},
	} {
		if got := porcupine.CheckOperations(model, c.ops); got != c.legal {
			t.Errorf("%s: legal %v", c.name, got)
		}
	}
}

// What is forgotten of a violation leaves a violation, and little else.
func TestShortest(t *testing.T) {
	t.Parallel()
	yes, one := output{Said: done}, output{Said: done, Value: 1}
	var ops []porcupine.Operation
	ops = append(ops, ask(0, 1, put, 1, yes))
	for i := range int64(10) {
		ops = append(ops, ask(2+i, 20, get, 0, one))
	}
	ops = append(ops, ask(30, 31, take, 0, one), ask(32, 33, take, 0, one), ask(40, 41, put, 2, yes))
	got := shortest(ops)
	if len(got) != 3 || !illegal(got) { // a put and two takes
		t.Errorf("%d operations:%s", len(got), lines(got))
	}
}
