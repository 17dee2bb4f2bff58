package blackbox

import (
	"context"
	"fmt"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// wire is a connection to a dependency that a test can spoil.
type wire struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

// wireTo puts a wire in front of an address.
func wireTo(t *testing.T, upstream string) *wire {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", upstream)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return &wire{t, p}
}

func (w *wire) addr() string { return w.proxy.Listen }

// spoil makes what comes back suffer: "latency" 100 (milliseconds).
func (w *wire) spoil(kind, attribute string, value int) {
	w.suffer(kind, "downstream", attribute, value)
}

// cut breaks each connection off after a number of bytes "upstream", to the
// dependency, or "downstream".
func (w *wire) cut(stream string, bytes int) { w.suffer("limit_data", stream, "bytes", bytes) }

func (w *wire) suffer(kind, stream, attribute string, value int) {
	toxic := fmt.Sprintf(`{"name":"only","type":%q,"stream":%q,"attributes":{%q:%d}}`, kind, stream, attribute, value)
	if _, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		w.t.Error(err) // also off the test's goroutine
	}
}

// heal ends what spoil or cut began.
func (w *wire) heal() { w.proxy.Toxics.ResetToxics(context.Background()) }
