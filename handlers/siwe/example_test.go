package siwe_test

import (
	"fmt"
	"log"
	"time"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// A text that the server wrote, and the signature that the wallet made of it.
func Example() {
	address, err := siwe.ParseAddress("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266")
	if err != nil {
		log.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	statement := "Sign in to Example."
	text, err := siwe.Message{
		Domain:         "example.com",
		Address:        address,
		Statement:      &statement,
		URI:            "https://example.com/login",
		ChainID:        "1",
		Nonce:          "kEWepMt9knR6lWJ6A",
		IssuedAt:       siwe.NewTime(now),
		ExpirationTime: siwe.NewTime(now.Add(5 * time.Minute)),
	}.Text()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)

	signature, err := siwe.ParseSignature("0xebd5409a468d35c3b2442c80416aa8d9eab4d4275fb61fc6d788cf8465525b1e458a0d59fd770279fcd965ac6ab0029f0907e4cee6df9f392dcf71f5b0e172751c")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := siwe.Recover(siwe.Hash(text), signature)
	fmt.Println(signer == address, err)
	// Output:
	// example.com wants you to sign in with your Ethereum account:
	// 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266
	//
	// Sign in to Example.
	//
	// URI: https://example.com/login
	// Version: 1
	// Chain ID: 1
	// Nonce: kEWepMt9knR6lWJ6A
	// Issued At: 2026-01-01T00:00:00Z
	// Expiration Time: 2026-01-01T00:05:00Z
	// true <nil>
}

func ExampleParse() {
	m, err := siwe.Parse("example.com wants you to sign in with your Ethereum account:\n" +
		"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n\n\n" +
		"URI: https://example.com/login\nVersion: 1\nChain ID: 1\nNonce: kEWepMt9knR6lWJ6A\nIssued At: 2026-01-01T01:00:00+01:00")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Domain, m.Address, m.Statement == nil, m.Nonce, m.IssuedAt.Time())

	_, err = siwe.Parse("example.com wants you to sign in with your Solana account:\n")
	fmt.Println(err)
	// Output:
	// example.com 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 true kEWepMt9knR6lWJ6A 2026-01-01 00:00:00 +0000 UTC
	// siwe: not an EIP-4361 message: the first line
}
