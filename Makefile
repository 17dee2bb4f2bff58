# make test    everything: format, vet, staticcheck, race detector, nested modules
# make fuzz    each fuzz target for FUZZTIME (30s)
# make fmt     gofmt
#
# What the tests need beyond Go is installed where that is allowed (root, with
# apt-get). Elsewhere the one command is printed, and all that can run runs.
# With REQUIRE=all nothing may be missing and nothing may be skipped.

FUZZTIME ?= 30s

.PHONY: test fuzz fmt
test:
	@REQUIRE=$(REQUIRE) sh .ci/test

fuzz:
	@FUZZTIME=$(FUZZTIME) sh .ci/fuzz

fmt:
	gofmt -w .
