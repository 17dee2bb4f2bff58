package frontend

import (
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// maxChanged is how many lines of a front end may change.
const maxChanged = 3

// Front ends that were written for other servers, and what has to change in them.
func TestSeedsDiff(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"001-near-connect-hooks.%.jsx", "002-near-kit.%.mjs", "better-near-auth.%.mjs"} {
		before := strings.Split(read(t, "seeds/"+strings.Replace(name, "%", "before", 1)), "\n")
		after := strings.Split(read(t, "seeds/"+strings.Replace(name, "%", "after", 1)), "\n")
		removed, added := diff(before, after)
		t.Logf("%s: %d lines removed, %d added", name, removed, added)
		if max(removed, added) > maxChanged || added == 0 {
			t.Errorf("%s: %d lines removed, %d added, want at most %d of either", name, removed, added, maxChanged)
		}
	}
}

// diff counts the lines that are not in a longest common subsequence.
func diff(before, after []string) (removed, added int) {
	common := make([][]int, len(before)+1)
	for i := range common {
		common[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return len(before) - common[0][0], len(after) - common[0][0]
}

func TestDiff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before, after  string
		removed, added int
	}{{"a b c", "a b c", 0, 0}, {"a b c", "a x c", 1, 1}, {"a b c", "a c", 1, 0}, {"a c", "x a y c", 0, 2}, {"a b", "b a", 1, 1}} {
		removed, added := diff(strings.Fields(c.before), strings.Fields(c.after))
		if removed != c.removed || added != c.added {
			t.Errorf("%s to %s: %d and %d", c.before, c.after, removed, added)
		}
	}
}

// Those that hold a key run in Node: after the change they sign in, and before
// they do not.
func TestSeedsInNode(t *testing.T) {
	t.Parallel()
	exampletest.Libraries(t)
	s := newSite(t)
	if said := run(t, "node", "seeds/run.mjs", s.origin, s.chain, "after"); said != "002-near-kit near-kit.testnet\nbetter-near-auth better-near-auth.testnet\n" {
		t.Errorf("after the change: %s", said)
	}
	if said := run(t, "node", "seeds/run.mjs", s.origin, s.chain, "before"); strings.Count(said, "nobody\n") != 2 {
		t.Errorf("before the change: %s", said)
	}
}

// The one with hooks runs in a browser.
func TestSeedWithHooks(t *testing.T) {
	t.Parallel()
	script := bundle(t, "seeds/001.page.jsx", "--alias:seed=./seeds/001-near-connect-hooks.after.jsx", "--alias:util=./seeds/util.js", "--external:/driver.js", "--external:/wallet.js", "--external:/auth/client.js")
	s := newSite(t)
	s.serve("/page.js", script)
	s.visit(t, `<body><script type="module" src="/page.js"></script>`)
}
