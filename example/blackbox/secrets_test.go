package blackbox

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

// vault knows every secret of the run, and every log.
type vault struct {
	mu sync.Mutex
	// By their first bytes, so that a log is searched for all of them at once.
	values map[string]map[string]string // beginning → secret → what it is
	logs   map[string]string            // test → what its processes said
}

var secrets = vault{values: map[string]map[string]string{}, logs: map[string]string{}}

// beginning is also the least length of a secret: shorter ones would be found by
// chance.
const beginning = 12

// add notes a secret.
func (v *vault) add(what, value string) {
	if len(value) < beginning {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	begins := value[:beginning]
	if v.values[begins] == nil {
		v.values[begins] = make(map[string]string)
	}
	v.values[begins][value] = what
}

// addBytes notes the forms in which bytes are written.
func (v *vault) addBytes(what string, b []byte) {
	v.add(what, base64.RawStdEncoding.EncodeToString(b))
	v.add(what, base64.RawURLEncoding.EncodeToString(b))
	v.add(what, hex.EncodeToString(b))
}

func (v *vault) log(test, said string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.logs[test] += said
}

// leaked says which kinds of secret stand in the log of which test.
func (v *vault) leaked() (found []string) {
	for test, log := range v.logs {
		for _, what := range v.within(log) {
			found = append(found, what+" in the log of "+test)
		}
	}
	return found
}

// within says which kinds of secret stand in a text.
func (v *vault) within(text string) (found []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range len(text) - beginning + 1 {
		for value, what := range v.values[text[i:i+beginning]] {
			if strings.HasPrefix(text[i:], value) {
				found = append(found, what)
			}
		}
	}
	return found
}

// witness notes the secrets that go by: session and login cookies, nonces, and
// signatures.
type witness struct{ next http.RoundTripper }

func (w witness) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody != nil && r.ContentLength < 64<<10 {
		if b, err := r.GetBody(); err == nil {
			text, _ := io.ReadAll(b)
			noteJSON(text)
		}
	}
	res, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	for _, c := range res.Cookies() {
		for part := range strings.SplitSeq(c.Value, ".") {
			secrets.add("a cookie", part)
		}
	}
	if res.ContentLength > 0 && res.ContentLength < 64<<10 && strings.Contains(res.Header.Get("Content-Type"), "json") {
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		res.Body = io.NopCloser(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		noteJSON(text)
	}
	return res, nil
}

func noteJSON(text []byte) {
	var members struct{ Nonce, Challenge, Signature, State, MessageHex string }
	if json.Unmarshal(text, &members) != nil {
		return
	}
	for what, value := range map[string]string{
		"a nonce": members.Nonce, "a challenge": members.Challenge, "a signature": members.Signature, "a state": members.State,
		"a text to sign": members.MessageHex, // which has the nonce in it
	} {
		secrets.add(what, value)
		if b := decoded(value); len(b) >= 16 {
			secrets.addBytes(what, b)
		}
	}
}

// decoded are the bytes of a value: hex, which is what Ethereum and Stellar have
// nonces in and Ethereum signatures, with 0x, or base64.
func decoded(value string) []byte {
	if b, err := hex.DecodeString(strings.TrimPrefix(value, "0x")); err == nil {
		return b
	}
	b, _ := base64.StdEncoding.DecodeString(value)
	return b
}
