package main

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/nearauth/nearauth/"

// rooms says which packages of ours each package may import, and which modules
// from outside. What is not here may import nothing of either.
var rooms = map[string][]string{
	"store":                          {"scs/v2"},
	"store/storetest":                {"scs/v2", "store"},
	"store/redis":                    {"redigo/redis", "scs/redisstore", "store"},
	"store/redis/redistest":          {"redigo/redis"},
	"middleware":                     {"scs/v2", "store"},
	"handlers":                       {"scs/v2", "store", "middleware"},
	"handlers/ethereum/ethereumtest": {"crypto/sha3", "handlers/siwe", "nearrpc/nearrpctest", "secp256k1/v4", "secp256k1/v4/ecdsa"},
	"handlers/stellar/stellartest":   {"nearrpc/nearrpctest"},
	"handlers/internal/ed25519x":     {},
	"handlers/siwe":                  {"secp256k1/v4", "secp256k1/v4/ecdsa", "crypto/sha3"},
	"handlers/sep53":                 {"handlers/internal/ed25519x"},
	"handlers/ethereum":              {"handlers", "handlers/siwe", "nearrpc/quorum", "store"},
	"handlers/stellar":               {"handlers", "handlers/sep53", "nearrpc/quorum", "store"},
	"handlers/nep413":                {"base58", "borsh-go", "handlers/internal/ed25519x", "secp256k1/v4", "secp256k1/v4/ecdsa"},
	"handlers/handlerstest":          {"base58", "handlers", "store"},
	"handlers/near":                  {"handlers", "handlers/nep413", "nearrpc", "store"},
	"nearrpc":                        {"nearrpc/quorum"},
	"nearrpc/quorum":                 {},
	"nearrpc/nearrpctest":            {},
	"example":                        {"example/app", "store/redis"},
	"example/app":                    {"handlers", "handlers/ethereum", "handlers/near", "handlers/siwe", "handlers/stellar", "middleware", "nearrpc", "nearrpc/nearrpctest", "nearrpc/quorum", "secp256k1/v4", "secp256k1/v4/ecdsa", "store"},
	"example/exampletest":            {"base58", "handlers/nep413", "nearrpc/nearrpctest", "store/redis/redistest"},
}

// The arrows between the rooms, and who may bring in what from outside.
func TestRooms(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		room := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := rooms[room]
		if !known {
			t.Errorf("%s is in no room of the plan", room)
		}
		seen++
		for _, i := range p.Imports {
			if !strings.Contains(strings.Split(i, "/")[0], ".") {
				continue // the standard library
			}
			name := strings.TrimPrefix(i, module)
			if !slices.ContainsFunc(allowed, func(a string) bool { return a == name || strings.HasSuffix(i, "/"+a) && !strings.HasPrefix(i, module) }) {
				t.Errorf("%s may not import %s", room, i)
			}
		}
	}
	if seen != len(rooms) {
		t.Errorf("%d packages, want %d", seen, len(rooms))
	}
}

// The program of the first Example of package handlers, which is the README's
// too, links four modules from outside.
func TestTenLines(t *testing.T) {
	t.Parallel()
	source := readFile(t, "../handlers/example_test.go")
	body := regexp.MustCompile(`(?s)\nfunc Example\(\) \{\n(.*?)\n\}\n`).FindStringSubmatch(source)
	if body == nil {
		t.Fatal("the first Example is not there")
	}
	want := []string{"github.com/alexedwards/scs/v2", "github.com/decred/dcrd/dcrec/secp256k1/v4", "github.com/mr-tron/base58", "github.com/near/borsh-go"}
	if linked := linkedBy(t, body[1]); !slices.Equal(linked, want) {
		t.Errorf("links %v, want %v", linked, want)
	}
	readme := readFile(t, "../README.md")
	if !strings.Contains(readme, body[1]) {
		t.Error("the README shows another program")
	}
	// One line more for each chain more, and what Ethereum needs besides.
	chains := regexp.MustCompile(`(?s)\t\tChains: \[\]handlers\.Chain\{\n.*?\n\t\t\},\n`).FindString(source)
	if strings.Count(chains, "\n") != 5 || !strings.Contains(readme, chains) {
		t.Errorf("the README shows other chains than %s", chains)
	}
	three := regexp.MustCompile(`\t\tChains: .*\n`).ReplaceAllString(body[1], chains)
	want = append(want, "golang.org/x/crypto", "golang.org/x/sys")
	if linked := linkedBy(t, three, "handlers/ethereum", "handlers/stellar"); !slices.Equal(linked, want) {
		t.Errorf("with three chains it links %v, want %v", linked, want)
	}
}

