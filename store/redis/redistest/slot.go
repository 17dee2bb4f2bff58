package redistest

import (
	"net"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// OpenSlot begins to move a slot to another master: the old one still serves the
// keys that it has, and sends whoever wants another one to the new master (ASK).
func (c *Cluster) OpenSlot(t testing.TB, slot int, to *Server) {
	t.Helper()
	from := c.waitMaster(t, slot, nil)
	to.Do(t, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id(t))
	from.Do(t, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id(t))
}

// MoveKeys moves some keys of an open slot, and returns how many it still had to
// move.
func (c *Cluster) MoveKeys(t testing.TB, slot, some int, to *Server) int {
	t.Helper()
	from := c.waitMaster(t, slot, nil)
	keys, err := redis.Strings(from.Do(t, "CLUSTER", "GETKEYSINSLOT", slot, some), nil)
	if err != nil || len(keys) == 0 {
		return 0
	}
	host, port, _ := net.SplitHostPort(to.Addr)
	from.Do(t, "MIGRATE", redis.Args{host, port, "", 0, 5000, "KEYS"}.AddFlat(keys)...)
	return len(keys)
}

// CloseSlot moves the keys that are left in an open slot, and then the slot.
func (c *Cluster) CloseSlot(t testing.TB, slot int, to *Server) {
	t.Helper()
	for c.MoveKeys(t, slot, 100, to) > 0 {
	}
	from, id := c.waitMaster(t, slot, nil), to.id(t)
	for _, s := range append([]*Server{to, from}, c.Servers...) {
		if s.Role() == "master" {
			s.Do(t, "CLUSTER", "SETSLOT", slot, "NODE", id)
		}
	}
}

// MoveSlot moves a slot and its keys to another master, while it is used.
func (c *Cluster) MoveSlot(t testing.TB, slot int, to *Server) {
	t.Helper()
	c.OpenSlot(t, slot, to)
	c.CloseSlot(t, slot, to)
}
