// Package ha is package store/redis where Redis is more than one server: a
// master that Redis Sentinel watches, or a Redis Cluster. It is a module of its
// own, so that nobody else carries what it needs.
//
//	backend, err := ha.Open("redis+sentinel://app:password@10.0.0.1:26379,10.0.0.2:26379,10.0.0.3:26379/mymaster")
//	auth, err := handlers.New(handlers.Config{Store: backend, …})
//
// # URLs
//
//	redis://user:password@host:6379/2                            one server, as redis.Open takes it
//	redis+sentinel://user:password@host:26379,host:26379/name/2  the master of that name, database 2
//	redis+cluster://user:password@host:6379,host:6379            a cluster; some of its nodes will do
//
// With rediss instead of redis all connections are TLS, those to the sentinels
// too. User and password are those of the servers. Sentinels that want their own
// have them as parameters, and so is the number of replicas that must have each
// write that counts, which is Store.Replicas:
//
//	?sentinel-user=name&sentinel-password=secret&replicas=1
//
// What a URL cannot say is in SentinelConfig and ClusterConfig. Nothing is
// connected to before the first use, and a site starts while its Redis is away.
//
// # What happens at a failover
//
// Until a replica has taken over, which is a matter of the engine and its
// settings (down-after-milliseconds, cluster-node-timeout), what needs the lost
// master is store.ErrUnavailable, which the kit answers as 503. Right after that
// the kit is with the new master. The servers are asked twice a second, and
// whenever one cannot be reached, so that the first person to come afterwards
// notices nothing. Connections to the old master are dropped, those in use too,
// and what it answers on them counts as unavailable: it may have come back to
// life with sessions that have been ended since. A command is sent again only
// where a server has said that it did not execute it; so a challenge is never
// taken twice.
//
// Sentinels are not needed for serving. While none of them answers, the master
// that they named last is the master, as long as it says itself that it is one.
//
// In a cluster, slots can be moved while the site runs. Requests are led to the
// right node and notice nothing, but for the limits of the slot that is just
// being moved: several keys, of which some are here and some are there, are
// unavailable for that moment. Replicas are never read.
//
// A failover, a restart, and the move of a slot end the challenges that are
// open there: people whose wallet was open ask for another one.
//
// # What a failover can bring back
//
// Redis acknowledges a write before its replicas have it. A master that is lost
// takes the writes along that they did not have yet: a session that was just
// made is gone, and one that was just ended is back. With Replicas as the number
// of all replicas of a master nothing comes back: a write is acknowledged when
// they have it (WAIT), and is unavailable if they do not within half a second. The
// price: while one of them is missing, also after a failover until the lost
// server is back as a replica, nobody can sign in or out.
package ha

import (
	"fmt"
	"strings"

	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis"
)

// Store is a redis.Store whose connections lead to the right server.
type Store struct {
	*redis.Store
	stop func()
}

var _ store.Store = (*Store)(nil)

// Close closes the connections, and ends what watches the servers.
func (s *Store) Close() error {
	err := s.Store.Close()
	s.stop()
	return err
}

// Open returns a Store on the Redis at a URL of one of the forms above. It does
// not connect yet. Options are for what a URL cannot say, such as
// redis.DialTLSConfig; they hold for all connections, those to sentinels too.
func Open(url string, options ...redigo.DialOption) (*Store, error) {
	scheme, _, _ := strings.Cut(url, "://")
	_, kind, several := strings.Cut(scheme, "+")
	if !several {
		s, err := redis.Open(url, options...)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrURL, err)
		}
		return &Store{Store: s, stop: func() {}}, nil
	}
	a, err := parse(url)
	if err != nil {
		return nil, err
	}
	var s *Store
	switch kind {
	case "sentinel":
		s, err = NewSentinel(a.sentinel(options))
	case "cluster":
		s, err = NewCluster(a.cluster(options))
	}
	if err != nil {
		return nil, err
	}
	s.Replicas = a.replicas
	return s, nil
}
