package frontend

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// The states of the client, in Node, with a server that is none.
func TestStates(t *testing.T) {
	t.Parallel()
	exampletest.Libraries(t)
	said := run(t, "node", "--test", "--test-reporter=tap", "--test-timeout=20000", "client.test.mjs", "signers.test.mjs")
	passed := regexp.MustCompile(`(?m)^# pass (\d+)$`).FindStringSubmatch(said)
	if passed == nil || passed[1] != "47" {
		t.Errorf("not every test has passed, or this is to be told of another one:\n%s", said)
	}
}

// The libraries that hold keys in Node sign in to the example.
func TestLibraries(t *testing.T) {
	t.Parallel()
	exampletest.Libraries(t)
	s := newSite(t)
	if said := run(t, "node", "adapters.mjs", s.origin, s.chain); said != "near-kit\nnear-api-js\na test key\n" {
		t.Errorf("it did not come to all of them: %s", said)
	}
}

// Freighter's own module, viem and ethers, and the signers without them, sign in
// with the wallets of the demo.
func TestOtherChains(t *testing.T) {
	t.Parallel()
	script := bundle(t, "other-chains.page.mjs", "--external:/driver.js", "--external:/auth/*", "--external:/demo/*")
	s := newDemo(t)
	s.serve("/page.js", script)
	s.visit(t, `<body><script type="module" src="/page.js"></script>`)
}

// near-connect finds a wallet that has announced itself, and the client signs in
// with it; and with one that the page has found without near-connect.
func TestNearConnect(t *testing.T) {
	t.Parallel()
	script := bundle(t, "near-connect.page.mjs", "--external:/driver.js", "--external:/wallet.js", "--external:/auth/client.js")
	s := newSite(t)
	s.serve("/page.js", script)
	s.visit(t, `<script type="module" src="/page.js"></script>`)
}

// modules are those of the package, and what each may weigh, minified.
var modules = map[string]int{"nearauth": 8 << 10, "ethereum": 2 << 10, "stellar": 2 << 10}

func TestSize(t *testing.T) {
	t.Parallel()
	exampletest.Libraries(t)
	for name, most := range modules {
		minified := run(t, "node_modules/.bin/esbuild", files+name+".js", "--minify", "--format=esm")
		t.Logf("%s: %d bytes minified", name, len(minified))
		if len(minified) >= most || len(minified) < 500 {
			t.Errorf("%s: %d bytes minified, want less than %d", name, len(minified), most)
		}
		if regexp.MustCompile(`\bimport\b`).MatchString(minified) {
			t.Errorf("%s imports something", name)
		}
	}
}

// The package as it stands: these files and no others.
func TestPack(t *testing.T) {
	t.Parallel()
	exampletest.Libraries(t)
	cmd := exec.CommandContext(t.Context(), "npm", "pack", "--dry-run", "--json", "--offline", "--ignore-scripts")
	cmd.Dir = "../../handlers/client"
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	names := packed(t, out)
	want := []string{"README.md", "ethereum.d.ts", "ethereum.js", "nearauth.d.ts", "nearauth.js", "package.json", "stellar.d.ts", "stellar.js"}
	if !slices.Equal(names, want) {
		t.Errorf("packed %v, want %v", names, want)
	}
	if lines := strings.Count(read(t, "../../handlers/client/README.md"), "\n"); lines > 40 {
		t.Errorf("README.md has %d lines", lines)
	}
}

// packed are the names in what npm pack says: a list of packages, or, in later
// versions, packages by name.
func packed(t *testing.T, out []byte) (names []string) {
	t.Helper()
	type pack struct{ Files []struct{ Path string } }
	var list []pack
	var named map[string]pack
	if json.Unmarshal(out, &list) != nil {
		if err := json.Unmarshal(out, &named); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	for _, p := range named {
		list = append(list, p)
	}
	for _, p := range list {
		for _, f := range p.Files {
			names = append(names, f.Path)
		}
	}
	slices.Sort(names)
	return names
}

// The types fit a use of every export, the libraries' own types, and the code.
func TestTypes(t *testing.T) {
	t.Parallel()
	exampletest.Libraries(t)
	run(t, "node_modules/.bin/tsc", "--project", "tsconfig.json")
}

// tsc is strict: what must not fit does not.
func TestTypesRefuse(t *testing.T) {
	t.Parallel()
	exampletest.Libraries(t)
	out, err := exec.CommandContext(t.Context(), "node_modules/.bin/tsc", "--project", "tsconfig.refused.json").CombinedOutput()
	if err == nil {
		t.Fatal("tsc takes everything")
	}
	for line, text := range strings.Split(read(t, "types.refused.ts"), "\n") {
		if strings.HasSuffix(text, "// refused") && !strings.Contains(string(out), fmt.Sprintf("types.refused.ts(%d,", line+1)) {
			t.Errorf("not refused: %s", text)
		}
	}
}

// Each .js and its .d.ts export the same names, and types.ts uses each.
func TestExports(t *testing.T) {
	t.Parallel()
	exampletest.Libraries(t)
	used := read(t, "types.ts")
	for name := range modules {
		var code []string
		if err := json.Unmarshal([]byte(run(t, "node", "--input-type=module", "--eval",
			`import * as all from "`+files+name+`.js"; console.log(JSON.stringify(Object.keys(all).sort()))`)), &code); err != nil {
			t.Fatal(err)
		}
		declared := read(t, files+name+".d.ts")
		var types []string
		for _, m := range regexp.MustCompile(`(?m)^export (?:function|class|const) (\w+)`).FindAllStringSubmatch(declared, -1) {
			types = append(types, m[1])
		}
		slices.Sort(types)
		if len(code) == 0 || !slices.Equal(code, types) {
			t.Errorf("%s: exported %v, typed %v", name, code, types)
		}
		for _, m := range regexp.MustCompile(`(?m)^export (?:\w+) (\w+)`).FindAllStringSubmatch(declared, -1) {
			if !regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(used) {
				t.Errorf("types.ts does not use %s", m[1])
			}
		}
	}
}
