// Package redis keeps sessions, challenges and limits in Redis, for a site that
// runs as several instances or must survive a restart.
//
//	backend, err := redis.Open("redis://localhost:6379")
//	auth, err := handlers.New(handlers.Config{Store: backend, …})
//
// It needs Redis 6.2 or Valkey. Open takes a URL: rediss:// for TLS,
// redis://user:password@host:port/2 for an ACL user and a database. New takes a
// *redis.Pool of github.com/gomodule/redigo, which is how anything else that
// speaks the protocol is reached.
//
// # Keys
//
// A key is "nearauth:", the realm of the site in hex, the kind, and a hash;
// tokens, nonces and cookies never reach Redis. Each command or script has one
// key, or limits of one realm, which share a slot, so that a cluster serves it.
// Each key has a time to live:
//
//	nearauth:5b0c…:s:<hash>     a session record, until its idle limit; and one
//	                            of 8 bytes, the epoch of the site
//	nearauth:5b0c…:o:<hash>     the sessions of an account, a sorted set by end
//	nearauth:5b0c…:c:<hash>     a challenge
//	nearauth:{5b0c…}:l:<hash>   a limit; the braces are the hash tag of clusters
//
// Times are relative, or by the clock of the server: a client's wrong clock
// ends no session.
//
// # When Redis does not answer
//
// Everything has a time limit. Dialling, writing and reading have 300 ms each,
// and waiting for a connection of the pool too, so that a Redis that is stopped
// or hangs is an error within a second, which the kit answers as 503. A
// connection that the server does not hear (READONLY, LOADING, MASTERDOWN,
// NOAUTH) is left for another one at once, and no server is asked that is a
// replica.
//
// # What a restart or a failover can bring back
//
// A used challenge never: each is bound to the history of the data in which it
// was stored, which a restart, a restored snapshot and a failover end. So they
// also end the challenges that are open, and whoever has a wallet open at that
// moment starts again.
//
// A session that was logged out can come back, as far as Redis forgets: with
// snapshots alone, everything since the last one; with appendonly and
// appendfsync everysec, a second; with appendfsync always, nothing. At a
// failover, what the replica did not have yet: set [Store.Replicas] to the
// number of replicas, and nothing is acknowledged before all of them have it. A
// failover then leaves one replica too few, and nobody signs in or out until the
// lost server is back: that is the price. It takes both, Replicas and appendfsync
// always, where a master that died may be started again before a failover: it
// would load its last snapshot, and its replicas would follow it.
//
// # Eviction
//
// Set maxmemory-policy to noeviction, or to volatile-ttl, which evicts challenges
// first; the others evict sessions. [Store.Warnings] says so at start.
package redis

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/alexedwards/scs/redisstore"
	"github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
)

// Store is a store.Store on Redis. It is safe for concurrent use.
type Store struct {
	// Replicas is how many replicas must have a write before it is
	// acknowledged (WAIT): a challenge taken, a session made, changed or ended.
	// With fewer of them the answer is ErrUnavailable, after half a second.
	// Where it is the number of all replicas, no failover brings back what was
	// acknowledged as gone; see "What a restart or a failover can bring back".
	// Set it before the first use. The default value is 0, which is not to wait.
	Replicas int

	pool *redis.Pool
	// records is redisstore with an empty prefix: the key layout is ours, and
	// its reads are all that is used of it. Its Commit is an upsert, which
	// undoes a logout that came in between; its Delete does not say whether
	// there was anything; and its All blocks the server with KEYS.
	records *redisstore.RedisStore
	// slots bounds how long a request waits for a connection: the pool itself
	// would wait for ever, and redisstore passes it no context.
	slots chan struct{}
}

var _ store.Store = (*Store)(nil)

// ErrURL is wrapped by the error of Open for a URL that is not one of Redis.
// The error does not show the URL, which may hold a password.
var ErrURL = errors.New("redis: not a URL such as redis://localhost:6379")

// Open returns a Store on the Redis at a URL: redis://, rediss:// (TLS),
// valkey:// or valkeys://, with user and password, the database as path, and
// ?replicas=1 for Store.Replicas. It does not connect yet. Options are for what
// a URL cannot say, such as redis.DialTLSConfig.
func Open(url string, options ...redis.DialOption) (*Store, error) {
	options = append(Timeouts(), options...)
	replicas, err := readURL(url)
	if err != nil {
		return nil, err
	}
	s := New(NewPool(func(ctx context.Context) (redis.Conn, error) {
		return redis.DialURLContext(ctx, url, options...)
	}))
	s.Replicas = replicas
	return s, nil
}

// readURL lets redigo read the URL, without dialling, and reads what redigo does
// not know.
func readURL(text string) (replicas int, err error) {
	refused := errors.New("not dialled")
	_, err = redis.DialURL(text, redis.DialContextFunc(func(context.Context, string, string) (net.Conn, error) {
		return nil, refused
	}))
	u, malformed := url.Parse(text)
	if err != nil && !errors.Is(err, refused) || malformed != nil {
		return 0, ErrURL
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return 0, ErrURL
	}
	for name, values := range query {
		replicas, err = strconv.Atoi(values[0])
		if name != "replicas" || len(values) > 1 || err != nil || replicas < 0 {
			return 0, fmt.Errorf("%w: the only parameter is replicas, a number", ErrURL)
		}
	}
	return replicas, nil
}

