package openapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/handlers/ethereum/ethereumtest"
)

func requestSchema(d *document, op string) node {
	return d.operations()[op].child("requestBody", "content", "application/json", "schema")
}

// requestExamples are those of the document for the body of an operation.
func requestExamples(t *testing.T, d *document, op string) map[string]any {
	t.Helper()
	examples := d.operations()[op].child("requestBody", "content", "application/json", "examples")
	all := make(map[string]any)
	for _, name := range examples.names() {
		all[name] = examples.child(name).members["value"]
	}
	if len(all) == 0 {
		t.Fatalf("%s: the document shows no body", op)
	}
	return all
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The bodies that the document shows work as they stand.
func TestShownBodiesWork(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for op, want := range map[string]int{"POST /challenge": 200, "POST /logout": 204} {
		for name, value := range requestExamples(t, d, op) {
			v := newSite(t).visitor()
			o := v.do(op, v.request("POST", strings.TrimPrefix(op, "POST "), marshal(t, value)))
			if problems := o.problems(d); o.status != want || problems != nil {
				t.Errorf("%s, example %s: %v %s %q", op, name, o, o.body, problems)
			}
		}
	}
}

// signer signs afresh what an example shows, and returns the values by the names
// that they have in it.
type signer func(v *visitor, shown map[string]any) (fresh map[string]string)

// signers are those of the examples of verify, by their names.
var signers = map[string]signer{
	"canonical": alice("{}"), "newest": alice("{}"), "nested": alice("{}"), "buffer": alice("{}"),
	"redirect": alice(`{"callbackUrl":"` + callback + `"}`),
	"ethereum": func(v *visitor, _ map[string]any) map[string]string {
		key := ethereumtest.NewKey()
		c := v.forEthereum(key.Address())
		return map[string]string{"accountId": key.Address(), "signature": key.Sign(c.Message), "nonce": c.Nonce}
	},
	"ethereumText": func(v *visitor, shown map[string]any) map[string]string {
		key := ethereumtest.NewKey()
		text := rewritten(shown["message"].(string), key.Address(), v.challenge(`{"chain":"ethereum"}`))
		return map[string]string{"message": text, "signature": key.Sign(text)}
	},
	"stellar":    ownKey(stellarKey.base64),
	"stellarHex": ownKey(stellarKey.hex),
	"freighter":  ownKey(stellarKey.base64),
	"stellarSigner": func(v *visitor, _ map[string]any) map[string]string {
		account, key := newStellarKey(v.t), newStellarKey(v.t)
		v.fund(account, key, 2)
		c := v.forStellar(account.address)
		return map[string]string{"accountId": account.address, "publicKey": key.address, "signature": key.base64(c.Message), "nonce": c.Nonce}
	},
}

// alice is a NEAR account that has asked for a challenge with that body.
func alice(asked string) signer {
	return func(v *visitor, _ map[string]any) (fresh map[string]string) {
		c := v.challenge(asked)
		if err := json.Unmarshal([]byte(v.person("alice.near").Sign(c.toSign())), &fresh); err != nil {
			v.t.Fatal(err)
		}
		fresh["state"], fresh["challenge"] = c.State, c.Nonce
		return fresh
	}
}

// ownKey is a Stellar account that signs itself, in all shapes.
func ownKey(sign func(stellarKey, string) string) signer {
	return func(v *visitor, _ map[string]any) map[string]string {
		key := newStellarKey(v.t)
		c := v.forStellar(key.address)
		signature := sign(key, c.Message)
		return map[string]string{
			"accountId": key.address, "walletAddress": key.address, "signature": signature, "nonce": c.Nonce,
			"signedMessage": signature, "signerAddress": key.address,
		}
	}
}

var (
	textAddress  = regexp.MustCompile(`(?m)^0x.*$`)
	textNonce    = regexp.MustCompile(`(?m)^Nonce: .*$`)
	textIssuedAt = regexp.MustCompile(`(?m)^Issued At: .*$`)
)

// rewritten is the text of a front end, for another account and challenge.
func rewritten(text, address string, c challenge) string {
	text = textAddress.ReplaceAllLiteralString(text, address)
	text = textNonce.ReplaceAllLiteralString(text, "Nonce: "+c.Nonce)
	return textIssuedAt.ReplaceAllLiteralString(text, "Issued At: "+c.IssuedAt)
}

// Those of verify do with what is signed just now in the place of what was
// signed once.
func TestShownAnswersSignIn(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	examples := requestExamples(t, d, "POST /verify")
	for _, problem := range differences("the example", slices.Sorted(maps.Keys(examples)), slices.Sorted(maps.Keys(signers))) {
		t.Fatal(problem)
	}
	for name, value := range examples {
		v := newSite(t).visitor()
		if name == "stellarSigner" { // whom the network has to confirm
			v = newSiteWithNetworks(t).visitor()
		}
		fresh := signers[name](v, value.(map[string]any))
		body := marshal(t, refresh(t, "", value, fresh))
		if err := requestSchema(d, "POST /verify").validateJSON([]byte(body)); err != nil {
			t.Errorf("example %s, signed afresh: %v", name, err)
		}
		o := v.do("POST /verify", v.request("POST", "/verify", body))
		if problems := o.problems(d); o.status != 200 || problems != nil {
			t.Errorf("example %s: %v %s %q\n%s", name, o, o.body, problems, body)
		}
	}
}

// refresh returns a value with those of the same names in the place of its
// own, in the same form.
func refresh(t *testing.T, name string, value any, fresh map[string]string) any {
	_, known := fresh[name]
	switch v := value.(type) {
	case map[string]any:
		m := make(map[string]any)
		for member, value := range v {
			within := member
			if member == "data" {
				within = name // of a Buffer
			}
			m[member] = refresh(t, within, value, fresh)
		}
		return m
	case []any:
		raw, err := base64.StdEncoding.DecodeString(fresh[name])
		if !known || err != nil {
			t.Fatalf("an array as %s", name)
		}
		numbers := make([]int, len(raw))
		for i, b := range raw {
			numbers[i] = int(b)
		}
		return numbers
	case string:
		if known {
			return fresh[name]
		}
	}
	return value
}

// Bodies that the document does not allow are refused.
func TestForbiddenBodies(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for op, bodies := range map[string][]string{
		"POST /challenge": {`[]`, `"alice.near"`, `null`, `{"accountId":7}`, `{"accountId":["alice.near"]}`, `{"chain":{}}`, `{"callbackUrl":false}`},
		"POST /logout":    {`[]`, `"all"`, `null`, `1`},
		"POST /verify":    {`[]`, `"x"`, `null`, `{}`, `{"signedMessage":{}}`, `{"signedMessage":"x"}`, `{"message":"x"}`, `{"signedMessage":["x"]}`},
	} {
		for _, body := range bodies {
			for _, asked := range []string{"{}", `{"chain":"ethereum"}`, `{"chain":"stellar","accountId":"` + stellarID + `"}`} {
				v := newSite(t).visitor()
				v.challenge(asked)
				refused(t, v, requestSchema(d, op), op, body)
			}
		}
	}
}

// absent is the value of a member that is left out.
var absent = &struct{}{}

// forbidden are members with which a good answer of a wallet is none any more.
type forbidden map[string][]any

func (f forbidden) and(more forbidden) forbidden {
	all := maps.Clone(f)
	maps.Copy(all, more)
	return all
}

// inAny are forbidden beside any proof.
var inAny = forbidden{
	"nonce":     {"short", 7, []int{1, 2, 3}, make([]string, 32), map[string]any{"type": "Uint8Array", "data": make([]int, 32)}},
	"challenge": {"short"}, "state": {7}, "message": {7}, "recipient": {[]int{}}, "callbackUrl": {false},
}

var (
	tooLongText      = "my-app.example wants you to sign in with your Ethereum account:\n" + ethereumID + "\n\n" + strings.Repeat("a", 8<<10)
	noStellarAddress = []any{7, "alice.near", ethereumID, strings.ToLower(stellarID), stellarID + "\n", "S" + stellarID[1:]}
	noAddress        = []any{7, "alice.near", stellarID, ethereumID[2:], ethereumID + "0", "ed25519:26y83bPKzisRqNqs9NiZ57kR6D8ZNBRuCGDyy7xmZdA8"}
)

// forbiddenIn are forbidden in a proof of each kind, by its schema.
var forbiddenIn = map[string]struct {
	good func(*visitor) string
	bad  forbidden
}{
	"NearProof": {byAlice, inAny.and(forbidden{
		"accountId": {absent, 7, []string{"alice.near"}},
		"publicKey": {absent, "26y83bPKzisRqNqs9NiZ57kR6D8ZNBRuCGDyy7xmZdA8", "ed25519:0OIl", map[string]any{}},
		"signature": {absent, 7, []int{1, 2, 3}},
	})},
	"EthereumProof": {byEthereum, inAny.and(forbidden{
		"accountId": noAddress, "publicKey": noAddress,
		"signature": {absent, 7, "", "0x", "0x0", "0xzz", strings.Repeat("00", 65), "0X" + strings.Repeat("00", 65), []int{1, 2, 3}},
	})},
	"EthereumTextProof": {byOwnText, inAny.and(forbidden{
		"accountId": noAddress, "publicKey": noAddress,
		"message":   {absent, nil, 7, "", "Sign in to my-app.example", tooLongText},
		"signature": {absent, 7, "", "0x", "0x0", strings.Repeat("00", 65)},
	})},
	"StellarProof": {byStellar, inAny.and(forbidden{
		"accountId": noStellarAddress, "publicKey": noStellarAddress,
		"signature": {absent, 7, "", strings.Repeat("0", 127), "0x" + strings.Repeat("0", 126), strings.Repeat("A", 87), strings.Repeat("+_", 43)},
	})},
	"FreighterProof": {byFreighter, inAny.and(forbidden{
		"accountId": noStellarAddress, "signerAddress": noStellarAddress,
		"signedMessage": {absent, 7, "", []int{1, 2, 3}, strings.Repeat("0", 127)},
	})},
}

// Nor is a good answer of a wallet with one thing wrong in it; what is allowed
// at the same place is let in.
func TestForbiddenMembers(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for kind, c := range forbiddenIn {
		schema := d.node("components", "schemas", kind)
		for member, values := range c.bad {
			for _, value := range values {
				v := newSite(t).visitor()
				good := c.good(v)
				for _, s := range []node{schema, requestSchema(d, "POST /verify")} {
					if err := s.validateJSON([]byte(good)); err != nil {
						t.Errorf("%s: the good answer: %v", kind, err)
					}
				}
				refused(t, v, schema, "POST /verify", changed(t, good, member, value))
				if o := v.do("POST /verify", v.request("POST", "/verify", good)); o.status != 200 {
					t.Errorf("%s: %s: after the bad answer the good one: %v", kind, member, o)
				}
			}
		}
	}
}

// changed is a JSON object with another value of one member, or without it.
func changed(t *testing.T, body, member string, value any) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatal(err)
	}
	if members[member] = value; value == absent {
		delete(members, member)
	}
	return marshal(t, members)
}

