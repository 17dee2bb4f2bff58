package store

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Codec is the scs.Codec of the kit's managers. Decoding by encoding/gob, the
// default of scs, is nine tenths of what a signed-in request costs; this codec
// writes the account in a fixed order, the application's values of common
// types with a tag, and only the rest by gob (whose types must be registered,
// as with scs).
//
// Layout of a record, version 1; integers are big-endian, times are
// milliseconds since 1970, lengths are uvarints:
//
//	 0      version, 1
//	 1..17  beginning of the hash that the record lies under
//	17..25  deadline
//	25..33  last seen     (overwritten in place by a touch)
//	33..41  last checked  (overwritten in place by a touch)
//	41..49  signed in at; 0 if nobody is
//	49      chain, account id, public key: each a length and bytes
//	        count of values, and for each: key, tag, length, bytes
//
// A Codec has no state; its methods are safe for concurrent use.
type Codec struct{}

const (
	recordVersion = 1
	recordLost    = 0xff // never stored: see Records.FindCtx

	offUnder    = 1
	offDeadline = 17
	offSeen     = 25
	offChecked  = 33
	offSignedIn = 41
	headerSize  = 49
)

// Tags of application values. A number is never used for another type.
const (
	tagString = iota + 1
	tagBool
	tagInt
	tagInt64
	tagFloat64
	tagBytes
	tagTime
	tagGob
	tagNil
)

// sessionKey is where the *Session stands among the values of an scs session.
const sessionKey = "nearauth"

var errRecord = errors.New("store: unreadable session record")

// opaque is a gob value whose type this process does not know (yet): it is
// written back as it came, so that a rolling deploy loses nothing.
type opaque []byte

var _ scs.Codec = Codec{}

// Encode implements scs.Codec. It refuses a session whose record could not be
// read, with an error that is ErrUnavailable: writing it would replace values
// that nobody has seen.
func (Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	session, _ := values[sessionKey].(*Session)
	if session == nil {
		session = &Session{}
		values[sessionKey] = session
	}
	if session.lost != nil {
		return nil, fmt.Errorf("store: session was never read: %w", session.lost)
	}
	// RenewToken gives scs a new deadline. The end of a sign-in does not move.
	if session.Account.ID != "" && session.Until.Before(deadline) {
		deadline = session.Until
	}
	b := make([]byte, headerSize, 256)
	b[0] = recordVersion
	lineage := session.lineage()
	copy(b[offUnder:], lineage[:])
	putTime(b[offDeadline:], deadline)
	putTime(b[offSeen:], session.SeenAt)
	putTime(b[offChecked:], session.CheckedAt)
	putTime(b[offSignedIn:], session.SignedInAt)
	b = appendString(b, session.Account.Chain)
	b = appendString(b, session.Account.ID)
	b = appendString(b, session.Account.PublicKey)

	b = binary.AppendUvarint(b, uint64(len(values)-1)) // without ours
	for key, value := range values {
		if key == sessionKey {
			continue
		}
		tag, payload, err := encodeValue(value)
		if err != nil {
			return nil, fmt.Errorf("store: session value %q: %w", key, err)
		}
		b = append(appendString(b, key), tag)
		b = appendString(b, payload)
	}
	session.written = b
	return b, nil
}

func encodeValue(value any) (tag byte, payload []byte, err error) {
	switch v := value.(type) {
	case nil:
		return tagNil, nil, nil
	case string:
		return tagString, []byte(v), nil
	case bool:
		if v {
			return tagBool, []byte{1}, nil
		}
		return tagBool, []byte{0}, nil
	case int:
		return tagInt, binary.BigEndian.AppendUint64(nil, uint64(v)), nil
	case int64:
		return tagInt64, binary.BigEndian.AppendUint64(nil, uint64(v)), nil
	case float64:
		return tagFloat64, binary.BigEndian.AppendUint64(nil, math.Float64bits(v)), nil
	case []byte:
		return tagBytes, v, nil
	case time.Time:
		payload, err = v.MarshalBinary()
		return tagTime, payload, err
	case opaque:
		return tagGob, v, nil
	}
	var buf bytes.Buffer
	err = gob.NewEncoder(&buf).Encode(&value)
	return tagGob, buf.Bytes(), err
}

