package redistest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// replicaUser is who replicas are for their master, so that it can shut them out.
const replicaUser = "replica"

// replicating are the arguments of a server that is a master, a replica, or one
// after the other.
func replicating(args []string) []string {
	return append([]string{
		"--user", replicaUser, "on", ">" + replicaUser, "+psync", "+replconf", "+ping",
		"--masteruser", replicaUser, "--masterauth", replicaUser,
		"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1", // both save seconds
	}, args...)
}

// StartMaster starts a server that can have replicas.
func StartMaster(t testing.TB, args ...string) *Server {
	t.Helper()
	return Start(t, replicating(args)...)
}

// StartReplica starts a server that follows another one, which StartMaster has
// started, and returns when it has everything.
func StartReplica(t testing.TB, master *Server, args ...string) *Server {
	t.Helper()
	others := master.replicas()
	s := Start(t, replicating(append([]string{"--replicaof", "127.0.0.1", master.port()}, args...))...)
	eventually(t, "the replica is in sync", func() bool { return s.inSync() && master.replicas() > others })
	return s
}

// CutReplicas makes what is written to the server from now on reach no replica,
// until MendReplicas. Nothing else is disturbed: clients and sentinels notice
// nothing. It is how a failover loses writes.
func (s *Server) CutReplicas(t testing.TB) {
	t.Helper()
	s.Do(t, "ACL", "SETUSER", replicaUser, "off") // nobody comes back
	s.Do(t, "CLIENT", "KILL", "USER", replicaUser)
	eventually(t, "no replica is connected", func() bool { return s.replicas() == 0 })
}

// MendReplicas ends CutReplicas, and returns when so many replicas are back.
func (s *Server) MendReplicas(t testing.TB, replicas int) {
	t.Helper()
	s.Do(t, "ACL", "SETUSER", replicaUser, "on")
	eventually(t, "the replicas are back", func() bool { return s.replicas() == replicas })
}

// Role is "master", "slave" or "sentinel", or "" if the server does not answer.
func (s *Server) Role() string {
	reply, err := redis.Values(s.ask("ROLE"))
	if err != nil || len(reply) == 0 {
		return ""
	}
	role, _ := redis.String(reply[0], nil)
	return role
}

// inSync reports whether a replica has everything that its master has.
func (s *Server) inSync() bool {
	return strings.Contains(s.info("replication"), "master_link_status:up")
}

// replicas is how many replicas the server writes to. Those that have not
// confirmed anything yet, which they do once a second, do not count for WAIT.
func (s *Server) replicas() int {
	return len(confirmed.FindAllString(s.info("replication"), -1))
}

var confirmed = regexp.MustCompile(`state=online,offset=[1-9]`)

func (s *Server) info(section string) string {
	info, _ := redis.String(s.ask("INFO", section))
	return info
}
