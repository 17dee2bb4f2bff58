package ha

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	redigo "github.com/gomodule/redigo/redis"
	"github.com/mna/redisc"

	"github.com/nearauth/nearauth/store/redis"
)

// ClusterConfig says where a Redis Cluster is.
type ClusterConfig struct {
	// Nodes are the addresses of some nodes, "host:port"; they know the others.
	// Required.
	Nodes []string
	// Options are for connections to the nodes: password, TLS. They have the
	// time limits of redis.Timeouts unless they say otherwise.
	Options []redigo.DialOption
}

// NewCluster returns a Store on a cluster. It does not connect yet.
func NewCluster(c ClusterConfig) (*Store, error) {
	if len(c.Nodes) == 0 {
		return nil, errors.New("ha: ClusterConfig needs Nodes")
	}
	k := &cluster{config: c}
	k.config.Options = append(redis.Timeouts(), c.Options...)
	k.nodes = k.discover()
	k.loop = newLoop(k.refresh)
	// What this pool holds is no connection, but borrows one from the pool of a
	// node: so nothing is kept idle here.
	pool := &redigo.Pool{MaxActive: maxActive, DialContext: k.dial}
	return &Store{Store: redis.New(pool), stop: k.close}, nil
}

// maxActive is how many connections are in use at once, as in redis.NewPool.
const maxActive = 64

// cluster knows the nodes and which of them has which slots. That is asked again
// and again, so that a master that was lost is known before anybody needs it.
type cluster struct {
	config ClusterConfig
	loop   *loop

	mu    sync.Mutex
	nodes *redisc.Cluster
}

func (k *cluster) discover() *redisc.Cluster {
	return &redisc.Cluster{StartupNodes: k.config.Nodes, DialOptions: k.config.Options, CreatePool: newNodePool}
}

// newNodePool returns the pool of a node. redisc tries one node after the other,
// so that a cluster that hangs would cost a request the time limit of each: a
// node that could not be reached is not tried again for a second.
func newNodePool(addr string, options ...redigo.DialOption) (*redigo.Pool, error) {
	var failed atomic.Int64 // Unix nanoseconds
	pool := redis.NewPool(func(ctx context.Context) (redigo.Conn, error) {
		if time.Since(time.Unix(0, failed.Load())) < afresh {
			return nil, errAway
		}
		c, err := redigo.DialContext(ctx, "tcp", addr, options...)
		if err == nil {
			if _, err = c.Do("PING"); err == nil {
				return node{c}, nil
			}
			_ = c.Close()
		}
		if _, said := errors.AsType[redigo.Error](err); !said {
			failed.Store(time.Now().UnixNano())
		}
		return nil, err
	})
	pool.MaxActive += 2 // what asks for the slots needs one too
	return pool, nil
}

// afresh is how long a node that could not be reached is left alone.
const afresh = time.Second

var errAway = errors.New("ha: the node could not be reached a moment ago")

// node is a connection to a node. Its pool asks for its role, to refuse
// replicas; but in a cluster these do no harm, they serve no key and say who
// does, and one may be the only node that is known. So it is only asked whether
// it is there.
type node struct{ redigo.Conn }

func (n node) Do(command string, args ...any) (any, error) {
	if command != "ROLE" {
		return n.Conn.Do(command, args...)
	}
	_, err := n.Conn.Do("PING")
	return []any{}, err
}

// DoWithTimeout implements redigo.ConnWithTimeout.
func (n node) DoWithTimeout(limit time.Duration, command string, args ...any) (any, error) {
	return redigo.DoWithTimeout(n.Conn, limit, command, args...)
}

// ReceiveWithTimeout implements redigo.ConnWithTimeout.
func (n node) ReceiveWithTimeout(limit time.Duration) (any, error) {
	return redigo.ReceiveWithTimeout(n.Conn, limit)
}

func (k *cluster) now() *redisc.Cluster {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.nodes
}

// refresh asks a node for the slots. When there is none left of those that were
// masters, the configured ones are tried again: the cluster may have moved to
// other addresses.
func (k *cluster) refresh() {
	old := k.now()
	if old.Refresh() == nil {
		return
	}
	again := k.discover()
	if again.Refresh() != nil {
		_ = again.Close()
		return
	}
	k.mu.Lock()
	k.nodes = again
	k.mu.Unlock()
	_ = old.Close()
}

func (k *cluster) close() {
	k.loop.stop()
	_ = k.now().Close()
}

const (
	// A command may be sent to three nodes while a slot is on its way, and again
	// when it is complete.
	attempts = 10
	// How long to wait where some keys of a command are here and some are there.
	halfway = 20 * time.Millisecond
)

func (k *cluster) dial(context.Context) (redigo.Conn, error) {
	k.loop.start()
	c := k.now().Get()
	// It sends a command again only when the node has refused to execute it.
	following, err := redisc.RetryConn(c, attempts, halfway)
	return &bound{Conn: following, to: c}, err
}
