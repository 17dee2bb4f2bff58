package mounting

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/nearauth/nearauth/handlers"
	nearauth "github.com/nearauth/nearauth/middleware"
)

// echoRouter mounts the endpoints in echo, and guards a group.
func echoRouter(auth *handlers.Auth) http.Handler {
	e := echo.New()
	e.Use(middleware.Recover())

	e.Any("/auth/*", echo.WrapHandler(http.StripPrefix("/auth", auth)))

	// An echo handler finds the account in the request's context, as any other.
	show := func(c echo.Context) error {
		ctx := c.Request().Context()
		v := view{Note: auth.Sessions.GetString(ctx, "note")}
		if account, ok := nearauth.AccountFrom(ctx); ok {
			v.Account = account.String()
		}
		return c.JSON(http.StatusOK, v)
	}
	put := func(c echo.Context) error {
		var posted view
		if err := c.Bind(&posted); err != nil {
			return err
		}
		auth.Sessions.Put(c.Request().Context(), "note", posted.Note)
		return c.NoContent(http.StatusNoContent)
	}

	optional := echo.WrapMiddleware(auth.OptionalAccount)
	e.GET("/", show, optional)
	e.POST("/note", put, optional)

	app := e.Group("/app", echo.WrapMiddleware(auth.RequireAccount))
	app.GET("/me", show)
	app.POST("/note", put)
	return e
}
