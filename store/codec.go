package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Codec is the scs.Codec of the kit's managers. Decoding by encoding/gob, the
// default of scs, is nine tenths of what a signed-in request costs; this codec
// writes the account in a fixed order, the application's values of common
// types with a tag, and only the rest by gob (whose types must be registered,
// as with scs).
//
// Layout of a record, version 3; integers are big-endian, times are
// milliseconds since 1970, lengths are uvarints:
//
//	 0      version, 3
//	 1..17  beginning of the hash that the record lies under
//	17..25  deadline
//	25..33  last seen     (overwritten in place by a touch)
//	33..41  last checked  (overwritten in place by a touch)
//	41..49  signed in at; 0 if nobody is
//	49..57  epoch of the realm at the sign-in
//	57      chain, account id, public key, evidence, IP, user agent: each a
//	        length and bytes
//	        count of values, and for each: key, tag, length, bytes
//
// A Codec has no state; its methods are safe for concurrent use.
type Codec struct{}

const (
	recordVersion = 3
	recordLost    = 0xff // never stored: see Records.FindCtx
	recordEnded   = 0xfe // never stored: it has been ended, but is still there

	offUnder    = 1
	offDeadline = 17
	offSeen     = 25
	offChecked  = 33
	offSignedIn = 41
	offEpoch    = 49
	headerSize  = 57
)

// sessionKey is where the *Session stands among the values of an scs session.
const sessionKey = "nearauth"

var errRecord = errors.New("store: unreadable session record")

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
		return nil, fmt.Errorf("store: session cannot be written: %w", session.lost)
	}
	// RenewToken gives scs a new deadline. The end of a sign-in does not move.
	if session.Account.ID != "" && session.Until.Before(deadline) {
		deadline = session.Until
	}
	b := make([]byte, headerSize, 256)
	b[0] = recordVersion
	liesUnder := session.lineage()
	copy(b[offUnder:], liesUnder[:])
	putTime(b[offDeadline:], deadline)
	putTime(b[offSeen:], session.SeenAt)
	putTime(b[offChecked:], session.CheckedAt)
	putTime(b[offSignedIn:], session.SignedInAt)
	copy(b[offEpoch:], session.epoch[:])
	for _, text := range session.accountTexts() {
		b = appendString(b, *text)
	}
	if session.client == nil { // nobody has signed in
		session.client = Client{}.remember()
	}
	b = append(b, session.client...)

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
	session.written = (*lineage)(b[offUnder:])
	return b, nil
}

// Decode implements scs.Codec. [Records] hands on only records that decode, so
// that a bad one is no session rather than an error on every page.
func (Codec) Decode(b []byte) (time.Time, map[string]any, error) {
	if len(b) > 0 && (b[0] == recordLost || b[0] == recordEnded) {
		lost := &Session{lost: ErrGone}
		if b[0] == recordLost {
			lost.lost = fmt.Errorf("%w: %s", ErrUnavailable, b[1:])
		}
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
	for range textCount {
		r.bytes()
	}
	for range r.count() {
		key, tag, payload := r.value()
		if r.bad || !payloadFits(tag, payload) || string(key) == sessionKey {
			return false
		}
	}
	return !r.bad && len(r.b) == 0
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
		epoch:      epoch(b[offEpoch:headerSize]),
	}
	r := reader{b: b[headerSize:]}
	var lengths, ends [accountTexts]int
	for i := range ends {
		lengths[i] = len(r.bytes())
		ends[i] = len(b) - len(r.b)
	}
	client := r.b
	for range textCount - accountTexts {
		r.bytes()
	}
	if r.bad {
		return reader{}, nil, errRecord
	}
	s.client = client[:len(client)-len(r.b)]
	// One string for all but the evidence, which is long where there is any:
	// every signed-in request comes by here, and what keeps an id keeps it all.
	all := string(b[headerSize:ends[accountTexts-2]])
	texts := s.accountTexts()
	for i, text := range texts[:accountTexts-1] {
		*text = all[ends[i]-headerSize-lengths[i] : ends[i]-headerSize]
	}
	last := accountTexts - 1
	s.Account.Evidence = string(b[ends[last]-lengths[last] : ends[last]])
	return r, s, nil
}

// A record has the texts of the account, and then those of the client, which
// nobody asks for on a request and which are therefore left as they are.
const accountTexts, textCount = 4, 6

func (s *Session) accountTexts() [accountTexts]*string {
	return [...]*string{&s.Account.Chain, &s.Account.ID, &s.Account.PublicKey, &s.Account.Evidence}
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
