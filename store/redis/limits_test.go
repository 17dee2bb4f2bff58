package redis_test

import (
	"encoding/hex"
	"net"
	"strings"
	"testing"
	"time"

	redigo "github.com/gomodule/redigo/redis"

	"github.com/nearauth/nearauth/store"
	"github.com/nearauth/nearauth/store/redis/redistest"
)

// A cluster refuses a script whose keys are in different slots: those of one
// request's limits are not.
func TestLimitsOnACluster(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, bus, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	server := redistest.Start(t, "--cluster-enabled", "yes", "--cluster-port", bus)
	server.Do(t, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
	for range 100 {
		if info := string(server.Do(t, "CLUSTER", "INFO").([]byte)); strings.Contains(info, "cluster_state:ok") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	s := open(t, server.URL())
	var limits []store.Limit
	for i := range 10 {
		k := key(byte(i))
		k.Realm = store.Realm{1, 2, 3}
		limits = append(limits, store.Limit{Key: k, Rate: store.Rate{Every: time.Minute, Burst: 1}})
	}
	if wait, err := s.Allow(t.Context(), limits...); err != nil || wait != 0 {
		t.Fatalf("wait %v, error %v", wait, err)
	}
	keys, err := redigo.Strings(server.Do(t, "KEYS", "nearauth:{"+hex.EncodeToString(limits[0].Key.Realm[:])+"}:l:*"), nil)
	if err != nil || len(keys) != len(limits) {
		t.Errorf("%d keys of %d limits, error %v", len(keys), len(limits), err)
	}
	if wait, err := s.Allow(t.Context(), limits[3:5]...); err != nil || wait <= 0 || wait > time.Minute {
		t.Errorf("counted already: wait %v, error %v", wait, err)
	}
}
