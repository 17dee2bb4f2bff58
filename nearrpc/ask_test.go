package nearrpc_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/nearrpc/nearrpctest"
)

// scene builds a client on endpoints "operator:behaviour", one word each, as

// in "a:yes a:down b:no".

func scene(t testing.TB, agree int, words string, more ...func(*nearrpc.Config)) (*nearrpc.Client, *network, []*nearrpctest.Node) {
	var (
		net    network
		nodes  []*nearrpctest.Node
		config = nearrpc.Config{Agree: agree, Transport: &net}
	)
	for i, word := range strings.Fields(words) {
		operator, what, _ := strings.Cut(word, ":")
		name := fmt.Sprintf("%s%d", operator, i)
		node := net.host(name, false)
		behave(node, what)
		nodes = append(nodes, node)
		config.Endpoints = append(config.Endpoints, nearrpc.Endpoint{URL: "https://" + name + "/", Operator: operator})
	}
	for _, change := range more {
		change(&config)
	}
	return newClient(t, config), &net, nodes
}

func TestAgreement(t *testing.T) {
	t.Parallel()
	const no, unknown = "no", "unknown"
	tests := []struct {
		agree     int
		endpoints string
		want      string
		asked     string // sorted, where it matters
	}{
		{1, "a:yes", "yes", "a0"},
		{1, "a:no", no, "a0"},
		{1, "a:yes b:no", "yes", "a0"}, // the first definite answer is final
		{1, "a:no b:yes", no, "a0"},
		{1, "a:down b:yes", "yes", "b1"},
		{1, "a:hang b:yes", "yes", "b1"},
		{1, "a:chain b:yes", "yes", "b1"},
		{1, "a:chain", unknown, ""},
		{1, "a:down b:down", unknown, ""},

		{2, "a:yes b:yes", "yes", "a0 b1"},
		{2, "a:yes b:yes c:no", "yes", "a0 b1"},
		{2, "a:no b:no c:yes", no, "a0 b1"},
		{2, "a:lie b:no", unknown, "a0 b1"}, // one liar of two
		{2, "a:lie b:down", unknown, ""},
		{2, "a:lie b:hang", unknown, ""},
		{2, "a:lie b:chain", unknown, ""},
		{2, "a:lie b:429", unknown, ""},
		{2, "a:lie b:no c:no", unknown, "a0 b1 c2"}, // a contradiction is asked further
		{2, "a:no b:lie c:yes", "yes", "a0 b1 c2"},
		{2, "a:no b:lie c:down", unknown, ""},
		{2, "a:lie a:lie b:no", unknown, "a0 b2"}, // an operator is heard once
		{2, "a:lie a:lie a:lie b:down", unknown, ""},
		{2, "a:down a:yes b:yes", "yes", "a1 b2"}, // but its endpoints stand in for each other
		{2, "a:down b:yes c:yes", "yes", "b1 c2"},
		{2, "a:no b:down", no, ""},
		{2, "a:no b:hang", no, ""},
		{2, "a:no b:down c:no", no, ""},
		{2, "a:down b:down c:yes", unknown, ""},

		{3, "a:yes b:yes c:yes", "yes", "a0 b1 c2"},
		{3, "a:yes b:yes c:down", unknown, ""},
		{3, "a:lie b:lie c:no", unknown, "a0 b1 c2"},
		{3, "a:yes b:yes c:no d:yes", "yes", "a0 b1 c2 d3"},
		{3, "a:no b:no c:down d:no", no, ""},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d of %s", test.agree, test.endpoints), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, net, _ := scene(t, test.agree, test.endpoints)
				err := client.FullAccess(t.Context(), alice, aliceKey)
				if got := word(err); got != test.want {
					t.Errorf("got %s (%v), want %s", got, err, test.want)
				}
				asked := net.took()
				slices.Sort(asked)
				if got := strings.Join(asked, " "); test.asked != "" && got != test.asked {
					t.Errorf("asked %s, want %s", got, test.asked)
				}
			})
		})
	}
}

func word(err error) string {
	switch {
	case err == nil:
		return "yes"
	case errors.Is(err, nearrpc.ErrUnavailable):
		return "unknown"
	}
	return "no"
}

// Every combination of four endpoints, in every grouping into operators, is

// held against the rules themselves.

func TestAgreementExhaustive(t *testing.T) {
	t.Parallel()
	behaviours := []string{"yes", "no", "down", "hang"}
	for _, operators := range []string{"abcd", "aabb", "abca"} {
		t.Run(operators, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for i := range 256 {
					var words, what []string
					for k, n := 0, i; k < 4; k, n = k+1, n/4 {
						what = append(what, behaviours[n%4])
						words = append(words, operators[k:k+1]+":"+what[k])
					}
					for agree := 1; agree <= distinct(operators); agree++ {
						checkRules(t, agree, operators, what, strings.Join(words, " "))
					}
				}
			})
		})
	}
}

