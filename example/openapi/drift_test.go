package openapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// differences says what two lists of names do not have in common.
func differences(what string, document, code []string) (problems []string) {
	for _, name := range code {
		if !slices.Contains(document, name) {
			problems = append(problems, what+" "+name+" is not in the document")
		}
	}
	for _, name := range document {
		if !slices.Contains(code, name) {
			problems = append(problems, what+" "+name+" is in the document only")
		}
	}
	return problems
}

// sources are the Go files of a package, parsed, without its tests.
func sources(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		t.Fatalf("no Go files in %s", dir)
	}
	return files
}

// text is that of a string literal, or "".
func text(e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(literal.Value)
	return s
}

// codesIn are the codes that a package gives to errors: Code: "…", or x.Code = "…".
func codesIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	codes := make(map[string]bool)
	note := func(name string, value ast.Expr) {
		if code := text(value); name == "Code" && code != "" {
			codes[code] = true
		}
	}
	for _, file := range sources(t, dir) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok {
					note(key.Name, n.Value)
				}
			case *ast.AssignStmt:
				for i, left := range n.Lhs {
					if field, ok := left.(*ast.SelectorExpr); ok && i < len(n.Rhs) {
						note(field.Sel.Name, n.Rhs[i])
					}
				}
			}
			return true
		})
	}
	return codes
}

// elsewhereCodes are those that no operation answers: not_found, of paths that
// the document does not have, and those of the guards around an application's
// own routes.
var elsewhereCodes = []string{"https_required", "not_found", "reauthentication_required"}

