package mounting

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/nearauth/nearauth/handlers"
	"github.com/nearauth/nearauth/middleware"
)

// ginRouter mounts the endpoints in gin, and guards a group.
func ginRouter(auth *handlers.Auth) http.Handler {
	r := gin.New()
	r.Use(gin.Recovery())

	r.Any("/auth/*endpoint", gin.WrapH(http.StripPrefix("/auth", auth)))

	// A gin handler finds the account in the request's context, as any other.
	show := func(c *gin.Context) {
		ctx := c.Request.Context()
		v := view{Note: auth.Sessions.GetString(ctx, "note")}
		if account, ok := middleware.AccountFrom(ctx); ok {
			v.Account = account.String()
		}
		c.JSON(http.StatusOK, v)
	}
	put := func(c *gin.Context) {
		var posted view
		if err := c.BindJSON(&posted); err != nil {
			return // BindJSON has answered 400
		}
		auth.Sessions.Put(c.Request.Context(), "note", posted.Note)
		c.Status(http.StatusNoContent)
	}

	optional := ginMiddleware(auth.OptionalAccount)
	r.GET("/", optional, show)
	r.POST("/note", optional, put)

	app := r.Group("/app", ginMiddleware(auth.RequireAccount))
	app.GET("/me", show)
	app.POST("/note", put)
	return r
}