// refused wants a body that both the document and the server forbid.
func refused(t *testing.T, v *visitor, schema node, op, body string) {
	t.Helper()
	if schema.validateJSON([]byte(body)) == nil {
		t.Errorf("%s: the document allows %s", op, body)
	}
	o := v.do(op, v.request("POST", strings.TrimPrefix(op, "POST "), body))
	if o.String() != op+" 400 invalid_request" {
		t.Errorf("%s: %v", body, o)
	}
}

// A body may be as large as the document says, and no larger.
func TestSizes(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for _, c := range []struct {
		site     func(*testing.T) *site
		op       string
		kibibyte int
	}{
		{newSite, "POST /challenge", 16}, {newSite, "POST /verify", 16},
		{newSiteWithNetworks, "POST /challenge", 16}, {newSiteWithNetworks, "POST /verify", 40},
	} {
		v := c.site(t).visitor()
		path := strings.TrimPrefix(c.op, "POST ")
		for more, code := range []string{"invalid_request", "body_too_large"} {
			o := v.do(c.op, v.request("POST", path, strings.Repeat(" ", c.kibibyte<<10+more)))
			if o.code() != code {
				t.Errorf("%d KiB and %d bytes: %v", c.kibibyte, more, o)
			}
		}
		for _, description := range []string{d.node("info").text("description"), d.operations()[c.op].child("responses", "413").text("description")} {
			if size := fmt.Sprint(c.kibibyte, " KiB"); !strings.Contains(description, size) {
				t.Errorf("%s: no word of %s: %s", c.op, size, description)
			}
		}
	}
}

// A contract's signature may be as long as the document says: it is asked about.
func TestLongestSignature(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	schema := d.node("components", "schemas", "EthereumProof")
	for more, want := range []string{"POST /verify 401 invalid_signature", "POST /verify 400 invalid_request"} {
		v := newSiteWithNetworks(t).visitor()
		body := changed(t, byContract(v), "signature", "0x"+strings.Repeat("00", 16<<10+more))
		err := schema.validateJSON([]byte(body))
		if o := v.do("POST /verify", v.request("POST", "/verify", body)); o.String() != want || (err == nil) != (more == 0) {
			t.Errorf("%d bytes: %v, %v", 16<<10+more, o, err)
		}
	}
}

// A sign-out form has no fields.
func TestForbiddenForm(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	schema := d.operations()["POST /logout"].child("requestBody", "content", "application/x-www-form-urlencoded", "schema")
	if schema.validate(map[string]any{}) != nil || schema.validate(map[string]any{"scope": "all"}) == nil {
		t.Error("the document does not want an empty form")
	}
	v := newSite(t).visitor()
	if o := v.do("POST /logout", v.request("POST", "/logout", "scope=all", form...)); o.String() != "POST /logout 400 invalid_request" {
		t.Error(o)
	}
}
