package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
func parseObject(b []byte, known []string) (object, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("%w: invalid UTF-8", errJSON)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errJSON
	}
	o := make(object)
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, errJSON
		}
		key, _ := name.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errJSON
		}
		if _, twice := o[key]; twice || looksLike(key, known) {
			return nil, fmt.Errorf("%w: a member stands there twice, or almost", errJSON)
		}
		o[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errJSON
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows it", errJSON)
	}
	return o, nil
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
	var s string
	if err := json.Unmarshal(o[name], &s); err != nil {
		return "", fmt.Errorf("%w: %s is not a string", errJSON, name)
	}
	// What a lone surrogate escape is decoded to.
	if strings.ContainsRune(s, utf8.RuneError) {
		return "", fmt.Errorf("%w: %s is not text", errJSON, name)
	}
	return s, nil
}

// object returns a member that is an object, or nil.
func (o object) object(name string, known []string) (object, error) {
	if !o.has(name) {
		return nil, nil
	}
	return parseObject(o[name], known)
}