// documentCodes are those that any operation answers.
func documentCodes(d *document) []string {
	codes := make(map[string]bool)
	for _, op := range d.operations() {
		for _, status := range op.child("responses").names() {
			for _, code := range op.child("responses", status).codes() {
				codes[code] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(codes))
}

func TestCodesDoNotDrift(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	code := codesIn(t, "../../handlers")
	maps.Copy(code, codesIn(t, "../../middleware"))
	for _, problem := range differences("the code", append(documentCodes(d), elsewhereCodes...), slices.Sorted(maps.Keys(code))) {
		t.Error(problem)
	}
	prose := d.node("info").text("description")
	types := string(readFile(t, "../../handlers/client/nearauth.d.ts"))
	for _, name := range elsewhereCodes {
		if !strings.Contains(prose, "`"+name+"`") {
			t.Errorf("the document's description does not say what %s is", name)
		}
	}
	for name := range code {
		if !strings.Contains(types, `| "`+name+`"`) {
			t.Errorf("the types of the client do not have %s", name)
		}
	}
}

// literals are the texts in the variables of those names.
func literals(t *testing.T, dir string, names ...string) (texts []string) {
	t.Helper()
	for _, file := range sources(t, dir) {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range d.Specs {
				v, ok := spec.(*ast.ValueSpec)
				if !ok || !slices.Contains(names, v.Names[0].Name) {
					continue
				}
				ast.Inspect(v, func(n ast.Node) bool {
					if e, ok := n.(ast.Expr); ok && text(e) != "" {
						texts = append(texts, text(e))
					}
					return true
				})
			}
		}
	}
	return texts
}

// memberNames are those of the members that a schema has, in all its forms.
func (n node) memberNames() (names []string) {
	n = n.followed()
	names = n.child("properties").names()
	for _, keyword := range []string{"anyOf", "allOf"} {
		parts, _ := n.members[keyword].([]any)
		for _, part := range parts {
			m, _ := part.(map[string]any)
			names = append(names, node{n.d, "", m}.memberNames()...)
		}
	}
	return names
}

var quoted = regexp.MustCompile("`([A-Za-z_]+)`")

// Every name that the handlers read in a request is a member of its schemas, or
// stands in the description of the body; and they read every such name.
func TestNamesDoNotDrift(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for op, variables := range readNames {
		for _, problem := range differences(op+": the name", documentNames(d, op), literals(t, "../../handlers", variables...)) {
			t.Error(problem)
		}
	}
}

// readNames are the variables that have the names which the handlers read.
var readNames = map[string][]string{
	"POST /challenge": {"challengeNames", "accountNames"},
	"POST /verify":    {"verifyNames"},
}

// documentNames are those that the document has for the body of an operation.
func documentNames(d *document, op string) []string {
	names := requestSchema(d, op).memberNames()
	for _, m := range quoted.FindAllStringSubmatch(d.operations()[op].child("requestBody").text("description"), -1) {
		names = append(names, m[1])
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// routes are the paths that the kit serves: those of its table, and the ones
// that ServeHTTP knows by their beginning.
func routes(t *testing.T) (paths []string) {
	t.Helper()
	// The table is not exported. Its keys can be read all the same.
	table := reflect.ValueOf(newSite(t).auth).Elem().FieldByName("routes")
	for _, key := range table.MapKeys() {
		paths = append(paths, key.String())
	}
	for _, file := range sources(t, "../../handlers") {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "ServeHTTP" {
				ast.Inspect(f.Body, func(n ast.Node) bool {
					if e, ok := n.(ast.Expr); ok && len(text(e)) > 1 && text(e)[0] == '/' {
						paths = append(paths, text(e))
					}
					return true
				})
			}
		}
	}
	return paths
}

// documentRoutes are the document's paths, cut off where a parameter begins.
func documentRoutes(d *document) (paths []string) {
	for _, path := range d.node("paths").names() {
		path, _, _ = strings.Cut(path, "{")
		paths = append(paths, path)
	}
	return paths
}

func TestRoutesDoNotDrift(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for _, problem := range differences("the path", documentRoutes(d), routes(t)) {
		t.Error(problem)
	}
	v := newSite(t).visitor()
	for _, path := range []string{"/", "/callback", "/sessions/", "/sessions/a/b", "/session/", "/Session", "/client", "/challenge/x"} {
		o := v.do("GET "+path, v.request("GET", path, ""))
		if o.String() != "GET "+path+" 404 not_found" || o.cacheProblem(path) != nil {
			t.Errorf("%v %v", o, o.header)
		}
	}
}

// A 405 says which methods a path has.
func TestMethodsDoNotDrift(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	v := newSite(t).visitor()
	for _, path := range d.node("paths").names() {
		o := v.do("PATCH "+path, v.request("PATCH", strings.ReplaceAll(path, "{id}", "none"), ""))
		var want []string
		for _, method := range d.node("paths", path).names() {
			if want = append(want, strings.ToUpper(method)); method == "get" {
				want = append(want, "HEAD")
			}
		}
		allowed := strings.Split(o.header.Get("Allow"), ", ")
		for _, problem := range differences("the method", want, allowed) {
			t.Errorf("%s: %s", path, problem)
		}
	}
}

// HEAD is GET without the body.
func TestHead(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for _, path := range d.node("paths").names() {
		if !d.node("paths", path, "get").there() {
			continue
		}
		v := newSite(t).visitor()
		signedIn(v)
		get, head := v.do("GET "+path, v.request("GET", path, "")), v.do("HEAD "+path, v.request("HEAD", path, ""))
		if head.status != get.status || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			t.Errorf("%v, %v", get, head)
		}
	}
}

var (
	typeMember = regexp.MustCompile(`(?m)^  (\w+)\??:`)
	typeBody   = func(name string) *regexp.Regexp {
		return regexp.MustCompile(`(?s)export interface ` + name + ` \{\n(.*?)\n\}`)
	}
)

// The types of the client and the schemas have the same members.
func TestTypesDoNotDrift(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	types := readFile(t, "../../handlers/client/nearauth.d.ts")
	for schema, name := range map[string]string{"Challenge": "Challenge", "Session": "Session", "ListedSession": "ListedSession", "ChallengeRequest": "ChallengeOptions"} {
		body := typeBody(name).FindSubmatch(types)
		if body == nil {
			t.Fatalf("the client has no type %s", name)
		}
		var members []string
		for _, m := range typeMember.FindAllSubmatch(body[1], -1) {
			members = append(members, string(m[1]))
		}
		for _, problem := range differences(name+": the member", d.node("components", "schemas", schema, "properties").names(), members) {
			t.Error(problem)
		}
	}
}
