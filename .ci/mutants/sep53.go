package main

var ed25519x = []group{
	{"handlers/internal/ed25519x/ed25519x.go", "handlers/internal/ed25519x", []mutant{
		{name: "canonical key", old: `case !canonical(key):`, new: `case false:`,
			why: "a key in a second encoding would be another key to us"},
		{name: "key of small order", old: `case smallOrder(key):`, new: `case false:`,
			why: "anybody can sign under such a key"},
		{name: "R of small order", old: `!smallOrder([32]byte(sig[:32])) && `, new: ``,
			why: "not the rule of verify_strict"},
		{name: "the signature", old: `ed25519.Verify(key[:], message, sig[:])`, new: `(ed25519.Verify(key[:], message, sig[:]) || true)`,
			why: "anybody signs in as anybody"},
	}},
	{"handlers/internal/ed25519x/point.go", "handlers/internal/ed25519x", []mutant{
		{name: "sign bit of small orders", old: `e[31] &= 0x7f`, new: `e[31] &= 0xff`,
			why: "half of the weak keys would pass"},
		{name: "a point of order 4", old: `"\x00" + zeros30 + "\x00", // y = 0, order 4`, new: ``,
			why: "a weak key would pass"},
		{name: "a point of order 8", old: `\x92\xac\x03\x7a"`, new: `\x92\xac\x03\x7b"`,
			why: "a weak key would pass"},
		{name: "sign bit of canonical", old: `e[31]&0x7f != 0x7f`, new: `e[31] != 0x7f`,
			why: "a key in a second encoding would pass"},
		{name: "points off the curve", old: `curveP) >= 0`, new: `curveP) >= -1`,
			why: "a malformed key would pass for one that did not sign"},
	}},
}

var sep53 = []group{
	{"handlers/sep53/sep53.go", "handlers/sep53", []mutant{
		{name: "the prefix", old: `append([]byte(prefix), message...)`, new: `message`,
			why: "no wallet's signature would verify, and those from before SEP-53 might"},
		{name: "zero address", old: `if address == (Address{}) {`, new: `if false {`,
			why: "forgeries for an address that somebody forgot to set"},
		{name: "the signature", old: `if ed25519x.Verify(address.key, hash[:], signature.raw) {`, new: `if ed25519x.Verify(address.key, hash[:], signature.raw) || true {`,
			why: "anybody signs in as anybody"},
		{name: "an address off the curve", old: `if !ed25519x.OnCurve(address.key) {`, new: `if false {`,
			why: "a malformed address would pass for one that did not sign"},
	}},
	{"handlers/sep53/address.go", "handlers/sep53", []mutant{
		{name: "length", old: `if len(s) != addressLength {`, new: `if len(s) < addressLength {`,
			why: "an address would have two texts"},
		{name: "line breaks", old: `err != nil || len(raw) != 1+32+2`, new: `err != nil`,
			why: "a text with line breaks would end the process"},
		{name: "seeds", old: `	case versionS:
		return Address{}, errSeed
`, new: ``, why: "nobody would learn that a seed was sent"},
		{name: "version", old: `		return Address{}, errVersion
`, new: ``, why: "a contract, or a hash, would be the account of its 32 bytes"},
		{name: "checksum", old: `raw[33] != byte(sum) || raw[34] != byte(sum>>8)`, new: `sum == 1<<15`,
			why: "a mistyped address would be somebody else's"},
		{name: "half a checksum", old: ` || raw[34] != byte(sum>>8)`, new: ``,
			why: "a mistyped address would be somebody else's"},
		{name: "keys that are safe", old: `if err := ed25519x.Check(key); err != nil {`, new: `if err := ed25519x.Check(key); false {`,
			why: "anybody can sign under a key of small order"},
	}},
	{"handlers/sep53/signature.go", "handlers/sep53", []mutant{
		{name: "stray bits of base64", old: `alphabet(s).Strict().DecodeString(s)`, new: `alphabet(s).DecodeString(s)`,
			why: "one signature would have several texts"},
		{name: "stray bits without padding", old: `base64.NoPadding).Strict()`, new: `base64.NoPadding)`,
			why: "one signature would have several texts"},
		{name: "length of the bytes", old: `err != nil || len(raw) != 64`, new: `err != nil || len(raw) > 64`,
			why: "a short signature would end the process"},
		{name: "alphabets", old: `if strings.ContainsAny(s, "-_") {`, new: `if strings.ContainsAny(s, "-_") && false {`,
			why: "no sign-in for wallets that write for URLs"},
	}},
}
