// The demo wallet's keys: in this browser, where scripts cannot read them. For
// development only.

import { base58, payloadHash, toBase64 } from "./nep413.js";

// createWallet makes a wallet around an Ed25519 CryptoKeyPair.
export async function createWallet(accountId, keys) {
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const publicKey = "ed25519:" + base58(raw);
  return {
    accountId,
    publicKey,
    // signMessage answers as NEP-413 wallets do.
    async signMessage(params) {
      const signature = await crypto.subtle.sign("Ed25519", keys.privateKey, await payloadHash(params));
      return { accountId, publicKey, signature: toBase64(new Uint8Array(signature)) };
    },
  };
}

// newKeys returns keys whose private half cannot be exported.
export const newKeys = () => crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);

// keysFor returns this browser's keys for an account, made on first use.
export async function keysFor(accountId) {
  const db = await open();
  const kept = await done(db.transaction("keys").objectStore("keys").get(accountId));
  if (kept) return kept;
  const keys = await newKeys();
  await done(db.transaction("keys", "readwrite").objectStore("keys").put(keys, accountId));
  return keys;
}

// accountsHere returns the accounts that this browser has keys for.
export async function accountsHere() {
  const db = await open();
  return done(db.transaction("keys").objectStore("keys").getAllKeys());
}

function open() {
  const request = indexedDB.open("nearauth-demo-wallet", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("keys");
  return done(request);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
