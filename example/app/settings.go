package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/store"
)

// settings are the flags of the example.
type settings struct {
	addr, origin, network  string
	url                    string // where it listens
	at                     net.Addr
	recipient, message     string
	redis                  string
	rpc, callbacks, trusts list
	proxies                list
	rateLimit              rateLimit
	maxSessions            int
	recheck, recheckGrace  time.Duration
	challengeTTL           time.Duration
	idle, lifetime         time.Duration
	nearConnect            bool
	ethereum, stellar      bool
	ethereumRPC            list // CHAINID=URL
	stellarRPC, horizon    list
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// rateLimit is requests a minute, or "off", which is -1.
type rateLimit int

func (l *rateLimit) String() string {
	if *l < 0 {
		return "off"
	}
	return strconv.Itoa(int(*l))
}

func (l *rateLimit) Set(s string) error {
	if s == "off" {
		*l = -1
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return errors.New("neither a number from 1 on nor off")
	}
	*l = rateLimit(n)
	return nil
}

func parseSettings(args []string, env func(string) string, stderr io.Writer) (*settings, error) {
	s := new(settings)
	f := flag.NewFlagSet("example", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&s.addr, "addr", "localhost:8080", "`address` to listen on; port 0 picks one")
	f.StringVar(&s.origin, "origin", "", "`URL` that browsers see, if not http and the address")
	f.StringVar(&s.network, "network", "demo", "mainnet, testnet or demo: a chain of its own, for development")
	f.Var(&s.rpc, "rpc", "`URL` of a NEAR JSON-RPC endpoint of your own; may be repeated (default: public ones, two of which must agree)")
	f.StringVar(&s.redis, "redis", "", "`URL` of a Redis for sessions and challenges (default: in memory)")
	f.StringVar(&s.recipient, "recipient", "", "`name` that wallets sign for (default: the host)")
	f.StringVar(&s.message, "message", "", "`text` that wallets show; it must name the host (default: Sign in to <host>)")
	f.Var(&s.callbacks, "callback", "`URL` that a wallet may return to; may be repeated")
	f.Var(&s.trusts, "trusted-origin", "`URL` of another host of this site whose pages may sign people in; may be repeated")
	f.DurationVar(&s.challengeTTL, "challenge-ttl", handlers.DefaultChallengeTTL, "`time` to answer a challenge")
	f.DurationVar(&s.idle, "session-idle", store.DefaultIdle, "`time` after which an unused session ends")
	f.DurationVar(&s.lifetime, "session-lifetime", store.DefaultLifetime, "`time` after which any session ends")
	f.IntVar(&s.maxSessions, "max-sessions", store.DefaultMax, "`number` of sessions an account may have; beyond it the oldest sign-in ends")
	f.DurationVar(&s.recheck, "recheck", 0, "`time` after which the chain is asked again about the key of a session (default: never)")
	f.DurationVar(&s.recheckGrace, "recheck-grace", 15*time.Minute, "`time` that sessions are served although the chain cannot tell")
	f.Var(&s.proxies, "trusted-proxy", "`CIDR` of a reverse proxy whose X-Forwarded-For is believed; may be repeated")
	f.BoolVar(&s.nearConnect, "near-connect", true, "on mainnet and testnet, offer the wallets of near-connect, which the browser loads from a CDN when a person chooses it")
	f.BoolVar(&s.ethereum, "ethereum", false, "let Ethereum accounts sign in as well")
	f.Var(&s.ethereumRPC, "ethereum-rpc", "`CHAINID=URL` of an Ethereum JSON-RPC endpoint, for the accounts of contracts on that chain; may be repeated; implies -ethereum (default: 1, keys only)")
	f.BoolVar(&s.stellar, "stellar", false, "let Stellar accounts sign in as well: of pubnet on mainnet, else of testnet")
	f.Var(&s.stellarRPC, "stellar-rpc", "`URL` of a Stellar RPC endpoint, which says whether a key may act for its account; may be repeated; implies -stellar (default: nobody is asked)")
	f.Var(&s.horizon, "horizon", "`URL` of a Horizon server, as -stellar-rpc; may be repeated; implies -stellar")
	s.rateLimit = handlers.DefaultRateLimit
	f.Var(&s.rateLimit, "rate-limit", "`requests` a minute per client to challenge and to verify, or off")
	if err := fromEnvironment(f, env); err != nil {
		return nil, err
	}
	// A repeated flag replaces what the environment says.
	for name, l := range map[string]*list{
		"rpc": &s.rpc, "callback": &s.callbacks, "trusted-origin": &s.trusts, "trusted-proxy": &s.proxies,
		"ethereum-rpc": &s.ethereumRPC, "stellar-rpc": &s.stellarRPC, "horizon": &s.horizon,
	} {
		if given(args, name) {
			*l = nil
		}
	}
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	s.ethereum = s.ethereum || len(s.ethereumRPC) > 0
	s.stellar = s.stellar || len(s.stellarRPC)+len(s.horizon) > 0
	return s, nil
}

// fromEnvironment sets each flag from NEARAUTH_ and its name.
func fromEnvironment(f *flag.FlagSet, env func(string) string) (err error) {
	f.VisitAll(func(fl *flag.Flag) {
		name := "NEARAUTH_" + strings.ToUpper(strings.ReplaceAll(fl.Name, "-", "_"))
		value := env(name)
		if value == "" {
			return
		}
		values := []string{value}
		if _, repeatable := fl.Value.(*list); repeatable {
			values = strings.Split(value, ",")
		}
		for _, v := range values {
			if e := fl.Value.Set(strings.TrimSpace(v)); e != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", name, e))
			}
		}
	})
	return err
}

