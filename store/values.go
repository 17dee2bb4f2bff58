package store

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"math"
	"time"
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

// opaque is a gob value whose type this process does not know (yet): it is
// written back as it came, so that a rolling deploy loses nothing.
type opaque []byte

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
