package app

import (
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

//go:embed wallet
var walletFiles embed.FS

var walletPage = template.Must(template.ParseFS(walletFiles, "wallet/*.html"))

// demoWallet is a wallet of this process, on an origin of its own like any other
// wallet: what the site does with it is what it does with MyNearWallet.
type demoWallet struct {
	url    string
	server *http.Server
}

// startDemoWallet serves the wallet on 127.0.0.1, where browsers take it for
// another site than localhost: on the port after the site's, or another one if
// that is taken.
func startDemoWallet(chain *demoChain, site net.Addr, log *slog.Logger) (*demoWallet, error) {
	_, port, err := net.SplitHostPort(site.String())
	if err != nil {
		return nil, err
	}
	n, _ := strconv.Atoi(port)
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(n+1)))
	if err != nil {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, err
	}
	w := &demoWallet{url: "http://" + listener.Addr().String(), server: &http.Server{
		Handler: walletRoutes(chain), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
	go func() {
		if err := w.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("demo wallet", "error", err)
		}
	}()
	return w, nil
}

func walletRoutes(chain *demoChain) http.Handler {
	files, _ := fs.Sub(walletFiles, "wallet")
	look, _ := fs.Sub(web, "web")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sign-message", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = walletPage.ExecuteTemplate(w, "sign-message.html", banner)
	})
	mux.Handle("GET /{name}", http.FileServerFS(files))
	mux.Handle("GET /style.css", http.FileServerFS(look))
	mux.Handle("GET /icon.svg", http.FileServerFS(look))
	// Only its own page makes accounts here.
	mux.Handle("POST /account", http.NewCrossOriginProtection().Handler(http.HandlerFunc(chain.createAccount)))
	mux.Handle("POST /remove", http.NewCrossOriginProtection().Handler(http.HandlerFunc(chain.removeKey)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy("", "", "", ""))
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

func (w *demoWallet) close() error { return w.server.Close() }
