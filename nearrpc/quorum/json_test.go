package quorum_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

func TestObject(t *testing.T) {
	t.Parallel()
	o, err := quorum.ParseObject([]byte(` {"text":"é","n":1e999,"yes":true,"no":false,"null":null,"sub":{"Text":"x"},"list":[1,{"a":[]}],"empty":[]} `))
	if err != nil {
		t.Fatal(err)
	}
	if o.Text("text") != "é" || !o.Is("yes") || o.Is("no") || o.Sub("sub").Text("Text") != "x" || len(o.List("list")) != 2 {
		t.Errorf("got %v", o)
	}
	if v, ok := o.Get("n"); v != json.Number("1e999") || !ok {
		t.Errorf("got %v", v)
	}
	if v, ok := o.Get("null"); v != nil || !ok {
		t.Errorf("got %v", v)
	}
	if _, ok := o.Get("none"); ok {
		t.Error("a member that is not there")
	}
	if o.List("empty") == nil || o.List("none") != nil || o.List("sub") != nil {
		t.Error("an empty array is an array, and nothing else is")
	}
	// The wrong kind, and a name in another case, are nothing.
	if o.Text("n") != "" || o.Is("text") || o.Sub("text") != nil || o.Sub("sub").Text("text") != "" || o.Text("Text") != "" || o.List("List") != nil {
		t.Error("read as something else")
	}
	v, ok := o.Get("Text")
	switch v.(type) {
	case nil, string, bool, json.Number, quorum.Object, []any:
		t.Errorf("got %v for another name", v)
	}
	if !ok {
		t.Error("a member whose case differs is not absent")
	}
	if none := quorum.Object(nil); none.Text("a") != "" || none.Sub("a").Sub("b") != nil || none.Is("a") || none.List("a") != nil {
		t.Error("nil has members")
	}
}

func TestNoObject(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, ` `, `null`, `"x"`, `[]`, `{`, `{}x`, `{}{}`, `{"a":1,}`, `{"a":01}`, `{'a':1}`, "\ufeff{}", "{\"a\xff\":1}",
		`{"a":1,"a":1}`, `{"a":1,"A":1}`, `{"a":1,"\u0061":1}`, `{"s":1,"\u017f":1}`, `{"k":1,"\u212a":1}`,
		`{"x":{"a":1,"a":1}}`, `{"x":[[{"a":1,"a":1}]]}`,
		`{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`,
		strings.Repeat(`{"a":`, 33) + `1` + strings.Repeat(`}`, 33),
		strings.Repeat("[", 100000),
		zeros(1<<15 - 1),
	} {
		if o, err := quorum.ParseObject([]byte(body)); err == nil || o != nil {
			t.Errorf("%.40q: got %v, %v", body, o, err)
		}
	}
	for _, body := range []string{`{}`, `{"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, `{"a":1,"b":{"a":1}}`, zeros(1<<15 - 2)} {
		if _, err := quorum.ParseObject([]byte(body)); err != nil {
			t.Errorf("%.40q: %v", body, err)
		}
	}
}

// zeros is an object with a list of n numbers: two values more.
func zeros(n int) string { return `{"x":[` + strings.Repeat("0,", n-1) + "0]}" }

// FuzzObject holds that an object which is read is the one that encoding/json
// reads, and says nothing twice.
func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}],"c":"\u0061"}`))
	f.Add([]byte(`{"a":1,"A":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := quorum.ParseObject(body)
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var plain map[string]any
		if err := d.Decode(&plain); err != nil {
			t.Fatalf("%q is read, but by encoding/json %v", body, err)
		}
		same(t, o, plain)
	})
}

// same compares a value with that of encoding/json, which drops members twice.
func same(t *testing.T, got, want any) {
	switch want := want.(type) {
	case map[string]any:
		o, ok := got.(quorum.Object)
		if !ok || len(o) != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for name, w := range want {
			v, ok := o.Get(name)
			if !ok {
				t.Fatalf("%q is missing", name)
			}
			same(t, v, w)
		}
	case []any:
		l, ok := got.([]any)
		if !ok || len(l) != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for i, w := range want {
			same(t, l[i], w)
		}
	default:
		if got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}
