module github.com/nearauth/nearauth

go 1.26

require (
	github.com/alexedwards/scs/redisstore v0.0.0-20251002162104-209de6e426de
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/gomodule/redigo v1.9.3
	github.com/mr-tron/base58 v1.3.0
	github.com/near/borsh-go v0.3.1
)
