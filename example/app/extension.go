package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/nearauth/nearauth/handlers/siwe"
)

// extension reports whether the pages have the demo extension: a script that is
// to them what a wallet's browser extension is. Only the demo has it, and only
// for the chains that it is for.
func (a *app) extension() bool { return a.settings.demo() && len(a.chains) > 1 }

func extensionRoutes(mux *http.ServeMux) {
	for _, name := range []string{"extension.js", "keys.js", "nep413.js", "sep53.js"} {
		mux.HandleFunc("GET /demo/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, walletFiles, "wallet/"+name)
		})
	}
	// Only pages of this site sign here.
	mux.Handle("POST /demo/ethereum", http.NewCrossOriginProtection().Handler(http.HandlerFunc(signEthereum)))
}

// signEthereum is POST /demo/ethereum: browsers have no secp256k1, so the demo
// extension has its Ethereum messages signed here. It answers with the address,
// and the signature of the message if there is one.
func signEthereum(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Secret  string // of this browser: who knows it has the accounts
		Account int
		Message string // in hex, as personal_sign has it
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<10)).Decode(&asked)
	if err == nil && len(asked.Secret) < 32 {
		err = errors.New("the secret is too short")
	}
	message, bad := hex.DecodeString(strings.TrimPrefix(asked.Message, "0x"))
	if err = errors.Join(err, bad); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	key := demoKey(asked.Secret, asked.Account)
	answer := map[string]string{"address": addressOf(key)}
	if len(message) > 0 {
		answer["signature"] = "0x" + hex.EncodeToString(personalSign(key, string(message)))
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer)
}

// demoKey is the key of an account: it follows from the secret, so that there is
// nothing to be kept.
func demoKey(secret string, account int) *secp256k1.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "nearauth demo %d %s", account, secret))
	return secp256k1.PrivKeyFromBytes(seed[:])
}

func addressOf(key *secp256k1.PrivateKey) string {
	const any = "a message"
	address, err := siwe.Recover(siwe.Hash(any), personalSign(key, any))
	if err != nil {
		panic(err) // of a signature that was made just now
	}
	return address.String()
}

// personalSign returns r, s and v of EIP-191's personal_sign.
func personalSign(key *secp256k1.PrivateKey, message string) []byte {
	hash := siwe.Hash(message)
	compact := ecdsa.SignCompact(key, hash[:], false) // v, r, s
	return append(compact[1:], compact[0])
}
