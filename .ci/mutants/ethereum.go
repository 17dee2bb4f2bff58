package main

var ethereum = []group{
	{"handlers/ethereum/ethereum.go", "handlers/ethereum", []mutant{
		{name: "no chain", old: `if c.ChainID == 0 {`, new: `if false {`, why: "accounts of no chain"},
		{name: "chain 0 also", old: `if slices.Contains(c.AlsoChainIDs, 0) {`, new: `if false && slices.Contains(c.AlsoChainIDs, 0) {`, why: "texts of no chain"},
		{name: "agreement of nobody", old: `if len(c.RPC) == 0 && c.Agree != 0 {`, new: `if false {`, why: "a site that thinks it asks somebody"},
		{name: "agreement", old: `Agree:          config.Agree,`, new: `Agree:          1,`, why: "one operator that lies signs anybody in"},
		{name: "plain HTTP", old: `InsecureHTTP:   config.InsecureHTTP,`, new: `InsecureHTTP:   true,`, why: "whoever is on the path signs anybody in"},
		{name: "ready without an answer", old: `return quorum.Yes, c.identify(ctx, s)`, new: `return quorum.Yes, nil`, why: "ready, and nobody answers"},
		{name: "account and text", old: `	if err != nil {
		return store.Account{}, malformed(err)
	}
	for _, sent`, new: `	for _, sent`, why: "a text signs in another account than it names"},
		{name: "contradictions", old: `if a, err := siwe.ParseAddress(sent); err != nil || a != address {`, new: `if false {`,
			why: "a page that thinks it signed in somebody else"},
		{name: "account that is sent", old: `{proof.AccountID, proof.PublicKey}`, new: `{proof.PublicKey}`, why: "a page that thinks it signed in somebody else"},
		{name: "key that is sent", old: `{proof.AccountID, proof.PublicKey}`, new: `{proof.AccountID}`, why: "a page that thinks it has another key"},
		{name: "signature text", old: `	if err != nil {
		return store.Account{}, malformed(err)
	}
	hash :=`, new: `	hash :=`, why: "what is no signature reads as a wrong one"},
		{name: "whose key", old: `case err == nil && signer == address:`, new: `case err == nil && (signer == address || true):`, why: "anybody signs in as anybody"},
		{name: "no signature at all", old: `case err == nil && signer == address:`, new: `case signer == address || err != nil:`, why: "anybody signs in as anybody"},
		{name: "contracts without servers", old: `case c.servers != nil && c.isOwnText(challenge.Message):`, new: `case true:`,
			why: "evidence that nobody could confirm"},
		{name: "contracts on other chains", old: `case c.servers != nil && c.isOwnText(challenge.Message):`, new: `case c.servers != nil:`,
			why: "a contract of one chain signs in as that of another"},
		{name: "long requests", old: `return 2*siwe.MaxSignature + siwe.MaxText`, new: `return 0`, why: "no passkeys of contract accounts"},
	}},
	{"handlers/ethereum/message.go", "handlers/ethereum", []mutant{
		{name: "account of a challenge", old: `	if err != nil {
		return handlers.Challenge{}, malformed(err)
	}
	challenge.AccountID = address.String()`, new: `	challenge.AccountID = address.String()`, why: "a text for the address of zeros"},
		{name: "canonical account", old: `challenge.AccountID = address.String()
	if`, new: `if`, why: "an account for each way to write it"},
		{name: "configured message as the text", old: `		challenge.Message = ""
`, new: ``, why: "a signature without a nonce would do"},
		{name: "scheme", old: `if scheme == "https" {`, new: `if true {`, why: "wallets would take an http page for an https one"},
		{name: "chain of the text", old: `ChainID:        c.chainIDs[0],`, new: `ChainID:        "1",`, why: "a text for one chain signs in on another"},
		{name: "nonce of the text", old: `Nonce:          nonceOf(r),`, new: `Nonce:          hex.EncodeToString(make([]byte, 32)),`,
			why: "a signature is good for every challenge"},
		{name: "site of the text", old: `Domain:         domain,`, new: `Domain:         domain[:0] + "app.example",`, why: "a signature is good for other sites"},
		{name: "expiry of the text", old: `ExpirationTime: siwe.NewTime(r.ExpiresAt),`, new: ``, why: "wallets would not show that it ends"},
		{name: "statement of the text", old: `if r.Message != "" {`, new: `if false {`, why: "the person would not read what is signed"},
		{name: "configuration", old: `	_, err := c.text(r, siwe.Address{})
	return err`, new: `	return nil`, why: "a site that starts, and signs nobody in"},
		{name: "grammar", old: `	if err != nil {
		return handlers.Challenge{}, malformed(err)
	}
	switch err := c.compare`, new: `	if err != nil {
		return challenge, nil
	}
	switch err := c.compare`, why: "any text"},
		{name: "comparison", old: `	case err != nil:
		return handlers.Challenge{}, malformed(err)
	}
	challenge.Message`, new: `	}
	challenge.Message`, why: "a signature over any message"},
		{name: "a chain that is not configured", old: `case errors.Is(err, errOtherChainID):`, new: `case false:`, why: "a front end would not know why"},
		{name: "an empty statement", old: `case m.Statement != nil && *m.Statement == "", `, new: `case `, why: "MetaMask would not check the domain"},
		{name: "a resource with an IP literal", old: `, slices.ContainsFunc(m.Resources, hasIPLiteral):`, new: `:`, why: "MetaMask would not check the domain"},
		{name: "bytes as received", old: `= message, m.Address.String()`, new: `= challenge.Message, m.Address.String()`, why: "another text than the one that was signed"},
		{name: "domain", old: `case m.Domain != domain:`, new: `case false && m.Domain != domain:`, why: "a signature made for another site"},
		{name: "scheme of a client's text", old: `case m.Scheme != "" && m.Scheme != scheme:`, new: `case false && m.Scheme != scheme:`, why: "a signature made on an http page"},
		{name: "URI", old: `case !within(m.URI, challenge.Origin):`, new: `case false:`, why: "a signature made for another site"},
		{name: "chain ID", old: `case !slices.Contains(c.chainIDs, m.ChainID):`, new: `case false && !slices.Contains(c.chainIDs, m.ChainID):`, why: "a signature made for another chain"},
		{name: "nonce", old: `case m.Nonce != nonce:`, new: `case false:`, why: "one signature signs in again and again"},
		{name: "times", old: `	return compareTimes(challenge, m, now)
}`, new: `	return nil
}`, why: "expired texts"},
		{name: "texts that were issued", old: `if challenge.Message != "" && challenge.Message != message {`, new: `if false {`, why: "deviations from an issued text"},
		{name: "empty origin", old: `if origin == "" || len(uri)`, new: `if len(uri)`, why: "a URI of anybody's",
			equivalent: "the domain of no origin is empty, and no text has that"},
		{name: "host that goes on", old: `return rest == "" || strings.IndexByte("/?#", rest[0]) >= 0`, new: `return rest == "" || true`, why: "app.example.evil.example"},
		{name: "issued before", old: `case issued.Before(challenge.IssuedAt.Add(-skew)):`, new: `case false:`, why: "a text older than its nonce"},
		{name: "issued in the future", old: `case issued.After(now.Add(skew)):`, new: `case false:`, why: "a text of tomorrow"},
		{name: "expired", old: `case !expires.IsZero() && !now.Before(expires.Time()):`, new: `case false && !expires.IsZero():`, why: "expired texts"},
		{name: "the moment of expiry", old: `!now.Before(expires.Time()):`, new: `now.After(expires.Time()):`, why: "a text that holds a moment too long"},
		{name: "expiry beside a not-before", old: `case !expires.IsZero() && `, new: `case !expires.IsZero() && !begins.IsZero() && `, why: "Supabase's expired texts"},
		{name: "not yet", old: `case !begins.IsZero() && now.Before(begins.Time()):`, new: `case false && !begins.IsZero():`, why: "a text that does not hold yet"},
		{name: "no text", old: `if challenge.Message == "" {`, new: `if false {`, why: "a signature over nothing",
			equivalent: "an empty text names no account"},
		{name: "account of the text", old: `if line != challenge.AccountID {`, new: `if false {`, why: "a text signs in another account than it names"},
	}},
	{"handlers/ethereum/contract.go", "handlers/ethereum", []mutant{
		{name: "key of a contract", old: `PublicKey: evidenceKey(evidence),`, new: `PublicKey: id,`, why: "a contract's account would pass for one with a key"},
		{name: "evidence", old: `, Evidence: evidence}`, new: `}`, why: "nobody would be asked"},
		{name: "account of another chain", old: `if account.Chain != c.id {`, new: `if false {`, why: "a contract of one chain signs in as that of another"},
		{name: "lost evidence", old: `if account.PublicKey != account.ID {`, new: `if false {`, why: "a contract's account without its evidence would pass"},
		{name: "evidence of another key", old: `case account.PublicKey != evidenceKey(account.Evidence) || len(account.Evidence) <= hashSize:`, new: `case len(account.Evidence) <= hashSize:`,
			why: "one question would answer for another signature"},
		{name: "length of evidence", old: ` || len(account.Evidence) <= hashSize:`, new: `:`, why: "a panic"},
		{name: "no servers", old: `case c.servers == nil:`, new: `case false:`, why: "a panic"},
		{name: "no answer is a no", old: `		return unavailable(err)`, new: `		return invalid(err)`, why: "an outage would read as a refusal"},
		{name: "no answer is a yes", old: `	case err != nil:
		return unavailable(err)`, new: `	case err != nil:
		return nil`, why: "an outage signs everybody in"},
		{name: "every answer is a yes", old: `case verdict != accepted:`, new: `case false:`, why: "anybody signs in as anybody"},
		{name: "when to ask again", old: `e.RetryAfter = u.RetryAfter`, new: `_ = u`, why: "clients would not wait as long as they are told to"},
		{name: "delegated accounts", old: `case isDelegation(code):`, new: `case false:`, why: "keys of a delegate sign in as the account's own"},
		{name: "code of a delegation", old: `return len(code) == 23 && `, new: `return `, why: "contracts that do not sign in"},
		{name: "ERC-6492", old: `case bytes.HasSuffix(signature, magic6492):`, new: `case false:`, why: "wallets that are not deployed do not sign in"},
		{name: "no contract", old: `case len(code) == 0:`, new: `case false:`, why: "a question to nobody",
			equivalent: "a call of nobody returns nothing, which is no yes; asked for nothing"},
		{name: "word of a yes", old: `[32]byte(returned) == rightPadded(selector):`, new: `bytes.HasPrefix(returned, selector):`, why: "an answer that is none"},
		{name: "short answers", old: `!reverted && len(returned) >= 32 && `, new: `!reverted && `, why: "a panic"},
		{name: "any answer of a contract", old: `[32]byte(returned) == rightPadded(selector):`, new: `true:`, why: "every contract signs in"},
		{name: "what the contract is asked", old: `encodeCall(selector, word(hash[:]), signature)`, new: `encodeCall(selector, word(make([]byte, 32)), signature)`,
			why: "a signature over another text"},
		{name: "what the validator is asked", old: `append(word(address[:]), hash[:]...)`, new: `append(word(address[:]), make([]byte, 32)...)`,
			why: "a signature over another text"},
		{name: "validator's no", old: `case reverted || bytes.Equal(returned, []byte{0}):
		return refused, nil`, new: `case reverted || bytes.Equal(returned, []byte{0}):
		return accepted, nil`, why: "anybody signs in as anybody"},
		{name: "validator's yes", old: `case bytes.Equal(returned, []byte{1}):`, new: `case len(returned) > 0 && returned[len(returned)-1] == 1:`,
			why: "an answer that is none"},
		{name: "padding", old: `make([]byte, -len(argument)&31)...`, new: `make([]byte, 32-len(argument)&31)...`, why: "a call that contracts do not read"},
		{name: "no validator", old: `yes nor no", Harmless: true}`, new: `yes nor no"}`, why: "a signature would have others' questions asked elsewhere"},
	}},
	{"handlers/ethereum/rpc.go", "handlers/ethereum", []mutant{
		{name: "chain of a server", old: `case id != c.chainID:`, new: `case false:`, why: "contracts of another chain sign in"},
		{name: "chain that is no number", old: `case !ok:
		return unclear("eth_chainId is not a number")`, new: `case false && !ok:
		return unclear("eth_chainId is not a number")`, why: "a server that says nothing of its chain",
			equivalent: "the number is 0 then, which is no chain's"},
		{name: "errors of a call", old: `	if reply.Error != nil {
		return "", rpcProblem(method, reply.Error)
	}
	result`, new: `	result`, why: "an error would be no code at all", equivalent: "there is no result beside an error, which is no string"},
		{name: "revert", old: `case reply.Error != nil && isRevert(reply.Error):
		return nil, true, nil`, new: `case false:
		return nil, true, nil`, why: "a refusal would read as an outage"},
		{name: "errors that are none of the code's", old: `case reply.Error != nil && isRevert(reply.Error):`, new: `case reply.Error != nil:`,
			why: "an outage would read as a refusal"},
		{name: "words of failures", old: `if strings.HasPrefix(message, failure) {`, new: `if false && strings.HasPrefix(message, failure) {`, why: "a refusal would read as an outage"},
		{name: "data of a revert", old: `return reason || `, new: `_ = reason
	return `, why: "a refusal would read as an outage"},
		{name: "data of Nethermind", old: ` || strings.HasPrefix(data, "Reverted 0x")`, new: ``, why: "a refusal would read as an outage"},
		{name: "data that is none", old: `len(data) > len("0x") && `, new: ``, why: "an outage would read as a refusal"},
		{name: "out of gas, with data", old: ` && !isExhausted(rpcError)`, new: ``, why: "an outage would read as a refusal"},
		{name: "out of gas", old: `p.Harmless = isExhausted(reply.Error)`, new: ``, why: "a contract would have others' questions asked elsewhere"},
		{name: "a node that is syncing", old: `case reply.Result != false:`, new: `case false:`, why: "no contract would be there yet, and sessions would end"},
		{name: "a gateway that does not know", old: `case reply.Error != nil && isUnknownMethod(reply.Error):`, new: `case false:`, why: "no contract account could sign in there"},
		{name: "other errors of eth_syncing", old: `		return rpcProblem("eth_syncing", reply.Error)`, new: `		return nil`, why: "a node in trouble would be believed"},
		{name: "hex of an answer", old: `if !ok || err != nil {
		return nil, unclear(method`, new: `if !ok || false && err != nil {
		return nil, unclear(method`, why: "an answer that is none"},
		{name: "0x of an answer", old: `if !ok || err != nil {
		return nil, unclear(method`, new: `if false && !ok || err != nil {
		return nil, unclear(method`, why: "an answer that is none"},
		{name: "zero in front of a number", old: `digits[0] == '0' && digits != "0" ||`, new: ``, why: "a number of two spellings"},
		{name: "0x of a number", old: `if !ok || digits == ""`, new: `if false && !ok || digits == ""`, why: "chain 1 in decimal and hex"},
	}},
}
