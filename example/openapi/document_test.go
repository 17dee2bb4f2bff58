package openapi

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// The document by itself is whole: what it refers to is there, what it has is of
// use, and a person can read it.
func TestDocument(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	if v := (node{d, "", d.root}).text("openapi"); v != "3.1.0" {
		t.Errorf("openapi is %q", v)
	}
	used := make(map[string]bool)
	walk(d.root, "", func(pointer string, m map[string]any) {
		if ref, ok := m["$ref"].(string); ok {
			used[ref] = true
			if !strings.HasPrefix(ref, "#/components/") || !(node{d, "", m}).followed().there() {
				t.Errorf("%s: $ref to %s, which is not there", pointer, ref)
			}
		}
	})
	for _, kind := range []string{"schemas", "responses", "headers"} {
		for _, name := range d.node("components", kind).names() {
			if !used["#/components/"+kind+"/"+name] {
				t.Errorf("components: %s %s is of no use", kind, name)
			}
		}
	}
	ids := make(map[string]string)
	for name, op := range d.operations() {
		id := op.text("operationId")
		if id == "" || ids[id] != "" || op.text("summary") == "" || op.text("description") == "" || len(op.child("responses").names()) == 0 {
			t.Errorf("%s: operationId %q (also that of %q), summary %q, %d answers", name, id, ids[id], op.text("summary"), len(op.child("responses").names()))
		}
		ids[id] = name
		for _, status := range op.child("responses").names() {
			described(t, name+" "+status, op.child("responses", status))
		}
		walk(op.members["security"], "", func(_ string, m map[string]any) {
			for scheme := range m {
				if !d.node("components", "securitySchemes", scheme).there() {
					t.Errorf("%s: there is no security scheme %s", name, scheme)
				}
			}
		})
	}
}

// described wants a person to read what each code of an answer means.
func described(t *testing.T, name string, response node) {
	t.Helper()
	description := response.text("description")
	if description == "" {
		t.Errorf("%s: no description", name)
	}
	for _, code := range response.codes() {
		if !strings.Contains(description, "`"+code+"`") {
			t.Errorf("%s: the description does not say what %s is", name, code)
		}
	}
}

// The examples are true to the schemas beside which they stand.
func TestExamples(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	checked := 0
	for _, name := range d.node("components", "schemas").names() {
		schema := d.node("components", "schemas", name)
		examples, _ := schema.members["examples"].([]any)
		for _, example := range examples {
			checked++
			if err := schema.validate(example); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name, op := range d.operations() {
		parts := []node{op.child("requestBody")}
		for _, status := range op.child("responses").names() {
			parts = append(parts, op.child("responses", status))
		}
		for _, part := range parts {
			for _, kind := range part.child("content").names() {
				media := part.child("content", kind)
				for _, example := range media.child("examples").names() {
					checked++
					if err := media.child("schema").validate(media.child("examples", example).members["value"]); err != nil {
						t.Errorf("%s: example %s: %v", name, example, err)
					}
				}
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d examples", checked)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	var npm struct{ Version string }
	if err := json.Unmarshal(readFile(t, "../../handlers/client/package.json"), &npm); err != nil {
		t.Fatal(err)
	}
	if got := readDocument(t).node("info").text("version"); got != npm.Version || got == "" {
		t.Errorf("the document is of version %q, the client of %q", got, npm.Version)
	}
}

// The file is written by hand, and reads like that of one hand.
func TestIndentation(t *testing.T) {
	t.Parallel()
	b := readFile(t, documentFile)
	var want bytes.Buffer
	if err := json.Indent(&want, bytes.TrimSpace(b), "", " "); err != nil {
		t.Fatal(err)
	}
	want.WriteByte('\n')
	if !bytes.Equal(b, want.Bytes()) {
		t.Error("not indented by one space")
	}
}