func given(args []string, name string) bool {
	for _, a := range args {
		if a = strings.TrimLeft(a, "-"); a == name || strings.HasPrefix(a, name+"=") {
			return true
		}
	}
	return false
}

func (s *settings) demo() bool { return s.network == "demo" }

// complete fills in what follows from the address that was listened on, and
// refuses what would put the demo chain, where anybody may make an account,
// within anybody's reach.
func (s *settings) complete(at net.Addr) error {
	bound, err := netip.ParseAddrPort(at.String())
	if err != nil {
		return err
	}
	s.url = strings.TrimSuffix("http://"+net.JoinHostPort(s.host(), fmt.Sprint(bound.Port())), ":80")
	if s.origin == "" {
		s.origin = s.url
	}
	if len(s.callbacks) == 0 {
		s.callbacks = list{s.origin + "/"} // the page with the wallets
	}
	s.at = at
	switch s.network {
	case "mainnet", "testnet":
		return nil
	case "demo":
	default:
		return fmt.Errorf("-network %q is none of mainnet, testnet and demo", s.network)
	}
	origin, err := store.ParseOrigin(s.origin)
	switch {
	case err != nil:
		return err
	case !bound.Addr().IsLoopback():
		return errors.New("the demo chain is for this machine only: use a loopback -addr, or another -network")
	case origin.Secure() || !origin.Loopback():
		return errors.New("the demo chain is for this machine only: use another -network for that -origin")
	case s.redis != "":
		return errors.New("the demo chain is for this machine only: use another -network with -redis")
	case len(s.rpc) > 0:
		return errors.New("the demo chain has its own endpoint: use another -network with -rpc")
	}
	return nil
}

// trustedProxies are the networks of -trusted-proxy; a bare address is one.
func (s *settings) trustedProxies() (networks []netip.Prefix, err error) {
	for _, text := range s.proxies {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			addr, e := netip.ParseAddr(text)
			if e != nil {
				return nil, fmt.Errorf("-trusted-proxy %q: %w", text, err)
			}
			network = netip.PrefixFrom(addr, addr.BitLen())
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// host is what browsers on this machine call the address.
func (s *settings) host() string {
	host, _, _ := net.SplitHostPort(s.addr)
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		return "localhost"
	}
	return host
}
