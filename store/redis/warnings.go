package redis

import (
	"context"
	"fmt"
	"strings"

	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
)

var _ store.Warner = (*Store)(nil)

// Warnings implements store.Warner: whether sessions can be evicted, and
// whether challenges are safe from restarts and failovers.
func (s *Store) Warnings(ctx context.Context) (warnings []string) {
	memory, err := s.info(ctx, "memory")
	if err != nil {
		return []string{fmt.Sprintf("Redis cannot be asked whether it evicts sessions, nor for the history of its data, by which used challenges stay used after a restart or failover (INFO): %v", err)}
	}
	switch policy := memory["maxmemory_policy"]; {
	case memory["maxmemory"] == "0", policy == "noeviction", policy == "volatile-ttl":
	default:
		warnings = append(warnings, "Redis evicts sessions when its memory is full, by maxmemory-policy "+policy+": set noeviction, or volatile-ttl")
	}
	history, err := redis.String(s.run(ctx, redis.NewScript(0, reign+"return reign")))
	if err != nil || history == "" {
		warnings = append(warnings, "Redis does not tell scripts the history of its data (INFO, master_replid): a restart or failover can bring back a used challenge")
	}
	return warnings
}

func (s *Store) info(ctx context.Context, section string) (map[string]string, error) {
	text, err := redis.String(s.do(ctx, "INFO", section))
	if err != nil {
		return nil, err
	}
	values := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			values[name] = value
		}
	}
	return values, nil
}
