package redis

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Limits of the pools that NewPool makes.
const (
	timeout   = 300 * time.Millisecond
	maxActive = 64
	// Idle ones cost little, and dialling costs most when many come at once.
	maxIdle  = maxActive
	idleLife = 4 * time.Minute
	longLife = 30 * time.Minute
	// A connection that was asked within this time is not asked again whether
	// it leads to a master.
	fresh = time.Second
	// replicaTimeout is how long a write waits for the replicas.
	replicaTimeout = 500 * time.Millisecond
)

// Timeouts are the options with which Open dials: 300 ms each for connecting,
// reading and writing, and 600 ms for the handshake of TLS.
func Timeouts() []redis.DialOption {
	return []redis.DialOption{
		redis.DialConnectTimeout(timeout), redis.DialReadTimeout(timeout), redis.DialWriteTimeout(timeout),
		redis.DialTLSHandshakeTimeout(2 * timeout),
	}
}

// NewPool returns a pool for New, with 64 connections at most, that are made by
// dial and watched: once a second each is asked, before it is used, whether it
// still leads to a master (a replica that was one a moment ago would serve
// sessions that have been ended since), and it leaves the pool when the server
// will not hear it: READONLY, LOADING, MASTERDOWN, NOAUTH. When one of them
// fails, those that were last used before are not tried again. Dial must set
// time limits: see Timeouts.
func NewPool(dial func(context.Context) (redis.Conn, error)) *redis.Pool {
	h := &health{}
	return &redis.Pool{
		MaxIdle: maxIdle, MaxActive: maxActive, IdleTimeout: idleLife, MaxConnLifetime: longLife,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			c, err := dial(ctx)
			if err != nil {
				return nil, err
			}
			w := &watched{Conn: c, health: h}
			if err := w.ask(); err != nil {
				_ = c.Close()
				return nil, err
			}
			return w, nil
		},
		TestOnBorrowContext: func(_ context.Context, c redis.Conn, used time.Time) error {
			return c.(*watched).test(used)
		},
	}
}

// health knows when a connection of a pool last failed. The pool tests its idle
// connections in turn, and with a server that hangs a request would wait for
// each of them: so what was last used before the failure is dropped untested.
type health struct {
	failed atomic.Int64 // Unix nanoseconds
}

// watched is a connection of a pool.
type watched struct {
	redis.Conn
	health *health
	asked  time.Time // whether it leads to a master
	deaf   error     // why it must leave the pool
}

var (
	errSuspect = errors.New("redis: another connection has failed since this one was used")
	errReplica = errors.New("redis: the server is a replica")
)

// Do implements redis.Conn.
func (c *watched) Do(command string, args ...any) (any, error) {
	reply, err := c.Conn.Do(command, args...)
	return reply, c.note(err)
}

// Receive implements redis.Conn.
func (c *watched) Receive() (any, error) {
	reply, err := c.Conn.Receive()
	return reply, c.note(err)
}

// DoWithTimeout implements redis.ConnWithTimeout.
func (c *watched) DoWithTimeout(limit time.Duration, command string, args ...any) (any, error) {
	reply, err := redis.DoWithTimeout(c.Conn, limit, command, args...)
	return reply, c.note(err)
}

// ReceiveWithTimeout implements redis.ConnWithTimeout.
func (c *watched) ReceiveWithTimeout(limit time.Duration) (any, error) {
	reply, err := redis.ReceiveWithTimeout(c.Conn, limit)
	return reply, c.note(err)
}

// Err implements redis.Conn: a connection with an error leaves the pool.
func (c *watched) Err() error {
	if c.deaf != nil {
		return c.deaf
	}
	return c.Conn.Err()
}

// note looks at what a command has returned. Most errors that the server
// answers say nothing against the connection.
func (c *watched) note(err error) error {
	switch _, said := errors.AsType[redis.Error](err); {
	case err == nil, errors.Is(err, redis.ErrNil):
	case deaf(err):
		c.deaf = err
		c.health.failed.Store(time.Now().UnixNano())
	case !said:
		c.health.failed.Store(time.Now().UnixNano())
	}
	return err
}

func (c *watched) test(used time.Time) error {
	if used.UnixNano() <= c.health.failed.Load() {
		return errSuspect
	}
	if time.Since(c.asked) < fresh {
		return nil
	}
	return c.ask()
}

// ask asks whether the connection is still there and leads to a master. A
// server that does not let this user ask is believed to be one.
func (c *watched) ask() error {
	role, err := redis.Values(c.Do("ROLE"))
	if _, said := errors.AsType[redis.Error](err); err != nil && (!said || deaf(err)) {
		return err
	}
	c.asked = time.Now()
	if len(role) > 0 {
		if name, _ := redis.String(role[0], nil); name != "master" {
			c.health.failed.Store(time.Now().UnixNano())
			return errReplica
		}
	}
	return nil
}

// deaf reports whether the server has refused to execute anything on this
// connection, where another one may be heard: the server has become a replica,
// is loading, or wants a password since. In a script of Redis before 7 the word
// stands inside the message.
func deaf(err error) bool {
	said, ok := errors.AsType[redis.Error](err)
	if !ok {
		return false
	}
	for _, word := range []string{"READONLY", "LOADING", "MASTERDOWN", "NOAUTH"} {
		if strings.HasPrefix(string(said), word+" ") || strings.Contains(string(said), ": -"+word+" ") {
			return true
		}
	}
	return false
}
