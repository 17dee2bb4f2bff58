package nep413

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"
	"unicode/utf8"
)

// encode is Borsh by hand: the oracle for borsh-go.
func encode(p Payload) []byte {
	text := func(b []byte, s string) []byte {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
		return append(b, s...)
	}
	b := binary.LittleEndian.AppendUint32(nil, 2147484061)
	b = text(b, p.Message)
	b = append(b, p.Nonce[:]...)
	b = text(b, p.Recipient)
	if p.CallbackURL == nil {
		return append(b, 0)
	}
	return text(append(b, 1), *p.CallbackURL)
}

func TestPreimage(t *testing.T) {
	t.Parallel()
	withPreimage := 0
	for _, v := range append(loadCollected(t), loadGenerated(t)...) {
		got, err := v.payload(t).preimage()
		if err != nil {
			t.Errorf("%s: %v", v.ID, err)
		}
		if want := encode(v.payload(t)); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, by hand %x", v.ID, got, want)
		}
		if v.PreimageHex != "" {
			withPreimage++
			if hex.EncodeToString(got) != v.PreimageHex {
				t.Errorf("%s: %x, published %s", v.ID, got, v.PreimageHex)
			}
		}
	}
	if withPreimage != 71 {
		t.Errorf("%d vectors with a preimage", withPreimage)
	}
}

// A payload with an empty callback URL is not one without.
func TestCallbackEmptyIsNotNone(t *testing.T) {
	t.Parallel()
	none, _ := Payload{}.preimage()
	empty, _ := Payload{CallbackURL: new("")}.preimage()
	if !bytes.HasSuffix(none, []byte{0}) || !bytes.Equal(empty, slices.Concat(none[:len(none)-1], []byte{1, 0, 0, 0, 0})) {
		t.Errorf("none %x, empty %x", none, empty)
	}
}

func TestPayloadUTF8(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"\xff", "ok\x80", "\xed\xa0\x80" /* lone surrogate */, "\xc0\x80"} {
		for name, p := range map[string]Payload{
			"message":   {Message: bad},
			"recipient": {Recipient: bad},
			"callback":  {CallbackURL: &bad},
		} {
			if h, err := p.Hash(); h != [32]byte{} {
				t.Errorf("%s %q: a hash", name, bad)
			} else {
				wantErr(t, err, ErrPayload)
			}
		}
	}
	for _, good := range []string{"", "\x00", "\ufffd", "\ufeffbom", "é", "e\u0301", "\U0010ffff", "a\r\nb"} {
		_, err := Payload{good, [32]byte{}, good, &good}.Hash()
		wantErr(t, err, nil)
	}
}

func FuzzPayload(f *testing.F) {
	for _, v := range append(loadCollected(f), loadGenerated(f)...) {
		p := v.payload(f)
		url := ""
		if p.CallbackURL != nil {
			url = *p.CallbackURL
		}
		f.Add(p.Message, p.Nonce[:], p.Recipient, url, p.CallbackURL != nil)
	}
	f.Fuzz(func(t *testing.T, message string, nonce []byte, recipient, url string, some bool) {
		p := Payload{Message: message, Recipient: recipient}
		copy(p.Nonce[:], nonce)
		if some {
			p.CallbackURL = &url
		}
		got, err := p.Hash()
		if valid := utf8.ValidString(message) && utf8.ValidString(recipient) && (!some || utf8.ValidString(url)); !valid {
			wantErr(t, err, ErrPayload)
			return
		}
		if err != nil || got != sha256.Sum256(encode(p)) {
			t.Errorf("%x, %v", got, err)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	p := loadCollected(b)[0].payload(b)
	b.ReportAllocs()
	for b.Loop() {
		p.Hash()
	}
}
