package ha

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nearauth/nearauth/store/redis"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url, kind         string
		hosts             string
		name              string
		database, options int // options for servers, sentinels
		witness, replicas int
	}{
		{"redis+sentinel://a:1,b:2/m", "sentinel", "a:1 b:2", "m", 0, 1, 1, 0},
		{"rediss+sentinel://a,b:2,c/m/3", "sentinel", "a:26379 b:2 c:26379", "m", 3, 1, 1, 0},
		{"valkey+sentinel://user:p%40ss,word@a:1,b:2/m/", "sentinel", "a:1 b:2", "m", 0, 3, 1, 0},
		{"redis+sentinel://:word@a:1/m?sentinel-password=x&sentinel-user=y&replicas=2", "sentinel", "a:1", "m", 0, 2, 3, 2},
		{"redis+sentinel://word@[::1]:1,[::2]/my%20master", "sentinel", "[::1]:1 [::2]:26379", "my master", 0, 2, 1, 0},
		{"redis+cluster://a:1,b,c:3", "cluster", "a:1 b:6379 c:3", "", 0, 1, 1, 0},
		{"valkeys+cluster://user:p@a/0?replicas=1", "cluster", "a:6379", "", 0, 3, 1, 1},
	} {
		a, err := parse(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if a.kind != c.kind || !slices.Equal(a.hosts, strings.Fields(c.hosts)) || a.name != c.name || a.database != c.database ||
			len(a.servers) != c.options || len(a.witness) != c.witness || a.replicas != c.replicas {
			t.Errorf("%s: %+v", c.url, a)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "secret", "http://secret@localhost", "redis://:secret@host:port", "redis+other://:secret@a:1", "http+sentinel://:secret@a:1/m",
		"redis+sentinel://:secret@a:1", "redis+sentinel://:secret@a:1,/m", "redis+sentinel://:secret@/m", "redis+sentinel://:secret@a:x/m",
		"redis+sentinel://:secret@a:1/m/x", "redis+sentinel://:secret@a:1/m/-1", "redis+sentinel://:secret@a:1/m?password=secret",
		"redis+sentinel://:secret@a:1/m?replicas=secret", "redis+sentinel://:secret%@a:1/m", "redis+sentinel://:secret@a:1/m?x=%secret", "redis+cluster://:secret@a:1/1",
		"redis+cluster://:secret@a:70000", "redis+cluster://a:1?sentinel-password=secret", "redis+cluster:secret", "redis+cluster://:secret@a:1?replicas=1&replicas=2", "redis+cluster://:sec\x00ret@a:1",
	} {
		s, err := Open(url)
		if !errors.Is(err, ErrURL) || strings.Contains(err.Error(), "secret") || s != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := Open("redis://host:port"); !errors.Is(err, redis.ErrURL) {
		t.Errorf("one server: %v", err)
	}
	for _, url := range []string{"redis://a:1", "rediss://user:p@a/2", "redis+sentinel://a:1/m?replicas=3", "redis+cluster://a:1?replicas=3"} {
		s, err := Open(url)
		if err != nil {
			t.Errorf("%q: %v", url, err)
			continue
		}
		if want := strings.Count(url, "replicas") * 3; s.Replicas != want {
			t.Errorf("%q: %d replicas", url, s.Replicas)
		}
		_ = s.Close()
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []SentinelConfig{{}, {Master: "m"}, {Sentinels: []string{"a:1"}}} {
		if _, err := NewSentinel(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	if _, err := NewCluster(ClusterConfig{}); err == nil {
		t.Error("a cluster without nodes was taken")
	}
}
