package sep53_test

import (
	"fmt"
	"log"

	"github.com/nearauth/nearauth/handlers/sep53"
)

// The first test case of SEP-53. In a server the first two texts come from the
// browser, and the message from the challenge that the server issued.
func Example() {
	address, err := sep53.ParseAddress("GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L")
	if err != nil {
		log.Fatal(err)
	}
	signature, err := sep53.ParseSignature("fO5dbYhXUhBMhe6kId/cuVq/AfEnHRHEvsP8vXh03M1uLpi5e46yO2Q8rEBzu3feXQewcQE5GArp88u6ePK6BA==")
	if err != nil {
		log.Fatal(err)
	}

	message := []byte("Hello, World!")

	if err := sep53.Verify(address, message, signature); err != nil {
		log.Fatal(err)
	}
	fmt.Println("signed by", address)

	fmt.Println(sep53.Verify(address, []byte("Hello, world!"), signature))
	// Output:
	// signed by GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L
	// sep53: invalid signature
}

func ExampleParseAddress() {
	_, err := sep53.ParseAddress("SAKICEVQLYWGSOJS4WW7HZJWAHZVEEBS527LHK5V4MLJALYKICQCJXMW") // never log what you were sent
	fmt.Println(err)

	_, err = sep53.ParseAddress("CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA") // a contract
	fmt.Println(err)
	// Output:
	// sep53: invalid address: a secret seed, which nobody else may ever see
	// sep53: invalid address: not a G address
}
