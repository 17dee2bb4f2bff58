package mounting

import (
	"io"
	"net/http"

	"github.com/gin-gonic/gin"
)

// ginMiddleware makes a gin middleware of a net/http one; gin has WrapH for
// handlers only.
func ginMiddleware(m func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		entered := false
		next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			entered = true
			// Also when the handler panics: recovery then answers, and what
			// the handler left in the session is not stored.
			defer func(outer gin.ResponseWriter) { c.Writer = outer }(c.Writer)
			c.Writer = &ginWriter{ResponseWriter: c.Writer, inner: w}
			c.Request = r
			c.Next()
		})
		m(next).ServeHTTP(c.Writer, c.Request)
		if !entered {
			c.Abort() // m has answered; gin would go on to the handler
		}
	}
}

// ginWriter is gin's ResponseWriter over the writer that a middleware handed
// on. Whatever sends the first byte must pass through that one: the guard
// stores the session and sets its cookie just before it. A status by itself
// sends nothing in gin, so it stays with gin until then.
type ginWriter struct {
	gin.ResponseWriter
	inner http.ResponseWriter
}

func (w *ginWriter) Write(b []byte) (int, error) { return w.inner.Write(b) }

func (w *ginWriter) WriteString(s string) (int, error) { return io.WriteString(w.inner, s) }

func (w *ginWriter) WriteHeaderNow() {
	if !w.Written() {
		w.inner.WriteHeader(w.Status())
		w.ResponseWriter.WriteHeaderNow()
	}
}

func (w *ginWriter) Flush() { _ = http.NewResponseController(w.inner).Flush() }

// Unwrap lets http.ResponseController find the rest: deadlines, Hijack.
func (w *ginWriter) Unwrap() http.ResponseWriter { return w.inner }
