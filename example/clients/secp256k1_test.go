package clients

import (
	"slices"
	"testing"
)

// near-api-js signs in with a secp256k1 key. It takes any v for the signature's,
// where we take one; near-kit 0.19 verifies none of these signatures, and signs
// something else: when a later version does as near-api-js does, this says so.
func TestSecp256k1(t *testing.T) {
	s := start(t)
	const account = "secp256k1.testnet"
	expect(t, node(t, "secp256k1.mjs", s.url, origin, s.chain.URL, "near-api-js", account), slices.Concat(
		[]want{
			{"challenge", 200, challenge},
			{"as issued", 0, `{"near-api-js":true,"near-kit":false}`},
			{"another recipient", 0, `{"near-api-js":false,"near-kit":false}`},
			{"v of another key, judged", 0, `{"near-api-js":true,"near-kit":false}`},
			{"v of another key", 401, badSignature},
			{"no v", 400, badRequest},
			{"near-kit's", 401, badSignature},
			{"near-kit's, v last", 401, badSignature},
		},
		me("still nobody", 401, nobody),
		[]want{{"verify", 200, `"account":"near:testnet:` + account + `"`}, {"the same again", 400, used}},
		me("signed in", 200, `"accountId":"`+account+`"}`),
		[]want{{"session", 200, `"publicKey":"secp256k1:`}, {"log out", 204, "null"}, {"challenge", 200, callback}, {"with a callback", 200, account}},
		me("signed in", 200, account),
	))
}
