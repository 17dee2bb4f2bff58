package nep413_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log"

	"github.com/nearauth/nearauth/handlers/nep413"
)

// A signature that MyNearWallet made. In a server the three texts come from the
// browser, and the payload from the challenge that the server issued.
func Example() {
	account, err := nep413.ParseAccountID("round-toad.testnet")
	if err != nil {
		log.Fatal(err)
	}
	key, err := nep413.ParsePublicKey("ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy")
	if err != nil {
		log.Fatal(err)
	}
	sig, err := nep413.ParseSignature("NnJgPU1Ql7ccRTITIoOVsIfElmvH1RV7QAT4a9Vh6ShCOnjIzRwxqX54JzoQ/nK02p7VBMI2vJn48rpImIJwAw==")
	if err != nil {
		log.Fatal(err)
	}

	nonce, err := base64.StdEncoding.DecodeString("KNV0cOpvJ50D5vfF9pqWom8wo2sliQ4W+Wa7uZ3Uk6Y=")
	if err != nil {
		log.Fatal(err)
	}
	payload := nep413.Payload{
		Message:   "Hello NEAR!",
		Nonce:     [32]byte(nonce),
		Recipient: "example.near",
	}

	if err := nep413.Verify(key, payload, sig); err != nil {
		log.Fatal(err)
	}
	fmt.Println(account, "may be the owner of", key)

	payload.Recipient = "another-site.example"
	fmt.Println(nep413.Verify(key, payload, sig))
	// Output:
	// round-toad.testnet may be the owner of ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy
	// nep413: invalid signature
}

func ExamplePayload_Hash() {
	payload := nep413.Payload{
		Message:     "Hello NEAR!",
		Recipient:   "example.near",
		CallbackURL: new("https://example.near/callback"),
	}
	hash, err := payload.Hash()
	fmt.Printf("%x %v\n", hash[:8], err)
	// Output:
	// 78427b91504e418c <nil>
}

func ExampleParsePublicKey() {
	_, err := nep413.ParsePublicKey("ed25519:4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM")
	fmt.Println(err)

	// 64 bytes that libraries take for a key, but they are no point.
	_, err = nep413.ParsePublicKey("secp256k1:qMoRgcoXai4mBPsdbHi1wfyxF9TdbPCF4qSDQTRP3TfescSRoUdSx6nmeQoN3aiwGzwMyGXAb1gUjBTv5AY8DXj")
	fmt.Println(err, errors.Is(err, nep413.ErrKey))
	// Output:
	// nep413: invalid public key: a point of small order
	// nep413: invalid public key: not a point on the curve true
}

func ExampleAccountID_Kind() {
	for _, s := range []string{"alice.near", "bb4dc639b212e075a751685b26bdcea5920a504181ff2910e8549742127092a0", "0xbff77166b39599e54e391156eef7b8191e02be92", "Alice.near"} {
		id, err := nep413.ParseAccountID(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(id.Kind(), id.Reserved(), id.IsSubAccountOf("near"))
	}
	// Output:
	// named false true
	// implicit false false
	// eth-implicit false false
	// nep413: invalid account ID: byte 0x41 at 0
}
