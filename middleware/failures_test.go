package middleware_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nearauth/nearauth/middleware"
)

// An outage is said once, and once a second while it lasts, with how many
// requests it has met since; another kind of failure is said at once.
func TestAnOutageIsSaidOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := newOutage()
	s := newSiteOn(t, m, func(c *middleware.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	synctest.Test(t, func(t *testing.T) {
		cookie := s.signIn(alice)
		m.finding.Store(true)
		said := func() (lines []string) {
			lines = strings.Split(strings.TrimSpace(log.String()), "\n")
			log.Reset()
			return lines
		}
		for range 100 {
			s.want("during the outage", cookie, 503)
		}
		if lines := said(); len(lines) != 1 || !strings.Contains(lines[0], "level=ERROR") || !strings.Contains(lines[0], "code=store_unavailable") || !strings.Contains(lines[0], "down") {
			t.Errorf("%q", lines)
		}
		s.guard.Fail(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), middleware.ChainUnavailable(errors.New("no"), 0))
		if lines := said(); len(lines) != 1 || !strings.Contains(lines[0], "code=chain_unavailable") || strings.Contains(lines[0], "others") {
			t.Errorf("%q", lines)
		}
		time.Sleep(time.Second)
		s.want("a second later", cookie, 503)
		if lines := said(); len(lines) != 1 || !strings.Contains(lines[0], "others=99") {
			t.Errorf("%q", lines)
		}
	})
}
