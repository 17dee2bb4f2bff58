package nearrpc

import (
	"errors"

	"github.com/nearauth/nearauth/nearrpc/quorum"
)

var (
	// ErrKeyNotFound is a definite no: the account does not have the key.
	// Nodes up to nearcore 2.13 say so of accounts that do not exist, too.
	ErrKeyNotFound = errors.New("nearrpc: the account does not have this key")

	// ErrAccountNotFound is a definite no: the account does not exist. It
	// also is ErrKeyNotFound by errors.Is.
	ErrAccountNotFound error = accountNotFound{}

	// ErrNotFullAccess is a definite no: the account has the key, but only
	// for calling functions.
	ErrNotFullAccess = errors.New("nearrpc: the key is not a full-access key")

	// ErrUnavailable means that it cannot be known now. See UnavailableError.
	ErrUnavailable = quorum.ErrUnavailable

	// ErrInvalidArgument means that the account id or the key could not be
	// asked about, and nothing was asked: empty, too long, not UTF-8, or
	// with a control character in it.
	ErrInvalidArgument = errors.New("nearrpc: not an account id or public key")
)

type accountNotFound struct{}

func (accountNotFound) Error() string        { return "nearrpc: the account does not exist" }
func (accountNotFound) Is(target error) bool { return target == ErrKeyNotFound }

// UnavailableError is the ErrUnavailable that FullAccess returns.
type UnavailableError = quorum.UnavailableError
