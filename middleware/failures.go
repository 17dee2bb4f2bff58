package middleware

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// failures says what fails for a reason of the server's. During an outage that
// is every request, and each is the same news: so the first of a kind is said
// at once, and then one a second with the number of those that were not.
type failures struct {
	log *slog.Logger

	mu    sync.Mutex
	kinds map[string]*failure // by code: a few
}

type failure struct {
	said   time.Time
	unsaid int
}

const sayEvery = time.Second

func (f *failures) say(ctx context.Context, level slog.Level, what, code string, err error) {
	f.mu.Lock()
	kind := f.kinds[code]
	if kind == nil {
		kind = &failure{}
		if f.kinds == nil {
			f.kinds = make(map[string]*failure)
		}
		f.kinds[code] = kind
	}
	now := time.Now()
	if now.Sub(kind.said) < sayEvery {
		kind.unsaid++
		f.mu.Unlock()
		return
	}
	unsaid := kind.unsaid
	kind.said, kind.unsaid = now, 0
	f.mu.Unlock()
	attrs := []slog.Attr{slog.String("code", code), slog.Any("error", err)}
	if unsaid > 0 {
		attrs = append(attrs, slog.Int("others", unsaid))
	}
	f.log.LogAttrs(ctx, level, what, attrs...)
}
