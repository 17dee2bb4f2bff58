package main

var stellar = []group{
	{"handlers/stellar/stellar.go", "handlers/stellar", []mutant{
		{name: "another network's passphrase", old: `case known != "" && c.Passphrase != known:`, new: `case known == "?":`,
			why: "accounts of the test network would be called pubnet's"},
		{name: "no passphrase", old: `case c.Passphrase == "":`, new: `case false:`,
			why: "a server that names no network would be believed"},
		{name: "options that mean nothing", old: `if len(c.Horizon)+len(c.RPC) == 0 && (`, new: `if false && (`,
			why: "a site would think that thresholds are looked at"},
		{name: "levels there are", old: `if c.Threshold > High {`, new: `if false {`,
			why: "each sign-in would end in a panic"},
		{name: "which server speaks what", old: `if i < len(c.Horizon) {`, new: `if i <= len(c.Horizon) {`,
			why: "servers would not be understood"},
		{name: "agreement", old: `Agree:          c.Agree,`, new: `Agree:          1,`,
			why: "one server that lies signs anybody in"},
		{name: "public servers", old: `strings.HasSuffix("."+strings.ToLower(u.Hostname()), ".stellar.org")`, new: `strings.HasSuffix(strings.ToLower(u.Hostname()), "stellar.org")`,
			why: "a warning about somebody's own server"},
	}},
	{"handlers/stellar/message.go", "handlers/stellar", []mutant{
		{name: "account", old: `	account, err := parseAddress(id)
	if err != nil {
		return store.Account{}, err
	}
	signer := account`, new: `	account, _ := parseAddress(id)
	var err error
	signer := account`, why: "an account without an id"},
		{name: "the account's own key", old: `if proof.PublicKey != "" {`, new: `if false {`,
			why: "co-signers could not sign in"},
		{name: "the key that was sent", old: `err = sep53.Verify(signer, []byte(challenge.Message), signature)`, new: `err = sep53.Verify(account, []byte(challenge.Message), signature)`,
			why: "an account's own key would pass for any co-signer's"},
		{name: "signature", old: `	if err != nil {
		return store.Account{}, fmt.Errorf("stellar: %w: %w", handlers.ErrInvalidSignature, err)`, new: `	if false {
		return store.Account{}, fmt.Errorf("stellar: %w: %w", handlers.ErrInvalidSignature, err)`,
			why: "anybody signs in as anybody"},
		{name: "a key off the curve", old: `if errors.Is(err, sep53.ErrAddress) {`, new: `if false {`,
			why: "a malformed key would pass for one that did not sign"},
		{name: "network of the account", old: `return store.Account{Chain: chain.ID(), `, new: `return store.Account{Chain: "stellar:pubnet", `,
			why: "the test network's account would be pubnet's"},
		{name: "key of the session", old: `PublicKey: signer.String()}`, new: `PublicKey: account.String()}`,
			why: "the network would be asked about a key that did not sign"},
		{name: "a text without an account", old: `if r.AccountID == "" {`, new: `if false {`,
			why: "a front end would not learn what it left out"},
		{name: "account of a challenge", old: `	if err != nil {
		return handlers.Challenge{}, err
	}
	r.AccountID`, new: `	_ = err
	r.AccountID`, why: "anything would be stored, logged, and shown by the wallet"},
		{name: "http", old: `strings.TrimPrefix(r.Origin, "https://")`, new: `strings.TrimPrefix(strings.TrimPrefix(r.Origin, "http://"), "https://")`,
			why: "the text would name a site that it is not for"},
		{name: "network in the text", old: `\nChain ID: %s\nNonce: %x\n", r.Origin, chain.network, r.Nonce)`, new: `\nChain ID: pubnet\nNonce: %x\n", r.Origin, r.Nonce)`,
			why: "a signature for the test network would be good on pubnet"},
		{name: "nonce in the text", old: `Nonce: %x\n", r.Origin, chain.network, r.Nonce)`, new: `Nonce: %x\n", r.Origin, chain.network, r.Nonce[:8])`,
			why: "two challenges could have one text"},
		{name: "time of the text", old: `rfc3339(r.IssuedAt), rfc3339(r.ExpiresAt)`, new: `rfc3339(r.IssuedAt), rfc3339(r.IssuedAt)`,
			why: "the wallet would show a text that has expired"},
		{name: "ASCII", old: `return c < ' ' || c > '~'`, new: `return c < ' '`,
			why: "a text that reads otherwise than it is written"},
		{name: "one line", old: `return c < ' ' || c > '~'`, new: `return c > '~'`,
			why: "a message that writes the fields below it"},
		{name: "length of the text", old: `n >= maxMessage {`, new: `n > maxMessage {`,
			why: "a text longer than wallets sign"},
	}},
	{"handlers/stellar/confirm.go", "handlers/stellar", []mutant{
		{name: "offline, by another key", old: `if id != signer {`, new: `if false {`,
			why: "anybody signs in as anybody"},
		{name: "an account that is none", old: `if err := errors.Join(err, err2); err != nil {`, new: `if err := errors.Join(err, err2); false {`,
			why: "nobody's account would be confirmed"},
		{name: "no signer", old: `return errNoSigner`, new: `return nil`, why: "anybody signs in as anybody"},
		{name: "no account", old: `return errMissing`, new: `return nil`, why: "accounts that do not exist"},
		{name: "too light", old: `return errTooLight`, new: `return nil`, why: "one of two signers would have the say of both"},
		{name: "when to ask again", old: `unavailable.RetryAfter = u.RetryAfter`, new: `_ = u`,
			why: "clients would not wait as long as they are told to"},
		{name: "network", old: `case passphrase != chain.passphrase:`, new: `case false:`,
			why: "the test network would speak for pubnet"},
		{name: "a server that fails to say", old: `	case p != nil:
		return p
	case passphrase == "":`, new: `	case p != nil:
		return nil
	case passphrase == "":`, why: "a server that is on no network we know would be believed"},
		{name: "a problem is no answer", old: `		if p != nil {
			return quorum.CannotTell, p
		}
		return chain.judge`, new: `		_ = p
		return chain.judge`, why: "an outage would be a missing account"},
		{name: "unfunded by policy", old: `if chain.unfunded && id == signer {`, new: `if id == signer {`,
			why: "accounts that are not on the ledger"},
		{name: "unfunded by another key", old: `if chain.unfunded && id == signer {`, new: `if chain.unfunded {`,
			why: "anybody signs in as anybody who has no funds"},
		{name: "weight of 0", old: `case weight == 0:`, new: `case false:`,
			why: "a master key that was disabled, and anybody where thresholds are 0"},
		{name: "threshold", old: `case weight < entry.thresholds[chain.threshold]:`, new: `case false:`,
			why: "one of two signers would have the say of both"},
		{name: "exactly the threshold", old: `case weight < entry.thresholds[chain.threshold]:`, new: `case weight <= entry.thresholds[chain.threshold]:`,
			why: "who has just enough could not sign in"},
		{name: "which threshold", old: `entry.thresholds[chain.threshold]`, new: `entry.thresholds[Low]`,
			why: "the lowest threshold would count"},
		{name: "which no", old: `noAccount = quorum.No + 1
	tooLight  = quorum.No + 2`, new: `noAccount = quorum.No + 2
	tooLight  = quorum.No + 1`, why: "the less exact of two reasons"},
	}},
	{"handlers/stellar/account.go", "handlers/stellar", []mutant{
		{name: "one key, one weight", old: `if _, twice := e.weights[key]; twice {`, new: `if false {`,
			why: "two readers, two answers"},
		{name: "whose entry", old: `if !slices.Equal(r.take(40), ledgerKey(id)) {`, new: `if !slices.Equal(r.take(40), ledgerKey(id)) && false {`,
			why: "an answer about another account"},
		{name: "base64", old: `base64.StdEncoding.Strict()`, new: `base64.StdEncoding`, why: "one entry would have several texts"},
		{name: "whole words", old: ` || len(data)%4 != 0`, new: ``, why: "bytes that are no XDR"},
		{name: "optional destination", old: `	default:
		r.fail()
	}
	r.take(4)  `, new: `	}
	r.take(4)  `, why: "bytes that are no account"},
		{name: "kind of the destination", old: `if r.uint32() != publicKeyEd25519 {`, new: `if r.uint32(); false {`, why: "bytes that are no account"},
		{name: "which weight", old: `[sep53.Address]uint8{id: t[0]}`, new: `[sep53.Address]uint8{id: t[1]}`, why: "the master key's weight would be a threshold"},
		{name: "which thresholds", old: `Low: t[1], Medium: t[2]`, new: `Low: t[2], Medium: t[1]`, why: "the lower threshold would count"},
		{name: "number of signers", old: `if n > maxSigners {`, new: `if false {`, why: "an answer could keep us reading"},
		{name: "half an entry", old: `	r.take(4) // of the extension: it must be there
	if r.failed {`, new: `	if false {`, why: "what was cut off would be an account with fewer signers"},
		{name: "an end", old: `	r.take(4) // of the extension: it must be there
`, new: ``, why: "what was cut off behind the signers would be whole"},
		{name: "unknown signers", old: `	default:
		r.fail()
	}
	weight`, new: `	}
	weight`, why: "bytes that are no signer would be read as one"},
		{name: "payloads", old: `		r.opaque(64)
`, new: ``, why: "the rest of the list would be read from the wrong place"},
		{name: "a large weight", old: `if weight > 255 {`, new: `if false {`, why: "of 256 nothing would be left"},
		{name: "hashes are no keys", old: `if r.failed || kind != signerEd25519 {`, new: `if r.failed {`,
			why: "a hash that is a point would be a key"},
		{name: "a second weight", old: `err == nil && !entry.add(key, uint8(weight)) {`, new: `err == nil && !entry.add(key, uint8(weight)) && false {`,
			why: "two readers, two answers"},
		{name: "bounds", old: `if r.failed || len(r.data) < n {`, new: `if r.failed {`, why: "a short answer would end the process"},
		{name: "length of opaque", old: `	if n > most {
		r.fail()
		return
	}
`, new: ``, why: "an answer could ask for 4 GiB"},
		{name: "padding", old: `if r.take(1)[0] != 0 {`, new: `if r.take(1); false {`, why: "bytes that are no XDR"},
	}},
	{"handlers/stellar/ask.go", "handlers/stellar", []mutant{
		{name: "anybody's 404", old: `if problem.Text("type") != notFound {`, new: `if false {`,
			why: "a proxy that has lost its server would say that nobody has an account"},
		{name: "404 is no account", old: `case status == http.StatusNotFound:`, new: `case status == http.StatusGone:`,
			why: "an account that does not exist would be an outage"},
		{name: "whose account", old: `if account.Text("account_id") != id.String() {`, new: `if false {`,
			why: "an answer about another account"},
		{name: "thresholds there are", old: `		if !ok {
			return nil, unclear("the account has no " + name)
		}
`, new: `		_ = ok
`, why: "a threshold that is not there would be 0"},
		{name: "a list of signers", old: `if signers == nil || len(signers) > maxSigners+1 {`, new: `if len(signers) > maxSigners+1 {`,
			why: "what is not understood would be a refusal"},
		{name: "how many signers", old: `if signers == nil || len(signers) > maxSigners+1 {`, new: `if signers == nil {`,
			why: "what is no account of the protocol"},
		{name: "weights there are", old: `	if !ok {
		return false
	}
	switch`, new: `	_ = ok
	switch`, why: "what is not understood would be a refusal"},
		{name: "one key, one weight, in JSON", old: `return err != nil || e.add(key, weight)`, new: `return err != nil || e.add(key, weight) || true`,
			why: "two readers, two answers"},
		{name: "hashes are no keys, in JSON", old: `	case "sha256_hash", `, new: `	case "sha256_hash":
		key, err := sep53.ParseAddress(signer.Text("key"))
		return err != nil || e.add(key, weight)
	case `, why: "a hash that is spelt as a key would be one"},
		{name: "new types of signers", old: `		return true
	}
	return false
}

// byteOf`, new: `		return true
	}
	return true
}

// byteOf`, why: "what is not understood would be skipped"},
		{name: "RPC errors", old: `if reply.Error != nil {`, new: `if false {`, why: "the log would not say what went wrong"},
		{name: "one entry or none", old: `case entries == nil || len(entries) > 1:`, new: `case entries == nil:`,
			why: "two readers, two answers"},
		{name: "entries there are", old: `case entries == nil || len(entries) > 1:`, new: `case len(entries) > 1:`,
			why: "what is not understood would be a missing account"},
	}},
}
