package main

var redis = []group{
	{"store/redis/sessions.go", "store/redis", []mutant{
		{name: "create never overwrites", old: `record, "NX", "PX", ttl(expires)`, new: `record, "PX", ttl(expires)`, why: "a session would be written over"},
		{name: "an adopted session is never created", old: `l.prefix+token, record, "XX", "PX", ttl(expires)`, new: `l.prefix+token, record, "PX", ttl(expires)`, why: "a logout would be undone"},
		{name: "update never creates", old: `name('s', key), record, "XX", "PX", ttl(expires)`, new: `name('s', key), record, "PX", ttl(expires)`, why: "a logout would be undone"},
		{name: "touch never creates", old: `if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end`, new: ``, why: "a logout would be undone"},
		{name: "touch of what is gone", old: `if err == nil && done == 0 {`, new: `if err == nil && done < 0 {`, why: "a session that has just ended would be let in"},
		{name: "touch sets the expiry", old: `return redis.call('PEXPIRE', KEYS[1], ARGV[3])`, new: `return 1`, why: "the idle limit"},
		{name: "a Redis that fails", old: `return nil, unavailable(err)
`, new: `return nil, store.ErrGone
`, why: "an outage would sign everybody out"},
		{name: "deletion takes", old: `"GETDEL", name('s', key)`, new: `"GET", name('s', key)`, why: "a logout would not happen"},
		{name: "expired notes are dropped", old: `redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)`, new: ``, why: "the limit of sessions would count dead ones"},
		{name: "the index lives as long as its last note", old: `math.max(ARGV[2], redis.call('PTTL', KEYS[1]))`, new: `ARGV[2]`, why: "sessions that revoke-all does not find"},
		{name: "expired notes are not listed", old: `'(' .. now, '+inf'`, new: `'-inf', '+inf'`, why: "the oldest sign-in would be a dead one"},
		{name: "unindex", old: `"ZREM", name('o', owner)`, new: `"ZSCORE", name('o', owner)`, why: "the index would grow"},
		{name: "an ended session reaches the replicas", old: `bytesOf(s.write(ctx, "GETDEL"`, new: `bytesOf(s.do(ctx, "GETDEL"`, why: "a failover would bring it back"},
		{name: "an index entry reaches the replicas", old: `s.writeBy(ctx, index,`, new: `s.run(ctx, index,`, why: "after a failover the session could not be revoked"},
	}},
	{"store/redis/challenges.go", "store/redis", []mutant{
		{name: "taking takes", old: `'GETDEL', KEYS[1]`, new: `'GET', KEYS[1]`, why: "replay"},
		{name: "challenges expire", old: `ARGV[1], 'PX', ARGV[2])`, new: `ARGV[1])`, why: "challenges would not end"},
		{name: "challenges of another history", old: `if not v or string.sub(v, 1, #reign + 1) ~= reign .. ':' then`, new: `if not v then`, why: "a restart would bring back used challenges"},
		{name: "which history", old: `'master_replid:(%x+)'`, new: `'nothing:(%x+)'`, why: "a restart would bring back used challenges"},
		{name: "a taken challenge reaches the replicas", old: `bytesOf(s.writeBy(ctx, takeChallenge`, new: `bytesOf(s.run(ctx, takeChallenge`, why: "a failover would bring it back"},
	}},
	{"store/redis/pool.go", "store/redis", []mutant{
		{name: "time to read", old: `redis.DialReadTimeout(timeout)`, new: `redis.DialReadTimeout(10*timeout)`, why: "a Redis that hangs holds every request"},
		{name: "connections after a failure", old: `if used.UnixNano() <= c.health.failed.Load() {`, new: `if false {`, why: "a request would wait for each of them in turn"},
		{name: "a replica", old: `name != "master"`, new: `name == ""`, why: "sessions that have ended would be served"},
		{name: "a replica, asked again", old: `if time.Since(c.asked) < fresh {`, new: `if !c.asked.IsZero() {`, why: "sessions that have ended would be served"},
		{name: "a connection that is not heard leaves", old: `		c.deaf = err
`, new: ``, why: "every request would fail until it is idle"},
	}},
	{"store/redis/limits.go", "store/redis", []mutant{
		{name: "beyond the rate", old: `if wait > 0 then return wait end`, new: ``, why: "no limit"},
		{name: "burst", old: `every*int64(max(1, l.Rate.Burst))`, new: `every*int64(1+max(1, l.Rate.Burst))`, why: "more than the limit"},
		{name: "the stricter decides", old: `wait = math.max(wait, arrivals[i] - ARGV[2*i] - now)`, new: `wait = arrivals[i] - ARGV[2*i] - now`, why: "the last limit would be the only one"},
		{name: "what one refuses the other does not count", old: `ARGV[2*i-1]
`, new: `ARGV[2*i-1]
  redis.call('SET', key, string.format('%.0f', arrivals[i]), 'PX', 60000)
`, why: "refused requests would use up the other limits"},
	}},
	{"store/redis/redis.go", "store/redis", []mutant{
		{name: "realm", old: `b = hex.AppendEncode(b, k.Realm[:])`, new: `b = hex.AppendEncode(b, nil)`, why: "another site's sessions"},
		{name: "limits of a realm share a slot", old: `	if kind == 'l' {
		b = append(b, '{')`, new: `	if kind == 'l' {
		b = append(b, '(')`, why: "a cluster would refuse every sign-in"},
		{name: "errors are unavailable", old: `return fmt.Errorf("redis: %w: %w", store.ErrUnavailable, err)`, new: `return fmt.Errorf("redis: %w", err)`, why: "an outage would be a 500"},
		{name: "another connection may be heard", old: `	if deaf(err) {`, new: `	if false {`, why: "a failover would fail a request for each connection"},
		{name: "replicas that do not have it", old: `case n < s.Replicas:`, new: `case false:`, why: "a failover would undo what was acknowledged"},
		{name: "time to wait for a connection", old: `wait := time.NewTimer(timeout)`, new: `wait := time.NewTimer(100 * timeout)`, why: "a Redis that hangs holds every request"},
		{name: "a password in an error", old: `malformed != nil {
		return 0, ErrURL
`, new: `malformed != nil {
		return 0, errors.Join(ErrURL, err, malformed)
`, why: "the password would be in the log"},
		{name: "an error of the server", old: `if err != nil && !errors.Is(err, redis.ErrNil) {
		return nil`, new: `if _, said := errors.AsType[redis.Error](err); err != nil && !said {
		return nil`, why: "what failed would read as gone"},
	}},
}
