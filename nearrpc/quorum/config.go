package quorum

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

const defaultName = "quorum"

// New returns a client. It asks nothing yet. The error joins everything that
// is wrong with the configuration, and shows no URL beyond its host.
func New(config Config) (*Client, error) {
	config = withDefaults(config)
	c := &Client{name: config.Name, agree: config.Agree, timeout: config.Timeout, log: config.Logger}
	errs := checkConfig(config)
	operators := map[string]bool{}
	for i, ep := range config.Endpoints {
		s, err := newServer(ep, config)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: Endpoints[%d]: %w", config.Name, i, err))
			continue
		}
		c.servers = append(c.servers, s)
		operators[s.operator] = true
	}
	if errs == nil && config.Agree > len(operators) {
		errs = append(errs, fmt.Errorf("%s: Agree is %d, but the endpoints have %d distinct operators (name them in Endpoint.Operator)",
			config.Name, config.Agree, len(operators)))
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	return c, nil
}

func withDefaults(c Config) Config {
	if c.Name == "" {
		c.Name = defaultName
	}
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
	wrong := func(text string) { errs = append(errs, fmt.Errorf("%s: %s", c.Name, text)) }
	if c.Identify == nil {
		wrong("Identify is required")
	}
	if len(c.Endpoints) == 0 {
		wrong("Endpoints is required")
	}
	if c.Agree < 0 {
		wrong("Agree is negative")
	}
	if c.Timeout < 0 || c.AttemptTimeout < 0 {
		wrong("a timeout is negative")
	} else if c.AttemptTimeout > c.Timeout {
		// A hanging endpoint would then eat the whole question, always.
		wrong("AttemptTimeout is longer than Timeout")
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

func newServer(ep Endpoint, c Config) (*Server, error) {
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
	return &Server{
		url:      ep.URL,
		host:     host,
		operator: operatorOf(ep, u),
		header:   header,
		identify: c.Identify,
		timeout:  c.AttemptTimeout,
		checking: make(chan struct{}, 1),
		name:     c.Name,
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
