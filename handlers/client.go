package handlers

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"path"
	"strings"
	"time"
)

// The browser's side, which is also an npm package as it stands.
//
//go:embed client/*.js client/*.d.ts
var clientFiles embed.FS

// clientFile is one of them as it is served.
type clientFile struct {
	content   []byte
	kind, tag string
}

func readClientFile(name string) clientFile {
	b, err := clientFiles.ReadFile("client/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	kind := "text/javascript; charset=utf-8"
	if strings.HasSuffix(name, ".d.ts") {
		kind = "application/typescript; charset=utf-8"
	}
	sum := sha256.Sum256(b)
	return clientFile{b, kind, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// clientModules are the files by the last part of the path that each is under.
var clientModules = map[string]clientFile{
	"client.js": readClientFile("nearauth.js"), "client.d.ts": readClientFile("nearauth.d.ts"),
	"ethereum.js": readClientFile("ethereum.js"), "ethereum.d.ts": readClientFile("ethereum.d.ts"),
	"stellar.js": readClientFile("stellar.js"), "stellar.d.ts": readClientFile("stellar.d.ts"),
}

// Client is GET /client.js: the browser's side of these endpoints, an ES module
// without dependencies,
//
//	import { createClient } from "/auth/client.js";
//
// and, under a path that ends in .d.ts, its types. Under one that ends in
// /ethereum.js or /stellar.js, and .d.ts, it is what a page needs for those
// chains' wallets beside it. Unlike the endpoints it may be cached; browsers ask
// each time whether it has changed.
func (a *Auth) Client() http.Handler {
	return a.CORS(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			a.Fail(w, r, methodNotAllowed("GET, HEAD"))
			return
		}
		file, ok := clientModules[path.Base(r.URL.Path)]
		switch {
		case ok:
		case strings.HasSuffix(r.URL.Path, ".d.ts"):
			file = clientModules["client.d.ts"]
		default:
			file = clientModules["client.js"]
		}
		h := w.Header()
		h.Set("Content-Type", file.kind)
		h.Set("Cache-Control", "public, no-cache")
		h.Set("Etag", file.tag)
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.content))
	}))
}
