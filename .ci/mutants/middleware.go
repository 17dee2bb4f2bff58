package main

var middleware = []group{
	{"middleware/client.go", "middleware", []mutant{
		{name: "whose X-Forwarded-For", old: `i >= 0 && g.proxy(addr)`, new: `i >= 0`, why: "anybody would choose an address"},
		{name: "garbage in X-Forwarded-For", old: `			break
`, new: `			continue
`, why: "what stands before it anybody may have written"},
		{name: "one subscriber", old: `Prefix(64)`, new: `Prefix(128)`, why: "one subscriber has 2^64 addresses to be counted under"},
		{name: "clients behind a proxy here", old: `if addr.IsLoopback() {`, new: `if false {`, why: "all visitors would share one bound"},
		{name: "proxies are not everything", old: `!p.IsValid() || p.Bits() == 0`, new: `!p.IsValid()`, why: "anybody would choose an address"},
	}},
	{"middleware/errors.go", "middleware", []mutant{
		{name: "nosniff", old: `h.Set("X-Content-Type-Options", "nosniff")`, new: ``, why: "a browser would guess"},
		{name: "an error's length", old: `h.Set("Content-Length", strconv.Itoa(len(body)))`, new: ``, why: "the success body would go out behind the error"},
		{name: "WWW-Authenticate", old: `if e.Code == "unauthenticated" {`, new: `if false {`, why: "a 401 needs it"},
		{name: "Retry-After", old: `if e.RetryAfter > 0 {`, new: `if e.RetryAfter < 0 {`, why: "clients would come back at once"},
		{name: "who is sent to the login page", old: `g.loginPage == "" || !navigation(r)`, new: `g.loginPage == ""`, why: "a script would read the login page as the answer"},
		{name: "texts for the client", old: `}{e.Message, e.Code})`, new: `}{e.Message + e.Error(), e.Code})`, why: "the cause would be told to strangers"},
	}},
	{"middleware/guard.go", "middleware handlers", []mutant{
		{name: "cross-origin requests", old: `if err := g.CheckOrigin(r); err != nil {`, new: `if err := g.CheckOrigin(r); err != nil && r == nil {`, why: "CSRF"},
		{name: "an outage is not a 401", old: `		if errors.Is(err, store.ErrGone) {
			g.unauth`, new: `		if err != nil {
			g.unauth`, why: "an outage would sign everybody out"},
		{name: "an outage is not anonymous", old: `errors.Is(err, store.ErrGone) || g.anonymousOK`, new: `err != nil || g.anonymousOK`, why: "a person would be a stranger"},
		{name: "an outer guard's account", old: `next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), sessionKey{}, nobody)))`, new: `_ = nobody
			next.ServeHTTP(w, r)`, why: "somebody who is nobody here"},
		{name: "chains that are not configured", old: `if !slices.Contains(g.chains, session.Account.Chain) {`, new: `if false {`, why: "the demo chain's accounts in production"},
		{name: "a session that ends at the touch", old: `if err != nil && !errors.Is(err, store.ErrGone) {`, new: `if err != nil {`, why: "a session that has just ended would be let in"},
		{name: "touching fails open", old: `"session activity not noted", "error", err)
		return nil`, new: `"session activity not noted", "error", err)
		return err`, why: "a read-only store would lock everybody out"},
		{name: "touch", old: `err = g.touch(r, session)`, new: `_ = session`, why: "sessions in use would end"},
		{name: "no chains", old: `if len(c.Chains) == 0 {`, new: `if false {`, why: "nobody is let in, without a word"},
		{name: "login page elsewhere", old: `if _, ok := LocalPath(c.LoginPage); !ok || `, new: `if `, why: "an open redirect"},
		{name: "sessions as they must be", old: `, store.CheckSessions(c.Sessions, origin)}`, new: `}`, why: "a stock manager would undo logouts"},
		{name: "plain http", old: `origin.CheckTransport(c.InsecureHTTP), `, new: ``, why: "anybody on the way reads the cookies"},
		{name: "caches", old: `header["Cache-Control"] = privateNoStore`, new: ``, why: "a cache would keep a private page"},
		{name: "Vary", old: `header.Add("Vary", "Cookie")`, new: ``, why: "a cache would mix up people"},
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
	{"middleware/session.go", "middleware handlers", []mutant{
		{name: "two session cookies", old: `if len(cookies) != 1 {`, new: `if len(cookies) == 0 {`, why: "a sibling host's cookie could be taken for the person's"},
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
