package nearrpc

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
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
func Mainnet() *Client { return public("mainnet", publicMainnet) }

// Testnet returns a client on public testnet endpoints of three operators, two
// of which must agree on a yes.
func Testnet() *Client { return public("testnet", publicTestnet) }

func public(chain string, endpoints []Endpoint) *Client {
	c, err := New(Config{ChainID: chain, Endpoints: endpoints, Agree: 2})
	if err != nil {
		panic(err) // the configuration is a constant, and tested
	}
	return c
}

// New returns a client. It asks nothing yet. The error joins everything that
// is wrong with the configuration, and shows no URL beyond its host.
func New(config Config) (*Client, error) {
	config = withDefaults(config)
	c := &Client{agree: config.Agree, timeout: config.Timeout, log: config.Logger}
	errs := checkConfig(config)
	operators := map[string]bool{}
	for i, ep := range config.Endpoints {
		e, err := newEndpoint(ep, config)
		if err != nil {
			errs = append(errs, fmt.Errorf("nearrpc: Endpoints[%d]: %w", i, err))
			continue
		}
		c.endpoints = append(c.endpoints, e)
		operators[e.operator] = true
		c.public = c.public || isPublic(e)
	}
	if errs == nil && config.Agree > len(operators) {
		errs = append(errs, fmt.Errorf("nearrpc: Agree is %d, but the endpoints have %d distinct operators (name them in Endpoint.Operator)",
			config.Agree, len(operators)))
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	return c, nil
}

func withDefaults(c Config) Config {
	if c.Agree == 0 {
		c.Agree = 1
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.AttemptTimeout == 0 {
		c.AttemptTimeout = min(defaultAttemptTimeout, c.Timeout/2)
	}
	if c.Transport == nil {
		c.Transport = newTransport(c.AttemptTimeout)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func checkConfig(c Config) (errs []error) {
	if c.ChainID == "" {
		errs = append(errs, errors.New("nearrpc: ChainID is required"))
	}
	if len(c.Endpoints) == 0 {
		errs = append(errs, errors.New("nearrpc: Endpoints is required"))
	}
	if c.Agree < 0 {
		errs = append(errs, errors.New("nearrpc: Agree is negative"))
	}
	if c.Timeout < 0 || c.AttemptTimeout < 0 {
		errs = append(errs, errors.New("nearrpc: a timeout is negative"))
	} else if c.AttemptTimeout > c.Timeout {
		// A hanging endpoint would then eat the whole question, always.
		errs = append(errs, errors.New("nearrpc: AttemptTimeout is longer than Timeout"))
	}
	return errs
}

// newTransport pools enough connections for a busy login page. Dialling and
// handshakes have limits of their own, because net/http lets them go on after
// the request that wanted them has given up.
func newTransport(attempt time.Duration) http.RoundTripper {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: attempt, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    attempt,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func newEndpoint(ep Endpoint, c Config) (*endpoint, error) {
	u, err := url.Parse(ep.URL)
	if err != nil {
		return nil, errors.New("the URL cannot be parsed") // url.Error would show all of it
	}
	if u.Hostname() == "" {
		return nil, errors.New("the URL is not absolute")
	}
	host := u.Scheme + "://" + u.Host
	if u.Scheme != "https" && (u.Scheme != "http" || !c.InsecureHTTP && !loopback(u.Hostname())) {
		return nil, fmt.Errorf("%s: the URL must be https, or http on a loopback host", host)
	}
	header, err := requestHeader(ep.Header)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host, err)
	}
	return &endpoint{
		url:      ep.URL,
		host:     host,
		operator: operatorOf(ep, u),
		header:   header,
		chainID:  c.ChainID,
		timeout:  c.AttemptTimeout,
		checking: make(chan struct{}, 1),
		log:      c.Logger,
		// A redirect would carry the question, and on 307 and 308 headers
		// with it, to a host nobody configured.
		http: &http.Client{
			Transport:     c.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// requestHeader refuses what net/http would refuse on every request; the usual
// case is a key read from a file with its newline.
func requestHeader(own http.Header) (http.Header, error) {
	header := http.Header{"User-Agent": {"nearauth"}}
	for name, values := range own {
		if strings.ContainsFunc(name+strings.Join(values, ""), unicode.IsControl) {
			return nil, errors.New("a header holds a control character")
		}
		header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	header.Set("Content-Type", "application/json")
	header.Set("Accept", "application/json")
	// Empty, it is not sent, and tells net/http that it may ask again when the
	// server had just closed the idle connection: all we do is read.
	header["Idempotency-Key"] = []string{}
	return header, nil
}

// operatorOf leaves the port out: two ports of one host are one operator.
func operatorOf(ep Endpoint, u *url.URL) string {
	if name := strings.TrimSpace(ep.Operator); name != "" {
		return strings.ToLower(name)
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func isPublic(e *endpoint) bool {
	for _, list := range [][]Endpoint{publicMainnet, publicTestnet} {
		for _, ep := range list {
			u, _ := url.Parse(ep.URL)
			if strings.EqualFold(e.host, u.Scheme+"://"+u.Host) {
				return true
			}
		}
	}
	return false
}
