package nep413

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

// grammar is the rule of near-account-id; the length, 2 to 64 bytes, is apart.
var grammar = regexp.MustCompile(`^(([a-z\d]+[-_])*[a-z\d]+\.)*([a-z\d]+[-_])*[a-z\d]+$`)

// kinds are the forms in the order in which near-account-id looks for them.
var kinds = []struct {
	kind Kind
	form *regexp.Regexp
}{
	{EthImplicit, regexp.MustCompile(`^0x[0-9a-f]{40}$`)},
	{Implicit, regexp.MustCompile(`^[0-9a-f]{64}$`)},
	{Deterministic, regexp.MustCompile(`^0s[0-9a-f]{40}$`)},
	{Universal, regexp.MustCompile(`^0u[0-9a-hjkmnp-tv-z]{51}[0g]$`)},
	{Named, grammar},
}

func kindOracle(s string) Kind {
	if len(s) < 2 || len(s) > 64 || !grammar.MatchString(s) {
		return 0
	}
	for _, k := range kinds {
		if k.form.MatchString(s) {
			return k.kind
		}
	}
	return 0
}

type accountVector struct {
	ID       string
	Valid    bool
	Kind     string
	Reserved bool
}

func loadAccounts(t testing.TB) []accountVector {
	v := load[[]accountVector](t, "near_account_ids")
	wantLen(t, v, 126)
	return v
}

func TestAccountIDVectors(t *testing.T) {
	t.Parallel()
	names := map[string]Kind{
		"": 0, "named": Named, "near_implicit": Implicit, "eth_implicit": EthImplicit,
		"near_deterministic": Deterministic, "near_universal": Universal,
	}
	valid := 0
	for _, v := range loadAccounts(t) {
		a, err := ParseAccountID(v.ID)
		if !v.Valid {
			if !errors.Is(err, ErrAccountID) || a != "" {
				t.Errorf("%.80q: %q, %v", v.ID, a, err)
			}
		} else if valid++; err != nil || string(a) != v.ID {
			t.Errorf("%.80q: %q, %v", v.ID, a, err)
		}
		// Kind of a conversion, which nobody has checked.
		if got, want := AccountID(v.ID).Kind(), names[v.Kind]; got != want || got != kindOracle(v.ID) {
			t.Errorf("%.80q: %v, want %v", v.ID, got, want)
		}
		if a.Reserved() != v.Reserved {
			t.Errorf("%.80q: reserved %v", v.ID, a.Reserved())
		}
	}
	if valid != 78 {
		t.Errorf("%d valid", valid)
	}
}

func TestSubAccountVectors(t *testing.T) {
	t.Parallel()
	vectors := load[[]struct {
		Parent, Child string
		Direct        bool `json:"direct_sub_account"`
	}](t, "near_subaccounts")
	wantLen(t, vectors, 29)
	for _, v := range vectors {
		if got := AccountID(v.Child).IsSubAccountOf(AccountID(v.Parent)); got != v.Direct {
			t.Errorf("%q of %q: %v", v.Child, v.Parent, got)
		}
	}
}

func TestSubAccount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		child, parent AccountID
		want          bool
	}{
		{"a.near", "near", true},
		{"b.a.near", "a.near", true},
		{"b.a.near", "near", false}, // not direct
		{"near", "near", false},
		{"evilnear", "near", false},
		{".near", "near", false},
		{"a.", "", false},
		{"a.b", "b", false}, // "b" is too short for an ID
		{"A.near", "near", false},
		{"a.near.", "near.", false},
		{AccountID(strings.Repeat("a", 60) + ".near"), "near", false}, // 65 bytes
	} {
		if got := c.child.IsSubAccountOf(c.parent); got != c.want {
			t.Errorf("%q of %q: %v", c.child, c.parent, got)
		}
	}
}

func TestAccountIDRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "a", strings.Repeat("a", 65), "Alice.near", "ALICE", "аlice.near" /* Cyrillic */, "alice.near ",
		" alice.near", "alice.near\n", "\nalice.near", "alice\x00.near", "alice..near", ".alice", "alice.", "a-_b",
		"-a", "a_", "a@b", "a/b", "a%2eb", "0xBfF77166B39599e54E391156EeF7B8191e02bE92", "\xff\xfe", "ａlice.near", "ſystem",
	} {
		a, err := ParseAccountID(s)
		if !errors.Is(err, ErrAccountID) || a != "" {
			t.Errorf("%q: %q, %v", s, a, err)
		}
	}
}

func TestKindString(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for k := range Universal + 2 {
		seen[k.String()] = true
	}
	if len(seen) != 6 || !seen["invalid"] || !seen["eth-implicit"] {
		t.Error(seen)
	}
}

func TestAccountIDAllocs(t *testing.T) {
	id := strings.Repeat("a", 64)
	if n := testing.AllocsPerRun(100, func() {
		a, _ := ParseAccountID(id)
		a.Kind()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseAccountID(f *testing.F) {
	for _, v := range loadAccounts(f) {
		f.Add(v.ID)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := kindOracle(s)
		a, err := ParseAccountID(s)
		if (err == nil) != (want != 0) || err != nil && !errors.Is(err, ErrAccountID) {
			t.Errorf("%q: %v, want %v", s, err, want)
		}
		if got := AccountID(s).Kind(); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
		if err != nil {
			return
		}
		if string(a) != s {
			t.Errorf("%q became %q", s, a)
		}
		if _, parent, ok := strings.Cut(s, "."); ok && a.IsSubAccountOf(AccountID(parent)) != (kindOracle(parent) != 0) {
			t.Errorf("%q of %q", s, parent)
		}
	})
}