// New returns a Store on a pool, which NewPool has made or the caller. The
// caller's connections must have timeouts for dialling, reading and writing,
// and MaxActive should be set; Wait should not. They stay in the pool also when
// the server has become a replica. For Replicas they must be
// redis.ConnWithTimeout, as those of redigo are.
func New(pool *redis.Pool) *Store {
	s := &Store{pool: pool, records: redisstore.NewWithPrefix(pool, "")}
	if pool.MaxActive > 0 {
		s.slots = make(chan struct{}, pool.MaxActive)
	}
	return s
}

// Close closes the connections.
func (s *Store) Close() error { return s.pool.Close() }

// acquire waits for one of the pool's connections to be free, but not long.
func (s *Store) acquire(ctx context.Context) (release func(), err error) {
	if s.slots == nil {
		return func() {}, nil
	}
	release = func() { <-s.slots }
	select {
	case s.slots <- struct{}{}:
		return release, nil
	default:
	}
	wait := time.NewTimer(timeout)
	defer wait.Stop()
	select {
	case s.slots <- struct{}{}:
		return release, nil
	case <-ctx.Done():
		return nil, unavailable(ctx.Err())
	case <-wait.C:
		return nil, unavailable(errors.New("all connections are in use"))
	}
}

// do runs one command.
func (s *Store) do(ctx context.Context, command string, args ...any) (any, error) {
	return s.with(ctx, func(c redis.Conn) (any, error) { return c.Do(command, args...) })
}

// run runs one script. Where the script does not say how many keys it has, their
// number comes first.
func (s *Store) run(ctx context.Context, script *redis.Script, keysAndArgs ...any) (any, error) {
	return s.with(ctx, func(c redis.Conn) (any, error) { return script.Do(c, keysAndArgs...) })
}

// write is do for a command whose loss would undo what was promised.
func (s *Store) write(ctx context.Context, command string, args ...any) (any, error) {
	return s.with(ctx, s.replicated(func(c redis.Conn) (any, error) { return c.Do(command, args...) }))
}

// writeBy is write for a script.
func (s *Store) writeBy(ctx context.Context, script *redis.Script, keysAndArgs ...any) (any, error) {
	return s.with(ctx, s.replicated(func(c redis.Conn) (any, error) { return script.Do(c, keysAndArgs...) }))
}

// replicated is f and then the wait for the replicas: also after a command that
// changed nothing, because what it has found may be a change that they do not
// have yet.
func (s *Store) replicated(f func(redis.Conn) (any, error)) func(redis.Conn) (any, error) {
	if s.Replicas == 0 {
		return f
	}
	return func(c redis.Conn) (any, error) {
		reply, err := f(c)
		if err != nil {
			return nil, err
		}
		n, err := redis.Int(redis.DoWithTimeout(c, replicaTimeout+timeout, "WAIT", s.Replicas, replicaTimeout.Milliseconds()))
		switch {
		case err != nil:
			return nil, fmt.Errorf("waiting for replicas: %v", err) // not %w: the write was executed
		case n < s.Replicas:
			return nil, fmt.Errorf("%d of %d replicas have the write", n, s.Replicas)
		}
		return reply, nil
	}
}

func (s *Store) with(ctx context.Context, f func(redis.Conn) (any, error)) (any, error) {
	release, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	reply, err := s.once(ctx, f)
	if deaf(err) {
		// It was not executed. Another connection may lead to a server that does.
		reply, err = s.once(ctx, f)
	}
	if err != nil && !errors.Is(err, redis.ErrNil) {
		return nil, unavailable(err)
	}
	return reply, nil
}

func (s *Store) once(ctx context.Context, f func(redis.Conn) (any, error)) (any, error) {
	c, err := s.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return f(c)
}

// harmless runs what does no harm when it is done twice, such as a read: once
// more if the connection had died meanwhile or the server would not hear it, and
// not if it hangs: then the time is used up.
func (s *Store) harmless(ctx context.Context, f func() error) error {
	begun := time.Now()
	err := f()
	if err == nil || ctx.Err() != nil || time.Since(begun) >= timeout {
		return err
	}
	if _, said := errors.AsType[redis.Error](err); said && !deaf(err) {
		return err // the server answered, and will answer the same
	}
	return f()
}

func unavailable(err error) error {
	return fmt.Errorf("redis: %w: %w", store.ErrUnavailable, err)
}

// name is the Redis key of one kind of record. A request is counted against
// several limits at once, which a cluster must have in one place: those of a
// realm share a slot by their hash tag.
func name(kind byte, k store.Key) string {
	b := make([]byte, 0, 80)
	b = append(b, "nearauth:"...)
	if kind == 'l' {
		b = append(b, '{')
	}
	b = hex.AppendEncode(b, k.Realm[:])
	if kind == 'l' {
		b = append(b, '}')
	}
	b = append(b, ':', kind, ':')
	return string(base64.RawURLEncoding.AppendEncode(b, k.Hash[:]))
}

// ttl is how long from now, in milliseconds, at least one: Redis takes no less.
func ttl(expires time.Time) int64 {
	return max(1, int64((time.Until(expires)+time.Millisecond-1)/time.Millisecond))
}