func checkRules(t *testing.T, agree int, operators string, what []string, words string) {
	t.Helper()
	client, _, _ := scene(t, agree, words)
	start := time.Now()
	got := word(client.FullAccess(t.Context(), alice, aliceKey))
	if time.Since(start) > 5*time.Second {
		t.Fatalf("%d of %s took %v", agree, words, time.Since(start))
	}
	var yes, no string // operators with an endpoint that says so
	for i, w := range what {
		switch w {
		case "yes":
			yes += operators[i : i+1]
		case "no":
			no += operators[i : i+1]
		}
	}
	switch {
	case got == "yes" && distinct(yes) < agree:
		t.Errorf("%d of %s: a yes that too few gave", agree, words)
	case got == "no" && no == "":
		t.Errorf("%d of %s: a no that nobody gave", agree, words)
	case got == "no" && agree > 1 && !strings.ContainsAny(no, yes) && yes != "" && distinct(no) < agree:
		t.Errorf("%d of %s: a no over a contradiction", agree, words)
	case got != "yes" && no == "" && distinct(yes) >= agree && !strings.Contains(words, "hang"):
		t.Errorf("%d of %s: %s, want yes", agree, words, got)
	case got != "no" && yes == "" && no != "" && strings.Count(words, "hang") < 3: // the budget ends before
		t.Errorf("%d of %s: %s, want no", agree, words, got)
	case got != "unknown" && yes == "" && no == "":
		t.Errorf("%d of %s: %s, want unknown", agree, words, got)
	}
}

func distinct(s string) int {
	r := []rune(s)
	slices.Sort(r)
	return len(slices.Compact(r))
}

func TestReasonsForNo(t *testing.T) {
	t.Parallel()
	client, net, nodes := scene(t, 2, "a:no b:no")
	ask := func() error { return client.FullAccess(t.Context(), alice, aliceKey) }
	if err := ask(); err != nearrpc.ErrKeyNotFound {
		t.Errorf("no key: %v", err)
	}
	for _, node := range nodes {
		node.DeleteAccount(alice)
	}
	if err := ask(); err != nearrpc.ErrKeyNotFound {
		t.Errorf("no account, 2.13 cannot tell it apart: %v", err)
	}
	nodes[1].SetDialect(nearrpctest.Nearcore214) // one node is newer: it knows more
	if err := ask(); err != nearrpc.ErrAccountNotFound {
		t.Errorf("no account: %v", err)
	}
	for i, add := range []func(node *nearrpctest.Node){
		func(n *nearrpctest.Node) { n.AddFunctionCallKey(alice, aliceKey, "app.testnet", "vote") },
		func(n *nearrpctest.Node) { n.AddGasKeyFunctionCall(alice, aliceKey, "app.testnet") },
	} {
		for _, node := range nodes {
			add(node)
		}
		if err := ask(); err != nearrpc.ErrNotFullAccess {
			t.Errorf("function-call key %d: %v", i, err)
		}
	}
	for _, node := range nodes {
		node.AddGasKeyFullAccess(alice, aliceKey)
	}
	if err := ask(); err != nil {
		t.Errorf("gas key with full access: %v", err)
	}
	net.took()
}

// A hanging endpoint must not eat every question, even where the budget is too

// small for its attempt to end by itself.

// One operator has said no, and the caller leaves while another is still being

// asked: that is no answer.

// The first question leaves in the middle of the chain-id check: those that

// wait for it must not fail with it.

// One line when trouble begins and one when it ends, not one a login.

func TestDisagreementIsLogged(t *testing.T) {
	t.Parallel()
	var out logs
	client, _, _ := scene(t, 2, "a:lie b:no", func(c *nearrpc.Config) { c.Logger = out.logger() })
	err := client.FullAccess(t.Context(), alice, aliceKey)
	if !strings.Contains(err.Error(), "contradict") || strings.Count(out.String(), "level=ERROR") != 1 {
		t.Errorf("got %v, logged %s", err, out.String())
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	client, _, nodes := scene(t, 1, "a:lie")
	for _, bad := range [][2]string{
		{"", aliceKey}, {alice, ""}, {strings.Repeat("a", 65), aliceKey}, {alice, strings.Repeat("k", 8193)},
		{"alice\n", aliceKey}, {alice, "key\x00"}, {"alice\u0085", aliceKey}, {"al\xffice", aliceKey},
	} {
		if err := client.FullAccess(t.Context(), bad[0], bad[1]); err != nearrpc.ErrInvalidArgument {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	if nodes[0].Requests() != 0 {
		t.Error("asked")
	}
	// The longest there are go through, and quotes stay inside their string.
	if err := client.FullAccess(t.Context(), strings.Repeat("a", 64), `","request_type":"view_account`+strings.Repeat("k", 8000)); err != nil {
		t.Error(err)
	}
}
