package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// object is a JSON object whose members have not been looked into.
//
// encoding/json by itself matches names without regard to case, takes the last
// of two members of a name, and ignores what follows the value. Two readers of
// one request would then disagree about what it says, so all of that is
// refused here.
type object map[string]json.RawMessage

var errJSON = errors.New("not a JSON object as it should be")

// parseObject reads exactly one JSON object. Members whose names are neither
// known nor look like a known one are kept and ignored.
//
// That the bytes are JSON is left to encoding/json; what follows only has to
// find where the members of valid JSON begin and end.
func parseObject(b []byte, known []string) (object, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("%w: invalid UTF-8", errJSON)
	}
	if !json.Valid(b) {
		return nil, errJSON
	}
	i := skipSpace(b, 0)
	if i == len(b) || b[i] != '{' {
		return nil, errJSON
	}
	o := make(object)
	for i = skipSpace(b, i+1); b[i] != '}'; {
		end := skipValue(b, i)
		key, err := unquote(b[i:end])
		if err != nil {
			return nil, err
		}
		i = skipSpace(b, skipSpace(b, end)+1) // over the colon
		end = skipValue(b, i)
		if _, twice := o[key]; twice || looksLike(key, known) {
			return nil, fmt.Errorf("%w: a member stands there twice, or almost", errJSON)
		}
		o[key] = json.RawMessage(b[i:end])
		if i = skipSpace(b, end); b[i] == ',' {
			i = skipSpace(b, i+1)
		}
	}
	return o, nil
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the end of the value that begins at i, in valid JSON.
func skipValue(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + 1 + depth // without the bracket of what the value is in
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// unquote returns the text of a JSON string.
func unquote(quoted []byte) (s string, err error) {
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	if err := json.Unmarshal(quoted, &s); err != nil {
		return "", errJSON
	}
	return s, nil
}

// looksLike reports whether key differs from a known name only by case, also
// by Unicode's: the long s (U+017F) folds to s.
func looksLike(key string, known []string) bool {
	return !slices.Contains(known, key) &&
		slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, key) })
}

// has reports whether the member is there and not null.
func (o object) has(name string) bool {
	value, ok := o[name]
	return ok && string(value) != "null"
}

// text returns a member that is a string. One that is not there is "".
func (o object) text(name string) (string, error) {
	if !o.has(name) {
		return "", nil
	}
	if o[name][0] != '"' {
		return "", fmt.Errorf("%w: %s is not a string", errJSON, name)
	}
	s, err := unquote(o[name])
	if err != nil {
		return "", err
	}
	// What a lone surrogate escape is decoded to.
	if strings.ContainsRune(s, utf8.RuneError) {
		return "", fmt.Errorf("%w: %s is not text", errJSON, name)
	}
	return s, nil
}

func (o object) isText(name string) bool { return o.has(name) && o[name][0] == '"' }

// object returns a member that is an object, or nil.
func (o object) object(name string, known []string) (object, error) {
	if !o.has(name) {
		return nil, nil
	}
	return parseObject(o[name], known)
}
