package main

var nearrpc = []group{
	{"nearrpc/answer.go", "nearrpc", []mutant{
		{name: "a node that is syncing", old: `case result.Sub("sync_info").Is("syncing"):`, new: `case false:`, why: "a key that was removed since would sign in"},
		{name: "key and error at once", old: `case found && failed:`, new: `case false:`, why: "two readers, two answers"},
		{name: "permission with further members", old: `case len(variants) != 1:`, new: `case len(variants) == 0:`,
			why: "a permission that this version does not know would be full access"},
		{name: "function-call keys", old: `return notFullAccess, nil`, new: `return fullAccess, nil`,
			why: "an application's key signs in as its person"},
		{name: "unknown permissions", old: `return cannotTell, unclear("a permission this version does not know")`, new: `return notFullAccess, nil`,
			why: "what is not understood would be a refusal"},
		{name: "unknown errors", old: `return cannotTell, unclear("a result.error this version does not know")`, new: `return keyAbsent, nil`,
			why: "an outage would be a refusal"},
		{name: "handler errors", old: `rpcError.Text("name") != "HANDLER_ERROR" || `, new: ``, why: "another kind of error would be a refusal"},
		{name: "error about others", old: ` || !about(cause, account, key)`, new: ``, why: "an answer to another question"},
		{name: "error about another account", old: `sameOrAbsent(o, "requested_account_id", account) && `, new: ``, why: "an answer to another question"},
		{name: "error about another key", old: ` && sameOrAbsent(o, "public_key", key)`, new: ``, why: "an answer to another question"},
		{name: "unknown block", old: `case "UNKNOWN_ACCOUNT":`, new: `case "UNKNOWN_ACCOUNT", "UNKNOWN_BLOCK":`, why: "a node that lags would refuse"},
		{name: "what came with a problem", old: `		return nil, named(p, r.Error)
`, new: `		p = nil
`, why: "an error under HTTP 500 would be a refusal"},
		{name: "names of errors", old: `if !slices.Contains(causes, name) {`, new: `if !slices.Contains(causes, name) && name == "" {`, why: "a node writes into our log"},
		{name: "which no", old: "= quorum.No\n", new: "= quorum.No + 3\n", why: "the less exact of two reasons"},
	}},
	{"nearrpc/ask.go", "nearrpc", []mutant{
		{name: "chain id", old: `case chain != chainID:`, new: `case false:`, why: "a testnet node would speak for mainnet"},
		{name: "no chain id", old: `case p != nil:`, new: `case false:`, why: "a node that does not know its chain would speak for ours"},
		{name: "finality", old: `"finality":     "final",`, new: `"finality":     "optimistic",`, why: "a key that never was"},
		{name: "what is asked", old: `"request_type": "view_access_key",`, new: `"request_type": "view_access_key_list",`, why: "long lists are refused"},
	}},
	{"nearrpc/config.go", "nearrpc", []mutant{
		{name: "public endpoints agree", old: `Agree: 2}`, new: `Agree: 1}`, why: "one lying operator signs anybody in"},
		{name: "agreement as configured", old: `config.Agree,`, new: `config.Agree * 0,`, why: "one lying operator signs anybody in"},
	}},
	{"nearrpc/nearrpc.go", "nearrpc", []mutant{
		{name: "what can be asked", old: `if !askable(accountID, maxAccountID) || !askable(publicKey, maxPublicKey) {`, new: `if false {`,
			why: "json.Marshal would ask about another account"},
		{name: "UTF-8 of what is asked", old: ` || !utf8.ValidString(s)`, new: ` || !utf8.ValidString(s[:0])`, why: "json.Marshal would ask about another account"},
		{name: "control characters in what is asked", old: `if unicode.IsControl(r) {`, new: `if unicode.IsControl(r) && r < 0 {`, why: "no account has any"},
	}},
}

