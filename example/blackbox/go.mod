module github.com/nearauth/nearauth/example/blackbox

go 1.26

require (
	github.com/Shopify/toxiproxy/v2 v2.12.0
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.1
	github.com/gomodule/redigo v1.9.3
	github.com/mr-tron/base58 v1.3.0
	github.com/nearauth/nearauth v0.0.0
	github.com/rs/zerolog v1.33.0
	golang.org/x/crypto v0.50.0
)

require (
	github.com/FZambia/sentinel/v2 v2.0.1 // indirect
	github.com/mna/redisc v1.4.0 // indirect
)

require (
	github.com/alexedwards/scs/redisstore v0.0.0-20251002162104-209de6e426de // indirect
	github.com/alexedwards/scs/v2 v2.9.0 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/gorilla/mux v1.8.1 // indirect
	github.com/klauspost/compress v1.17.11 // indirect
	github.com/mattn/go-colorable v0.1.13 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/near/borsh-go v0.3.1 // indirect
	github.com/nearauth/nearauth/store/redis/ha v0.0.0
	github.com/prometheus/client_golang v1.21.1 // indirect
	github.com/prometheus/client_model v0.6.1 // indirect
	github.com/prometheus/common v0.62.0 // indirect
	github.com/prometheus/procfs v0.15.1 // indirect
	github.com/rs/xid v1.5.0 // indirect
	golang.org/x/sys v0.43.0 // indirect
	google.golang.org/protobuf v1.36.1 // indirect
	gopkg.in/tomb.v1 v1.0.0-20141024135613-dd632973f1e7 // indirect
)

replace github.com/nearauth/nearauth => ../..

replace github.com/nearauth/nearauth/store/redis/ha => ../../store/redis/ha
