package stellar

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/nearauth/nearauth/handlers/sep53"
)

// accountEntry is what an account says of who may act for it.
type accountEntry struct {
	thresholds [3]uint8                // by Level
	weights    map[sep53.Address]uint8 // of ed25519 keys, the master key included
}

// maxSigners is how many an account can have, beside its master key.
const maxSigners = 20

var errEntry = errors.New("not an account entry")

// add notes the weight of a key. One key has one weight: of two, each reader
// could take another.
func (e *accountEntry) add(key sep53.Address, weight uint8) bool {
	if _, twice := e.weights[key]; twice {
		return false
	}
	e.weights[key] = weight
	return true
}

// Discriminants of Stellar's XDR (Stellar-ledger-entries.x, Stellar-types.x).
const (
	ledgerEntryAccount = 0
	publicKeyEd25519   = 0
	signerEd25519      = 0
	signerPreAuthTx    = 1
	signerHashX        = 2
	signerPayload      = 3
)

// ledgerKey is the XDR of the LedgerKey of an account: the type of the entry,
// the type of the key, the key.
func ledgerKey(id sep53.Address) []byte {
	key := id.Key()
	return append([]byte{0, 0, 0, ledgerEntryAccount, 0, 0, 0, publicKeyEd25519}, key[:]...)
}

// parseEntry reads the base64 of the XDR of a LedgerEntryData that must be the
// account of id, as far as it says who may sign:
//
//	AccountID accountID; int64 balance; SequenceNumber seqNum;
//	uint32 numSubEntries; AccountID* inflationDest; uint32 flags;
//	string32 homeDomain; Thresholds thresholds; Signer signers<20>; ext
//
// The extension at the end is not read: new versions of the protocol change it.
func parseEntry(text string, id sep53.Address) (*accountEntry, error) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(data)%4 != 0 {
		return nil, errEntry
	}
	r := &reader{data: data}
	if !slices.Equal(r.take(40), ledgerKey(id)) {
		return nil, errors.New("the entry is not the one of the account")
	}
	r.take(8 + 8 + 4) // balance, seqNum, numSubEntries
	switch r.uint32() {
	case 0:
	case 1:
		r.publicKey() // inflationDest
	default:
		r.fail()
	}
	r.take(4)      // flags
	r.opaque(32)   // homeDomain
	t := r.take(4) // weight of master, low, medium, high
	entry := &accountEntry{thresholds: [3]uint8{Low: t[1], Medium: t[2], High: t[3]}, weights: map[sep53.Address]uint8{id: t[0]}}
	n := r.uint32()
	if n > maxSigners {
		return nil, errEntry
	}
	for range n {
		r.signer(entry)
	}
	r.take(4) // of the extension: it must be there
	if r.failed {
		return nil, errEntry
	}
	return entry, nil
}

// signer reads a signer and its weight. Hashes and pre-authorised transactions
// sign no messages, and neither does a key that nothing can be verified with.
func (r *reader) signer(entry *accountEntry) {
	kind := r.uint32()
	raw := r.take(32)
	switch kind {
	case signerEd25519, signerPreAuthTx, signerHashX:
	case signerPayload:
		r.opaque(64)
	default:
		r.fail()
	}
	weight := r.uint32()
	if weight > 255 {
		r.fail()
	}
	if r.failed || kind != signerEd25519 {
		return
	}
	if key, err := sep53.AddressOf([32]byte(raw)); err == nil && !entry.add(key, uint8(weight)) {
		r.fail()
	}
}

// reader reads XDR (RFC 4506). Once it has failed, all it reads is zeros.
type reader struct {
	data   []byte
	failed bool
}

func (r *reader) fail() { r.failed = true }

// take returns the next n bytes, which are few.
func (r *reader) take(n int) []byte {
	if r.failed || len(r.data) < n {
		r.fail()
		return make([]byte, n)
	}
	taken := r.data[:n]
	r.data = r.data[n:]
	return taken
}

func (r *reader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

// publicKey skips a PublicKey.
func (r *reader) publicKey() {
	if r.uint32() != publicKeyEd25519 {
		r.fail()
	}
	r.take(32)
}

// opaque skips bytes of variable length, at most so many, and their padding.
func (r *reader) opaque(most uint32) {
	n := r.uint32()
	if n > most {
		r.fail()
		return
	}
	r.take(int(n))
	for range -n & 3 {
		if r.take(1)[0] != 0 {
			r.fail()
		}
	}
}
