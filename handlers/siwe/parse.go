package siwe

import (
	"fmt"
	"strings"
)

// Parse reads a message. It accepts exactly the texts that [Message.Text]
// writes. Errors wrap [ErrMessage].
func Parse(text string) (*Message, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrMessage, MaxText)
	}
	l := lines{text, true}
	m := &Message{}
	if problem := m.read(&l); problem != "" {
		return nil, fmt.Errorf("%w: %s", ErrMessage, problem)
	}
	if problem := m.check(); problem != "" {
		return nil, fmt.Errorf("%w: %s", ErrMessage, problem)
	}
	return m, nil
}

// read takes the text apart by its line breaks and labels, which say where each
// field is. What stands in the fields is for check.
func (m *Message) read(l *lines) (problem string) {
	first, _ := l.next()
	origin, ok := strings.CutSuffix(first, preamble)
	if !ok {
		return "the first line"
	}
	m.Domain = origin
	if scheme, domain, ok := strings.Cut(origin, "://"); ok {
		if scheme == "" {
			return "an empty scheme"
		}
		m.Scheme, m.Domain = scheme, domain
	}
	address, _ := l.next()
	var err error
	if m.Address, err = ParseChecksumAddress(address); err != nil {
		return "the address"
	}
	if !l.blank() {
		return "no empty line after the address"
	}
	if !l.startsWith("\n" + labelURI) {
		statement, _ := l.next()
		m.Statement = &statement
	}
	if !l.blank() {
		return "no empty line before the URI"
	}
	return m.readFields(l)
}

func (m *Message) readFields(l *lines) (problem string) {
	var version, issuedAt string
	for _, f := range []struct {
		label string
		value *string
	}{
		{labelURI, &m.URI}, {labelVersion, &version}, {labelChainID, &m.ChainID},
		{labelNonce, &m.Nonce}, {labelIssuedAt, &issuedAt},
	} {
		var ok bool
		if *f.value, ok = l.field(f.label); !ok {
			return "no line " + f.label
		}
	}
	if version != "1" {
		return "the version is not 1"
	}
	var err error
	if m.IssuedAt, err = ParseTime(issuedAt); err != nil {
		return labelIssuedAt + "no time"
	}
	return m.readOptional(l)
}

// readOptional reads what may be absent. A time that cannot be read is an error
// and not an absent one: an expiry nobody understands would otherwise be none.
func (m *Message) readOptional(l *lines) (problem string) {
	var err error
	if v, ok := l.field(labelExpires); ok {
		if m.ExpirationTime, err = ParseTime(v); err != nil {
			return labelExpires + "no time"
		}
	}
	if v, ok := l.field(labelNotBefore); ok {
		if m.NotBefore, err = ParseTime(v); err != nil {
			return labelNotBefore + "no time"
		}
	}
	if v, ok := l.field(labelRequestID); ok {
		m.RequestID = &v
	}
	if v, ok := l.field(labelResources); ok {
		if v != "" {
			return "text behind " + labelResources
		}
		m.Resources = l.resources()
	}
	if l.more {
		return "a line too many"
	}
	return ""
}

// lines reads a text line by line. A text that ends in a line break has an
// empty line behind it.
type lines struct {
	rest string
	more bool
}

func (l *lines) next() (line string, ok bool) {
	if !l.more {
		return "", false
	}
	line, l.rest, l.more = strings.Cut(l.rest, "\n")
	return line, true
}

func (l *lines) startsWith(prefix string) bool {
	return l.more && strings.HasPrefix(l.rest, prefix)
}

// blank takes the next line if it is empty.
func (l *lines) blank() bool {
	if !l.startsWith("\n") {
		return false
	}
	l.next()
	return true
}

// field takes the next line if it has the label, and returns what follows it.
func (l *lines) field(label string) (value string, ok bool) {
	if !l.startsWith(label) {
		return "", false
	}
	line, _ := l.next()
	return line[len(label):], true
}

func (l *lines) resources() []string {
	list := []string{}
	for {
		r, ok := l.field(labelResource)
		if !ok {
			return list
		}
		list = append(list, r)
	}
}
