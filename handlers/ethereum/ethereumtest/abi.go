package ethereumtest

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// decodeArguments reads some words and then bytes, as the contract ABI of
// Solidity has them. It is stricter than a contract: there is one encoding.
func decodeArguments(data []byte, words int) (static [][]byte, argument []byte, err error) {
	if len(data)%32 != 0 || len(data) < 32*(words+2) {
		return nil, nil, errABI
	}
	for i := range words {
		static = append(static, data[32*i:32*i+32])
	}
	offset, ok := integer(data[32*words:])
	if !ok || offset != 32*(words+1) {
		return nil, nil, errABI
	}
	argument, rest, err := takeBytes(data[offset:])
	if err != nil || len(rest) != 0 {
		return nil, nil, errABI
	}
	return static, argument, nil
}

// decode6492 reads a factory, the data to call it with, and a signature.
func decode6492(data []byte) (factory siwe.Address, calldata, signature []byte, err error) {
	if len(data) < 96 {
		return factory, nil, nil, errABI
	}
	first, ok := integer(data[32:])
	second, ok2 := integer(data[64:])
	if !ok || !ok2 || first > len(data) || second > len(data) {
		return factory, nil, nil, errABI
	}
	calldata, _, err = takeBytes(data[first:])
	if err == nil {
		signature, _, err = takeBytes(data[second:])
	}
	return siwe.Address(data[12:32]), calldata, signature, err
}

// takeBytes reads a length, so many bytes, and their padding.
func takeBytes(data []byte) (taken, rest []byte, err error) {
	n, ok := integer(data)
	if !ok || n > len(data)-32 {
		return nil, nil, errABI
	}
	end := 32 + (n+31)/32*32
	if end > len(data) || len(bytes.Trim(data[32+n:end], "\x00")) != 0 {
		return nil, nil, errABI
	}
	return data[32 : 32+n], data[end:], nil
}

// encode6492 is the opposite of decode6492, with the suffix.
func encode6492(factory siwe.Address, calldata, signature []byte) []byte {
	calldata, signature = withLength(calldata), withLength(signature)
	b := append(make([]byte, 12), factory[:]...)
	b = append(append(b, word(96)...), word(96+len(calldata))...)
	return append(append(append(b, calldata...), signature...), magic6492...)
}

// withLength is the opposite of takeBytes.
func withLength(b []byte) []byte {
	return append(append(word(len(b)), b...), make([]byte, -len(b)&31)...)
}

func word(n int) []byte { return binary.BigEndian.AppendUint64(make([]byte, 24, 32), uint64(n)) }

// integer reads a word.
func integer(data []byte) (int, bool) {
	if len(data) < 32 || !bytes.Equal(data[:24], make([]byte, 24)) {
		return 0, false
	}
	n := binary.BigEndian.Uint64(data[24:])
	return int(n), n <= math.MaxInt32
}
