package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// MasterName is what the sentinels call the master.
const MasterName = "nearauth"

// Sentinel is a master with replicas, and three sentinels that watch it and put
// a replica in its place when it has been gone for a second.
type Sentinel struct {
	Servers   []*Server // the first one is the master in the beginning
	Sentinels []*Server
}

// StartSentinel starts a master with so many replicas, each with further
// arguments of its command line, and three sentinels, and returns when all of
// them know each other and the replicas are in sync.
func StartSentinel(t testing.TB, replicas int, args ...string) *Sentinel {
	t.Helper()
	s := &Sentinel{Servers: []*Server{StartMaster(t, args...)}}
	for range replicas {
		s.Servers = append(s.Servers, StartReplica(t, s.Servers[0], args...))
	}
	for range 3 {
		s.Sentinels = append(s.Sentinels, startSentinel(t, s.Servers[0]))
	}
	eventually(t, "the sentinels know all", func() bool {
		for _, sentinel := range s.Sentinels {
			if !sentinel.knows(replicas, len(s.Sentinels)-1) {
				return false
			}
		}
		return true
	})
	return s
}

func startSentinel(t testing.TB, master *Server) *Server {
	t.Helper()
	needed(t)
	s := &Server{Addr: freeAddr(t), dir: t.TempDir()}
	s.conf = filepath.Join(s.dir, "sentinel.conf")
	lines := []string{
		"port " + s.port(),
		"bind 127.0.0.1",
		"dir " + s.dir,
		fmt.Sprintf("sentinel monitor %s 127.0.0.1 %s 2", MasterName, master.port()),
		fmt.Sprintf("sentinel down-after-milliseconds %s 1000", MasterName),
		fmt.Sprintf("sentinel failover-timeout %s 3000", MasterName),
	}
	if err := os.WriteFile(s.conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	return s
}

// knows reports whether a sentinel sees all that it could fail over to, and the
// sentinels whose votes that takes.
func (s *Server) knows(replicas, sentinels int) bool {
	master, err := redis.StringMap(s.ask("SENTINEL", "MASTER", MasterName))
	if err != nil || master["flags"] != "master" || master["num-slaves"] != fmt.Sprint(replicas) || master["num-other-sentinels"] != fmt.Sprint(sentinels) {
		return false
	}
	known, err := redis.Values(s.ask("SENTINEL", "REPLICAS", MasterName))
	for _, r := range known {
		replica, _ := redis.StringMap(r, nil)
		if replica["flags"] != "slave" || replica["master-link-status"] != "ok" {
			return false
		}
	}
	return err == nil
}

// Addrs are the addresses of the sentinels.
func (s *Sentinel) Addrs() []string { return addrs(s.Sentinels) }

// URL is the set's address for package ha.
func (s *Sentinel) URL() string {
	return "redis+sentinel://" + strings.Join(s.Addrs(), ",") + "/" + MasterName
}

// Master is the server that the sentinels name, all that answer.
func (s *Sentinel) Master(t testing.TB) *Server {
	t.Helper()
	return s.WaitMaster(t, nil)
}

// WaitMaster waits until the sentinels name another master than this one, all
// that answer, and returns it when it is one.
func (s *Sentinel) WaitMaster(t testing.TB, not *Server) (master *Server) {
	t.Helper()
	eventually(t, "a master", func() bool {
		master = s.named()
		return master != nil && master != not && master.Role() == "master"
	})
	return master
}

// named is the server that all sentinels name that answer, or nil.
func (s *Sentinel) named() *Server {
	var name string
	for _, sentinel := range s.Sentinels {
		said, err := redis.Strings(sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MasterName))
		if err != nil || len(said) != 2 {
			continue
		}
		addr := net.JoinHostPort(said[0], said[1])
		if name != "" && name != addr {
			return nil
		}
		name = addr
	}
	return at(s.Servers, name)
}

// WaitReplicas waits until the master has so many replicas that are in sync and
// that the sentinels could put in its place.
func (s *Sentinel) WaitReplicas(t testing.TB, replicas int) {
	t.Helper()
	eventually(t, "the replicas are back", func() bool {
		master := s.named()
		return master != nil && master.replicas() == replicas
	})
}

func addrs(servers []*Server) (addrs []string) {
	for _, s := range servers {
		addrs = append(addrs, s.Addr)
	}
	return addrs
}

func at(servers []*Server, addr string) *Server {
	for _, s := range servers {
		if s.Addr == addr {
			return s
		}
	}
	return nil
}
