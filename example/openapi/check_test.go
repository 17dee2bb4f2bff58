package openapi

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// observation is an answer that was seen.
type observation struct {
	op     string // as the document names it: "POST /challenge"
	status int
	header http.Header
	body   []byte
}

// code is that of an error, or "".
func (o observation) code() string {
	var e struct{ Code string }
	if o.status >= 400 {
		_ = json.Unmarshal(o.body, &e)
	}
	return e.Code
}

// String is a line of the checklist: operation, status, and the code if there is one.
func (o observation) String() string {
	return strings.TrimSpace(fmt.Sprint(o.op, " ", o.status, " ", o.code()))
}

// check compares the document with the answers seen, each by itself.
func check(d *document, seen []observation) (problems []string) {
	for _, o := range seen {
		for _, problem := range o.problems(d) {
			problems = append(problems, o.String()+": "+problem)
		}
	}
	return problems
}

// unvisited are the lines of the checklist that were not seen.
func unvisited(d *document, seen []observation) (lines []string) {
	for op, n := range d.operations() {
		for _, status := range n.child("responses").names() {
			codes := n.child("responses", status).codes()
			for _, code := range append(codes, "")[:max(len(codes), 1)] {
				line := strings.TrimSpace(op + " " + status + " " + code)
				if !slices.ContainsFunc(seen, func(o observation) bool { return o.String() == line }) {
					lines = append(lines, line)
				}
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func (o observation) problems(d *document) (problems []string) {
	method, path, _ := strings.Cut(o.op, " ")
	response := d.node("paths", path, strings.ToLower(method), "responses", strconv.Itoa(o.status))
	if !response.there() {
		return []string{"the document does not name this answer"}
	}
	for _, name := range response.child("headers").names() {
		if err := headerProblem(response.child("headers", name), o.header.Values(name)); err != nil {
			problems = append(problems, fmt.Sprintf("header %s: %v", name, err))
		}
	}
	if err := o.bodyProblem(response); err != nil {
		problems = append(problems, err.Error())
	}
	if err := o.cacheProblem(path); err != nil {
		problems = append(problems, err.Error())
	}
	return problems
}

func headerProblem(declared node, values []string) error {
	if !declared.followed().there() {
		return fmt.Errorf("a $ref to what is not there")
	}
	if len(values) == 0 {
		if declared.followed().members["required"] == true {
			return fmt.Errorf("it is required, and is not there")
		}
		return nil
	}
	for _, value := range values {
		var v any = value
		if declared.child("schema").text("type") == "integer" {
			v = json.Number(value)
		}
		if err := declared.child("schema").validate(v); err != nil {
			return err
		}
	}
	return nil
}

func (o observation) bodyProblem(response node) error {
	content := response.child("content")
	if !content.there() {
		if len(o.body) > 0 {
			return fmt.Errorf("a body, and the document has none: %s", o.body)
		}
		return nil
	}
	kind, _, err := mime.ParseMediaType(o.header.Get("Content-Type"))
	if media := content.child(kind); err != nil || !media.there() {
		return fmt.Errorf("content type %q is not one of %q", o.header.Get("Content-Type"), content.names())
	} else if kind == "application/json" {
		return media.child("schema").validateJSON(o.body)
	}
	if len(o.body) == 0 {
		return fmt.Errorf("no body")
	}
	return nil
}

// cacheProblem is what the document says of all answers but the client's files.
func (o observation) cacheProblem(path string) error {
	if slices.Contains(files, path) {
		if strings.Contains(o.header.Get("Cache-Control"), "no-store") {
			return fmt.Errorf("the client's files may be kept")
		}
		return nil
	}
	if got := o.header.Get("Cache-Control"); got != "no-store" {
		return fmt.Errorf("Cache-Control is %q", got)
	}
	if vary := o.header.Values("Vary"); !slices.Contains(vary, "Cookie") {
		return fmt.Errorf("Vary is %q", vary)
	}
	return nil
}
