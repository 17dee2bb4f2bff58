package openapi

import (
	"slices"
	"strings"
	"testing"
)

// A test that cannot fail shows nothing: each of these documents is wrong in
// one thing, and that thing is found.
func TestBrokenDocuments(t *testing.T) {
	t.Parallel()
	good := string(readFile(t, documentFile))
	enough := []string{"POST /challenge 200", "POST /verify ", "GET /session ", "GET /client.js "}
	seen := observe(t, newSite, slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		return !slices.ContainsFunc(enough, func(line string) bool { return strings.HasPrefix(r.line, line) })
	}))
	if problems := check(readDocument(t), seen); problems != nil {
		t.Fatalf("the document itself: %q", problems)
	}
	for name, c := range map[string]struct {
		old, new string
		problem  string // of an answer
		missed   string // a line that no test has seen; "" is none more
	}{
		"another code":            {`"key_not_found"`, `"no_such_key"`, "POST /verify 401 key_not_found: ", "POST /verify 401 no_such_key"},
		"another status":          {`"304": {`, `"310": {`, "GET /client.js 304: the document does not name this answer", "GET /client.js 310"},
		"a member too little":     {`"keyCheckedAt": {`, `"keyLookedAt": {`, "GET /session 200: ", ""},
		"a member too much":       {`"networkPassphrase": {`, `"passphrase": {`, "POST /challenge 200: ", ""},
		"a nonce of other form":   {`^[0-9a-f]{64}$`, `^[0-9a-f]{32}$`, "POST /challenge 200: ", ""},
		"no text of the server's": {`"dependentRequired": {`, `"required": ["message"], "dependentRequired": {`, "POST /challenge 200: ", ""},
		"a chain too few":         {`"#/components/schemas/StellarChallenge"`, `"#/components/schemas/NearChallenge"`, "POST /challenge 200: ", ""},
		"an account of NEAR only": {`|stellar:[a-z0-9-]+:G[A-Z2-7]{55})$`, `)$`, "POST /verify 200: ", ""},
		"a key of NEAR only":      {`|0x[0-9A-Fa-f]{40}|erc1271`, `|erc1271`, "GET /session 200: ", ""},
		"another format":          {`"format": "date-time"`, `"format": "date"`, "POST /verify 200: ", ""},
		"another content type":    {`"text/javascript"`, `"application/javascript"`, "GET /client.js 200: content type", ""},
		"no body":                 {`"content": {`, `"contents": {`, "GET /session 200: a body", ""},
		"a dangling header":       {`"ETag": {`, `"X-Tag": {`, "GET /client.js 304: header X-Tag", ""},
		"a header out of bounds":  {`"minimum": 1`, `"minimum": 3600`, "POST /verify 429 rate_limited: header Retry-After", ""},
		"a cookie of other name":  {`^(__Host-)?nearauth=`, `^(__Host-)?session=`, "POST /verify 200: header Set-Cookie", ""},
		"an operation of no name": {`"post": {`, `"put": {`, "POST /verify 200: the document does not name this answer", "PUT /verify 200"},
	} {
		d := broken(t, good, c.old, c.new)
		if problems := check(d, seen); !slices.ContainsFunc(problems, func(p string) bool { return strings.HasPrefix(p, c.problem) }) {
			t.Errorf("%s: found only %q", name, problems)
		}
		if missed := unvisited(d, seen); c.missed != "" && !slices.Contains(missed, c.missed) {
			t.Errorf("%s: %q is not among the unvisited", name, c.missed)
		}
	}
}

// broken is the document with something else wherever old stands.
func broken(t *testing.T, good, old, replacement string) *document {
	t.Helper()
	if !strings.Contains(good, old) {
		t.Fatalf("the document has no %s", old)
	}
	d, err := parse([]byte(strings.ReplaceAll(good, old, replacement)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// And these answers are wrong by the document as it is.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	v := newSite(t).visitor()
	for name, spoil := range map[string]func(*observation){
		"may be stored":    func(o *observation) { o.header.Set("Cache-Control", "private") },
		"for every cookie": func(o *observation) { o.header.Del("Vary") },
		"a member more":    func(o *observation) { o.body = append([]byte(`{"token":"secret",`), o.body[1:]...) },
		"not JSON":         func(o *observation) { o.body = o.body[1:] },
		"no cookie":        func(o *observation) { o.header.Del("Set-Cookie") },
		"a cookie for scripts": func(o *observation) {
			o.header.Set("Set-Cookie", strings.Replace(o.header.Get("Set-Cookie"), "HttpOnly; ", "", 1))
		},
		"HTML":           func(o *observation) { o.header.Set("Content-Type", "text/html") },
		"another status": func(o *observation) { o.status = 201 },
	} {
		o := v.do("POST /challenge", v.request("POST", "/challenge", ""))
		if problems := o.problems(d); problems != nil {
			t.Fatalf("unspoilt: %q", problems)
		}
		if spoil(&o); o.problems(d) == nil {
			t.Errorf("%s: not found", name)
		}
		v = newSite(t).visitor()
	}
}

// Drift is found in both directions.
func TestBrokenLists(t *testing.T) {
	t.Parallel()
	good := string(readFile(t, documentFile))
	want := []string{"the path /logout is not in the document", "the path /signout is in the document only"}
	if got := differences("the path", documentRoutes(broken(t, good, `"/logout"`, `"/signout"`)), routes(t)); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	want = []string{"the name walletAddress is not in the document", "the name wallet is in the document only"}
	names := documentNames(broken(t, good, "`walletAddress`", "`wallet`"), "POST /verify")
	if got := differences("the name", names, literals(t, "../../handlers", readNames["POST /verify"]...)); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	want = []string{"the code rate_limited is not in the document", "the code slow_down is in the document only"}
	code := append(documentCodes(readDocument(t)), "rate_limited")
	if got := differences("the code", documentCodes(broken(t, good, `"rate_limited"`, `"slow_down"`)), slices.Compact(slices.Sorted(slices.Values(code)))); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
