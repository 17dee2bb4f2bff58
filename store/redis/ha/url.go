package ha

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// ErrURL is wrapped by the error of Open for a URL that is of none of the forms.
// The error does not show the URL, which may hold a password.
var ErrURL = errors.New("ha: not a URL such as redis://host:6379, redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379")

func wrong(why string) error { return fmt.Errorf("%w: %s", ErrURL, why) }

// address is what a URL of several servers says.
type address struct {
	kind             string // "sentinel" or "cluster"
	hosts            []string
	name             string // of the master
	database         int
	servers, witness []redis.DialOption // for servers, for sentinels
	replicas         int
}

func parse(raw string) (*address, error) {
	one, hosts := cutHosts(raw)
	u, err := url.Parse(one)
	if err != nil {
		return nil, ErrURL // its own error shows the password
	}
	scheme, kind, _ := strings.Cut(u.Scheme, "+")
	a := &address{kind: kind}
	port := map[string]string{"sentinel": "26379", "cluster": "6379"}[kind]
	secure, known := map[string]bool{"redis": false, "valkey": false, "rediss": true, "valkeys": true}[scheme]
	if !known || port == "" {
		return nil, ErrURL
	}
	if a.hosts, err = split(hosts, port); err != nil {
		return nil, err
	}
	a.servers = []redis.DialOption{redis.DialUseTLS(secure)}
	a.witness = []redis.DialOption{redis.DialUseTLS(secure)}
	if u.User != nil {
		password, isSet := u.User.Password()
		a.servers = append(a.servers, credentials(u.User.Username(), password, isSet)...)
	}
	if err := a.path(strings.Trim(u.Path, "/")); err != nil {
		return nil, err
	}
	return a, a.query(u.RawQuery)
}

// cutHosts takes the list of hosts out of a URL, which net/url would read as one
// host or refuse.
func cutHosts(raw string) (one, hosts string) {
	scheme, rest, _ := strings.Cut(raw, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	begin := strings.LastIndex(rest[:end], "@") + 1
	return scheme + "://" + rest[:begin] + "hosts" + rest[end:], rest[begin:end]
}

// split splits a list of hosts. Without a port they have the usual one.
func split(list, port string) (hosts []string, err error) {
	for host := range strings.SplitSeq(list, ",") {
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		name, port, err := net.SplitHostPort(host)
		if err != nil || name == "" {
			return nil, wrong("a host has no name")
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return nil, wrong("a port is not a number")
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

// credentials are read as redigo reads them: one word alone is a password.
func credentials(user, password string, isSet bool) []redis.DialOption {
	switch {
	case !isSet:
		return []redis.DialOption{redis.DialPassword(user)}
	case user == "":
		return []redis.DialOption{redis.DialPassword(password)}
	}
	return []redis.DialOption{redis.DialUsername(user), redis.DialPassword(password)}
}

// path reads "name/database" for sentinels; a cluster has neither.
func (a *address) path(path string) (err error) {
	if a.kind == "cluster" {
		if path != "" && path != "0" {
			return wrong("a cluster has one database")
		}
		return nil
	}
	name, database, found := strings.Cut(path, "/")
	if name == "" {
		return wrong("the name of the master is missing")
	}
	a.name = name
	if found {
		if a.database, err = strconv.Atoi(database); err != nil || a.database < 0 {
			return wrong("the database is not a number")
		}
	}
	return nil
}

// query reads the parameters. An unknown one is an error: it may be a password
// under a wrong name.
func (a *address) query(raw string) error {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return wrong("the parameters cannot be read")
	}
	for name, value := range values {
		switch {
		case len(value) > 1:
			return wrong("a parameter is there twice")
		case name == "replicas":
			if a.replicas, err = strconv.Atoi(value[0]); err != nil || a.replicas < 0 {
				return wrong("replicas is not a number")
			}
		case name == "sentinel-user" && a.kind == "sentinel":
			a.witness = append(a.witness, redis.DialUsername(value[0]))
		case name == "sentinel-password" && a.kind == "sentinel":
			a.witness = append(a.witness, redis.DialPassword(value[0]))
		default:
			return wrong("unknown parameter")
		}
	}
	return nil
}

func (a *address) sentinel(options []redis.DialOption) SentinelConfig {
	return SentinelConfig{
		Sentinels: a.hosts, Master: a.name,
		Options:         append(append(options[:len(options):len(options)], a.servers...), redis.DialDatabase(a.database)),
		SentinelOptions: append(options[:len(options):len(options)], a.witness...),
	}
}

func (a *address) cluster(options []redis.DialOption) ClusterConfig {
	return ClusterConfig{Nodes: a.hosts, Options: append(options[:len(options):len(options)], a.servers...)}
}
