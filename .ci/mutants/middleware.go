package main

var middleware = []group{
	{"middleware/failures.go", "middleware", []mutant{
		{name: "an outage is said once", old: `if now.Sub(kind.said) < sayEvery {`, new: `if false {`, why: "the log would be the next outage"},
		{name: "how many more there were", old: `		kind.unsaid++`, new: ``, why: "an outage would look like a single failure"},
	}},
	{"middleware/client.go", "middleware", []mutant{
		{name: "whose X-Forwarded-For", old: `i >= 0 && g.proxy(addr)`, new: `i >= 0`, why: "anybody would choose an address"},
		{name: "garbage in X-Forwarded-For", old: `			break
`, new: `			continue
`, why: "what stands before it anybody may have written"},
		{name: "one subscriber", old: `Prefix(64)`, new: `Prefix(128)`, why: "one subscriber has 2^64 addresses to be counted under"},
		{name: "clients behind a proxy here", old: `return addr, !addr.IsLoopback() || g.loopback`, new: `return addr, true`, why: "all visitors would share one bound"},
		{name: "a proxy nobody declared", old: `if g.origin.Secure() && r.TLS == nil && !g.proxy(peer.Addr().Unmap()) {`, new: `if false {`, why: "all visitors would have one visitor's rate"},
		{name: "whose X-Forwarded-Proto", old: `if err != nil || !g.proxy(peer.Addr().Unmap()) {`, new: `if err != nil || !peer.IsValid() {`, why: "anybody would say that it is https"},
		{name: "two X-Forwarded-Proto", old: `len(said) == 1 && strings`, new: `len(said) > 0 && strings`, why: "one of them is the client's"},
		{name: "coarse addresses", old: `	bits := 48
	if addr.Is4() {
		bits = 24`, new: `	bits := 128
	if addr.Is4() {
		bits = 32`, tests: "handlers", why: "more of the client would be kept than is needed"},
		{name: "proxies are not everything", old: `!p.IsValid() || p.Bits() == 0 ||`, new: `!p.IsValid() ||`, why: "anybody would choose an address"},
	}},
	{"middleware/errors.go", "middleware", []mutant{
		{name: "nosniff", old: `h.Set("X-Content-Type-Options", "nosniff")`, new: ``, why: "a browser would guess"},
		{name: "an error's length", old: `h.Set("Content-Length", strconv.Itoa(len(body)))`, new: ``, why: "the success body would go out behind the error"},
		{name: "WWW-Authenticate", old: `if e.Code == "unauthenticated" {`, new: `if false {`, why: "a 401 needs it"},
		{name: "Retry-After", old: `if e.RetryAfter > 0 {`, new: `if e.RetryAfter < 0 {`, why: "clients would come back at once"},
		{name: "who is sent to the login page", old: `	if g.loginPage == "" || !navigation(r) {
		g.Fail(w, r, Unauthenticated())`, new: `	if g.loginPage == "" {
		g.Fail(w, r, Unauthenticated())`, why: "a script would read the login page as the answer"},
		{name: "who is sent to sign in again", old: `	if g.loginPage == "" || !navigation(r) {
		g.Fail(w, r, Reauthenticate())`, new: `	if g.loginPage == "" {
		g.Fail(w, r, Reauthenticate())`, why: "a script would read the login page as the answer"},
		{name: "texts for the client", old: `}{e.Message, e.Code})`, new: `}{e.Message + e.Error(), e.Code})`, why: "the cause would be told to strangers"},
	}},
	{"middleware/guard.go", "middleware handlers", []mutant{
		{name: "chains that are not configured", old: `if !slices.Contains(g.chains, session.Account.Chain) {`, new: `if false {`, why: "the demo chain's accounts in production"},
		{name: "a stream's key", old: `	_, err = g.recheck(ctx, session)
	return err`, new: `	return nil`, why: "a stream would outlive the key"},
		{name: "a stream's session", old: `session, err := store.Check(ctx, g.sessions, session)`, new: `err := ctx.Err()`, why: "a stream would outlive its session"},
		{name: "no chains", old: `if len(c.Chains) == 0 {`, new: `if false {`, why: "nobody is let in, without a word"},
		{name: "login page elsewhere", old: `if _, ok := LocalPath(c.LoginPage); !ok || `, new: `if `, why: "an open redirect"},
		{name: "sessions as they must be", old: `, store.CheckSessions(c.Sessions, origin)}`, new: `}`, why: "a stock manager would undo logouts"},
		{name: "plain http", old: `origin.CheckTransport(c.InsecureHTTP), `, new: ``, why: "anybody on the way reads the cookies"},
	}},
	{"middleware/require.go", "middleware handlers", []mutant{
		{name: "cross-origin requests", old: `if err := g.CheckOrigin(r); err != nil {`, new: `if err := g.CheckOrigin(r); err != nil && r == nil {`, why: "CSRF"},
		{name: "an outage is not a 401", old: `	case errors.Is(err, store.ErrGone):
		g.unauth`, new: `	case err != nil:
		g.unauth`, why: "an outage would sign everybody out"},
		{name: "an outage is not anonymous", old: `errors.Is(err, store.ErrGone) || g.anonymousOK`, new: `err != nil || g.anonymousOK`, why: "a person would be a stranger"},
		{name: "an outer guard's account", old: `next.ServeHTTP(w, r.WithContext(decided(r.Context())))`, new: `next.ServeHTTP(w, r)`, why: "somebody who is nobody here"},
		{name: "a session that ends at the touch", old: `if err != nil && !errors.Is(err, store.ErrGone) {`, new: `if err != nil {`, why: "a session that has just ended would be let in"},
		{name: "touching fails open", old: `"session activity not noted", "not_noted", err)
		return nil`, new: `"session activity not noted", "not_noted", err)
		return err`, why: "a read-only store would lock everybody out"},
		{name: "touch", old: `err = store.Touch(r.Context(), g.sessions, session, now, checked)`, new: `_ = checked`, why: "sessions in use would end"},
		{name: "freshness", old: `age > d || age < -clockSkew`, new: `age > 1000*d`, why: "a stolen session would do what needs the person"},
		{name: "freshness by a clock ahead", old: ` || age < -clockSkew`, new: ``, why: "a wrong clock would make a session fresh for days"},
		{name: "a guard without a key check", old: `if g.keys.check == nil {`, new: `if false {`, why: "a nil call on the first request"},
		{name: "a chain that cannot tell is no 401", old: `	case errors.Is(err, ErrChainUnavailable):
		g.Fail(w, r, ChainUnavailable(err, 0))
`, new: ``, why: "an outage would read as another"},
		{name: "caches", old: `header["Cache-Control"] = privateNoStore`, new: ``, why: "a cache would keep a private page"},
		{name: "Vary", old: `header["Vary"] = varyCookie`, new: ``, why: "a cache would mix up people"},
	}},
	{"middleware/localpath.go", "middleware", []mutant{
		{name: "length of next", old: `len(next) > maxLocalPath || `, new: ``, why: "headers that proxies refuse"},
		{name: "two slashes", old: ` || strings.HasPrefix(next, "//")`, new: ``, why: "an open redirect"},
		{name: "backslash", old: ` || c == '\\'`, new: ``, why: "an open redirect"},
		{name: "controls", old: `c <= ' ' || `, new: ``, why: "an open redirect"},
		{name: "two slashes further on", old: `strings.Contains(u.Path, "//") || `, new: ``, why: "an open redirect once cleaned"},
		{name: "encoded backslash", old: ` || strings.Contains(u.Path, "\\")`, new: ``, why: "an open redirect once decoded"},
		{name: "dots", old: `strings.Contains(u.Path, "/../") || `, new: ``, why: "an open redirect once cleaned"},
		{name: "dots at the end", old: `strings.HasSuffix(u.Path, "/..") || `, new: ``, why: "not the path it looks like"},
		{name: "encoded controls", old: ` || strings.ContainsFunc(u.Path, control)`, new: ``, why: "an open redirect once decoded"},
	}},
	{"middleware/origin.go", "middleware handlers", []mutant{
		{name: "upgrades", old: `if safe(r.Method) && len(r.Header["Upgrade"]) == 0 {`, new: `if safe(r.Method) {`, why: "another site's WebSocket"},
		{name: "upgrades by metadata", old: `	if safe(r.Method) {
		// An`, new: `	if r == nil {
		// An`, why: "another site's WebSocket"},
		{name: "two Origins", old: `len(origins) > 1 || origins[0]`, new: `origins[0]`, why: "the second could be another site's"},
		{name: "Origin byte for byte", old: `len(origins) > 1 || origins[0] != g.origins.self && !g.origins.trusted[origins[0]]`, new: `len(origins) > 1`, why: "a name that resolves here would pass for the site"},
		{name: "Sec-Fetch-Site", old: `return g.origins.browser.Check(r)`, new: `return nil`, why: "CSRF"},
		{name: "TRACE is not safe", old: `method == http.MethodOptions
}`, new: `method == http.MethodOptions || method == http.MethodTrace
}`, why: "nobody needs it"},
		{name: "CORS of two Origins", old: `len(origin) != 1 || `, new: `len(origin) == 0 || `, why: "answers for another site"},
		{name: "CORS for whom", old: ` || !g.origins.trusted[origin[0]]`, new: ``, why: "any site reads the answers"},
		{name: "CORS and caches", old: `h.Add("Vary", "Origin")`, new: ``, why: "a cache would mix up sites"},
		{name: "plain http beside https", old: `if self.Secure() && !o.Secure() && !insecure {`, new: `if false {`, why: "anybody on the way speaks for the trusted origin"},
		{name: "transport of trusted origins", old: `return o.CheckTransport(insecure)`, new: `return nil`, why: "anybody on the way speaks for the trusted origin"},
		{name: "what can be gone to again", old: `if r.Method != http.MethodGet && r.Method != http.MethodHead {`, new: `if false {`, why: "a form would lead to the login page and be lost"},
	}},
	{"middleware/recheck.go", "middleware handlers", []mutant{
		{name: "the interval", old: `age < due && age > -clockSkew {`, new: `age < due || age >= 0 {`, why: "a removed key would keep its sessions"},
		{name: "sessions do not all ask at once", old: `return d*4/5 + d*2/5*time.Duration(random)/255`, new: `return d`, why: "the chain would be asked about everybody at once"},
		{name: "one question for all sessions of a key", old: `case now.Sub(state.confirmed) < due:
		checked`, new: `case false:
		checked`, why: "a hundred sessions would ask a hundred times"},
		{name: "one question at a time", old: `if state.answered == nil && (state.failed.IsZero()`, new: `if (state.failed.IsZero()`, why: "every request would ask"},
		{name: "the pause after a failure", old: `now.Sub(state.failed) >= keyPause`, new: `true`, why: "a chain that is down would be asked without end"},
		{name: "the grace ends", old: `now.Sub(state.failing) < k.grace:`, new: `true:`, why: "sessions would live as long as the chain is down"},
		{name: "one question a second", old: `now.Sub(state.asked) < keySecond`, new: `false`, why: "a chain that is down would be asked with every request"},
		{name: "two seconds", old: `keyWait = 2 * time.Second`, new: `keyWait = 2000 * time.Second`, why: "a hanging chain would hold requests"},
		{name: "a no ends sessions", old: `		if errors.Is(err, ErrKeyRefused) {
			_ = g.end(context.WithoutCancel(ctx), account, now)
		}`, new: ``, why: "sessions that nobody uses would stay in the list"},
		{name: "a no counts while the store is down", old: `case s.CheckedAt.Before(state.refused):
	case now`, new: `case false:
	case now`, why: "sessions of a removed key would be served",
			equivalent: "the sessions are deleted, or that they could not be is known by unended, which is looked at first"},
		{name: "a check that panics", old: `if p := recover(); p != nil {
			err =`, new: `if p := error(nil); p != nil {
			err =`, why: "a panic in the background ends the process"},
		{name: "questions at once", old: `free := k.running[of] < keyQuestions`, new: `free := true`, why: "a hanging chain would hold a goroutine for everybody"},
		{name: "within d", old: `case !refused && now.Sub(s.CheckedAt) <= d && `, new: `case !refused && `, why: "a removed key would do what needs it"},
	}},
	{"middleware/keys.go", "middleware handlers", []mutant{
		{name: "the grace counts from the first failure", old: `		if s.failing.IsZero() {
			s.failing = now
		}`, new: `		s.failing = now`, why: "the grace would never end"},
		{name: "a yes ends the grace", old: `s.confirmed, s.failing, s.failed, s.err = s.asked, time.Time{}, time.Time{}, nil`, new: `s.confirmed = s.asked`, why: "two failures days apart would be one outage"},
		{name: "cannot tell is no yes", old: `case !state.failing.IsZero():`, new: `case false:`, why: "sessions would be served without a word of the chain"},
		{name: "crowds by chain", old: `return crowd{a.Chain, a.Evidence != ""}`, new: `return crowd{"", a.Evidence != ""}`, why: "one chain's outage would be another's",
			tests: "middleware"},
		{name: "a crowd of contracts", old: `return crowd{a.Chain, a.Evidence != ""}`, new: `return crowd{a.Chain, false}`, why: "owners of contracts would keep others' questions from being asked"},
		{name: "what is not definite", old: `case errors.Is(err, ErrKeyRefused):
		s.refused`, new: `case err != nil:
		s.refused`, why: "an outage would sign everybody out"},
		{name: "what was asked too long ago", old: `case state.confirmed.IsZero() || state.confirmed.Before(oldest):`, new: `case state.confirmed.IsZero():`, why: "a removed key would do what needs it"},
	}},
	{"middleware/limit.go", "middleware handlers", []mutant{
		{name: "too many requests", old: `if wait <= 0 {`, new: `if true {`, why: "no limit"},
		{name: "clients are apart", old: `sha256.Sum256(append(b, client...))}`, new: `sha256.Sum256(b)}`, why: "one client would use up everybody's rate"},
		{name: "names are apart", old: `append(append(b, name...), 0)`, new: `append(b, 0)`, why: "challenges would use up the rate of answers"},
		{name: "unknown clients together", old: `rate *= unknownShare`, new: `_ = unknownShare`, why: "all visitors would have one visitor's rate"},
		{name: "the whole site", old: `Rate: aMinute(perMinute * siteShare)`, new: `Rate: aMinute(perMinute * siteShare * 1000)`, why: "many clients would be a flood"},
		{name: "a limiter that is down", old: `	wait, _ = l.local.Allow(ctx, limits...)
`, new: ``, why: "everything would pass"},
		{name: "https required", old: `if !g.overTLS(r) {`, new: `if false {`, why: "plain http"},
	}},
	{"middleware/session.go", "middleware handlers", []mutant{
		{name: "the old cookie does not count beside the new", old: `if n == 0 && g.adopted != "" {
		old = true`, new: `if g.adopted != "" {
		old = true`, why: "a planted cookie of the old name would win"},
		{name: "a wallet's session under the old cookie", old: `if err == nil && old && g.signedIn(ctx) {`, new: `if err == nil && old && ctx == nil {`, why: "a sibling host would plant its own session"},
		{name: "spaces that browsers keep", old: `ok && trim(k) == name`, new: `ok && strings.TrimSpace(k) == name`, why: "a sibling host would set the __Host- cookie"},
		{name: "the old cookie is cleared", old: `	h.Set("Cache-Control", cacheControl)
	g.clearAdopted(w)`, new: `	h.Set("Cache-Control", cacheControl)`, why: "it would count again after a logout"},
		{name: "two session cookies", old: `if n != 1 {`, new: `if n == 0 {`, why: "a sibling host's cookie could be taken for the person's"},
		{name: "a late answer goes out", old: `err != nil && !errors.Is(err, store.ErrGone) {
		w.failed = true`, new: `err != nil {
		w.failed = true`, why: "a logout elsewhere would break an answer"},
		{name: "a commit that failed", old: `w.failed = true`, new: `w.failed = false`, why: "the success body would go out behind the error"},
		{name: "status behind an error", old: `	if !w.failed {
`, new: `	if true {
`, why: "a success status"},
		{name: "body behind an error", old: `	if w.failed {
		return len(b), nil`, new: `	if false {
		return len(b), nil`, why: "a success body"},
		{name: "flush behind an error", old: `	if w.failed {
		return nil
`, new: `	if false {
		return nil
`, why: "a flush of what was declared to be longer"},
		{name: "switching protocols", old: ` || status == http.StatusSwitchingProtocols`, new: ``, why: "the session would be lost"},
		{name: "informational answers", old: `if status >= 200 || status`, new: `if status >= 100 || status`, why: "what is put afterwards would be lost"},
		{name: "an answer without a byte", old: `	sw.commit()
	return nil`, new: `	return nil`, why: "the session would be lost"},
		{name: "flush", old: `func (w *sessionWriter) FlushError() error {
	w.commit()`, new: `func (w *sessionWriter) FlushError() error {`, why: "the session would be lost"},
		{name: "a sign-in is stored once", old: `	sw.done = true
	ctx :=`, new: `	ctx :=`, why: "a revocation between the two would be an error"},
		{name: "abandon", old: `sw := g.find(w); sw != nil {`, new: `sw := g.find(w); sw == nil && w == nil {`, why: "a failed sign-in would be tried again with the error"},
		{name: "wrapped writers", old: `w = t.Unwrap()`, new: `_ = t
			return nil`, why: "a failed sign-in would be tried again with the error"},
		{name: "another manager's writer", old: ` && sw.guard.sessions == g.sessions`, new: ``, why: "another site's session would be abandoned"},
		{name: "caches of tokens", old: `if !strings.Contains(cacheControl, "no-store") {`, new: `if strings.Contains(cacheControl, "private") {`, why: "a cache would hand out a session"},
		{name: "clearing the cookie", old: `Secure: c.Secure, HttpOnly: c.HttpOnly`, new: `HttpOnly: c.HttpOnly`, why: "browsers would refuse to clear it"},
		{name: "a destroyed session's cookie", old: `	case scs.Destroyed:
		g.ClearCookie(w)`, new: ``, why: "the browser would keep it"},
		{name: "headers of an answer that failed", old: `store.ForgetAnswer(w.Header())`, new: ``, why: "the error would be cached, or not be readable"},
		{name: "mistakes of the application", old: `if errors.Is(err, store.ErrUnavailable) {`, new: `if err != nil {`, why: "a mistake would read as an outage"},
	}},
}
