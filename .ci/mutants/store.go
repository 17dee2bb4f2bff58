package main

var store = []group{
	{"store/table.go", "store", []mutant{
		{name: "a free entry is not freed again", old: `e.expires != 0 && e.expires <= now`, new: `e.expires <= now`,
			why: "two keys would share one entry: one person's session is another's"},
		{name: "evict frees what is there", old: `if e := t.turn(); e.expires != 0 {`, new: `if e := t.turn(); e != nil {`, why: "two keys would share one entry"},
		{name: "expiry of get", old: `if e := t.find(key); e != nil && now < e.expires {`, new: `if e := t.find(key); e != nil {`, why: "sessions would not end"},
		{name: "expiry of remove", old: `	if now < e.expires {
`, new: `	if e != nil {
`, why: "an expired record would be one"},
		{name: "a freed entry leaves its chain", old: `*at = e.next`, new: `_ = e.next`, why: "a dead key would lead to another's entry"},
		{name: "keys that share a chain", old: `t.at(*at-1).key != key`, new: `t.at(*at-1).key.Realm != key.Realm`, why: "one person's session would be another's"},
		{name: "realms that share a chain", old: `t.at(*at-1).key != key`, new: `t.at(*at-1).key.Hash != key.Hash`, why: "one site's session would be another's"},
		{name: "a freed entry keeps its chain", old: `entry[V]{next: t.free, head: e.head}`, new: `entry[V]{next: t.free}`, why: "sessions would be lost"},
		{name: "chains are split", old: `		t.push(i)
	}`, new: `	}`, why: "sessions would be lost"},
		{name: "the rest of the free list", old: `t.free = t.at(i).next`, new: `t.free = 0`, why: "memory would grow"},
	}},
	{"store/memory.go", "store", []mutant{
		{name: "create never overwrites", old: `if s.table.get(key, now) != nil {`, new: `if false {`, why: "a session would be written over"},
		{name: "records are not changed in place", old: `		record = slices.Clone(record)
		copy`, new: `		copy`, why: "readers would see half of a touch"},
		{name: "expiry of update and touch", old: `	e := s.table.get(key, nanos())
`, new: `	e := s.table.get(key, 0)
`, why: "an expired session would live again"},
		{name: "update sets the expiry", old: `e.value, e.expires = to(e.value), expires.UnixNano()`, new: `e.value, _ = to(e.value), expires.UnixNano()`, why: "the idle limit"},
		{name: "deletion of nothing", old: `record, ok := s.table.remove(key, nanos())
	if !ok {`, new: `record, ok := s.table.remove(key, nanos())
	if !ok && record != nil {`, why: "a race with a logout would not be seen"},
		{name: "the index lives as long as its last note", old: `notes, last = e.value, max(last, e.expires)`, new: `notes = e.value`,
			why: "sessions that revoke-all does not find"},
		{name: "expired notes are dropped", old: `n.hash == session.Hash || n.expires <= now`, new: `n.hash == session.Hash`, why: "the limit of sessions would count dead ones"},
		{name: "a session noted twice", old: `n.hash == session.Hash || n.expires <= now`, new: `n.expires <= now`, why: "the limit of sessions would count it twice"},
		{name: "expired notes are not listed", old: `func(n note) bool { return n.expires <= now }`, new: `func(n note) bool { return n.expires <= 0 }`, why: "the oldest sign-in would be a dead one"},
		{name: "listing does not change the index", old: `slices.DeleteFunc(slices.Clone(e.value),`, new: `slices.DeleteFunc(e.value,`,
			why:        "sessions that revoke-all does not find",
			equivalent: "what DeleteFunc leaves in the shared slice are zero notes behind the others, and those have expired"},
		{name: "the oldest first", old: `cmp.Compare(a.expires, b.expires)`, new: `cmp.Compare(b.expires, a.expires)`, why: "the newest sign-in would end"},
		{name: "unindex", old: `e.value = slices.DeleteFunc(e.value, func(n note) bool { return n.hash == session.Hash })`, new: `_ = session`, why: "the index would grow"},
	}},
	{"store/memory_challenges.go", "store", []mutant{
		{name: "expiry of reading a challenge", old: `c != nil && nanos() < c.expires`, new: `c != nil`, why: "challenges would not end"},
		{name: "expiry of taking a challenge", old: `if nanos() >= c.expires {`, new: `if false {`, why: "challenges would not end"},
		{name: "taking takes", old: `	t.remove(c)
	if nanos()`, new: `	if nanos()`, why: "replay"},
		{name: "a challenge is replaced", old: `if old := t.byKey[key]; old != nil {`, new: `if old := t.byKey[key]; old == nil && false {`, why: "the bounds would count what is not there"},
		{name: "clients not known have no bound of their own", old: `client != "" && mine`, new: `mine`, why: "one visitor behind a proxy would take everybody's challenges"},
		{name: "bound of a client", old: `if client != "" && mine != nil && mine.n >= `, new: `if client != "" && mine != nil && mine.n >= 1000*`,
			why: "one client would take everybody's challenges"},
		{name: "bound of all", old: `else if len(t.byKey) >= `, new: `else if len(t.byKey) >= 1000*`, why: "memory"},
		{name: "the client's oldest goes", old: `t.remove(mine.first)`, new: `t.remove(mine.last)`, why: "the newest challenge would be lost"},
		{name: "the middle of a list", old: `		after.in[by].before = before`, new: `		_ = before`, why: "what is freed would stand in a list"},
		{name: "expired challenges are freed", old: `if now < oldest.expires {`, new: `if now != 0 {`, why: "memory"},
		{name: "only expired challenges are freed", old: `if now < oldest.expires {`, new: `if false {`, why: "challenges would be lost"},
	}},
	{"store/memory_limiter.go", "store", []mutant{
		{name: "beyond the rate", old: `if longest > 0 {`, new: `if longest < 0 {`, why: "no limit"},
		{name: "the stricter decides", old: `longest = max(longest, wait)`, new: `longest = wait`, why: "the last limit would be the only one"},
		{name: "each limit counts", old: `for i, l := range limits {`, new: `for i, l := range limits[:1] {`, why: "no limit on the site"},
		{name: "burst", old: `int64(max(rate.Burst, 1))`, new: `int64(max(rate.Burst, 1)+1)`, why: "more than the limit"},
		{name: "bound of counters", old: `t.table.held >= maxLimits`, new: `t.table.held >= 10*maxLimits`, why: "memory"},
	}},
	{"store/origin.go", "store", []mutant{
		{name: "nothing but an origin", old: `case o.String() != s:`, new: `case false:`, why: "the origin would not be what browsers send"},
		{name: "lower case", old: `case strings.ToLower(s) != s:`, new: `case false:`, why: "the origin would not be what browsers send",
			equivalent: "url.Parse lowers the scheme, so that String differs, and hostASCII refuses capital letters: only the words of the error change"},
		{name: "default port", old: `, u.Port() == defaultPorts[u.Scheme]:`, new: `:`, why: "the origin would not be what browsers send"},
		{name: "port", old: `case !portText(u.Port()):`, new: `case false:`, why: "the origin would not be what browsers send"},
		{name: "text of the host", old: `case !hostText(u.Host, u.Hostname()):`, new: `case false:`, why: "the origin would not be what browsers send"},
		{name: "ASCII", old: `case !hostASCII(u.Host):`, new: `case false:`, why: "the origin would not be what browsers send"},
		{name: "names of this machine", old: `strings.HasSuffix(name, ".localhost")`, new: `strings.HasSuffix(name, "localhost")`, why: "plain http for evillocalhost"},
		{name: "addresses of this machine", old: `return err == nil && addr.IsLoopback()`, new: `return err == nil && addr.IsValid()`, why: "plain http to any address"},
		{name: "plain http", old: `if o.Secure() || o.Loopback() || insecure {`, new: `if o.Secure() || o.scheme == "http" || insecure {`, why: "anybody on the way reads the cookies"},
		{name: "__Host-", old: `return "__Host-" + name`, new: `return name`, why: "a sibling host could plant the cookie"},
		{name: "realm of the whole origin", old: `"nearauth realm\x00" + o.String()`, new: `"nearauth realm\x00" + o.host`, why: "the http site's sessions would be the https site's"},
	}},
	{"store/account.go", "store", []mutant{
		{name: "same account", old: `a.Chain == b.Chain && `, new: ``, why: "another network's account would get the values"},
		{name: "percent sign", old: `|| c == '-' || c == '.'`, new: `|| c == '-' || c == '.' || c == '%'`, why: "two accounts with one text"},
		{name: "a session's end", old: ` && now.Before(s.Until)`, new: ` && !s.Until.IsZero()`, why: "a request that began before the end would go on being somebody"},
		{name: "a second commit", old: `if s.written != nil {`, new: `if false {`, why: "a session would come back that was revoked between two commits"},
	}},
	{"store/records.go", "store middleware", []mutant{
		{name: "length of a token", old: `if len(token) != tokenLength {`, new: `if len(token) == 0 {`, why: "the store would be asked for what was never a token"},
		{name: "a store that fails", old: `return append([]byte{recordLost}, err.Error()...), true, nil`, new: `return nil, false, nil`, why: "an outage would sign everybody out"},
		{name: "records that cannot be read", old: `if !wellFormed(record) ||`, new: `if len(record) < headerSize ||`, why: "a 500 on every page"},
		{name: "a record under another hash", old: `lineage(record[offUnder:offDeadline]) != under(key) ||`, new: `false ||`, why: "a record moved to another token would be a session"},
		{name: "a record past its end", old: `!now.Before(getTime(record[offDeadline:])) {`, new: `false {`, why: "a store that keeps records too long"},
		{name: "an earlier epoch", old: `case epochNow != signedIn:`, new: `case epochNow != epochNow:`, why: "nobody would be signed out"},
		{name: "an epoch newer than is known", old: `if err == nil && epochNow != signedIn {`, new: `if false {`, why: "who signs in right after a new epoch would be a stranger on the other instances"},
		{name: "an epoch that cannot be read", old: `	case err != nil:
		return err
	case epochNow`, new: `	case err != nil && ctx == nil:
		return err
	case epochNow`, why: "an outage would sign everybody out, or nobody"},
		{name: "anonymous sessions have no epoch", old: `if getTime(record[offSignedIn:]).IsZero() {`, new: `if false {`, why: "carts would be lost"},
		{name: "a commit of nonsense", old: `	if !wellFormed(record) {
		return fmt`, new: `	if len(record) == 0 {
		return fmt`, why: "a panic, or a record that nobody can read"},
		{name: "idle limit of a commit", old: `expires := earlier(until, now.Add(r.idle))`, new: `expires := earlier(until, now.Add(100*r.idle))`, why: "no idle limit"},
		{name: "update, not create", old: `if was == under(key) {`, new: `if false {`, why: "a logout would be undone"},
		{name: "a cleared session", old: `if errors.Is(err, ErrExists) {`, new: `if false {`, why: "Clear, and then a 503"},
		{name: "a creation that failed can be tried again", old: `copy(record[offUnder:], was[:])`, new: `_ = was`, why: "it would read as ended"},
		{name: "deletion of what is gone", old: `	case err == nil || mark == nil:
	case errors.Is(err, ErrGone):`, new: `	case errors.Is(err, ErrGone) && mark == nil:
		return nil
	case err == nil || mark == nil:
	case errors.Is(err, ErrGone):`, why: "RenewToken would carry on a session that was logged out"},
		{name: "a commit while the session ends", old: `	if r.endings.has(key) {
		return wrap("commit", ErrGone)
	}`, new: ``, why: "the cookie would be set again"},
		{name: "a new token while the session ends", old: `if over && err == nil && (mark == nil || !mark.final) {`, new: `if over && err == nil && mark != nil && !mark.final {`, why: "the session would go on under it"},
		{name: "a logout that failed", old: `		r.endLater(key, token)`, new: ``, why: "the session would be served when the store is back"},
		{name: "a session that ends later", old: `	if r.endings.has(key) {
		// Not`, new: `	if false {
		// Not`, why: "the session would be served until it ends"},
		{name: "a logout tried again", old: `return []byte{recordEnded}, true, nil`, new: `return nil, false, nil`, why: "it would succeed, and the session would live where it was not asked"},
		{name: "touch at most every tenth", old: `!news && now.Sub(s.SeenAt) < r.touchEvery`, new: `false`, why: "each read would be a write"},
		{name: "news of the chain are noted", old: `if !news && now`, new: `if now`, why: "every instance would ask again"},
		{name: "no news do not overwrite", old: `patch = patch[:offChecked-offSeen]`, new: `_ = patch[:offChecked-offSeen]`, why: "what another instance knows would be forgotten"},
		{name: "logout of an adopted session", old: `if token != "" && r.legacy != nil && (err == nil || errors.Is(err, ErrGone)) {`, new: `if token == "" && r.legacy != nil && err == nil {`, why: "a logout would end nothing", tests: "store/redis"},
		{name: "logout of an adopted session after Clear", old: `(err == nil || errors.Is(err, ErrGone)) {`, new: `errors.Is(err, ErrGone) {`, why: "the old record would be the session again", tests: "store/redis",
			equivalent: "the creation after Clear has ended the old record already; this is the second wall"},
		{name: "Clear of an adopted session", old: `	if r.legacy != nil {
		// After`, new: `	if false {
		// After`, why: "the old record would be the session again", tests: "store/redis"},
		{name: "touch under a new token", old: `if s.lineage() != under(key) {`, new: `if false {`, why: "RenewToken in a guarded handler would be a 401"},
		{name: "touch and the absolute limit", old: `expires := earlier(s.Until, now.Add(r.idle))`, new: `expires := now.Add(r.idle)`, why: "records would outlive their session"},
		{name: "writes outlive the request", old: `context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)`, new: `context.WithTimeout(ctx, writeTimeout)`, why: "a logout would not happen when the client hangs up"},
		{name: "time for a write", old: `context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)`, new: `context.WithTimeout(context.WithoutCancel(ctx), 1000*writeTimeout)`, why: "a hanging store holds the request"},
		{name: "accounts of other chains", old: `a.Chain + "\x00" + a.ID`, new: `a.ID`, why: "revoke-all would end another's sessions"},
		{name: "tokens are hashed", old: `return Key{r.realm, sha256.Sum256(append(b[:0], token...))}`, new: `return Key{r.realm, [32]byte(append(b[:0], token+"................................"...))}`,
			why: "a copy of the store opens every session"},
		{name: "realm", old: `return Key{r.realm, sha256.Sum256(append(b[:0], token...))}`, new: `return Key{Realm{}, sha256.Sum256(append(b[:0], token...))}`, why: "another site's sessions"},
		{name: "unknown errors", old: `return fmt.Errorf("store: %s: %w: %w", what, ErrUnavailable, err)`, new: `return fmt.Errorf("store: %s: %w", what, err)`, why: "an outage would be a 500"},
	}},
	{"store/index.go", "store middleware", []mutant{
		{name: "a session that is not listed does not stay", old: `_, _ = r.backend.DeleteSession(ctx, key)`, new: `_ = key`, why: "a session that revoke-all does not find"},
		{name: "most sessions", old: `if count > r.most {`, new: `if count > 10*r.most {`, why: "no limit"},
		{name: "the oldest ends", old: `return a.at.Compare(b.at)`, new: `return b.at.Compare(a.at)`, why: "the newest sign-in would end"},
		{name: "who has just signed in stays", old: `if key != made {`, new: `if true {`, why: "a sign-in would be over at once"},
		{name: "an ended session leaves the index", old: `_ = r.backend.UnindexSession(ctx, r.owner(account), key)`, new: `_ = key`, why: "the limit of sessions would count ended ones"},
		{name: "dead sessions do not count", old: `		if errors.Is(err, ErrGone) {
			_ = r.backend.UnindexSession(ctx, owner, key)
			continue
		}
		if err != nil {`, new: `		if err != nil && !errors.Is(err, ErrGone) {`, why: "a live session would end for dead ones",
			equivalent: "what is not there cannot be read either, and does not count; only its note stays until it expires"},
		{name: "what does not count keeps its note", old: `		if errors.Is(err, ErrGone) {
			continue
		}
		if err != nil {
			return err
		}
`, new: `		if errors.Is(err, ErrGone) {
			_ = r.backend.UnindexSession(ctx, owner, key)
			continue
		}
		if err != nil {
			return err
		}
`, why: "a session would live again that revoke-all does not find"},
		{name: "spare this one", old: `if keep != "" {`, new: `if false {`, why: "logout of the others would be one of all"},
		{name: "a revocation that fails", old: `return ended, err
`, new: `_ = err
`, why: "logout of all would say that it worked"},
		{name: "a list that cannot be read", old: `return 0, wrap("revoke", err)`, new: `return 0, nil`, why: "logout of all would say that it worked"},
	}},
	{"store/endings.go", "store", []mutant{
		{name: "endings are bounded", old: `known || len(e.keys) >= mostEndings`, new: `known`, why: "memory without end"},
		{name: "one that was tried comes last", old: `	e.queue = append(e.queue, key)
}

func (r *Records) endNow`, new: `	e.queue = append([]Key{key}, e.queue...)
}

func (r *Records) endNow`, why: "one node that is lost would keep the sessions of the others alive"},
		{name: "endings are tried again", old: `		go r.endThem()
`, new: ``, why: "another instance would serve the session for ever"},
		{name: "an ending that failed again", old: `return err == nil || errors.Is(err, ErrGone)`, new: `return err == nil || !errors.Is(err, ErrGone)`, why: "the session would be served when the store is back"},
		{name: "endings run out", old: `if time.Now().After(it.until) {`, new: `if false {`, why: "memory", equivalent: "an outage of the length of a session: what is dropped then has ended by itself"},
	}},
	{"store/adopt.go", "store/redis", []mutant{
		{name: "sessions from before are found", old: `if r.legacy == nil {`, new: `if true {`, why: "everybody would be signed out by adopting the kit"},
		{name: "legacy records that cannot be read", old: `return nil, ErrGone // what`, new: `return nil, err // what`, why: "an error on every page"},
		{name: "legacy records lie under their hash", old: `copy(record[offUnder:], key.Hash[:len(lineage{})])`, new: `_ = key`, why: "a logout would be undone: the commit would create"},
		{name: "a legacy record is rewritten where it lies", old: `if r.legacy != nil && errors.Is(err, ErrGone) {`, new: `if r.legacy != nil && errors.Is(err, ErrGone) && until.IsZero() {`, why: "values would be lost"},
		{name: "a legacy record keeps its life", old: `return r.legacy.UpdateLegacy(ctx, token, record, until)`, new: `return r.legacy.UpdateLegacy(ctx, token, record, expires)`, why: "somebody would be signed out"},
	}},
	{"store/epoch.go", "store", []mutant{
		{name: "the epoch is looked at again", old: `now.Sub(k.from) < epochFresh`, new: `true`, why: "other instances would sign nobody out"},
		{name: "here at once", old: `	k.from = k.at
	r.epochs.known.Store(k)
	return nil`, new: `	return nil`, why: "sessions would live on for a second where they were ended"},
		{name: "the first epoch is everybody's", old: `		if !errors.Is(err, ErrExists) {
			return e, err
		}`, new: `		if true {
			return e, nil
		}`, why: "two instances would sign each other's people out"},
		{name: "a new epoch", old: `_, _ = rand.Read(k.epoch[:]) // never fails`, new: `_ = rand.Read`, why: "nobody would be signed out"},
		{name: "the second epoch", old: `err := r.backend.UpdateSession(ctx, r.epochKey(), e[:], expires)
	if !errors`, new: `err := ErrGone
	if !errors`, why: "nobody would be signed out the second time",
			equivalent: "the creation finds the record and updates it"},
	}},
	{"store/list.go", "store", []mutant{
		{name: "newest first", old: `b.Session.SignedInAt.Compare(a.Session.SignedInAt)`, new: `a.Session.SignedInAt.Compare(b.Session.SignedInAt)`, why: "the order"},
		{name: "only that id", old: `return k.id() != id })`, new: `return k.id() == "" })`, why: "revoking one would end all"},
		{name: "nothing revoked", old: `if err == nil && n == 0 {`, new: `if err == nil && n < 0 {`, why: "a revocation would seem to have happened"},
		{name: "only that key", old: `if s.Account.PublicKey == account.PublicKey && (`, new: `if (`, why: "sessions of keys that are still good would end"},
		{name: "a sign-in after the question", old: `confirmed.IsZero() || s.CheckedAt.Before(confirmed)`, new: `true`, why: "signing in with the key added again would not last"},
		{name: "a stream of another account", old: `case !now.Account.Same(s.Account):`, new: `case false:`, why: "a stream would go on as somebody else",
			equivalent: "a sign-in renews the token, so no other account's session lies under this one"},
		{name: "spare this session", old: `return r.revoke(ctx, account, m.Token(ctx))`, new: `_ = m.Token(ctx)
	return r.revoke(ctx, account, "")`, why: "logout of the others would be one of all"},
	}},
	{"store/codec.go", "store", []mutant{
		{name: "what was never read", old: `if session.lost != nil {`, new: `if false {`, why: "a session would be written over that nobody has seen"},
		{name: "the end of a sign-in does not move", old: `if session.Account.ID != "" && session.Until.Before(deadline) {`, new: `if false {`, why: "renewing the token would extend the session for ever"},
		{name: "what was written", old: `session.written = (*lineage)(b[offUnder:])`, new: `_ = b`, why: "a session would come back that was revoked between two commits"},
		{name: "trailing bytes", old: `return !r.bad && len(r.b) == 0`, new: `return !r.bad`, why: "an error on every page"},
		{name: "the kit's own key among the values", old: ` || string(key) == sessionKey {`, new: ` || string(key) == "\x00\x00" {`, why: "a value would take the place of the account"},
		{name: "count of values", old: ` || n > uint64(len(r.b)-size)/3 {`, new: ` {`, why: "lengths are not trusted",
			equivalent: "the loop over the values stops at the first that is not there, with the same answer, and nothing is allocated by the count"},
		{name: "length of bytes", old: `if r.bad || size <= 0 || n > uint64(len(r.b)-size) {`, new: `if r.bad || size <= 0 {`, why: "a panic"},
		{name: "version", old: `func wellFormed(b []byte) bool {
	if len(b) < headerSize || b[0] != recordVersion {`, new: `func wellFormed(b []byte) bool {
	if len(b) < headerSize {`, why: "an error on every page"},
	}},
	{"store/values.go", "store", []mutant{
		{name: "length of a number", old: `return len(payload) == 8`, new: `return true`, why: "a panic"},
		{name: "length of a bool", old: `return len(payload) == 1 && payload[0] <= 1`, new: `return payload == nil || payload[0] <= 1`, why: "a panic"},
	}},
	{"store/sessions.go", "store middleware handlers", []mutant{
		{name: "what is not known is not anonymous", old: `case s != nil && s.lost != nil:`, new: `case false:`, why: "an outage would sign everybody out"},
		{name: "idle limit of the answer", old: `return earlier(s.Until, s.SeenAt.Add(r.idle))`, new: `return earlier(s.Until, s.Until.Add(r.idle))`, why: "the front end would be told a wrong end"},
		{name: "idle and lifetime", old: `idle = min(idle, lifetime)`, new: `idle = idle + 0`, why: "last seen would be noted too rarely"},
		{name: "a copy of a manager", old: ` || records.manager != m`, new: ``, why: "two managers would share a context key"},
		{name: "scs hashing", old: ` || m.HashTokenInStore`, new: ``, why: "tokens would be hashed twice, and lineage lost"},
		{name: "scs idle timeout", old: ` || m.IdleTimeout != 0`, new: ``, why: "each read would be a write that undoes a logout"},
		{name: "another lifetime", old: ` || m.Lifetime != records.life`, new: ``, why: "limits that nobody checked"},
		{name: "another origin", old: `case records.realm != origin.Realm():`, new: `case false:`, why: "another site's sessions"},
		{name: "cookie attributes", old: `!c.HttpOnly, `, new: ``, why: "scripts would read the session"},
		{name: "cookie domain", old: `c.Domain != "",`, new: `false,`, why: "the cookie would go to sibling hosts"},
		{name: "cookie prefix", old: `origin.Secure() && !strings.HasPrefix(c.Name, "__Host-"):`, new: `false:`, why: "a sibling host could plant the cookie"},
		{name: "cookie of the challenge", old: `, strings.HasSuffix(c.Name, LoginCookieName):`, new: `:`, why: "session and challenge would be one cookie"},
		{name: "partitioned cookies", old: `case c.Partitioned != records.embedded:`, new: `case false:`, why: "clearing the cookie would clear another one"},
		{name: "SameSite", old: `case !records.embedded && c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode:`, new: `case false:`, why: "other sites would send the session"},
		{name: "a late answer goes out", old: `case errors.Is(err, ErrGone):
		return
`, new: ``, why: "a logout elsewhere would break an answer"},
		{name: "mistakes of the application", old: `case !errors.Is(err, ErrUnavailable):`, new: `case false:`, why: "a mistake would read as an outage"},
		{name: "headers of an answer that failed", old: `	h := w.Header()
	ForgetAnswer(h)`, new: `	h := w.Header()`, why: "the error would be cached, or not be readable"},
		{name: "an error's length", old: `h.Set("Content-Length", strconv.Itoa(len(body)))`, new: `_ = strconv.Itoa(len(body))`, why: "the success body would go out behind the error"},
		{name: "each header of an answer that failed", old: `"Content-Range", "Content-Disposition", "Etag", "Last-Modified", "Expires", `, new: ``, why: "the error would be cached"},
		{name: "errors are not cached", old: `	h.Set("Cache-Control", "no-store")
}`, new: `}`, why: "the error would be cached"},
	}},
	{"store/signin.go", "store middleware handlers", []mutant{
		{name: "values of another account", old: `if mark.gone || old != nil && !old.Account.Same(account) {`, new: `if mark.gone || old != nil && old.Account.ID == "" {`, why: "another person's cart"},
		{name: "values of a session that has just ended", old: `if mark.gone || old != nil && !old.Account.Same(account) {`, new: `if old != nil && !old.Account.Same(account) {`, why: "values come back after a logout"},
		{name: "a new token", old: `if err := m.RenewToken(context.WithValue(ctx, goneMarkKey{}, mark)); err != nil {`, new: `if err := ctx.Err(); err != nil {`, why: "session fixation"},
		{name: "a sign-in that was not stored", old: `		_ = m.Clear(ctx)
		return nil, err`, new: `		return nil, err`, why: "the account would be stored with the error"},
	}},
}
