package ha

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/FZambia/sentinel/v2"
	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store/redis"
)

// SentinelConfig says where a master is that Redis Sentinel watches.
type SentinelConfig struct {
	// Sentinels are the addresses of the sentinels, "host:port", all of them.
	// Required.
	Sentinels []string
	// Master is what they call the master. Required.
	Master string
	// Options are for connections to the servers: password, database, TLS.
	// They have the time limits of redis.Timeouts unless they say otherwise.
	Options []redigo.DialOption
	// SentinelOptions are for connections to the sentinels.
	SentinelOptions []redigo.DialOption
}

// NewSentinel returns a Store on the master that the sentinels name. It does not
// connect yet.
func NewSentinel(c SentinelConfig) (*Store, error) {
	if len(c.Sentinels) == 0 || c.Master == "" {
		return nil, errors.New("ha: SentinelConfig needs Sentinels and Master")
	}
	m := newMaster(c)
	pool := redis.NewPool(m.dial)
	// The pool also asks idle connections itself, and one after the other.
	// Those to a former master, which may hang, need no question.
	pool.TestOnBorrow = func(c redigo.Conn, _ time.Time) error { return c.Err() }
	return &Store{Store: redis.New(pool), stop: m.close}, nil
}

// sentinelTimeout limits connecting and reading each. All sentinels are asked at
// once, so that all of them can hang at the cost of one.
const sentinelTimeout = 200 * time.Millisecond

func newClient(addr string, c SentinelConfig) *sentinel.Sentinel {
	options := append([]redigo.DialOption{
		redigo.DialConnectTimeout(sentinelTimeout), redigo.DialReadTimeout(sentinelTimeout), redigo.DialWriteTimeout(sentinelTimeout),
		redigo.DialTLSHandshakeTimeout(2 * sentinelTimeout),
	}, c.SentinelOptions...)
	return &sentinel.Sentinel{
		Addrs: []string{addr}, MasterName: c.Master,
		// Its own pool would try up to three dead connections in turn.
		Pool: func(addr string) *redigo.Pool {
			return &redigo.Pool{MaxIdle: 1, Dial: func() (redigo.Conn, error) { return redigo.Dial("tcp", addr, options...) }}
		},
	}
}

// dial connects to the master. If the one that is known cannot be reached, or is
// none, it may have a successor already.
func (m *master) dial(ctx context.Context) (redigo.Conn, error) {
	m.loop.start()
	addr, term := m.now()
	c, err := m.connect(ctx, addr, term)
	if err == nil {
		return c, nil
	}
	m.look()
	if addr, next := m.now(); next != term {
		return m.connect(ctx, addr, next)
	}
	return nil, err
}

func (m *master) connect(ctx context.Context, addr string, term uint64) (redigo.Conn, error) {
	if addr == "" {
		return nil, m.none()
	}
	c, err := redigo.DialContext(ctx, "tcp", addr, m.options...)
	if err != nil {
		return nil, err
	}
	if err := checkRole(c); err != nil {
		_ = c.Close()
		return nil, err
	}
	return &conn{Conn: c, master: m, term: term}, nil
}

// checkRole asks a server whether it is a master. One that does not let this
// user ask is believed, as redis.NewPool does.
func checkRole(c redigo.Conn) error {
	master, err := sentinel.TestRole(c, "master")
	if said, ok := errors.AsType[redigo.Error](err); ok && strings.HasPrefix(string(said), "NOPERM ") {
		return nil
	}
	if err == nil && !master {
		return errFormer
	}
	return err
}

var (
	errNoMaster = errors.New("ha: no sentinel names a master")
	errFormer   = errors.New("ha: the server is not the master any more")
)

// conn is a connection to what is the master during one term.
type conn struct {
	redigo.Conn
	master *master
	term   uint64
}

// Err implements redigo.Conn: a connection with an error leaves the pool, or
// does not come back to it.
func (c *conn) Err() error {
	if c.master.term.Load() != c.term {
		return errFormer
	}
	return c.Conn.Err()
}

// Do implements redigo.Conn. What a former master answers is not believed, also
// when it was asked while it was the master: it may have served a session that
// another instance has ended on the new one, or taken a write that is lost.
func (c *conn) Do(command string, args ...any) (any, error) {
	return c.believe(func() (any, error) { return c.Conn.Do(command, args...) })
}

// DoWithTimeout implements redigo.ConnWithTimeout.
func (c *conn) DoWithTimeout(limit time.Duration, command string, args ...any) (any, error) {
	return c.believe(func() (any, error) { return redigo.DoWithTimeout(c.Conn, limit, command, args...) })
}

// ReceiveWithTimeout implements redigo.ConnWithTimeout.
func (c *conn) ReceiveWithTimeout(limit time.Duration) (any, error) {
	return c.believe(func() (any, error) { return redigo.ReceiveWithTimeout(c.Conn, limit) })
}

func (c *conn) believe(ask func() (any, error)) (any, error) {
	if err := c.Err(); err != nil {
		return nil, err
	}
	reply, err := ask()
	if err == nil {
		err = c.Err()
	}
	return reply, err
}
