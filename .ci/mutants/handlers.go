package main

var handlers = []group{
	{"handlers/challenge.go", "handlers", []mutant{
		{name: "callbacks", old: `!slices.Contains(a.callbacks, request.callbackURL)`, new: `!slices.Contains([]string{request.callbackURL}, request.callbackURL)`, why: "the wallet's answer would be sent to any site"},
		{name: "nonce", old: `_, _ = rand.Read(draft.Nonce[:]) // never fails`, new: ``, why: "replay"},
		{name: "state", old: `if c.CallbackURL != "" {`, new: `if false {`, why: "no protection of the redirect"},
		{name: "origin of a page", old: `slices.Contains(a.trusted, sent) {`, new: `sent != "" {`, why: "the text would name what the request says",
			equivalent: "CheckOrigin has refused all but the site's own and trusted ones"},
		{name: "chain of a challenge", old: `c.Chain = chain.ID()`, new: ``, why: "the chain would not be bound"},
		{name: "tabs share a browser", old: `	if !ok {
		b = newBrowser()`, new: `	if !ok || b.nonce != c.Nonce {
		b = newBrowser()`, why: "the other tab's challenge would be lost"},
		{name: "newest challenge", old: `b.nonce = c.Nonce`, new: ``, why: "verify without a nonce"},
		{name: "a challenge that was not stored", old: `return middleware.StoreUnavailable(err)`, new: `_ = middleware.StoreUnavailable(err)`, why: "a success body for nothing"},
	}},
	{"handlers/answer.go", "handlers", []mutant{
		{name: "nosniff", old: `w.Header().Set("X-Content-Type-Options", "nosniff")`, new: ``, why: "a browser would guess"},
		{name: "text in an answer", old: `c == '"' || c == '\\' || c == '<'`, new: `c == '<'`, why: "a message with a quote would write the rest of the answer"},
	}},
	{"handlers/cookie.go", "handlers", []mutant{
		{name: "two login cookies", old: `if len(cookies) != 1 {`, new: `if len(cookies) == 0 {`, why: "a planted cookie"},
		{name: "stray bits of the cookie", old: `base64.RawURLEncoding.Strict()`, new: `base64.RawURLEncoding`, why: "several texts of one cookie"},
		{name: "a cookie that cannot be read", old: `return b, err == nil`, new: `return b, true`, why: "everybody's browser would have one secret"},
		{name: "Secure", old: `Secure: origin.Secure(), `, new: ``, why: "the cookie on plain http"},
		{name: "HttpOnly", old: `HttpOnly: true, `, new: ``, why: "scripts read the cookie"},
		{name: "SameSite", old: `sameSite := http.SameSiteLaxMode`, new: `sameSite := http.SameSiteNoneMode`, why: "login CSRF"},
		{name: "the browser in the key", old: `h = append(h, b.secret[:]...)`, new: ``, why: "another browser redeems or spoils it"},
		{name: "the nonce in the key", old: `h = append(h, nonce[:]...)`, new: `_ = nonce`, why: "any nonce would do"},
		{name: "the realm in the key", old: `Realm: a.realm, `, new: ``, why: "another site's challenges"},
	}},
	{"handlers/errors.go", "handlers", []mutant{
		{name: "an outage that also says no", old: `case errors.Is(err, ErrUnavailable): // whatever`, new: `case false: // whatever`, why: "an outage would be a refusal"},
		{name: "when to ask again", old: `wait = u.RetryAfter`, new: `_ = u`, why: "clients would come back too early"},
		{name: "a challenge store that fails", old: `return middleware.StoreUnavailable(err)`, new: `return challengeInvalid()`, why: "an outage would be a refusal"},
		{name: "a contract's no", old: `case errors.Is(err, ErrInvalidSignature):`, new: `case false:`, why: "a refusal would be an outage"},
		{name: "malformed is 400", old: `case errors.Is(err, ErrMalformed):`, new: `case false:`, why: "a front end's mistake would read as a forgery"},
	}},
	{"handlers/event.go", "handlers", []mutant{
		{name: "evidence in an event", old: `e.Account.Evidence = "" // has`, new: `_ = e // has`, why: "a signature that is still good would be logged"},
		{name: "the list", old: `if !allowed[a.String()] {`, new: `if !allowed[a.String()] && len(ids) == 0 {`, why: "everybody may sign in"},
	}},
	{"handlers/handlers.go", "handlers", []mutant{
		{name: "which chain is meant", old: `namespace(name)+":")`, new: `namespace(name))`, why: "another chain than the client named"},
	}},
	{"handlers/config.go", "handlers", []mutant{
		{name: "what a chain cannot sign", old: `Recipient: c.Recipient}); err != nil {`, new: `Recipient: c.Recipient}); err != nil && c.Store == nil {`, why: "nobody could sign in, and nobody would be told why"},
		{name: "message names the host", old: `if !c.InsecureMessage && !names(`, new: `if c.Message == "" && !names(`, why: "the person's only defence against a relay"},
		{name: "host as a word", old: `word == host || word == name {`, new: `strings.Contains(word, host) || word == name {`, why: "another host's name"},
		{name: "message of one line", old: `if !printable(c.Message, 399) {`, new: `if false {`, why: "hardware wallets"},
		{name: "recipient", old: `if !printable(c.Recipient, 253) {`, new: `if false {`, why: "bytes that no wallet can sign"},
		{name: "life of a challenge", old: `if c.ChallengeTTL < time.Second || c.ChallengeTTL > time.Hour {`, new: `if false {`, why: "challenges would not end"},
		{name: "where a sign-out leads", old: `if _, ok := middleware.LocalPath(c.AfterLogout); !ok {`, new: `if _, ok := middleware.LocalPath(c.AfterLogout); !ok && c.Store == nil {`, why: "an open redirect"},
		{name: "a chain twice", old: `case slices.Index(chainIDs(c.Chains), id) != i:`, new: `case false:`, why: "two answers to one question"},
		{name: "callback elsewhere", old: `u.User != nil || !slices.Contains(origins, u.Scheme+"://"+u.Host)`, new: `u.User != nil`, why: "the wallet's answer would be sent to another site"},
		{name: "user in a callback", old: `u.User != nil || `, new: ``, why: "not the host it looks like"},
		{name: "fragment of a callback", old: `case strings.Contains(callback, "#"):`, new: `case false:`, why: "wallets replace it"},
	}},
	{"handlers/json.go", "handlers", []mutant{
		{name: "UTF-8", old: `if !utf8.Valid(b) {`, new: `if false {`, why: "bytes would be replaced and names become equal"},
		{name: "an object", old: `if i == len(b) || b[i] != '{' {`, new: `if i == len(b) {`, why: "two readers, two answers"},
		{name: "members twice", old: `twice || looksLike(key, known)`, new: `twice && false || looksLike(key, known)`, why: "two readers, two answers"},
		{name: "case of names", old: `twice || looksLike(key, known)`, new: `twice`, why: "two readers, two answers"},
		{name: "trailing data, and all else that is not JSON", old: `if !json.Valid(b) {`, new: `if false {`, why: "two readers, two answers, or a panic"},
		{name: "what is not text", old: `if strings.ContainsRune(s, utf8.RuneError) {`, new: `if false {`, why: "two account names would be one"},
	}},
	{"handlers/question.go", "handlers", []mutant{
		{name: "a question is about an account", old: `a, open := qs.open[q]
`, new: `a, open := qs.open[q]
	for other, b := range qs.open {
		if other.challenge == q.challenge {
			a, open = b, true
		}
	}
`, why: "the yes about a thief's account signs him in as his victim"},
		{name: "equal questions are one", old: `a, open := qs.open[q]
`, new: `a, open := qs.open[question{}]
`, why: "one client would make many requests to the chain"},
		{name: "the question outlives its request", old: `qs.run(context.WithoutCancel(ctx)`, new: `qs.run(ctx`, why: "who hangs up spoils it for others"},
		{name: "no answer is not a yes", old: `a.err = fmt.Errorf("%w: the chain did not answer", ErrUnavailable)`, new: `a.err = nil`, why: "a chain that gives up signs everybody in"},
		{name: "a panic is not a yes", old: `a.err = fmt.Errorf("%w: the chain panicked: %v", ErrUnavailable, p)`, new: `a.err = nil`, why: "a chain that panics signs everybody in"},
		{name: "a panic is not unknown", old: `a.err = fmt.Errorf("%w: the chain panicked: %v", ErrUnavailable, p)`, new: `a.err = ErrKeyNotFound`, why: "a panic would be a refusal"},
		{name: "answers are not kept", old: `delete(qs.open, q)`, new: ``, why: "an outage would last as long as the challenge"},
		{name: "time for a question", old: `context.WithTimeout(ctx, questionTimeout)`, new: `context.WithTimeout(ctx, 1000*questionTimeout)`, why: "a chain that hangs"},
		{name: "who has hung up gets no answer", old: `if ctx.Err() == nil {
			return a.asked`, new: `if true {
			return a.asked`, why: "a challenge would be taken for nobody"},
		{name: "who hangs up is not kept", old: `	case <-ctx.Done():
	}`, new: `	case <-context.Background().Done():
	}`, why: "requests would pile up behind a chain that hangs"},
	}},
	{"handlers/record.go", "handlers", []mutant{
		{name: "version of a challenge", old: ` || b[0] != challengeVersion {`, new: ` {`, why: "another version would be read as this one"},
		{name: "lengths in a challenge", old: `if size <= 0 || n > uint64(len(b)-size) {`, new: `if size <= 0 {`, why: "a panic"},
		{name: "trailing bytes of a challenge", old: `if len(b) != 0 {`, new: `if false {`, why: "another version would be read as this one"},
	}},
	{"handlers/route.go", "handlers", []mutant{
		{name: "caches", old: `w.Header().Set("Cache-Control", "no-store")`, new: ``, why: "a cache would hand out a session or a challenge"},
		{name: "Vary", old: `w.Header().Add("Vary", "Cookie")`, new: ``, why: "a cache would mix up people"},
		{name: "methods", old: `!slices.Contains(methods, r.Method) {`, new: `!slices.Contains(methods, methods[0]) {`, why: "GET would change state"},
		{name: "cross-origin requests", old: `if err := a.CheckOrigin(r); err != nil {`, new: `if err := a.CheckOrigin(r); err != nil && r == nil {`, why: "login CSRF"},
		{name: "largest body", old: `http.MaxBytesReader(w, r.Body, most)`, new: `http.MaxBytesReader(w, r.Body, 1000*most)`, why: "memory"},
		{name: "largest body of a chain", old: `min(long.MaxBody(), maxLongBody)`, new: `long.MaxBody()`, why: "memory"},
		{name: "a chain's body", old: `most = max(most,`, new: `most = min(most,`, why: "contract accounts could not sign in"},
		{name: "two content types", old: `if len(types) != 1 || `, new: `if len(types) == 0 || `, why: "two readers, two answers"},
		{name: "compressed bodies", old: ` || r.Header.Get("Content-Encoding") != "" {`, new: ` {`, why: "two readers, two answers"},
		{name: "content type", old: `kind == "application/json" && `, new: `kind != "" && `, why: "forms of other sites"},
		{name: "content type of a body without length", old: `if len(body) > 0 && !isJSON(r) {`, new: `if false {`, why: "forms of other sites"},
		{name: "charset", old: ` && (!stated || strings.EqualFold(charset, "utf-8"))`, new: ` && (!stated || charset != "")`, why: "two readers, two answers"},
	}},
	{"handlers/warnings.go", "handlers", []mutant{
		{name: "the store's own warnings", old: `if w, ok := c.Store.(store.Warner); ok {`, new: `if w, ok := c.Store.(store.Warner); ok && c.Embedded {`, why: "nobody would hear that sessions can be evicted"},
		{name: "memory on https", old: `inMemory && a.origin.Secure()`, new: `inMemory && a.origin.Loopback()`, why: "nobody would hear that a restart signs everybody out"},
	}},
	{"handlers/session.go", "handlers", []mutant{
		{name: "a logout of what is not found", old: `!found || len(cookies) > 1`, new: `found && len(cookies) > 1`, why: "a failover would undo it, though it was acknowledged"},
		{name: "session of another chain", old: `session, err := a.Admitted(r)`, new: `session, err := store.Current(r.Context(), a.Sessions)`, why: "somebody who is nobody here"},
		{name: "an outage is not null", old: `			default:
				fail = unknown(err)`, new: `			default:
				writeJSON(w, nil)`, why: "a person would be a stranger"},
		{name: "scope others spares this", old: `if scope != "others" {`, new: `if true {`, why: "the person would be signed out"},
		{name: "scope all", old: `		if scope != "" {
`, new: `		if scope == "others" {
`, why: "sessions would stay"},
		{name: "others that could not be ended", old: `err != nil {
				return middleware.StoreUnavailable(err)`, new: `err != nil && r == nil {
				return middleware.StoreUnavailable(err)`, why: "logout of all would say that it worked"},
		{name: "a logout that failed stores nothing", old: `			a.Abandon(w)
			a.ClearCookie(w)
			return`, new: `			a.ClearCookie(w)
			return`, why: "the session would be stored with the error",
			equivalent: "a session that was ended here is not stored again: the commit fails as the logout did"},
		{name: "a logout that failed clears the cookie", old: `			a.ClearCookie(w)
			return middleware.StoreUnavailable(err)
		}
		e.Ended++`, new: `			return middleware.StoreUnavailable(err)
		}
		e.Ended++`, why: "the browser would stay signed in"},
		{name: "a logout that failed says so", old: `			a.ClearCookie(w)
			return middleware.StoreUnavailable(err)
		}
		e.Ended++`, new: `			a.ClearCookie(w)
		}
		e.Ended++`, why: "a logout that did not happen"},
		{name: "others, with a store that fails", old: `if scope != "" && errors.Is(err, store.ErrUnavailable) {`, new: `if false {`, why: "logout of the others would say that it worked"},
		{name: "two cookies end both", old: `len(cookies) > 1 {`, new: `len(cookies) > 2 {`, why: "the person's session would stay"},
		{name: "two scopes", old: `err != nil || len(query["scope"]) > 1 {`, new: `err != nil {`, why: "not what was asked for"},
		{name: "unknown scopes", old: `return scope, scope == "all" || `, new: `return scope, scope != "" || `, why: "not what was asked for"},
	}},
	{"handlers/verify.go", "handlers", []mutant{
		{name: "a chain vouches for its own accounts", old: `account.Chain = at.chain.ID()`, new: ``, why: "one chain would sign in another's accounts"},
		{name: "no account", old: `if account.ID == "" || account.PublicKey == "" {`, new: `if false {`, why: "somebody who is nobody"},
		{name: "the signature", old: `	if err != nil {
		return proofError(err)
	}
	account.Chain`, new: `	if err != nil && account == (store.Account{ID: "?"}) {
		return proofError(err)
	}
	account.Chain`, why: "anybody signs in as anybody"},
		{name: "what is repeated", old: `if err := at.request.compare(challenge); err != nil {`, new: `if err := at.request.compare(challenge); err != nil && r == nil {`, why: "the client thinks it signed something else"},
		{name: "recipient repeated", old: `		{"recipient", v.compared.recipient, c.Recipient},
`, new: ``, why: "the client thinks it signed something else"},
		{name: "state repeated", old: `		{"state", v.state, c.State},
`, new: ``, why: "an answer to another redirect"},
		{name: "a state that was not issued", old: `if v.state != nil && c.State == "" {`, new: `if false {`, why: "an answer to another redirect"},
		{name: "account asked for", old: `asked != "" && asked != account.ID`, new: `asked != "" && account.ID == ""`, why: "another account than the site asked for"},
		{name: "the chain is asked", old: `if fail := a.confirm(r.Context(), at); fail != nil {`, new: `if fail := a.confirm(r.Context(), at); fail != nil && r == nil {`, why: "anybody signs in as anybody"},
		{name: "a text that is not the challenge's", old: `if !ok {
		return nil, fmt.Errorf("%w: message is not`, new: `if !ok {
		return c, nil
	}
	if sent == nil {
		return nil, fmt.Errorf("%w: message is not`, why: "the client thinks it signed something else"},
		{name: "a text that the chain refuses", old: `	if challenge, err = at.readMessage(challenge); err != nil {
		return proofError(err)
	}`, new: `	if read, e := at.readMessage(challenge); e == nil {
		challenge = read
	}`, why: "the front end's text would be taken for the server's"},
		{name: "the page's origin at verify", old: `nonce, a.pageOrigin(r)`, new: `nonce, a.origin.String()`, why: "a trusted page could not sign anybody in"},
		{name: "a chain that is configured no longer", old: `return nil, challengeInvalid() // of a chain`, new: `at.chain = a.chains[0]
	return challenge, nil // of a chain`, why: "a challenge of another chain"},
		{name: "cannot tell takes nothing", old: `refused = chainError(err); refused.Status == http.StatusServiceUnavailable {`, new: `refused = chainError(err); refused == nil {`, why: "the person would have to sign again"},
		{name: "a policy that cannot tell takes nothing", old: `refused != nil && refused.Status == http.StatusServiceUnavailable {`, new: `refused != nil && refused.Status == 599 {`, why: "the person would have to sign again"},
		{name: "policy", old: `} else if a.policy != nil {`, new: `} else if a.policy != nil && err != nil {`, why: "everybody may sign in"},
		{name: "one sign-in for a challenge", old: `a.challenges.TakeChallenge(context.WithoutCancel(ctx), at.key); err != nil {`, new: `a.challenges.TakeChallenge(context.WithoutCancel(ctx), at.key); err != nil && refused != nil {`, why: "replay"},
		{name: "what is decided is carried out", old: `TakeChallenge(context.WithoutCancel(ctx), at.key)`, new: `TakeChallenge(ctx, at.key)`, why: "who hangs up in time keeps the challenge"},
		{name: "refusals", old: `	return refused
}`, new: `	return nil
}`, why: "who is refused signs in"},
		{name: "OnSignIn", old: `if fail := denied(a.onSignIn(r.Context(), at.account)); fail != nil {`, new: `if fail := denied(a.onSignIn(r.Context(), at.account)); fail != nil && r == nil {`, why: "who is refused signs in"},
		{name: "a sign-in that failed stores nothing", old: `			a.Abandon(w)
`, new: ``, why: "the session would be stored with the error"},
		{name: "a sign-in is stored once", old: `		a.SignedIn(w, r)
`, new: ``, why: "a revocation between the two would be an error"},
		{name: "handlers.ErrUnavailable of the application", old: `case errors.Is(err, ErrUnavailable), errors.Is(err, store.ErrUnavailable):`, new: `case errors.Is(err, store.ErrUnavailable):`, why: "an outage would be a refusal"},
		{name: "store.ErrUnavailable of the application", old: `case errors.Is(err, ErrUnavailable), errors.Is(err, store.ErrUnavailable):`, new: `case errors.Is(err, ErrUnavailable):`, why: "an outage would be a refusal"},
	}},
	{"handlers/wire.go", "handlers", []mutant{
		{name: "the nonce in a text", old: `ok && len(digits) == 64 {`, new: `ok && len(digits) == 63 {`, why: "a text would answer another tab's challenge"},
		{name: "a line that is not all hex", old: `		b, err := hex.DecodeString(s)
		if err != nil {
			return nil
		}`, new: `		b, _ := hex.DecodeString(s)`, why: "a panic"},
		{name: "two values", old: `*to != nil && **to != s {`, new: `*to != nil && s == "\x00" {`, why: "two readers, two answers"},
		{name: "two nonces", old: `*to != nil && string(*to) != string(nonce) {`, new: `*to != nil && len(nonce) == 0 {`, why: "two readers, two answers"},
		{name: "length of a nonce", old: `if len(nonce) != 32 {`, new: `if len(nonce) < 32 {`, why: "two readers, two answers"},
		{name: "a short nonce", old: `if len(nonce) != 32 {`, new: `if len(nonce) > 32 {`, why: "a panic"},
		{name: "line breaks in a nonce", old: ` || strings.ContainsAny(s, "\r\n") {`, new: ` {`, why: "two readers, two answers"},
		{name: "stray bits of a nonce", old: `e.Strict().DecodeString(s)`, new: `e.DecodeString(s)`, why: "two readers, two answers"},
		{name: "null for a number", old: `if n == nil {`, new: `if n == nil && b == nil {
			n = new(uint8)
		}
		if n == nil {`, why: "two readers, two answers"},
		{name: "kind of a buffer", old: ` && kind == "Buffer" {`, new: ` && kind != "" {`, why: "two readers, two answers"},
		{name: "state of a library", old: `	c.parts = parts[:1]
`, new: ``, why: "libraries put other things there"},
	}},
}
