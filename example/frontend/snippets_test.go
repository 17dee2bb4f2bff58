package frontend

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/example/exampletest"
)

// snippets is the Markdown whose snippets are run.
const snippets = "../../README.md"

// snippet is the code under a heading, with what a test has to put in the place
// of what is on the Internet. Each of these must be there once.
func snippet(t *testing.T, heading string, replace ...string) string {
	t.Helper()
	_, section, found := strings.Cut(read(t, snippets), "\n### "+heading+"\n")
	code := regexp.MustCompile("(?s)```\\w+\n(.*?)```").FindStringSubmatch(section)
	if !found || code == nil {
		t.Fatalf("%s has no code under %q", snippets, heading)
	}
	for i := 0; i < len(replace); i += 2 {
		if n := strings.Count(code[1], replace[i]); n != 1 {
			t.Fatalf("%s has %q %d times", heading, replace[i], n)
		}
		code[1] = strings.Replace(code[1], replace[i], replace[i+1], 1)
	}
	return code[1]
}

const (
	myNearWallet = "https://app.mynearwallet.com"
	online       = "autoConnect: false"
	offline      = `autoConnect: false, manifest: { wallets: [], version: "1.0.0" }`
)

// Without a framework: the snippet is the page.
func TestSnippetPlain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("/page.js", `
		import { click, expect, show, signedInAs, until } from "/driver.js";
		show(async () => {
			await click("#in");
			await click("#out:not([hidden])");
			expect("who", document.getElementById("who").textContent, "web.testnet");
			await until("nobody", () => document.getElementById("who").textContent === "signed-out");
			await click("#in");
			await until("somebody", () => document.getElementById("who").textContent === "web.testnet");
			await signedInAs("web.testnet");
		});`)
	s.visit(t, snippet(t, "Without a framework", myNearWallet, s.wallet)+`<script type="module" src="/page.js"></script>`)
}

// with bundles a snippet, as snippet.tsx, with a page that uses it.
func with(t *testing.T, code, page string) string {
	t.Helper()
	exampletest.Libraries(t)
	dir, err := os.MkdirTemp(".", "snippet-*.out") // where node_modules are found
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for name, content := range map[string]string{"snippet.tsx": code, "page.jsx": page} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return bundle(t, filepath.Join(dir, "page.jsx"), "--external:/driver.js", "--external:/wallet.js", "--external:/auth/client.js", "--external:/demo/*", "--external:node:*", "--alias:util=./seeds/util.js")
}

func TestSnippetReact(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("/page.js", with(t, snippet(t, "React", myNearWallet, s.wallet), `
		import { StrictMode } from "react";
		import { createRoot } from "react-dom/client";
		import { click, expect, show, signedInAs, until } from "/driver.js";
		import { SignIn } from "./snippet";
		show(async () => {
			createRoot(document.getElementById("root")).render(<StrictMode><SignIn /></StrictMode>);
			const says = (text) => until(text, () => document.body.innerText.includes(text));
			await says("signed-out");
			await click("button");
			await says("Sign out, web.testnet");
			await signedInAs("web.testnet");
			await click("button");
			await says("signed-out");
			await signedInAs(undefined);
		});`))
	s.visit(t, `<div id="root"></div><script type="module" src="/page.js"></script>`)
}

func TestSnippetsWithConnector(t *testing.T) {
	t.Parallel()
	for _, heading := range []string{"near-connect", "near-kit"} {
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.serve("/page.js", with(t, snippet(t, heading, online, offline), `
				import { click, expect, show, signedInAs } from "/driver.js";
				import { announce, walletObject } from "/wallet.js";
				import { signIn } from "./snippet";
				show(async () => {
					announce(await walletObject("somebody.testnet"));
					const signing = signIn();
					await click(".connect-item");
					expect("session", (await signing).accountId, "somebody.testnet");
					await signedInAs("somebody.testnet");
				});`))
			s.visit(t, `<script type="module" src="/page.js"></script>`)
		})
	}
}

// The wallets of the demo are offered, and sign in.
func TestSnippetEthereumAndStellar(t *testing.T) {
	t.Parallel()
	s := newDemo(t)
	s.serve("/page.js", with(t, snippet(t, "Ethereum and Stellar"), `
		import { click, expect, show, signedInAs, until } from "/driver.js";
		import "/demo/extension.js";
		import { wallets } from "./snippet";
		show(async () => {
			const offered = new Map();
			await wallets((name, signIn) => offered.set(name, signIn));
			expect("offered", [...offered.keys()], ["Demo Ethereum wallet", "Freighter"]);
			for (const signIn of offered.values()) {
				const signing = signIn();
				for (const asks of ["wants to see your account", "asks for your signature"]) {
					await until(asks, () => document.querySelector("dialog.extension")?.innerText.includes(asks));
					await click('dialog.extension [value="yes"]');
				}
				await signedInAs((await signing).accountId);
			}
		});`))
	s.visit(t, `<body><script type="module" src="/page.js"></script>`)
}

// tsc takes the snippets as they stand.
func TestSnippetsAreTyped(t *testing.T) {
	t.Parallel()
	exampletest.Libraries(t)
	dir, err := os.MkdirTemp(".", "snippet-*.out")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var files []string
	for heading, name := range map[string]string{"React": "react.tsx", "near-connect": "near-connect.ts", "near-kit": "near-kit.ts", "Ethereum and Stellar": "others.ts"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(snippet(t, heading)), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, `"`+name+`"`)
	}
	config := `{"extends": "../tsconfig.json", "files": [` + strings.Join(files, ", ") + `]}`
	if err := os.WriteFile(filepath.Join(dir, "tsconfig.json"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, "node_modules/.bin/tsc", "--project", dir)
}
