// Package frontend tests the browser's side of nearauth, handlers/client, with
// the real libraries that front ends use: near-connect, near-kit, near-api-js,
// viem, ethers, Freighter's, React, tsc and esbuild, in Node and in a real Chromium.
//
// The snippets of the documentation are taken from its Markdown and run, and so
// are the front ends in seeds, which were written for other servers.
package frontend