// The tests of nearrpc ask through quorum, so they count for it too.
var quorum = []group{
	{"nearrpc/quorum/ask.go", "nearrpc/quorum nearrpc", []mutant{
		{name: "agreement", old: `case yes >= p.client.agree:`, new: `case yes >= 1:`, why: "one lying operator signs anybody in"},
		{name: "operators are counted", old: `p.answers[o.from.operator] = o.verdict`, new: `p.answers[o.from.url] = o.verdict`,
			why: "one operator with two endpoints would agree with itself"},
		{name: "contradiction", old: `case yes > 0 || no == 0 || `, new: `case no == 0 || `, why: "a lie would be a refusal"},
		{name: "the caller left", old: ` || p.caller.Err() != nil:`, new: `:`, why: "half a question would be a refusal"},
		{name: "further operators settle it", old: `return p.client.agree - yes // further`, new: `return p.client.agree - yes - no // further`,
			why: "one lying operator keeps everybody out"},
		{name: "time for a question", old: `context.WithTimeout(p.caller, p.client.timeout)`, new: `context.WithTimeout(p.caller, 10*p.client.timeout)`,
			why: "a hanging node holds the sign-in"},
		{name: "Retry-After", old: `case wait > 0:`, new: `case wait > 1<<62:`, why: "an operator that asked to be left alone bans the site"},
		{name: "which no", old: `slices.Max(slices`, new: `slices.Min(slices`, why: "the less exact of two reasons"},
		{name: "an operator is heard once", old: `asking[s.operator] == nil && `, new: ``, why: "two endpoints of one operator at once: one could take back what the other said"},
	}},
	{"nearrpc/quorum/config.go", "nearrpc/quorum nearrpc", []mutant{
		{name: "identity is required", old: `if c.Identify == nil {`, new: `if false {`, why: "a chain that forgot it would fail at the first sign-in"},
		{name: "enough operators", old: `errs == nil && config.Agree > len(operators)`, new: `errs == nil && config.Agree > len(config.Endpoints)`,
			why: "a client that can never say yes"},
		{name: "https", old: `if u.Scheme != "https" && (`, new: `if u.Scheme == "ftp" && (`, why: "whoever sits on the path signs anybody in"},
		{name: "loopback", old: `ip != nil && ip.IsLoopback()`, new: `ip != nil`, why: "http to any address"},
		{name: "redirects", old: `return http.ErrUseLastResponse`, new: `return nil`, why: "the question and its key would go where nobody configured"},
		{name: "control characters in headers", old: `if strings.ContainsFunc(name+strings.Join(values, ""), unicode.IsControl) {`, new: `if strings.ContainsFunc("", unicode.IsControl) {`,
			why: "every request would fail"},
		{name: "spelling of operators", old: `return strings.ToLower(name)`, new: `return name`, why: "one operator in two spellings would agree with itself"},
		{name: "ports of an operator", old: `strings.TrimSuffix(u.Hostname(), ".")`, new: `strings.TrimSuffix(u.Host, ".")`, why: "one host with two ports would agree with itself"},
		{name: "URL in an error", old: `return nil, errors.New("the URL cannot be parsed")`, new: `return nil, err`, why: "the key in it would be in the log"},
		{name: "proxy of the environment", old: `ForceAttemptHTTP2:      true,`, new: `ForceAttemptHTTP2:      true, Proxy: http.ProxyFromEnvironment,`,
			why: "a variable of the environment would decide who is asked"},
	}},
	{"nearrpc/quorum/server.go", "nearrpc/quorum nearrpc", []mutant{
		{name: "identity first", old: `if p := s.checkIdentity(ctx); p != nil {`, new: `if p := s.checkIdentity(ctx); p == nil && false {`,
			why: "a testnet node would speak for mainnet"},
		{name: "what is not the server's fault", old: `case p != nil && !p.Harmless:`, new: `case p != nil:`, why: "a contract would have others' questions asked elsewhere"},
		{name: "identity again", old: `s.identified.Store(false)`, new: `s.identified.Store(true)`, why: "after an outage another node may stand there"},
		{name: "a verdict beside a problem", old: `	case p != nil:
		return CannotTell, p
	case !v`, new: `	case p != nil && !v.definite():
		return CannotTell, p
	case !v`, why: "half an answer would be a yes"},
		{name: "no verdict at all", old: `case !v.definite():`, new: `case false:`, why: "nothing would be a no"},
		{name: "names of chains in log lines", old: `if !printable.MatchString(got) {`, new: `if false {`, why: "a node writes lines into the log"},
		{name: "what a server shows of itself", old: `String() string { return s.host }`, new: `String() string { return s.url }`, why: "the key in it would be in the log"},
		{name: "time for an attempt", old: `context.WithTimeout(ctx, s.timeout)`, new: `context.WithTimeout(ctx, 100*s.timeout)`, why: "one hanging endpoint takes all the time"},
		{name: "a caller who left", old: `if !errors.Is(ctx.Err(), context.Canceled) {`, new: `if !errors.Is(nil, context.Canceled) {`, why: "hanging up would make endpoints look broken"},
		{name: "a caller with less time", old: `case ctx.Err() == nil: //`, new: `default: //`, why: "others would inherit a failure that was not theirs"},
	}},
	{"nearrpc/quorum/http.go", "nearrpc/quorum nearrpc", []mutant{
		{name: "id of the request", old: `return rand.Text()`, new: `return rand.Text()[:0] + "1"`, why: "an answer out of a cache would pass"},
		{name: "texts of net/http", old: `return "no valid HTTP answer"`, new: `return err.Error()`, why: "the URL and its key would be in the log"},
		{name: "largest body", old: `io.LimitReader(body, maxBody+1)`, new: `io.LimitReader(body, 1<<40)`, why: "a node could fill the memory"},
		{name: "bodies cut short", old: `case a.bodyErr != nil:`, new: `case false:`, why: "half a page would be an answer"},
		{name: "statuses of a page", old: `a.problem(http.StatusOK, http.StatusNotFound)`, new: `a.problem(a.status)`, why: "an outage would be an answer"},
		{name: "paths", old: `if !plainPath.MatchString(path) {`, new: `if false {`, why: "an account id would ask for another page"},
		{name: "Retry-After of an answer", old: `p.RetryAfter = a.retryAfter`, new: `p.RetryAfter = 0`, why: "an operator that asked to be left alone bans the site"},
	}},
	{"nearrpc/quorum/reply.go", "nearrpc/quorum nearrpc", []mutant{
		{name: "HTTP status", old: `if status != http.StatusOK {`, new: `if status != http.StatusOK && status >= 600 {`, why: "an error page would be believed"},
		{name: "version of JSON-RPC", old: `envelope.Text("jsonrpc") != "2.0" || `, new: ``, why: "not an answer of a node"},
		{name: "id of the answer", old: ` || envelope.Text("id") != id`, new: ``, why: "the answer to somebody else's request"},
		{name: "no id of the request", old: `id == "" || `, new: ``, why: "an answer without an id would pass"},
		{name: "result and error at once", old: `hasResult == hasError || `, new: `!hasResult && !hasError || `, why: "two readers, two answers"},
		{name: "error that is none", old: ` || hasError && rpcError == nil`, new: ``, why: "an error would be the result null"},
		{name: "result in another case", old: `result == (misspelt{}) || `, new: ``, why: "two readers, two answers"},
	}},
	{"nearrpc/quorum/health.go", "nearrpc/quorum nearrpc", []mutant{
		{name: "longest Retry-After", old: `min(p.RetryAfter, maxRetryAfter)`, new: `p.RetryAfter`,
			why: "an endpoint could keep itself from being asked for years"},
	}},
	{"nearrpc/quorum/json.go", "nearrpc/quorum nearrpc", []mutant{
		{name: "UTF-8", old: `!utf8.Valid(body) || `, new: `!utf8.Valid(body[:0]) || `, why: "bytes would be replaced and names become equal"},
		{name: "trailing data", old: `|| !json.Valid(body) {`, new: `{`, why: "two readers, two answers"},
		{name: "members twice", old: `if _, twice := o[fold(name)]; twice {`, new: `if _, twice := o[fold(name)]; twice && depth < 0 {`, why: "two readers, two answers"},
		{name: "members twice in a list", old: `		value, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		list`, new: `		value, err := p.value(depth)
		if err != nil && err != errDuplicate {
			return nil, err
		}
		list`, why: "two readers, two answers"},
		{name: "case of names", old: `if ok && m.name != name {`, new: `if false {`, why: "two readers, two answers"},
		{name: "values", old: `p.values > maxValues`, new: `p.values < 0`, why: "a body of a megabyte would be a hundred in memory"},
		{name: "depth", old: `if depth == maxDepth {`, new: `if false {`, why: "a body could use up the stack"},
	}},
}
