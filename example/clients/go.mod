module github.com/nearauth/nearauth/example/clients

go 1.26

replace github.com/nearauth/nearauth => ../..

require github.com/nearauth/nearauth v0.0.0-00010101000000-000000000000

require github.com/gomodule/redigo v1.9.3 // indirect
