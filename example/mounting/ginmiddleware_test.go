package mounting

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/store"
)

// readOnly is a store that no session can be written to.
type readOnly struct{ *store.Memory }

func (readOnly) CreateSession(context.Context, store.Key, []byte, time.Time) error {
	return store.ErrUnavailable
}

// However a gin handler answers, the session is stored and its cookie set
// before the first byte; and when it cannot be stored, nothing of what the
// handler says goes out.
func TestGinMiddlewareStoresFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer gin.HandlerFunc
		status int
		body   string
	}{
		{"string", func(c *gin.Context) { c.String(201, "done") }, 201, "done"},
		{"JSON", func(c *gin.Context) { c.JSON(201, "done") }, 201, `"done"`},
		{"WriteString", func(c *gin.Context) { _, _ = c.Writer.WriteString("done") }, 200, "done"},
		{"status", func(c *gin.Context) { c.Status(204) }, 204, ""},
		{"header now", func(c *gin.Context) {
			c.Status(204)
			c.Writer.WriteHeaderNow()
			if !c.Writer.Written() {
				panic("header not written")
			}
		}, 204, ""},
		{"abort", func(c *gin.Context) { c.AbortWithStatus(418) }, 418, ""},
		{"redirect", func(c *gin.Context) { c.Redirect(303, "/") }, 303, "<a href=\"/\">See Other</a>.\n\n"},
		{"flush", func(c *gin.Context) { c.Writer.Flush(); _, _ = c.Writer.WriteString("done") }, 200, "done"},
		{"controller", func(c *gin.Context) {
			controller := http.NewResponseController(c.Writer)
			if err := errors.Join(controller.SetWriteDeadline(time.Now().Add(time.Minute)), controller.Flush()); err != nil {
				panic(err)
			}
			_, _ = c.Writer.WriteString("done")
		}, 200, "done"},
		{"nothing", func(*gin.Context) {}, 200, ""},
	} {
		mount := func(auth *handlers.Auth) http.Handler {
			r := gin.New()
			r.GET("/", ginMiddleware(auth.OptionalAccount), func(c *gin.Context) {
				auth.Sessions.Put(c.Request.Context(), "note", "kept")
				test.answer(c)
			})
			return r
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newRig(t, mount).browser()
			res := b.do("GET", "/", "")
			if res.StatusCode != test.status || res.body != test.body {
				t.Errorf("%d %q, want %d %q", res.StatusCode, res.body, test.status, test.body)
			}
			if cookie := res.Header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-nearauth=") {
				t.Errorf("Set-Cookie: %q", cookie)
			}
		})
		t.Run(test.name+", store down", func(t *testing.T) {
			t.Parallel()
			b := newRigOn(t, readOnly{store.NewMemory()}, mount).browser()
			res := b.do("GET", "/", "")
			b.expect(res, 503, "store_unavailable")
			if cookie := res.Header.Get("Set-Cookie"); cookie != "" {
				t.Errorf("Set-Cookie: %q", cookie)
			}
		})
	}
}

// gin calls the next handler whatever a middleware has answered, unless it is
// told not to.
func TestGinMiddlewareAborts(t *testing.T) {
	t.Parallel()
	var entered atomic.Bool
	b := newRig(t, func(auth *handlers.Auth) http.Handler {
		r := gin.New()
		r.GET("/", ginMiddleware(auth.RequireAccount), func(*gin.Context) { entered.Store(true) })
		return r
	}).browser()
	b.expect(b.do("GET", "/", ""), 401, "unauthenticated")
	if entered.Load() {
		t.Error("the handler was called")
	}
}

// A handler that panics leaves the session as it was.
func TestGinMiddlewarePanic(t *testing.T) {
	t.Parallel()
	b := newRig(t, func(auth *handlers.Auth) http.Handler {
		r := gin.New()
		r.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(500) }))
		r.GET("/", ginMiddleware(auth.OptionalAccount), func(c *gin.Context) {
			auth.Sessions.Put(c.Request.Context(), "note", "half done")
			panic("on purpose")
		})
		return r
	}).browser()
	res := b.do("GET", "/", "")
	b.expect(res, 500, "")
	if cookie := res.Header.Get("Set-Cookie"); cookie != "" {
		t.Errorf("Set-Cookie: %q", cookie)
	}
}
