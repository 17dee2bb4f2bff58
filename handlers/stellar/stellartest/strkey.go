package stellartest

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"errors"
)

// strkey is a key as SEP-23 writes it. The payload is the XDR of the key.
type strkey struct {
	version byte
	payload []byte
}

const (
	versionG = 6 << 3
	versionT = 19 << 3
	versionX = 23 << 3
	versionP = 15 << 3
)

// kinds are the keys that can be signers: what Horizon calls them, and their
// discriminant in XDR.
var kinds = map[byte]struct {
	horizon string
	xdr     uint32
}{
	versionG: {"ed25519_public_key", 0},
	versionT: {"preauth_tx", 1},
	versionX: {"sha256_hash", 2},
	versionP: {"ed25519_signed_payload", 3},
}

var (
	base32Encoding = base32.StdEncoding.WithPadding(base32.NoPadding)
	errStrkey      = errors.New("not a strkey")
)

func decodeStrkey(s string) (strkey, error) {
	if len(s) > 200 {
		return strkey{}, errStrkey
	}
	raw, err := base32Encoding.DecodeString(s)
	if err != nil || len(raw) < 3 {
		return strkey{}, errStrkey
	}
	k := strkey{raw[0], raw[1 : len(raw)-2]}
	if encodeStrkey(k.version, k.payload) != s || !k.validLength() {
		return strkey{}, errStrkey
	}
	return k, nil
}

// validLength reports whether the payload is a key of 32 bytes, and for a signed
// payload the payload behind it: its length, up to 64 bytes, and zeros up to a
// multiple of 4.
func (k strkey) validLength() bool {
	if k.version != versionP {
		return len(k.payload) == 32
	}
	if len(k.payload) < 40 {
		return false
	}
	n := binary.BigEndian.Uint32(k.payload[32:36])
	padded := (uint64(n) + 3) / 4 * 4
	return n > 0 && n <= 64 && uint64(len(k.payload)) == 36+padded &&
		len(bytes.Trim(k.payload[36+n:], "\x00")) == 0
}

func encodeStrkey(version byte, payload []byte) string {
	raw := append([]byte{version}, payload...)
	return base32Encoding.EncodeToString(binary.LittleEndian.AppendUint16(raw, crc16(raw)))
}

// crc16 is CRC-16/XMODEM.
func crc16(data []byte) (sum uint16) {
	for _, b := range data {
		sum ^= uint16(b) << 8
		for range 8 {
			sum = sum<<1 ^ 0x1021*(sum>>15)
		}
	}
	return sum
}
