package openapi

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const documentFile = "../app/openapi.json"

// document is an OpenAPI document whose schemas can be used.
type document struct {
	root     map[string]any
	compiler *jsonschema.Compiler
}

func parse(b []byte) (*document, error) {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	root, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("not an object")
	}
	d := &document{root, jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	return d, d.compiler.AddResource("openapi.json", root)
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readDocument(t *testing.T) *document {
	t.Helper()
	d, err := parse(readFile(t, documentFile))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// node is an object of the document, and the JSON pointer to it. One that is
// not there has no members.
type node struct {
	d       *document
	pointer string
	members map[string]any
}

func (d *document) node(names ...string) node { return node{d, "", d.root}.child(names...) }

// child is what lies below, by names; a $ref on the way is followed.
func (n node) child(names ...string) node {
	for _, name := range names {
		n = n.followed()
		n.pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		n.members, _ = n.members[name].(map[string]any)
	}
	return n
}

func (n node) followed() node {
	ref, ok := n.members["$ref"].(string)
	if !ok {
		return n
	}
	names := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	for i, name := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	return n.d.node(names...)
}

func (n node) there() bool { return n.members != nil }

func (n node) text(name string) string {
	s, _ := n.followed().members[name].(string)
	return s
}

// names are those of the members, in order.
func (n node) names() []string { return slices.Sorted(maps.Keys(n.followed().members)) }

// validate holds a value against the schema that the node is.
func (n node) validate(v any) error {
	parts := strings.Split(n.pointer, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	schema, err := n.d.compiler.Compile("openapi.json#" + strings.Join(parts, "/"))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

// validateJSON is validate for a JSON text.
func (n node) validateJSON(b []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return err
	}
	return n.validate(v)
}

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// operations are all of them by name: "POST /challenge".
func (d *document) operations() map[string]node {
	all := make(map[string]node)
	for _, path := range d.node("paths").names() {
		for _, method := range methods {
			if op := d.node("paths", path, method); op.there() {
				all[strings.ToUpper(method)+" "+path] = op
			}
		}
	}
	return all
}

// codes are those that an answer names; none if it is no error.
func (n node) codes() (codes []string) {
	all, _ := n.child("content", "application/json", "schema").members["allOf"].([]any)
	for _, part := range all {
		m, _ := part.(map[string]any)
		enum, _ := (node{n.d, "", m}).child("properties", "code").members["enum"].([]any)
		for _, code := range enum {
			codes = append(codes, code.(string))
		}
	}
	return codes
}

// walk calls f with every object of the document.
func walk(v any, pointer string, f func(pointer string, members map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(pointer, v)
		for name, value := range v {
			walk(value, pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name), f)
		}
	case []any:
		for i, value := range v {
			walk(value, fmt.Sprint(pointer, "/", i), f)
		}
	}
}
