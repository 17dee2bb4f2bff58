package nearrpc

import (
	"net/url"
	"testing"
)

// What the ready constructors promise about people nobody has a contract with.
// Everything else of their configuration is the default.
func TestReadyClients(t *testing.T) {
	t.Parallel()
	for chain, endpoints := range map[string][]Endpoint{"mainnet": publicMainnet, "testnet": publicTestnet} {
		c := publicConfig(chain, endpoints)
		operators := map[string]bool{}
		for _, ep := range c.Endpoints {
			operators[ep.Operator] = true
			if u, err := url.Parse(ep.URL); err != nil || u.Scheme != "https" || ep.Header != nil {
				t.Errorf("%s: %+v", chain, ep)
			}
		}
		if c.Agree != 2 || len(operators) != 3 || len(c.Endpoints) != 3 {
			t.Errorf("%s: %d of %d operators must agree", chain, c.Agree, len(operators))
		}
		if c.Timeout != 0 || c.AttemptTimeout != 0 || c.Transport != nil || c.InsecureHTTP {
			t.Errorf("%s: %+v", chain, c)
		}
	}
	if Mainnet().ChainID() != "mainnet" || Testnet().ChainID() != "testnet" {
		t.Error("asks another chain")
	}
}
