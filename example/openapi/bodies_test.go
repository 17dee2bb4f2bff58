package openapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/nearauth/nearauth/handlers/nep413"
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
			if o.status != want {
				t.Errorf("%s, example %s: %v %s", op, name, o, o.body)
			}
		}
	}
}

// Those of verify do with what is signed just now in the place of what was
// signed once.
func TestShownAnswersSignIn(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for name, value := range requestExamples(t, d, "POST /verify") {
		v := newSite(t).visitor()
		asked := "{}"
		if strings.Contains(marshal(t, value), `"state"`) {
			asked = `{"callbackUrl":"` + callback + `"}`
		}
		c := v.challenge(asked)
		var fresh map[string]string
		if err := json.Unmarshal([]byte(v.person("alice.near").Sign(c.toSign())), &fresh); err != nil {
			t.Fatal(err)
		}
		fresh["state"], fresh["challenge"] = c.State, c.Nonce
		body := marshal(t, refresh(t, "", value, fresh))
		if err := requestSchema(d, "POST /verify").validateJSON([]byte(body)); err != nil {
			t.Errorf("example %s, signed afresh: %v", name, err)
		}
		if o := v.do("POST /verify", v.request("POST", "/verify", body)); o.status != 200 {
			t.Errorf("example %s: %v %s\n%s", name, o, o.body, body)
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

// What the document shows as signed is: whoever writes a wallet, or a server,
// can try it on the two examples.
func TestShownSignature(t *testing.T) {
	t.Parallel()
	var c challenge
	var p struct{ PublicKey, Signature, Nonce string }
	example(t, "Challenge", &c)
	example(t, "Proof", &p)
	nonce, err := base64.StdEncoding.DecodeString(c.Nonce)
	if err != nil || len(nonce) != 32 || p.Nonce != c.Nonce {
		t.Fatalf("the nonces are %q and %q", c.Nonce, p.Nonce)
	}
	key, err := nep413.ParsePublicKey(p.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := nep413.ParseSignature(p.Signature)
	if err != nil {
		t.Fatal(err)
	}
	payload := nep413.Payload{Message: c.Message, Nonce: [32]byte(nonce), Recipient: c.Recipient}
	if err := nep413.Verify(key, payload, signature); err != nil {
		t.Error(err)
	}
}

// example decodes the example of a schema.
func example(t *testing.T, schema string, to any) {
	t.Helper()
	examples, _ := readDocument(t).node("components", "schemas", schema).members["examples"].([]any)
	if len(examples) == 0 {
		t.Fatalf("%s has no example", schema)
	}
	if err := json.Unmarshal([]byte(marshal(t, examples[0])), to); err != nil {
		t.Fatal(err)
	}
}

// Bodies that the document does not allow are refused.
func TestForbiddenBodies(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for op, bodies := range map[string][]string{
		"POST /challenge": {`[]`, `"alice.near"`, `null`, `{"accountId":7}`, `{"accountId":["alice.near"]}`, `{"chain":{}}`, `{"callbackUrl":false}`},
		"POST /logout":    {`[]`, `"all"`, `null`, `1`},
		"POST /verify":    {`[]`, `"x"`, `null`, `{}`, `{"signedMessage":{}}`, `{"signedMessage":"x"}`},
	} {
		for _, body := range bodies {
			v := newSite(t).visitor()
			v.challenge("")
			refused(t, d, v, op, body)
		}
	}
}

// Nor is a good answer of a wallet with one thing wrong in it; what is allowed
// at the same place is let in.
func TestForbiddenMembers(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	absent := &struct{}{}
	for _, c := range []struct {
		member string
		value  any
	}{
		{"accountId", absent}, {"accountId", 7}, {"accountId", []string{"alice.near"}},
		{"publicKey", absent}, {"publicKey", "26y83bPKzisRqNqs9NiZ57kR6D8ZNBRuCGDyy7xmZdA8"}, {"publicKey", "ed25519:0OIl"}, {"publicKey", map[string]any{}},
		{"signature", absent}, {"signature", 7}, {"signature", []int{1, 2, 3}},
		{"nonce", "short"}, {"nonce", 7}, {"nonce", []int{1, 2, 3}}, {"nonce", make([]string, 32)}, {"nonce", map[string]any{"type": "Uint8Array", "data": make([]int, 32)}},
		{"challenge", "short"}, {"state", 7}, {"message", 7}, {"recipient", []int{}}, {"callbackUrl", false},
	} {
		v := newSite(t).visitor()
		var good map[string]any
		if err := json.Unmarshal([]byte(byAlice(v)), &good); err != nil {
			t.Fatal(err)
		}
		bad := make(map[string]any)
		for name, value := range good {
			bad[name] = value
		}
		if bad[c.member] = c.value; c.value == absent {
			delete(bad, c.member)
		}
		refused(t, d, v, "POST /verify", marshal(t, bad))
		if o := v.do("POST /verify", v.request("POST", "/verify", marshal(t, good))); o.status != 200 {
			t.Errorf("%s: after the bad answer the good one: %v", c.member, o)
		}
	}
}

// refused wants a body that both the document and the server forbid.
func refused(t *testing.T, d *document, v *visitor, op, body string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if requestSchema(d, op).validate(value) == nil {
		t.Errorf("%s: the document allows %s", op, body)
	}
	o := v.do(op, v.request("POST", strings.TrimPrefix(op, "POST "), body))
	if o.String() != op+" 400 invalid_request" {
		t.Errorf("%s: %v", body, o)
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
