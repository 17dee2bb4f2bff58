# make test    everything: format, vet, staticcheck, race detector, nested modules
# make fuzz    each fuzz target for FUZZTIME (30s)
# make mutants each security decision broken on purpose; ONLY=pattern for some
# make blackbox    58 attacks and the outages, on processes, at full length
# make load        2,000 checks and 300 sign-ins a second for ten minutes, thrice
# make histories   200,000 recorded operations, checked for linearizability
# make bench       the kit and its opponents side by side
# make fmt     gofmt
#
# What the tests need beyond Go is installed where that is allowed (root, with
# apt-get). Elsewhere the one command is printed, and all that can run runs.
# With REQUIRE=all nothing may be missing and nothing may be skipped.

FUZZTIME ?= 30s

.PHONY: test blackbox load fuzz mutants histories bench fmt
test:
	@REQUIRE=$(REQUIRE) sh .ci/test

blackbox:
	cd example/blackbox && go test -count=1 -v -timeout 60m . -full

load:
	cd example/blackbox && go run ./load

fuzz:
	@FUZZTIME=$(FUZZTIME) sh .ci/fuzz

mutants:
	go run ./.ci/mutants $(ONLY)

histories:
	cd example/histories && HISTORIES_OPS=200000 go test -count=1 -v -run 'TestChallenges|TestSessions|TestSignIn' .

bench:
	cd example/bench && go run .

fmt:
	gofmt -w .
