package nearrpc

import (
	"net/http"
	"testing"
)

// What the ready constructors promise about people nobody has a contract with.
func TestReadyClients(t *testing.T) {
	t.Parallel()
	for chain, c := range map[string]*Client{"mainnet": Mainnet(), "testnet": Testnet()} {
		operators := map[string]bool{}
		for _, e := range c.endpoints {
			operators[e.operator] = true
			if e.chainID != chain || e.host[:8] != "https://" {
				t.Errorf("%s: %s is asked for %s", chain, e.host, e.chainID)
			}
			if e.timeout != defaultAttemptTimeout || e.http.Transport.(*http.Transport).Proxy != nil {
				t.Errorf("%s: %+v", chain, e)
			}
		}
		if c.agree != 2 || len(operators) != 3 || len(c.endpoints) != 3 || c.timeout != defaultTimeout {
			t.Errorf("%s: %d of %d operators must agree within %v", chain, c.agree, len(operators), c.timeout)
		}
	}
}
