module github.com/nearauth/nearauth

go 1.26

require (
	github.com/alexedwards/scs/redisstore v0.0.0-20251002162104-209de6e426de
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.1
	github.com/gomodule/redigo v1.9.3
	github.com/mr-tron/base58 v1.3.0
	github.com/near/borsh-go v0.3.1
	golang.org/x/crypto v0.50.0
)

require golang.org/x/sys v0.43.0 // indirect
