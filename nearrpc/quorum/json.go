package quorum

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

// Far more than any answer has. An object of one member is seven bytes on the
// wire, and half a kilobyte in memory.
const (
	maxDepth  = 32
	maxValues = 1 << 15
)

var (
	errNotJSON   = errors.New("not a JSON object")
	errDuplicate = errors.New("a JSON member occurs twice")
	errTooDeep   = errors.New("JSON nested too deeply")
	errTooMany   = errors.New("JSON of too many values")
)

// Object is a JSON object in which no name stands twice, in whatever letter
// case, nor in anything below it. A value is an Object, []any for an array,
// string, json.Number, bool or nil for null. A nil Object has no members.
type Object map[string]member // by folded name

type member struct {
	name  string
	value any
}

// misspelt is what Get returns for a member whose name differs from the wanted
// one by upper and lower case only. It is there, so it is not absent, and no
// type assertion accepts it.
type misspelt struct{}

// Get returns the member of exactly that name. For one whose letter case differs
// ok is true and the value of a type that is none of JSON's.
func (o Object) Get(name string) (value any, ok bool) {
	m, ok := o[fold(name)]
	if ok && m.name != name {
		return misspelt{}, true
	}
	return m.value, ok
}

// Text returns the member if it is a string, and "" otherwise.
func (o Object) Text(name string) string {
	v, _ := o.Get(name)
	s, _ := v.(string)
	return s
}

// Is reports whether the member is true.
func (o Object) Is(name string) bool {
	v, _ := o.Get(name)
	yes, _ := v.(bool)
	return yes
}

// Sub returns the member if it is an object, and nil otherwise.
func (o Object) Sub(name string) Object {
	v, _ := o.Get(name)
	s, _ := v.(Object)
	return s
}

// List returns the member if it is an array, and nil otherwise.
func (o Object) List(name string) []any {
	v, _ := o.Get(name)
	l, _ := v.([]any)
	return l
}

// ParseObject reads a body that is one JSON object and nothing else, at most 32
// deep and of at most 32,768 values.
func ParseObject(body []byte) (Object, error) {
	// Valid refuses trailing data and the small grammatical errors that
	// Decoder.Token lets pass.
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errNotJSON
	}
	p := &parser{Decoder: json.NewDecoder(bytes.NewReader(body))}
	p.UseNumber() // a nonce is a u64, and 1e999 is not our concern
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	o, ok := value.(Object)
	if !ok {
		return nil, errNotJSON
	}
	return o, nil
}

type parser struct {
	*json.Decoder
	values int // read so far
}

func (p *parser) value(depth int) (any, error) {
	if p.values++; p.values > maxValues {
		return nil, errTooMany
	}
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
	return p.array(depth + 1)
}

func (p *parser) object(depth int) (Object, error) {
	o := Object{}
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

func (p *parser) array(depth int) ([]any, error) {
	list := []any{}
	for p.More() {
		value, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := p.Token() // the closing bracket
	return list, err
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
