package main

var siwe = []group{
	{"handlers/siwe/siwe.go", "handlers/siwe", []mutant{
		{name: "length of what is written", old: `if b.Len() > MaxText {`, new: `if false {`,
			why: "a text that nobody would read"},
		{name: "fields of what is written", old: `	if problem := m.check(); problem != "" {
		return "",`, new: `	if problem := ""; problem != "" {
		return "",`, why: "a line break adds a field"},
		{name: "scheme", old: `case m.Scheme != "" && !isScheme(m.Scheme):`, new: `case false:`, why: "anything in front of the domain"},
		{name: "a host", old: `case !isAuthority(m.Domain, true):`, new: `case !isAuthority(m.Domain, false):`, why: "a text of no site"},
		{name: "statement", old: `case m.Statement != nil && !isStatement(*m.Statement):`, new: `case false:`, why: "characters that turn the text around"},
		{name: "URI", old: `case !isURI(m.URI):`, new: `case m.URI == "":`, why: "anything in place of a URI"},
		{name: "chain ID", old: `case m.ChainID == "" || !all(m.ChainID, isDigit):`, new: `case m.ChainID == "":`, why: "a chain that is none"},
		{name: "no chain ID", old: `case m.ChainID == "" || `, new: `case `, why: "a text of no chain"},
		{name: "length of the nonce", old: `len(m.Nonce) < 8`, new: `len(m.Nonce) < 7`, why: "a nonce that can be guessed"},
		{name: "characters of the nonce", old: ` || !all(m.Nonce, isAlphanumeric):`, new: `:`, why: "anything in place of a nonce"},
		{name: "time of issue", old: `case m.IssuedAt.IsZero():`, new: `case false:`, why: "a text of no time"},
		{name: "request ID", old: `case m.RequestID != nil && !isPath(*m.RequestID, ""):`, new: `case false:`, why: "a line break adds a field"},
		{name: "resources", old: `			return "a resource is not a URI"`, new: `			continue`, why: "a line break adds a field"},
	}},
	{"handlers/siwe/parse.go", "handlers/siwe", []mutant{
		{name: "length of a text", old: `if len(text) > MaxText {`, new: `if len(text) > 2*MaxText {`,
			why: "texts of any length"},
		{name: "fields of what is read", old: `	if problem := m.check(); problem != "" {
		return nil,`, new: `	if problem := ""; problem != "" {
		return nil,`, why: "any characters in front of the person"},
		{name: "first line", old: `	if !ok {
		return "the first line"
	}`, new: `	_ = ok`, why: "a text for another chain"},
		{name: "empty scheme", old: `if scheme == "" {`, new: `if false {`, why: "a text that is written differently"},
		{name: "scheme and domain", old: `m.Scheme, m.Domain = scheme, domain`, new: `m.Scheme, _ = scheme, domain`,
			why: "the scheme would be part of the domain"},
		{name: "checksum in texts", old: `if m.Address, err = ParseChecksumAddress(address); err != nil {`, new: `if m.Address, err = ParseAddress(address); err != nil {`,
			why: "two texts for one address"},
		{name: "line after the address", old: `	if !l.blank() {
		return "no empty line after the address"
	}`, new: `	l.next()`, why: "a text that is no message"},
		{name: "line before the URI", old: `	if !l.blank() {
		return "no empty line before the URI"
	}`, new: `	l.next()`, why: "a statement of two lines"},
		{name: "order of fields", old: `if *f.value, ok = l.field(f.label); !ok {`, new: `if *f.value, ok = l.field(f.label); !ok && false {`,
			why: "fields could be missing", equivalent: "an empty field is refused, and so is a line that is left"},
		{name: "version", old: `if version != "1" {`, new: `if version == "" {`, why: "a version nobody knows"},
		{name: "unreadable time of issue", old: `if m.IssuedAt, err = ParseTime(issuedAt); err != nil {`, new: `if m.IssuedAt, err = ParseTime(issuedAt); err != nil && false {`,
			why: "a text without a time", equivalent: "check refuses a message without one"},
		{name: "unreadable expiry", old: `if m.ExpirationTime, err = ParseTime(v); err != nil {`, new: `if m.ExpirationTime, err = ParseTime(v); false {`,
			why: "an expiry nobody can read would be none"},
		{name: "unreadable not-before", old: `if m.NotBefore, err = ParseTime(v); err != nil {`, new: `if m.NotBefore, err = ParseTime(v); false {`,
			why: "a text would hold before it does"},
		{name: "text behind the label of resources", old: `if v != "" {`, new: `if v == "?" {`, why: "text that is not part of the message"},
		{name: "further lines", old: `if l.more {`, new: `if l.rest != "" {`, why: "a line break at the end"},
	}},
	{"handlers/siwe/grammar.go", "handlers/siwe", []mutant{
		{name: "control characters of a statement", old: `c == ' ' ||`, new: `c <= ' ' ||`, why: "control characters in front of the person"},
		{name: "other scripts", old: `return isAlphanumeric(c) || isOneOf(c, "-._~") }`, new: `return isAlphanumeric(c) || isOneOf(c, "-._~") || c > 0x7f }`,
			why: "letters that look like others, and turn the text around"},
		{name: "per cent", old: `case c == '%' && i+2 < len(s) && isHexDigit(s[i+1]) && isHexDigit(s[i+2]):`, new: `case c == '%' && i+2 < len(s) && isHexDigit(s[i+1]):`,
			why: "half an escape, which readers take differently"},
		{name: "end of an escape", old: `i+2 < len(s)`, new: `i+3 < len(s)`, why: "texts that are refused for nothing"},
		{name: "first letter of a scheme", old: `s != "" && isAlpha(s[0]) &&`, new: `s != "" &&`, why: "a URI that is none"},
		{name: "relative references", old: `if !ok || !isScheme(scheme) {`, new: `if ok && !isScheme(scheme) {`, why: "a URI of nobody's"},
		{name: "authority of a URI", old: `if !isAuthority(authority[:end], false) {`, new: `if false {`, why: "brackets anywhere"},
		{name: "second fragment", old: `isPath(fragment, "/?")`, new: `isPath(fragment, "/?#")`, why: "a URI that is none"},
		{name: "userinfo", old: `if !isEncoded(s[:i], ":") {`, new: `if false {`, why: "anything in front of the host"},
		{name: "port", old: `if !all(host[i+1:], isDigit) {`, new: `if false {`, why: "anything behind the host"},
		{name: "empty host", old: `(host != "" || !needHost)`, new: `true`, why: "a text of no site"},
		{name: "IPv4 in brackets", old: `ip.Is6() &&`, new: ``, why: "a domain with two texts"},
		{name: "zones", old: ` && ip.Zone() == ""`, new: ``, why: "a host that is another on each machine"},
		{name: "end of brackets", old: `	if !ok {
		return false
	}
	if s != ""`, new: `	_ = ok
	if s != ""`, why: "half a bracket"},
	}},
	{"handlers/siwe/time.go", "handlers/siwe", []mutant{
		{name: "calendar", old: `if moment.Month() != time.Month(month) || moment.Day() != day {`, new: `if false {`,
			why: "the 31st of February would be a day in March"},
		{name: "offset", old: `moment = moment.Add(-offset)`, new: `moment = moment.Add(offset)`, why: "an expiry that is hours late"},
		{name: "sign of the offset", old: `offset = -offset`, new: `_ = offset`, why: "an expiry that is hours late"},
		{name: "leap seconds elsewhere", old: `moment.Day() != 1 || `, new: ``, why: "a second that there is not"},
		{name: "leap seconds of other hours", old: `moment.Hour() != 0 || `, new: ``, why: "a second that there is not"},
		{name: "hours", old: `hour > 23 ||`, new: ``, why: "a time that there is not",
			equivalent: "such an hour is one of another day"},
		{name: "minutes", old: `minute > 59 || second`, new: `second`, why: "a time that there is not"},
		{name: "seconds", old: `second > 60 {`, new: `second > 99 {`, why: "a time that there is not"},
		{name: "digits of a time", old: `min(year, month, day, hour, minute, second) < 0 ||`, new: ``, why: "a time of no digits"},
		{name: "empty fraction", old: `if digits == "" {`, new: `if false {`, why: "a time that is none"},
		{name: "unknown zone", old: `if !ok || !known ||`, new: `if !ok || false && !known ||`, why: "a time of nowhere"},
		{name: "hours of the offset", old: `hours > 23 ||`, new: ``, why: "a time that is none"},
		{name: "minutes of the offset", old: `hours > 23 || minutes > 59`, new: `hours > 23`, why: "a time that is none"},
		{name: "years that cannot be written", old: `|| t.Year() > 9999 {`, new: `{`, why: "a text that is no message"},
	}},
	{"handlers/siwe/address.go", "handlers/siwe", []mutant{
		{name: "checksum of mixed letters", old: `if mixedCase(s[2:]) && a.String() != s {`, new: `if false {`,
			why: "a mistyped address would be somebody else's"},
		{name: "checksum where it is demanded", old: `	if a.String() != s {`, new: `	if false {`, why: "two texts for one address"},
		{name: "capital 0X", old: `s[:2] != "0x"`, new: `s[0] != '0'`, why: "another spelling"},
		{name: "digits", old: `|| !all(s[2:], isHexDigit) {`, new: `{`, why: "an error that says nothing"},
		{name: "half of the digits", old: `nibble = hash[i/2] & 0xf`, new: `nibble = hash[i/2] >> 4`, why: "another checksum than everybody's"},
	}},
	{"handlers/siwe/signature.go", "handlers/siwe", []mutant{
		{name: "length in bytes", old: `int64(len(message))`, new: `int64(len([]rune(message)))`, why: "another hash than the wallet's"},
		{name: "without 0x", old: `len(s) < 4 || s[:2] != "0x"`, new: `len(s) < 4`, why: "another spelling"},
		{name: "empty signature", old: `len(s) < 4`, new: `len(s) < 2`, why: "a signature of nothing"},
		{name: "length of a signature", old: `if len(s) > 2+2*MaxSignature {`, new: `if false {`, why: "signatures of any length"},
		{name: "short signatures", old: `if len(signature) != keySignature {`, new: `if len(signature) > keySignature {`, why: "a panic"},
		{name: "long signatures", old: `if len(signature) != keySignature {`, new: `if len(signature) < keySignature {`, why: "many texts of one signature"},
		{name: "v modulo 27", old: `	if v >= 27 {
		v -= 27
	}`, new: `	v %= 27`, why: "many texts of one signature"},
		{name: "v of 2 and 3", old: `if v > 1 {`, new: `if v > 3 {`, why: "two texts of one signature"},
		{name: "upper half", old: ` || s.IsOverHalfOrder() {`, new: ` {`, why: "everybody can make a second signature"},
		{name: "s of the order", old: `tooLarge || s.IsOverHalfOrder()`, new: `false && tooLarge || s.IsOverHalfOrder()`, why: "two texts of one s",
			equivalent: "RecoverCompact refuses an s that is not below the order"},
		{name: "signature of no key", old: `	if err != nil {
		return Address{}, fmt.Errorf("%w: no key made it", ErrSignature)
	}`, new: `	if err != nil {
		return Address{}, nil
	}`, why: "anybody signs as the address of zeros"},
		{name: "end of the hash", old: `return Address(hash[12:])`, new: `return Address(hash[:20])`, why: "another address than everybody's"},
	}},
}
