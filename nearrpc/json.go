package nearrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// encoding/json is too forgiving for an answer that signs somebody in: of two
// members with one name the last wins, and "Permission" fills a field called
// permission. Two parsers on the way to us could so read two different
// answers. This file reads an answer in which no object, at any depth, says a
// thing twice, and looks names up exactly as spelled.

// maxDepth is far more than any answer has (a handful).
const maxDepth = 32

var (
	errNotJSON   = errors.New("not a JSON object")
	errDuplicate = errors.New("a JSON member occurs twice")
	errTooDeep   = errors.New("JSON nested too deeply")
)

// object is a JSON object, by folded name. A value is an object, array,
// string, json.Number, bool, nil for null, or misspelt.
type object map[string]member

type member struct {
	name  string
	value any
}

// array stands for any JSON array: nothing this package reads is in one.
type array struct{}

// misspelt is what get returns for a member whose name differs from the wanted
// one by upper and lower case only. It is there, so it is not absent, and no
// type assertion accepts it.
type misspelt struct{}

func (o object) get(name string) (value any, ok bool) {
	m, ok := o[fold(name)]
	if ok && m.name != name {
		return misspelt{}, true
	}
	return m.value, ok
}

// text returns the member if it is a string, and "" otherwise.
func (o object) text(name string) string {
	v, _ := o.get(name)
	s, _ := v.(string)
	return s
}

// is reports whether the member is true.
func (o object) is(name string) bool {
	v, _ := o.get(name)
	yes, _ := v.(bool)
	return yes
}

// sub returns the member if it is an object, and nil otherwise.
func (o object) sub(name string) object {
	v, _ := o.get(name)
	s, _ := v.(object)
	return s
}

// parseObject reads a body that is one JSON object and nothing else.
func parseObject(body []byte) (object, error) {
	// Valid refuses trailing data and the small grammatical errors that
	// Decoder.Token lets pass.
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errNotJSON
	}
	p := parser{json.NewDecoder(bytes.NewReader(body))}
	p.UseNumber() // a nonce is a u64, and 1e999 is not our concern
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	o, ok := value.(object)
	if !ok {
		return nil, errNotJSON
	}
	return o, nil
}

type parser struct{ *json.Decoder }

func (p parser) value(depth int) (any, error) {
	token, err := p.Token()
	if err != nil {
		return nil, errNotJSON
	}
	delim, nested := token.(json.Delim)
	if !nested {
		return token, nil
	}
	if depth == maxDepth {
		return nil, errTooDeep
	}
	if delim == '{' {
		return p.object(depth + 1)
	}
	return array{}, p.array(depth + 1)
}

func (p parser) object(depth int) (object, error) {
	o := object{}
	for p.More() {
		token, err := p.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, errNotJSON
		}
		if _, twice := o[fold(name)]; twice {
			return nil, errDuplicate
		}
		value, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		o[fold(name)] = member{name, value}
	}
	_, err := p.Token() // the closing brace
	return o, err
}

func (p parser) array(depth int) error {
	for p.More() {
		if _, err := p.value(depth); err != nil {
			return err
		}
	}
	_, err := p.Token()
	return err
}

// fold maps names that strings.EqualFold calls equal, and so encoding/json and
// others, to one string.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, name)
}
