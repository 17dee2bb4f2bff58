module github.com/nearauth/nearauth/example/clients

go 1.26

replace github.com/nearauth/nearauth => ../..

require github.com/nearauth/nearauth v0.0.0-00010101000000-000000000000

require (
	github.com/alexedwards/scs/v2 v2.9.0 // indirect
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.1 // indirect
	github.com/gomodule/redigo v1.9.3 // indirect
	github.com/mr-tron/base58 v1.3.0 // indirect
	github.com/near/borsh-go v0.3.1 // indirect
	golang.org/x/crypto v0.50.0 // indirect
	golang.org/x/sys v0.43.0 // indirect
)
