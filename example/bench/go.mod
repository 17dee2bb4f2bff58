module github.com/nearauth/nearauth/example/bench

go 1.26

replace github.com/nearauth/nearauth => ../..

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.1
	github.com/golang-jwt/jwt/v5 v5.3.0
	github.com/gomodule/redigo v1.9.3
	github.com/gorilla/sessions v1.4.0
	github.com/mr-tron/base58 v1.3.0
	github.com/nearauth/nearauth v0.0.0-00010101000000-000000000000
	golang.org/x/crypto v0.50.0
)

require (
	github.com/alexedwards/scs/redisstore v0.0.0-20251002162104-209de6e426de // indirect
	github.com/gorilla/securecookie v1.1.2 // indirect
	github.com/near/borsh-go v0.3.1 // indirect
	golang.org/x/sys v0.43.0 // indirect
)
