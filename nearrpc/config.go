package nearrpc

import (
	"errors"
	"net/url"
	"strings"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// The public endpoints, one an operator, as near/docs and FastNear document
// them in November 2026. near.org's own are deprecated and not among them.
var (
	publicMainnet = []Endpoint{
		{URL: "https://free.rpc.fastnear.com", Operator: "fastnear"},
		{URL: "https://near.drpc.org", Operator: "drpc"},
		{URL: "https://1rpc.io/near", Operator: "1rpc"},
	}
	publicTestnet = []Endpoint{
		{URL: "https://test.rpc.fastnear.com", Operator: "fastnear"},
		{URL: "https://near-testnet.drpc.org", Operator: "drpc"},
		{URL: "https://testnet-rpc.intea.rs", Operator: "intea"},
	}
)

// Mainnet returns a client on public mainnet endpoints of three operators, two
// of which must agree on a yes. They are rate limited and promise nothing; in
// production, use New with an endpoint of your own.
func Mainnet() *Client { return mustNew(publicConfig("mainnet", publicMainnet)) }

// Testnet returns a client on public testnet endpoints of three operators, two
// of which must agree on a yes.
func Testnet() *Client { return mustNew(publicConfig("testnet", publicTestnet)) }

func publicConfig(chain string, endpoints []Endpoint) Config {
	return Config{ChainID: chain, Endpoints: endpoints, Agree: 2}
}

func mustNew(config Config) *Client {
	c, err := New(config)
	if err != nil {
		panic(err) // the configuration is a constant, and tested
	}
	return c
}

// New returns a client. It asks nothing yet. The error joins everything that
// is wrong with the configuration, and shows no URL beyond its host.
func New(config Config) (*Client, error) {
	var noChain error
	if config.ChainID == "" {
		noChain = errors.New("nearrpc: ChainID is required")
	}
	servers, err := quorum.New(quorum.Config{
		Name:           "nearrpc",
		Endpoints:      config.Endpoints,
		Identify:       onChain(config.ChainID),
		Agree:          config.Agree,
		AttemptTimeout: config.AttemptTimeout,
		Timeout:        config.Timeout,
		Transport:      config.Transport,
		Logger:         config.Logger,
		InsecureHTTP:   config.InsecureHTTP,
	})
	if err := errors.Join(noChain, err); err != nil {
		return nil, err
	}
	c := &Client{servers: servers, chainID: config.ChainID}
	for _, ep := range config.Endpoints {
		c.public = c.public || isPublic(ep)
	}
	return c, nil
}

// isPublic compares hosts: a path or a key of one's own makes no other operator.
func isPublic(own Endpoint) bool {
	for _, list := range [][]Endpoint{publicMainnet, publicTestnet} {
		for _, ep := range list {
			if strings.EqualFold(host(own), host(ep)) {
				return true
			}
		}
	}
	return false
}

// host takes a URL that quorum.New has accepted.
func host(ep Endpoint) string {
	u, _ := url.Parse(ep.URL)
	return u.Scheme + "://" + u.Host
}
