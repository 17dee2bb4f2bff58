package handlers

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// The browser's side, which is also an npm package as it stands.
//
//go:embed client/nearauth.js client/nearauth.d.ts
var clientFiles embed.FS

// clientFile is one of them as it is served.
type clientFile struct {
	content   []byte
	kind, tag string
}

func readClientFile(name, kind string) clientFile {
	b, err := clientFiles.ReadFile("client/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	sum := sha256.Sum256(b)
	return clientFile{b, kind, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

var (
	clientModule = readClientFile("nearauth.js", "text/javascript; charset=utf-8")
	clientTypes  = readClientFile("nearauth.d.ts", "application/typescript; charset=utf-8")
)

// Client is GET /client.js: the browser's side of these endpoints, an ES module
// without dependencies,
//
//	import { createClient } from "/auth/client.js";
//
// and, under a path that ends in .d.ts, its types. Unlike the endpoints it may
// be cached; browsers ask each time whether it has changed.
func (a *Auth) Client() http.Handler {
	return a.CORS(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			a.Fail(w, r, methodNotAllowed("GET, HEAD"))
			return
		}
		file := clientModule
		if strings.HasSuffix(r.URL.Path, ".d.ts") {
			file = clientTypes
		}
		h := w.Header()
		h.Set("Content-Type", file.kind)
		h.Set("Cache-Control", "public, no-cache")
		h.Set("Etag", file.tag)
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.content))
	}))
}