// Decode implements scs.Codec. [Records] hands on only records that decode, so
// that a bad one is no session rather than an error on every page.
func (Codec) Decode(b []byte) (time.Time, map[string]any, error) {
	if len(b) > 0 && b[0] == recordLost {
		lost := &Session{lost: fmt.Errorf("%w: %s", ErrUnavailable, b[1:])}
		// The deadline only matters for a commit, which Encode refuses.
		return time.Now().Add(time.Hour), map[string]any{sessionKey: lost}, nil
	}
	values := make(map[string]any)
	r, session, err := decodeHeader(b)
	if err != nil {
		return time.Time{}, nil, err
	}
	values[sessionKey] = session
	for range r.count() {
		key, tag, payload := r.value()
		if r.bad {
			break
		}
		if values[string(key)], err = decodeValue(tag, payload); err != nil {
			return time.Time{}, nil, err
		}
	}
	if r.bad || len(r.b) != 0 {
		return time.Time{}, nil, errRecord
	}
	return session.Until, values, nil
}

// wellFormed reports whether Decode will succeed, without building anything.
func wellFormed(b []byte) bool {
	if len(b) < headerSize || b[0] != recordVersion {
		return false
	}
	r := reader{b: b[headerSize:]}
	r.bytes()
	r.bytes()
	r.bytes()
	for range r.count() {
		key, tag, payload := r.value()
		if r.bad || !payloadFits(tag, payload) || string(key) == sessionKey {
			return false
		}
	}
	return !r.bad && len(r.b) == 0
}

func payloadFits(tag byte, payload []byte) bool {
	switch tag {
	case tagString, tagBytes, tagGob:
		return true
	case tagBool:
		return len(payload) == 1 && payload[0] <= 1
	case tagNil:
		return len(payload) == 0
	case tagInt, tagInt64, tagFloat64:
		return len(payload) == 8
	case tagTime:
		return new(time.Time).UnmarshalBinary(payload) == nil
	}
	return false
}

// decodeHeader reads what stands before the application's values.
func decodeHeader(b []byte) (reader, *Session, error) {
	if len(b) < headerSize || b[0] != recordVersion {
		return reader{}, nil, errRecord
	}
	s := &Session{
		Until:      getTime(b[offDeadline:]),
		SeenAt:     getTime(b[offSeen:]),
		CheckedAt:  getTime(b[offChecked:]),
		SignedInAt: getTime(b[offSignedIn:]),
		under:      lineage(b[offUnder:offDeadline]),
	}
	r := reader{b: b[headerSize:]}
	s.Account.Chain = string(r.bytes())
	s.Account.ID = string(r.bytes())
	s.Account.PublicKey = string(r.bytes())
	if r.bad {
		return reader{}, nil, errRecord
	}
	return r, s, nil
}

func decodeValue(tag byte, payload []byte) (any, error) {
	if !payloadFits(tag, payload) {
		return nil, errRecord
	}
	switch tag {
	case tagNil:
		return nil, nil
	case tagString:
		return string(payload), nil
	case tagBool:
		return payload[0] == 1, nil
	case tagInt:
		return int(binary.BigEndian.Uint64(payload)), nil
	case tagInt64:
		return int64(binary.BigEndian.Uint64(payload)), nil
	case tagFloat64:
		return math.Float64frombits(binary.BigEndian.Uint64(payload)), nil
	case tagBytes:
		return bytes.Clone(payload), nil
	case tagTime:
		var t time.Time
		err := t.UnmarshalBinary(payload)
		return t, err
	}
	var v any
	if err := gob.NewDecoder(bytes.NewReader(payload)).Decode(&v); err != nil || v == nil {
		return opaque(bytes.Clone(payload)), nil
	}
	return v, nil
}

// reader reads length-prefixed bytes. After a length that does not fit it is
// bad, and returns nothing more: lengths are never trusted before that check.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) count() uint64 {
	n, size := binary.Uvarint(r.b)
	// A value takes three bytes at least, so a larger count is a lie.
	if size <= 0 || n > uint64(len(r.b)-size)/3 {
		r.bad = true
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) bytes() []byte {
	n, size := binary.Uvarint(r.b)
	if r.bad || size <= 0 || n > uint64(len(r.b)-size) {
		r.bad = true
		return nil
	}
	out := r.b[size : size+int(n)]
	r.b = r.b[size+int(n):]
	return out
}

func (r *reader) value() (key []byte, tag byte, payload []byte) {
	key = r.bytes()
	if r.bad || len(r.b) == 0 {
		r.bad = true
		return nil, 0, nil
	}
	tag, r.b = r.b[0], r.b[1:]
	return key, tag, r.bytes()
}

func appendString[S string | []byte](b []byte, s S) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// putTime and getTime keep the zero time zero.
func putTime(b []byte, t time.Time) {
	var ms int64
	if !t.IsZero() {
		ms = t.UnixMilli()
	}
	binary.BigEndian.PutUint64(b, uint64(ms))
}

func getTime(b []byte) time.Time {
	ms := int64(binary.BigEndian.Uint64(b))
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
