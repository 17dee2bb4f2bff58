// Package store keeps what a wallet sign-in must remember: sessions, the
// challenges that wallets are asked to sign, and rate-limit counters.
//
// # Backends
//
// A backend is one value that is a [Store]: three small interfaces,
// [Sessions], [Challenges] and [Limiter], each with its law in its doc comment
// and in package storetest, which runs against every backend. [Memory] is the
// one in the box, for a single process.
//
//	backend := store.NewMemory()
//
// # Sessions
//
// Sessions are those of github.com/alexedwards/scs/v2. [NewSessions] returns
// an *scs.SessionManager with safe settings; between it and the backend stands
// [Records], which hashes tokens, decides what may be overwritten, and turns a
// failing backend into a session that says "unknown" instead of a broken page:
//
//	sessions, err := store.NewSessions(backend, store.SessionsConfig{Origin: "https://my-app.example"})
//
// An application uses the manager as any scs user would: Put, Get, RenewToken.
// The signed-in account travels beside the application's values and is read
// with [Current]. Two things differ from stock scs, both on purpose:
//
//   - A request that loaded its session before a logout and ends after it does
//     not write the session back. Its answer goes out, without a cookie.
//   - RenewToken, and Destroy, fail with [ErrGone] when a logout got there first.
//
// MergeSession and Iterate are not for these sessions: tokens are stored
// hashed, and what belongs to an account is found by the account's index.
//
// # Ending sessions
//
// [List] is what an account sees of its sessions. [Revoke] ends one of them,
// [RevokeAll] and [RevokeOthers] all or the others, [RevokeKey] those that one
// key opened, and [RevokeEverybody] all of the site. They hold on every
// instance from the next request on, the last one within a second. An account
// has SessionsConfig.Max sessions at the most.
//
// # A site that has used scs before
//
// SessionsConfig.Adopt reaches the sessions that scs's own codec wrote, so
// that nobody is signed out of what the application keeps in them.
//
// # Realms
//
// Every [Key] begins with the [Realm] of the site's origin, so that two sites
// on one backend see nothing of each other.
package store

import (
	"context"
	"errors"
	"time"
)

// Errors of this package. A backend wraps ErrUnavailable (or returns any other
// error) when it cannot tell; ErrGone and ErrExists are definite answers.
var (
	// ErrGone means that there is no such record, or no longer.
	ErrGone = errors.New("store: no such record")
	// ErrExists means that a record lies there already.
	ErrExists = errors.New("store: record exists already")
	// ErrUnavailable means that the backend could not be asked.
	ErrUnavailable = errors.New("store: unavailable")
)

// Store is a complete backend.
type Store interface {
	Sessions
	Challenges
	Limiter
}

// Warner is a Store that knows what is wrong with its own set-up, although it
// works. handlers.New asks once and logs each warning.
type Warner interface {
	// Warnings returns a sentence for each thing, also that it could not ask.
	Warnings(ctx context.Context) []string
}

// Key names one record of one realm. It is made by this kit from a hash of the
// secret that leads to the record, never from the secret itself.
type Key struct {
	Realm Realm
	Hash  [32]byte
}

// Realm separates the sites that share a backend: the first bytes of a hash of
// the site's origin. See [Origin.Realm].
type Realm [8]byte

// Sessions keeps session records, and for each account the index of its
// sessions. Records are opaque bytes; a backend neither reads nor changes
// them except as told by TouchSession.
//
// All methods are safe for concurrent use and atomic by themselves. A record
// is never returned, updated or touched after its expiry. A returned record is
// not modified by anyone: not by the backend and not by the caller. Errors
// other than ErrGone and ErrExists mean that the answer is not known.
type Sessions interface {
	// FindSession returns the record, or ErrGone.
	FindSession(ctx context.Context, key Key) (record []byte, err error)

	// CreateSession writes a record where none is; otherwise ErrExists.
	CreateSession(ctx context.Context, key Key, record []byte, expires time.Time) error

	// UpdateSession replaces a record that is there, and its expiry; otherwise
	// ErrGone. It never creates: this is what keeps a logout done.
	UpdateSession(ctx context.Context, key Key, record []byte, expires time.Time) error

	// TouchSession overwrites the bytes of a record that is there from offset
	// on with patch, and sets its expiry; otherwise ErrGone. The rest of the
	// record, which another request may just be replacing, stays as it is.
	// The patch lies within the record.
	TouchSession(ctx context.Context, key Key, offset int, patch []byte, expires time.Time) error

	// DeleteSession removes a record and returns what it was, or ErrGone.
	// Of several callers at once, one gets the record.
	DeleteSession(ctx context.Context, key Key) (record []byte, err error)

	// IndexSession notes that a session belongs to an owner, until expires,
	// and returns how many notes the owner then has that have not expired.
	// It is called after the record was created: a process that dies in
	// between leaves a record whose token nobody holds. Noting the same
	// session again is no error.
	IndexSession(ctx context.Context, owner, session Key, expires time.Time) (count int, err error)

	// UnindexSession takes the note back. No error if there was none. It is
	// called after the record was deleted.
	UnindexSession(ctx context.Context, owner, session Key) error

	// IndexedSessions returns the sessions noted for an owner whose notes have
	// not expired, the one that expires first coming first. The record of
	// some may be gone already.
	IndexedSessions(ctx context.Context, owner Key) ([]Key, error)
}

// Challenges keeps challenges until they are redeemed. All methods are safe
// for concurrent use. Errors other than ErrGone mean that the answer is not
// known.
type Challenges interface {
	// PutChallenge stores a challenge until expires. The client is the network
	// prefix that asked for it, and only bounds what one client can make the
	// backend hold: whoever asks for too many loses the oldest of its own.
	PutChallenge(ctx context.Context, key Key, client string, record []byte, expires time.Time) error

	// GetChallenge returns the record and leaves it where it is, or ErrGone.
	GetChallenge(ctx context.Context, key Key) (record []byte, err error)

	// TakeChallenge removes and returns the record, or ErrGone. Of any number
	// of callers at once exactly one gets it: this decides single use.
	TakeChallenge(ctx context.Context, key Key) (record []byte, err error)
}

// Rate is a limit: Burst requests at once, and one more after each Every.
type Rate struct {
	Every time.Duration
	Burst int
}

// Limit is a rate for one key.
type Limit struct {
	Key  Key
	Rate Rate
}

// Limiter counts requests by the generic cell rate algorithm (GCRA). It is
// safe for concurrent use.
type Limiter interface {
	// Allow counts one request against every limit. It returns 0 if the
	// request is within all of them, and otherwise, without counting it
	// against any, how long to wait before the next one would be: the longest
	// of the waits. All of it is one atomic step. The keys are different ones
	// of one realm.
	Allow(ctx context.Context, limits ...Limit) (wait time.Duration, err error)
}
