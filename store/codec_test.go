package store

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

func fullValues() map[string]any {
	at := time.UnixMilli(1_795_000_000_123).UTC()
	return map[string]any{
		sessionKey: &Session{
			Account:    Account{Chain: "near:mainnet", ID: "alice.near", PublicKey: "ed25519:8dcc", Evidence: "\x00hash"},
			SignedInAt: at, CheckedAt: at.Add(time.Second), SeenAt: at.Add(2 * time.Second), Until: at.Add(time.Hour),
			under: lineage{1, 2, 3}, epoch: epoch{4, 5}, client: Client{IP: "203.0.113.0/24", UserAgent: "Mozilla/5.0"}.remember(),
		},
		"s": "text", "i": -5, "i64": int64(6), "f": 2.5, "b": true, "bytes": []byte{0, 9},
		"t": at, "strings": []string{"a"}, "": "empty key", "nil": nil,
	}
}

func TestCodecRoundTrip(t *testing.T) {
	t.Parallel()
	values := fullValues()
	until := values[sessionKey].(*Session).Until
	b, err := Codec{}.Encode(until.Add(time.Hour), values)
	if err != nil {
		t.Fatal(err)
	}
	if !wellFormed(b) {
		t.Fatal("what Encode writes is not well formed")
	}
	deadline, got, err := Codec{}.Decode(b)
	if err != nil || !deadline.Equal(until) {
		t.Fatalf("deadline %v, want the end of the sign-in %v; error %v", deadline, until, err)
	}
	values[sessionKey].(*Session).written = nil
	if c := got[sessionKey].(*Session).Client(); c != (Client{IP: "203.0.113.0/24", UserAgent: "Mozilla/5.0"}) {
		t.Errorf("client %+v", c)
	}
	if !reflect.DeepEqual(got, values) {
		t.Errorf("got  %#v\nwant %#v", got, values)
	}
}

// The order of a record's texts is its layout, which other versions read.
func TestCodecLayout(t *testing.T) {
	t.Parallel()
	values := map[string]any{sessionKey: fullValues()[sessionKey]}
	b, err := Codec{}.Encode(time.Now().Add(time.Hour), values)
	if err != nil {
		t.Fatal(err)
	}
	const texts = "\x0cnear:mainnet" + "\x0aalice.near" + "\x0ced25519:8dcc" + "\x05\x00hash" + "\x0e203.0.113.0/24" + "\x0bMozilla/5.0" + "\x00"
	if b[0] != 3 || string(b[57:]) != texts {
		t.Errorf("version %d, texts %q", b[0], b[57:])
	}
}

// A type that this process does not know yet survives being written back.
func TestCodecKeepsUnknownTypes(t *testing.T) {
	t.Parallel()
	in := map[string]any{sessionKey: &Session{}, "later": opaque("gob of another version")}
	b, err := Codec{}.Encode(time.Now(), in)
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := Codec{}.Decode(b)
	if err != nil || !reflect.DeepEqual(got["later"], in["later"]) {
		t.Errorf("got %v, error %v", got["later"], err)
	}
	type unregistered struct{ X int }
	if _, err := (Codec{}).Encode(time.Now(), map[string]any{"k": unregistered{}}); err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("a type that gob does not know: error %v", err)
	}
}

func TestCodecRefusesToWriteOverTheUnknown(t *testing.T) {
	t.Parallel()
	_, values, err := Codec{}.Decode(append([]byte{recordLost}, "connection refused"...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = (Codec{}).Encode(time.Now(), values); !errors.Is(err, ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}

// No bytes make the codec panic, and it reads exactly what wellFormed allows.
func FuzzCodec(f *testing.F) {
	b, err := Codec{}.Encode(time.UnixMilli(1_795_000_000_000), fullValues())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:headerSize])
	f.Add([]byte{recordVersion})
	f.Add([]byte{recordLost, 'x'})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, values, err := Codec{}.Decode(b)
		if wellFormed(b) && err != nil {
			t.Fatalf("well formed, and not decoded: %v", err)
		}
		if err == nil && len(b) > 0 && b[0] != recordLost && !wellFormed(b) {
			// Only a value under the kit's own key may tell them apart.
			if _, ours := values[sessionKey].(*Session); ours {
				t.Fatal("decoded, and not well formed")
			}
		}
		if wellFormed(b) {
			again, err := Codec{}.Encode(time.Now(), values)
			if err != nil || !wellFormed(again) {
				t.Fatalf("not written back: %v", err)
			}
		}
	})
}
