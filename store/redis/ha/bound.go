package ha

import (
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/mna/redisc"
)

// bound is a connection to the node that has the key of its first command, and
// stays there: what comes after is about the same key, or is WAIT, which is
// about this node. redisc alone takes the first argument for the key, and sends
// scripts anywhere.
type bound struct {
	redis.Conn            // follows redirections
	to         redis.Conn // what it binds
	done       bool
}

// Do implements redis.Conn.
func (c *bound) Do(command string, args ...any) (any, error) {
	if err := c.bind(command, args); err != nil {
		return nil, err
	}
	return c.Conn.Do(command, args...)
}

// DoWithTimeout implements redis.ConnWithTimeout. It is for WAIT, and follows no
// redirection.
func (c *bound) DoWithTimeout(limit time.Duration, command string, args ...any) (any, error) {
	if err := c.bind(command, args); err != nil {
		return nil, err
	}
	return redis.DoWithTimeout(c.to, limit, command, args...)
}

// ReceiveWithTimeout implements redis.ConnWithTimeout.
func (c *bound) ReceiveWithTimeout(limit time.Duration) (any, error) {
	return redis.ReceiveWithTimeout(c.to, limit)
}

func (c *bound) bind(command string, args []any) error {
	if c.done || command == "" { // the pool says "" when a connection comes back
		return nil
	}
	err := redisc.BindConn(c.to, keys(command, args)...)
	c.done = err == nil
	return err
}

// keys returns one key of a command, or none if any node will do. The kit's
// commands have one, or several in one slot.
func keys(command string, args []any) []string {
	first := 0
	switch command {
	case "EVAL", "EVALSHA": // source, number of keys, key
		first = 2
	case "PING", "ROLE", "INFO", "CONFIG", "TIME", "WAIT", "SCRIPT", "COMMAND", "CLUSTER":
		return nil
	}
	if len(args) <= first || first == 2 && fmt.Sprint(args[1]) == "0" {
		return nil
	}
	return []string{fmt.Sprintf("%s", args[first])}
}
