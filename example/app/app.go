package app

import (
	"cmp"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"regexp"
	"strings"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/handlers/near"
	"github.com/nearauth/nearauth/middleware"
	"github.com/nearauth/nearauth/nearrpc"
	"github.com/nearauth/nearauth/store"
)

//go:embed web
var web embed.FS

// openAPI describes the endpoints; a test holds it to what they do.
//
//go:embed openapi.json
var openAPI []byte

var pages = template.Must(template.New("").Funcs(template.FuncMap{"short": short}).ParseFS(web, "web/*.html"))

// short is an account's id where there is no room for it: addresses of Ethereum and
// Stellar have no word to break at.
func short(id string) string { return longID.ReplaceAllString(id, "$1…$2") }

var longID = regexp.MustCompile(`^(0x\w{4}|G\w{5})\w{30,}(\w{4})$`)

// app is the application: its pages, its API and the sign-in.
type app struct {
	settings *settings
	auth     *handlers.Auth
	demo     *demoChain // nil on a real network
	wallets  []wallet
	chains   []string // CAIP-2; NEAR first
	handler  http.Handler
	closers  []func() error
}

func newApp(s *settings, open OpenStore, log *slog.Logger) (*app, error) {
	a := &app{settings: s, wallets: walletsOf(s.network)}
	if err := a.begin(open, log); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *app) begin(open OpenStore, log *slog.Logger) error {
	s := a.settings
	backend, err := a.store(open)
	if err != nil {
		return err
	}
	chain, err := a.chain(log)
	if err != nil {
		return err
	}
	others, err := s.otherChains(log)
	if err != nil {
		return err
	}
	chains := append([]handlers.Chain{chain}, others...)
	for _, c := range chains {
		a.chains = append(a.chains, c.ID())
	}
	proxies, err := s.trustedProxies()
	if err != nil {
		return err
	}
	a.auth, err = handlers.New(handlers.Config{
		Origin: s.origin, Store: backend, Chains: chains,
		Message: s.message, Recipient: s.recipient, Callbacks: s.callbacks, TrustedOrigins: s.trusts,
		ChallengeTTL: s.challengeTTL, SessionIdle: s.idle, SessionLifetime: s.lifetime,
		MaxSessions: s.maxSessions, Recheck: s.recheck, RecheckGrace: s.recheckGrace, TrustedProxies: proxies, RateLimit: int(s.rateLimit),
		LoginPage: "/", AfterLogout: "/", Logger: log,
	})
	if err != nil {
		return err
	}
	a.handler = secure(a.routes())
	return nil
}

// store is where sessions and challenges are kept.
func (a *app) store(open OpenStore) (store.Store, error) {
	if a.settings.redis == "" {
		return store.NewMemory(), nil
	}
	s, err := open(a.settings.redis)
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, s.Close)
	return s, nil
}

// chain is the NEAR network that people sign in from.
func (a *app) chain(log *slog.Logger) (*near.Chain, error) {
	s := a.settings
	switch {
	case s.demo():
		var err error
		a.demo, err = startDemoChain(log)
		if err != nil {
			return nil, err
		}
		a.closers = append(a.closers, a.demo.server.Close)
		demo, err := startDemoWallet(a.demo, s.at, log)
		if err != nil {
			return nil, err
		}
		a.closers = append(a.closers, demo.close)
		a.wallets = []wallet{{"Demo wallet", demo.url}}
		return near.New(near.Config{Network: "demo", RPC: a.demo.rpc})
	case len(s.rpc) > 0:
		c := nearrpc.Config{ChainID: s.network, Logger: log}
		for _, url := range s.rpc {
			c.Endpoints = append(c.Endpoints, nearrpc.Endpoint{URL: url})
		}
		rpc, err := nearrpc.New(c)
		if err != nil {
			return nil, err
		}
		return near.New(near.Config{Network: s.network, RPC: rpc})
	case s.network == "mainnet":
		return near.Mainnet(), nil
	}
	return near.Testnet(), nil
}

// wallet is one that speaks MyNearWallet's protocol.
type wallet struct{ Name, URL string }

// walletsOf are the wallets of a real network that need nothing but their URL.
func walletsOf(network string) []wallet {
	return map[string][]wallet{
		"mainnet": {{"MyNearWallet", "https://app.mynearwallet.com"}},
		"testnet": {{"MyNearWallet", "https://testnet.mynearwallet.com"}},
	}[network]
}

func (a *app) close() {
	for _, f := range a.closers {
		_ = f()
	}
}

func (a *app) routes() http.Handler {
	static, _ := fs.Sub(web, "web")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.Handle("/auth/", http.StripPrefix("/auth", a.auth))
	mux.Handle("GET /private", a.auth.RequireAccount(http.HandlerFunc(a.private)))
	mux.Handle("/api/me", a.auth.CORS(a.auth.RequireAccount(http.HandlerFunc(me))))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(openAPI)
	})
	if a.demo != nil {
		mux.HandleFunc("POST /demo/account", a.demo.createAccount)
	}
	if a.extension() {
		extensionRoutes(mux)
	}
	return mux
}

// readyz says whether the store and the chain answer, each by itself: a chain
// that is down is no reason to take the instance out of service.
func (a *app) readyz(w http.ResponseWriter, r *http.Request) {
	err := a.auth.Ready(r.Context())
	say := func(down error) string {
		if errors.Is(err, down) {
			return "unavailable"
		}
		return "ok"
	}
	w.Header().Set("Content-Type", "application/json")
	if errors.Is(err, store.ErrUnavailable) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"store": say(store.ErrUnavailable), "chain": say(handlers.ErrUnavailable)})
}

// home is the public page. It never touches the session store.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	next, ok := middleware.LocalPath(r.URL.Query().Get("next"))
	if !ok {
		next = "/private"
	}
	origin, _ := store.ParseOrigin(a.settings.origin)
	data := map[string]any{
		"Next": next, "Network": a.settings.network, "Demo": a.settings.demo(), "Banner": banner, "Wallets": a.wallets,
		"Message": cmp.Or(a.settings.message, "Sign in to "+origin.Host()), "Recipient": cmp.Or(a.settings.recipient, origin.Host()),
		"Callback": a.settings.callbacks[0], "Chains": strings.Join(a.chains, " "), "Several": len(a.chains) > 1, "Extension": a.extension(),
	}
	if a.settings.nearConnect && a.demo == nil {
		nonce := rand.Text()
		w.Header().Set("Content-Security-Policy", policyForNearConnect(nonce))
		w.Header().Set("Cache-Control", "no-store") // the nonce is for once
		data["Nonce"], data["NearConnect"], data["Integrity"] = nonce, nearConnectURL, nearConnectIntegrity
	}
	a.page(w, "home.html", data)
}

// private is a page for signed-in people, rendered by the server.
func (a *app) private(w http.ResponseWriter, r *http.Request) {
	session, _ := middleware.SessionFrom(r.Context())
	a.page(w, "private.html", map[string]any{"Session": session, "Demo": a.settings.demo(), "Banner": banner})
}

func (a *app) page(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		http.Error(w, "page failed", http.StatusInternalServerError)
	}
}

// me is a protected JSON route.
func me(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 1<<20)); err != nil {
		http.Error(w, "body not read", http.StatusBadRequest)
		return
	}
	account, _ := middleware.AccountFrom(r.Context())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"accountId": account.ID, "account": account.String()})
}
