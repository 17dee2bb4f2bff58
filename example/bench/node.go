package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nearauth/nearauth/example/exampletest"
	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/store"
)

const (
	nearKit    = "near-kit on Node, verifyNep413Signature"
	chainCheck = "the same in the kit, near.Chain.Verify"
)

var nodeContest = contest{
	name:   "node",
	about:  "the opponent on the other side of the wire: one signature, proof in text",
	slices: 1,
	enter: func(t testing.TB) []*contender {
		exampletest.Libraries(t)
		b := newBrowser(t, newSite(t, store.NewMemory()))
		alice, c := newAlice(t), b.challenge(client(0))
		p := proof{challenge: c, content: alice.sign(t, c)}
		return []*contender{
			{name: nearKit, elsewhere: p.onNode(t)},
			{name: chainCheck, op: p.here(t)},
			verifies(t),
			{name: bareVerify, op: verifyHash(t)},
		}
	},
	ratios: []ratio{{verifyHandler, nearKit, 0}, {chainCheck, nearKit, 0}, {nearKit, bareVerify, 0}},
}

// proof is a challenge and what a wallet has answered.
type proof struct {
	challenge challenge
	content   []byte
}

// here is the kit's check, from text to account.
func (p proof) here(t testing.TB) func() bool {
	t.Helper()
	mainnet, err := near.New(near.Config{Network: "mainnet", RPC: yes{}})
	if err != nil {
		t.Fatal(err)
	}
	var sent handlers.Proof // whose fields have the names that are sent
	if err := json.Unmarshal(p.content, &sent); err != nil {
		t.Fatal(err)
	}
	c := handlers.Challenge{Chain: chain, Request: handlers.Request{
		Message: p.challenge.Message, Recipient: p.challenge.Recipient, Nonce: p.challenge.bytes(),
	}}
	return func() bool {
		account, err := mainnet.Verify(c, sent)
		return err == nil && account.ID == sent.AccountID
	}
}

// onNode starts near-kit.mjs, which reads how often and answers how long.
func (p proof) onNode(t testing.TB) func(n int) time.Duration {
	t.Helper()
	cmd := exampletest.Command(t.Context(), "node", "near-kit.mjs", string(p.content), p.challenge.Message,
		p.challenge.Recipient, p.challenge.Nonce)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // which ends it
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	return func(n int) time.Duration {
		_, _ = fmt.Fprintln(in, n)
		lines.Scan()
		ns, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			_ = cmd.Cancel()
			t.Fatalf("near-kit.mjs: %q %s", lines.Text(), stderr.String())
		}
		return time.Duration(ns)
	}
}
