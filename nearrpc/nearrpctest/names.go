package nearrpctest

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// The rule of near-account-id, between 2 and 64 bytes.
var accountIDs = regexp.MustCompile(`^(([a-z\d]+[-_])*[a-z\d]+\.)*([a-z\d]+[-_])*[a-z\d]+$`)

func checkAccountID(id string) error {
	if len(id) < 2 || len(id) > 64 || !accountIDs.MatchString(id) {
		return fmt.Errorf("invalid value: %q, the Account ID is invalid", id)
	}
	return nil
}

// keyLengths is what nearcore knows, in bytes after base58.
var keyLengths = map[string]int{"ed25519": 32, "secp256k1": 64, "ml-dsa-65": 1952}

// parseKey reads a key as nearcore does, the prefix in any case or missing,
// and returns it as nearcore writes it.
func parseKey(s string) (string, error) {
	kind, data, found := strings.Cut(s, ":")
	if !found {
		kind, data = "ed25519", s
	}
	kind = strings.ToLower(kind)
	length, known := keyLengths[kind]
	if !known {
		return "", fmt.Errorf("unknown key type '%s'", kind)
	}
	raw, err := decodeBase58(data, 2*length)
	if err != nil {
		return "", err
	}
	if len(raw) != length {
		return "", fmt.Errorf("invalid length %d of %s public key", len(raw), kind)
	}
	return kind + ":" + encodeBase58(raw), nil
}

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

var radix = big.NewInt(58)

func encodeBase58(raw []byte) string {
	var out []byte
	x, digit := new(big.Int).SetBytes(raw), new(big.Int)
	for x.Sign() > 0 {
		x.DivMod(x, radix, digit)
		out = append(out, alphabet[digit.Int64()])
	}
	for _, b := range raw {
		if b != 0 {
			break
		}
		out = append(out, alphabet[0])
	}
	slices.Reverse(out)
	return string(out)
}

// decodeBase58 refuses strings longer than limit, as its time grows with the
// square of the length.
func decodeBase58(s string, limit int) ([]byte, error) {
	if len(s) > limit {
		return nil, errors.New("base58 string too long")
	}
	x := new(big.Int)
	for _, r := range s {
		i := strings.IndexRune(alphabet, r)
		if i < 0 {
			return nil, fmt.Errorf("provided string contained invalid character %q", r)
		}
		x.Add(x.Mul(x, radix), big.NewInt(int64(i)))
	}
	zeros := len(s) - len(strings.TrimLeft(s, alphabet[:1]))
	return append(make([]byte, zeros), x.Bytes()...), nil
}
