// Package browser signs in to the example with a real browser: Debian's headless
// Chromium, driven over the DevTools protocol by the few lines of cdp_test.go.
//
//	go test -count=1 .                  in example/browser
//	go test -count=100 -failfast .      what "stable" means
//
// Each test has a browser context of its own, with its own cookies, so that they
// run beside each other in one browser. Pictures of the pages are left in
// artifacts, or where ARTIFACTS says.
package browser
