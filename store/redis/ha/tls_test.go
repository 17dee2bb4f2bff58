package ha_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis/ha"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// With rediss all connections are TLS, to servers, nodes and sentinels, and a
// certificate that is not trusted is refused.
func TestTLS(t *testing.T) {
	t.Parallel()
	server, trusting := certificate(t)
	master, node := freePort(t), freePort(t)
	redistest.Start(t, append(slices.Clip(server.flags), "--tls-port", master)...)
	redistest.StartCluster(t, 1, 0, append(slices.Clip(server.flags), "--tls-port", node, "--tls-cluster", "yes", "--cluster-announce-ip", "127.0.0.1")...)
	for _, url := range []string{
		"rediss://127.0.0.1:" + master,
		"rediss+sentinel://" + fakeSentinel(t, server.config, master) + "/m",
		"rediss+cluster://127.0.0.1:" + node,
	} {
		s, err := ha.Open(url, redigo.DialTLSConfig(trusting))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		if err := s.CreateSession(context.Background(), key(1, byte(len(url))), []byte("r"), soon()); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		for _, stranger := range []string{url, strings.Replace(url, "rediss", "redis", 1)} {
			if _, err := open(t, stranger).FindSession(t.Context(), key(1)); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s, without trust: %v", stranger, err)
			}
		}
	}
}

// identity is what a server needs for TLS.
type identity struct {
	flags  []string
	config *tls.Config
}

// certificate makes the one of net/http/httptest, which is for 127.0.0.1, and
// what trusts it.
func certificate(t *testing.T) (server identity, trusting *tls.Config) {
	t.Helper()
	h := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(h.Close)
	cert := h.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	server.flags = []string{"--tls-auth-clients", "no"}
	for flag, block := range map[string]*pem.Block{
		"cert": {Type: "CERTIFICATE", Bytes: cert.Certificate[0]}, "key": {Type: "PRIVATE KEY", Bytes: private}, "ca-cert": {Type: "CERTIFICATE", Bytes: cert.Certificate[0]},
	} {
		path := filepath.Join(dir, flag)
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		server.flags = append(server.flags, "--tls-"+flag+"-file", path)
	}
	server.config = &tls.Config{Certificates: []tls.Certificate{cert}}
	roots := x509.NewCertPool()
	roots.AddCert(h.Certificate())
	return server, &tls.Config{RootCAs: roots}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// fakeSentinel names the master whatever it is asked. It speaks only TLS.
func fakeSentinel(t *testing.T, config *tls.Config, port string) (addr string) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					if lines.Text() == "m" { // the last word of the question
						fmt.Fprintf(c, "*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%s\r\n", len(port), port)
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}
