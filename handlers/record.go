package handlers

import (
	"encoding/binary"
	"errors"
	"time"
)

// A challenge is stored with the message and recipient it was issued with, so
// that a change of configuration does not spoil the ones that wallets are
// looking at. It is stored without its nonce: whoever redeems it brings that. A
// text that is signed on Ethereum or Stellar has the nonce in it, which opens
// nothing without the browser's half of the key.
//
// Layout, version 1: a version byte; issued and expires, milliseconds since
// 1970 as big-endian integers; then chain, account id, message, recipient,
// callback URL and state, each with a uvarint length before it.
const challengeVersion = 1

var errChallengeRecord = errors.New("handlers: unreadable challenge record")

func (c *Challenge) fields() []*string {
	return []*string{&c.Chain, &c.AccountID, &c.Message, &c.Recipient, &c.CallbackURL, &c.State}
}

func encodeChallenge(c *Challenge) []byte {
	b := make([]byte, 0, 256)
	b = append(b, challengeVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(c.IssuedAt.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(c.ExpiresAt.UnixMilli()))
	for _, s := range c.fields() {
		b = binary.AppendUvarint(b, uint64(len(*s)))
		b = append(b, *s...)
	}
	return b
}

func decodeChallenge(b []byte) (*Challenge, error) {
	if len(b) < 17 || b[0] != challengeVersion {
		return nil, errChallengeRecord
	}
	c := new(Challenge)
	c.IssuedAt = time.UnixMilli(int64(binary.BigEndian.Uint64(b[1:]))).UTC()
	c.ExpiresAt = time.UnixMilli(int64(binary.BigEndian.Uint64(b[9:]))).UTC()
	b = b[17:]
	for _, s := range c.fields() {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return nil, errChallengeRecord
		}
		*s, b = string(b[size:size+int(n)]), b[size+int(n):]
	}
	if len(b) != 0 {
		return nil, errChallengeRecord
	}
	return c, nil
}
