package ha

import (
	"errors"
	"testing"

	"github.com/FZambia/sentinel/v2"
	"github.com/gomodule/redigo/redis"
)

// The first master is who has most of the votes. It is replaced by more than half
// of all sentinels, and not by those that happen to answer.
func TestElect(t *testing.T) {
	t.Parallel()
	m := &master{sentinels: make([]*sentinel.Sentinel, 3)}
	for i, c := range []struct {
		votes map[string]int
		addr  string
		term  uint64
	}{
		{nil, "", 0},
		{map[string]int{"a": 1}, "a", 1},
		{map[string]int{"a": 1, "b": 1}, "a", 1},
		{nil, "a", 1},
		{map[string]int{"b": 1}, "a", 1},
		{map[string]int{"a": 1, "b": 2}, "b", 2},
		{map[string]int{"a": 1, "b": 1}, "b", 2},
		{map[string]int{"a": 1, "c": 1}, "b", 2},
		{map[string]int{"a": 3}, "a", 3},
	} {
		m.elect(c.votes)
		if addr, term := m.now(); addr != c.addr || term != c.term {
			t.Errorf("%d: %s in term %d, want %s in %d", i, addr, term, c.addr, c.term)
		}
	}
}

// hooked is a connection during whose commands something happens.
type hooked struct {
	redis.Conn
	during func()
	asked  int
}

func (h *hooked) Do(string, ...any) (any, error) { h.asked++; h.during(); return "reply", nil }
func (h *hooked) Err() error                     { return nil }

// An answer that comes when the server is the master no more is not believed,
// and such a server is asked nothing.
func TestFormerMaster(t *testing.T) {
	t.Parallel()
	m := &master{}
	m.elect(map[string]int{"a": 1})
	h := &hooked{during: func() {}}
	c := &conn{Conn: h, master: m, term: m.term.Load()}
	if reply, err := c.Do("GET", "k"); err != nil || reply != "reply" || c.Err() != nil {
		t.Fatalf("the master: %v %v %v", reply, err, c.Err())
	}
	h.during = func() { m.elect(map[string]int{"b": 1}) }
	if _, err := c.Do("GET", "k"); !errors.Is(err, errFormer) || !errors.Is(c.Err(), errFormer) {
		t.Errorf("replaced while it was asked: %v, %v", err, c.Err())
	}
	if _, err := c.Do("GET", "k"); !errors.Is(err, errFormer) || h.asked != 2 {
		t.Errorf("replaced before: %v, asked %d times", err, h.asked)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command string
		args    []any
		key     string
	}{
		{"GET", []any{"k"}, "k"},
		{"SET", []any{[]byte("k"), "v", "PX", 1}, "k"},
		{"EVALSHA", []any{"hash", 1, "k", "arg"}, "k"},
		{"EVAL", []any{"source", 2, "{k}1", "{k}2", "arg"}, "{k}1"},
		{"EVAL", []any{"source", 0, "arg"}, ""},
		{"EVAL", []any{"source"}, ""},
		{"WAIT", []any{1, 200}, ""},
		{"INFO", []any{"server"}, ""},
		{"PING", nil, ""},
	} {
		got := keys(c.command, c.args)
		if c.key == "" && len(got) != 0 || c.key != "" && (len(got) != 1 || got[0] != c.key) {
			t.Errorf("%s %v: %q", c.command, c.args, got)
		}
	}
}
