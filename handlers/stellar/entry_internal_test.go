package stellar

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/nearauth/nearauth/handlers/sep53"
	"github.com/nearauth/nearauth/nearrpc/quorum"
)

// sdkEntry is one of testdata/account_entries.json: accounts with every type of
// signer, extension and optional field, as go-stellar-sdk encodes them.
type sdkEntry struct {
	Name, Account, XDR string
	Key                string `json:"ledger_key"`
	Master             uint8
	Thresholds         [3]uint8         `json:"low_medium_high"`
	Ed25519            map[string]uint8 `json:"ed25519_signers"`
	Others             map[string]uint8 `json:"other_signers"`
}

func sdkEntries(t testing.TB) []sdkEntry {
	t.Helper()
	data, err := os.ReadFile("testdata/account_entries.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Accounts []sdkEntry }
	if err := json.Unmarshal(data, &file); err != nil || len(file.Accounts) != 8 {
		t.Fatalf("%d accounts, want 8, error %v", len(file.Accounts), err)
	}
	return file.Accounts
}

func mustAddress(t testing.TB, s string) sep53.Address {
	t.Helper()
	a, err := sep53.ParseAddress(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return a
}

func (e sdkEntry) want(t testing.TB) map[sep53.Address]uint8 {
	weights := map[sep53.Address]uint8{mustAddress(t, e.Account): e.Master}
	for key, weight := range e.Ed25519 {
		weights[mustAddress(t, key)] = weight
	}
	return weights
}

func TestParseEntry(t *testing.T) {
	t.Parallel()
	others := 0
	for _, e := range sdkEntries(t) {
		id := mustAddress(t, e.Account)
		if key := base64.StdEncoding.EncodeToString(ledgerKey(id)); key != e.Key {
			t.Errorf("%s: ledger key %s, want %s", e.Name, key, e.Key)
		}
		entry, err := parseEntry(e.XDR, id)
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		if [3]uint8{entry.thresholds[Low], entry.thresholds[Medium], entry.thresholds[High]} != e.Thresholds || !maps.Equal(entry.weights, e.want(t)) {
			t.Errorf("%s: %+v", e.Name, entry)
		}
		others += len(e.Others)
	}
	if others < 20 {
		t.Errorf("%d signers of other types, nothing tested", others)
	}
}

// Half an entry is none, and neither is a damaged one where it matters.
func TestParseEntryRefused(t *testing.T) {
	t.Parallel()
	for _, e := range sdkEntries(t) {
		id := mustAddress(t, e.Account)
		data, err := base64.StdEncoding.DecodeString(e.XDR)
		if err != nil {
			t.Fatal(err)
		}
		parse := func(b []byte) (*accountEntry, error) { return parseEntry(base64.StdEncoding.EncodeToString(b), id) }
		need := len(data) // with the first word of the extension
		for need > 0 {
			if _, err := parse(data[:need-4]); err != nil {
				break
			}
			need -= 4
		}
		for n := range need {
			if entry, err := parse(data[:n]); err == nil {
				t.Errorf("%s: the first %d bytes: %+v", e.Name, n, entry)
			}
		}
		for i := range 40 { // the type of the entry and whose it is
			other := slices.Clone(data)
			other[i] ^= 1
			if _, err := parse(other); err == nil {
				t.Errorf("%s: with another byte %d", e.Name, i)
			}
		}
		if _, err := parseEntry(e.XDR, mustAddress(t, "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ")); err == nil {
			t.Errorf("%s: is anybody's", e.Name)
		}
	}
}

// The entry "two of three" with something else at a place in it.
func TestParseEntryFields(t *testing.T) {
	t.Parallel()
	e := sdkEntries(t)[1]
	id := mustAddress(t, e.Account)
	data, _ := base64.StdEncoding.DecodeString(e.XDR)
	const (
		inflation  = 60
		domain     = 68
		thresholds = 72
		count      = 76
		first      = 80 // a signer: type, key, weight
	)
	if data[count+3] != 2 || data[thresholds] != 1 {
		t.Fatalf("not the entry it should be: %x", data)
	}
	key := id.Key()
	for name, change := range map[string]func([]byte) []byte{
		"an inflation destination of another kind": func(b []byte) []byte { b[inflation+3] = 2; return b },
		"a domain of 33 bytes":                     func(b []byte) []byte { return slices.Insert(setByte(b, domain+3, 33), domain+4, make([]byte, 36)...) },
		"a domain of 4 GiB":                        func(b []byte) []byte { return slices.Replace(b, domain, domain+4, 255, 255, 255, 255) },
		"a domain with something behind it":        func(b []byte) []byte { return slices.Insert(setByte(b, domain+3, 1), domain+4, 'a', 0, 0, 1) },
		"21 signers": func(b []byte) []byte {
			b[count+3] = 21
			for n := range byte(19) {
				more := append(make([]byte, 4), 200+n) // y = 200+n and up: whether they are points is not asked
				more = append(more, make([]byte, 35)...)
				b = slices.Insert(b, first, append(more[:36], 0, 0, 0, 1)...)
			}
			return b
		},
		"more signers than there are":     func(b []byte) []byte { b[count+3] = 3; return b },
		"a signer of an unknown type":     func(b []byte) []byte { b[first+3] = 4; return b },
		"a weight of 256":                 func(b []byte) []byte { return setByte(setByte(b, first+38, 1), first+39, 0) },
		"one key twice":                   func(b []byte) []byte { copy(b[first+44:first+76], b[first+4:first+36]); return b },
		"the master key among the others": func(b []byte) []byte { copy(b[first+4:first+36], key[:]); return b },
		"a payload of 65 bytes": func(b []byte) []byte {
			return slices.Insert(setByte(b, first+3, 3), first+36, append([]byte{0, 0, 0, 65}, make([]byte, 68)...)...)
		},
		"no extension": func(b []byte) []byte { return b[:len(b)-4] },
		"3 bytes more": func(b []byte) []byte { return append(b, 0, 0, 0) },
	} {
		if entry, err := parseEntry(base64.StdEncoding.EncodeToString(change(slices.Clone(data))), id); err == nil {
			t.Errorf("%s: %+v", name, entry)
		}
	}
	// Behind the entry of another key a destination, of a kind there is none of.
	e7 := sdkEntries(t)[6]
	other, _ := base64.StdEncoding.DecodeString(e7.XDR)
	if other[inflation+3] != 1 || other[inflation+7] != 0 {
		t.Fatalf("not the entry it should be: %x", other)
	}
	if _, err := parseEntry(base64.StdEncoding.EncodeToString(setByte(other, inflation+7, 1)), mustAddress(t, e7.Account)); err == nil {
		t.Error("an inflation destination that is no ed25519 key: no error")
	}
	for name, text := range map[string]string{"empty": "", "not base64": "AAAA!", "unpadded": e.XDR[:len(e.XDR)-1], "stray bits": e.XDR[:len(e.XDR)-2] + "B="} {
		if _, err := parseEntry(text, id); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	// A key that nothing can be verified with is nobody's, and no reason to
	// keep the others out.
	weak := slices.Clone(data)
	copy(weak[first+4:first+36], make([]byte, 32))
	if entry, err := parseEntry(base64.StdEncoding.EncodeToString(weak), id); err != nil || len(entry.weights) != 2 {
		t.Errorf("a weak key among the signers: %+v, %v", entry, err)
	}
}

func setByte(b []byte, i int, value byte) []byte {
	b[i] = value
	return b
}

func FuzzAccountEntry(f *testing.F) {
	for _, e := range sdkEntries(f) {
		data, _ := base64.StdEncoding.DecodeString(e.XDR)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := base64.StdEncoding.EncodeToString(data)
		id := mustAddress(t, sdkEntries(t)[0].Account)
		if len(data) >= 40 { // whoever it is about
			if other, err := sep53.AddressOf([32]byte(data[8:40])); err == nil {
				id = other
			}
		}
		entry, err := parseEntry(text, id)
		if err != nil {
			if entry != nil {
				t.Error("half an entry")
			}
			return
		}
		if !slices.Equal(data[:40], ledgerKey(id)) || len(entry.weights) > 1+maxSigners {
			t.Errorf("%x: %+v", data, entry)
		}
		if _, there := entry.weights[id]; !there {
			t.Errorf("%x: no master key", data)
		}
		// What is behind the extension's first word does not matter.
		again, err := parseEntry(base64.StdEncoding.EncodeToString(append(slices.Clone(data), 1, 2, 3, 4)), id)
		if err != nil || again.thresholds != entry.thresholds || !maps.Equal(again.weights, entry.weights) {
			t.Errorf("%x: %+v, %v", data, again, err)
		}
	})
}

func FuzzHorizonAccount(f *testing.F) {
	const alice = "GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L"
	f.Add([]byte(`{"account_id":"` + alice + `","thresholds":{"low_threshold":1,"med_threshold":2,"high_threshold":3},"signers":[{"weight":1,"key":"` + alice + `","type":"ed25519_public_key"}]}`))
	f.Add([]byte(`{"account_id":"` + alice + `","thresholds":{},"signers":[{"weight":-1,"key":"X","type":"sha256_hash"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		object, err := quorum.ParseObject(body)
		if err != nil {
			return
		}
		id := mustAddress(t, alice)
		entry, p := readHorizon(object, id)
		if (entry == nil) == (p == nil) {
			t.Fatalf("%s: %+v, %+v", body, entry, p)
		}
		// What is read is what encoding/json reads.
		var plain struct {
			ID         string `json:"account_id"`
			Thresholds struct {
				Low  *uint8 `json:"low_threshold"`
				Med  *uint8 `json:"med_threshold"`
				High *uint8 `json:"high_threshold"`
			}
			Signers []struct {
				Key, Type string
				Weight    uint8
			}
		}
		if entry == nil {
			return
		}
		if err := json.Unmarshal(body, &plain); err != nil || plain.ID != alice {
			t.Fatalf("%s: %v", body, err)
		}
		if entry.thresholds != [3]uint8{Low: *plain.Thresholds.Low, Medium: *plain.Thresholds.Med, High: *plain.Thresholds.High} {
			t.Errorf("%s: %+v", body, entry)
		}
		weights := map[sep53.Address]uint8{}
		for _, s := range plain.Signers {
			if key, err := sep53.ParseAddress(s.Key); err == nil && s.Type == "ed25519_public_key" {
				weights[key] = s.Weight
			}
		}
		if !maps.Equal(weights, entry.weights) {
			t.Errorf("%s: %+v, want %v", body, entry, weights)
		}
	})
}
