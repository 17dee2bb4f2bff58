package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// conn is a keep-alive connection to a server, and all of HTTP/1.1 that the
// example's answers need. net/http's client costs several times what it costs
// the server to answer, and both share the machine. It dials when it is first
// used, and anew after an error.
type conn struct {
	addr string
	tcp  net.Conn
	in   *bufio.Reader
	used time.Time
	last response
}

const (
	// timeout is longer than anything the example does takes.
	timeout = 15 * time.Second
	// stale is how long a connection may have been idle and still be used. The
	// example closes them after a minute.
	stale = 30 * time.Second
	// maxBody is more than any answer of the example has.
	maxBody = 64 << 10
)

// response is an answer. What it holds is overwritten by the next one.
type response struct {
	status  int
	cookies [][]byte // name=value, of each Set-Cookie
	body    []byte
	closing bool // the server closes the connection behind it
}

var errResponse = errors.New("not an answer that can be read")

// do sends a request, which must be whole, and returns the answer.
func (c *conn) do(request []byte) (*response, error) {
	now := time.Now()
	if c.tcp != nil && now.Sub(c.used) > stale {
		c.close()
	}
	if c.tcp == nil {
		if err := c.dial(); err != nil {
			return nil, err
		}
	}
	c.used = now
	err := c.tcp.SetDeadline(now.Add(timeout))
	if err == nil {
		_, err = c.tcp.Write(request)
	}
	if err == nil {
		err = c.last.read(c.in)
	}
	if err != nil || c.last.closing {
		c.close()
	}
	return &c.last, err
}

func (c *conn) dial() (err error) {
	c.tcp, err = net.DialTimeout("tcp", c.addr, timeout)
	if err != nil {
		c.tcp = nil
		return err
	}
	if c.in == nil {
		c.in = bufio.NewReader(nil)
	}
	c.in.Reset(c.tcp)
	return nil
}

func (c *conn) close() {
	if c.tcp != nil {
		_ = c.tcp.Close()
		c.tcp = nil
	}
}

// read reads one answer. Chunked bodies, informational answers and headers over
// the reader's 4 KiB are not among what the example sends to these requests, and
// are errors.
func (r *response) read(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil && len(line) > 0 {
		return unexpected(err)
	}
	if err != nil {
		return err
	}
	if r.status, err = statusOf(line); err != nil {
		return err
	}
	r.cookies, r.body, r.closing = r.cookies[:0], r.body[:0], false
	length := -1
	for {
		line, err = in.ReadSlice('\n')
		if err != nil {
			return unexpected(err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if err := r.header(line, &length); err != nil {
			return err
		}
	}
	if r.status == 204 || r.status == 304 {
		length = 0
	}
	if length < 0 || length > maxBody {
		return fmt.Errorf("%w: a body of unknown length, or too long", errResponse)
	}
	r.body = append(r.body, make([]byte, length)...)
	_, err = io.ReadFull(in, r.body)
	return unexpected(err)
}

// header notes what matters of one header line.
func (r *response) header(line []byte, length *int) (err error) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return fmt.Errorf("%w: header %q", errResponse, line)
	}
	value = bytes.TrimSpace(value)
	switch {
	case is(name, "Content-Length"):
		*length, err = strconv.Atoi(string(value))
		if err != nil || *length < 0 {
			return fmt.Errorf("%w: Content-Length %q", errResponse, value)
		}
	case is(name, "Set-Cookie"):
		pair, _, _ := bytes.Cut(value, []byte(";"))
		r.cookies = append(r.cookies, bytes.Clone(pair)) // the line is the reader's
	case is(name, "Connection"):
		r.closing = bytes.EqualFold(value, []byte("close"))
	case is(name, "Transfer-Encoding"):
		return fmt.Errorf("%w: Transfer-Encoding %q", errResponse, value)
	}
	return nil
}

func is(name []byte, known string) bool {
	return len(name) == len(known) && bytes.EqualFold(name, []byte(known))
}

// statusOf reads "HTTP/1.1 200 OK".
func statusOf(line []byte) (int, error) {
	rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	if ok && len(rest) > 3 && (rest[3] == ' ' || rest[3] == '\r') {
		if n, err := strconv.Atoi(string(rest[:3])); err == nil && n >= 200 {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%w: status line %q", errResponse, line)
}

// unexpected is an end in the midst of an answer.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
