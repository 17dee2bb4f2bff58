package redistest

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

const slots = 16384

// Cluster is a Redis Cluster, in which a replica takes the place of a master
// that has been gone for a second.
type Cluster struct {
	Servers []*Server // the first ones are the masters in the beginning
}

// StartCluster starts a cluster of so many masters, with so many replicas each,
// all of them with further arguments of their command line, and returns when
// every one of them serves and knows the others.
func StartCluster(t testing.TB, masters, replicasEach int, args ...string) *Cluster {
	t.Helper()
	c := &Cluster{}
	for range masters * (1 + replicasEach) {
		c.Servers = append(c.Servers, startNode(t, args))
	}
	for i, s := range c.Servers {
		s.Do(t, "CLUSTER", "SET-CONFIG-EPOCH", i+1) // else they quarrel about it for a while
		if i < masters {
			s.Do(t, "CLUSTER", "ADDSLOTSRANGE", i*slots/masters, (i+1)*slots/masters-1)
		}
		if i > 0 {
			first := c.Servers[0]
			s.Do(t, "CLUSTER", "MEET", "127.0.0.1", first.port(), first.bus())
		}
	}
	eventually(t, "the nodes know each other", func() bool {
		return c.all(func(s *Server) bool { return strings.Count(s.nodes(), " connected") == len(c.Servers) })
	})
	for i, s := range c.Servers[masters:] {
		s.Do(t, "CLUSTER", "REPLICATE", c.Servers[i%masters].id(t))
		eventually(t, "the replica is in sync", s.inSync)
	}
	eventually(t, "the cluster serves", func() bool {
		return c.all(func(s *Server) bool {
			return s.serves() && strings.Count(s.nodes(), "slave ") == masters*replicasEach
		})
	})
	c.WaitReplicas(t, masters*replicasEach)
	return c
}

func startNode(t testing.TB, args []string) *Server {
	t.Helper()
	_, bus, _ := net.SplitHostPort(freeAddr(t))
	return Start(t, replicating(append([]string{
		"--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "1000",
		"--cluster-replica-validity-factor", "0", // also a replica that lags takes over
	}, args...))...)
}

// Addrs are the addresses of all nodes.
func (c *Cluster) Addrs() []string { return addrs(c.Servers) }

// URL is the cluster's address for package ha. It names two nodes; the others
// are to be found.
func (c *Cluster) URL() string {
	return "redis+cluster://" + strings.Join(c.Addrs()[:min(2, len(c.Servers))], ",")
}

// Slot is the slot of a key.
func (c *Cluster) Slot(t testing.TB, key string) (slot int) {
	t.Helper()
	eventually(t, "a node", func() (answered bool) {
		for _, s := range c.Servers {
			if n, err := redis.Int(s.ask("CLUSTER", "KEYSLOT", key)); err == nil {
				slot, answered = n, true
			}
		}
		return answered
	})
	return slot
}

// Master is the master of a key.
func (c *Cluster) Master(t testing.TB, key string) *Server {
	t.Helper()
	return c.WaitMaster(t, key, nil)
}

// WaitMaster waits until the key has another master than this one, as all nodes
// say that answer, and they serve.
func (c *Cluster) WaitMaster(t testing.TB, key string, not *Server) *Server {
	t.Helper()
	return c.waitMaster(t, c.Slot(t, key), not)
}

func (c *Cluster) waitMaster(t testing.TB, slot int, not *Server) (master *Server) {
	t.Helper()
	eventually(t, "a master of the slot", func() bool {
		var names []string
		serve := c.all(func(s *Server) bool {
			if _, err := s.ask("PING"); err != nil {
				return true
			}
			names = append(names, s.ownerOf(slot))
			return names[0] == names[len(names)-1] && s.serves()
		})
		if !serve || len(names) == 0 {
			return false
		}
		master = at(c.Servers, names[0])
		return master != nil && master != not && master.Role() == "master"
	})
	return master
}

// WaitReplicas waits until all masters together have so many replicas in sync.
func (c *Cluster) WaitReplicas(t testing.TB, replicas int) {
	t.Helper()
	eventually(t, "the replicas are back", func() bool {
		n := 0
		for _, s := range c.Servers {
			n += s.replicas()
		}
		return n == replicas
	})
}

func (c *Cluster) all(so func(*Server) bool) bool {
	for _, s := range c.Servers {
		if !so(s) {
			return false
		}
	}
	return true
}

// bus is the port on which the nodes talk to each other.
func (s *Server) bus() string {
	for i, arg := range s.args {
		if arg == "--cluster-port" {
			return s.args[i+1]
		}
	}
	return ""
}

func (s *Server) id(t testing.TB) string {
	t.Helper()
	return string(s.Do(t, "CLUSTER", "MYID").([]byte))
}

func (s *Server) nodes() string {
	nodes, _ := redis.String(s.ask("CLUSTER", "NODES"))
	return nodes
}

func (s *Server) serves() bool {
	info, _ := redis.String(s.ask("CLUSTER", "INFO"))
	return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprint("cluster_slots_ok:", slots))
}

// ownerOf is the address of the master of a slot, as this node sees it.
func (s *Server) ownerOf(slot int) string {
	ranges, _ := redis.Values(s.ask("CLUSTER", "SLOTS"))
	for _, r := range ranges {
		fields, _ := redis.Values(r, nil)
		var first, last, port int
		var node []any
		var host string
		if _, err := redis.Scan(fields, &first, &last, &node); err != nil || slot < first || slot > last {
			continue
		}
		if _, err := redis.Scan(node, &host, &port); err == nil {
			return net.JoinHostPort(host, fmt.Sprint(port))
		}
	}
	return ""
}