// linkedBy are the modules from outside that are linked by a program with this
// main function, which uses these packages beside those of the first Example.
func linkedBy(t *testing.T, main string, packages ...string) (linked []string) {
	t.Helper()
	imports := ""
	for _, p := range packages {
		imports += "\t\"" + module + p + "\"\n"
	}
	program := `package main

import (
	"log"
	"net/http"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/store"
` + imports + `)

var private = http.NotFoundHandler()

func main() {
` + main + "\n}\n"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "program"), filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := buildinfo.ReadFile(filepath.Join(dir, "program"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range info.Deps {
		if m.Path+"/" != module {
			linked = append(linked, m.Path)
		}
	}
	slices.Sort(linked)
	return linked
}

// The root module requires what the kit links, and nothing for tests or tools.
func TestGoMod(t *testing.T) {
	t.Parallel()
	var required []string
	for _, m := range regexp.MustCompile(`(?m)^(?:\s+|require )(\S+) v\S+(.*)$`).FindAllStringSubmatch(readFile(t, "../go.mod"), -1) {
		required = append(required, m[1]+m[2])
	}
	want := []string{
		"github.com/alexedwards/scs/redisstore", "github.com/alexedwards/scs/v2", "github.com/decred/dcrd/dcrec/secp256k1/v4",
		"github.com/gomodule/redigo", "github.com/mr-tron/base58", "github.com/near/borsh-go", "golang.org/x/crypto",
		"golang.org/x/sys // indirect", // of x/crypto
	}
	if !slices.Equal(required, want) {
		t.Errorf("go.mod requires %q, want %q", required, want)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// SECURITY.md and the README name tests that are there.
func TestDocumentsNameTests(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") && (strings.HasSuffix(path, "_test.go") || strings.Contains(path, "storetest")) {
			sources.WriteString(readFile(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	security, _, _ := strings.Cut(readFile(t, "../SECURITY.md"), "## What is not")
	_, outages, _ := strings.Cut(readFile(t, "../README.md"), "## When something is down")
	outages, _, _ = strings.Cut(outages, "\n## ")
	test := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	laws := regexp.MustCompile(`"([^"\n]+)"`).FindAllStringSubmatch(security, -1)
	defended, down := test.FindAllStringSubmatch(security, -1), test.FindAllStringSubmatch(outages, -1)
	if len(defended) < 25 || len(laws) < 6 || len(down) < 25 {
		t.Errorf("%d tests and %d laws are named, and %d tests of outages", len(defended), len(laws), len(down))
	}
	for _, m := range append(defended, down...) {
		if !strings.Contains(sources.String(), "func "+m[1]+"(") {
			t.Errorf("no test %s", m[1])
		}
	}
	for _, m := range laws {
		if !strings.Contains(sources.String(), `{"`+m[1]+`"`) {
			t.Errorf("no law %q", m[1])
		}
	}
	for _, row := range regexp.MustCompile(`(?m)^\|.*\|$`).FindAllString(outages, -1)[2:] {
		if !test.MatchString(row) {
			t.Errorf("a row without its test: %s", row)
		}
	}
}
