// After "Authentication Integration" of Link2Pay: its services, and what its
// hook does with them.
import { signMessage as sign } from "./wallets.mjs"; // @stellar/freighter-api

export async function requestNonce(walletAddress) {
  const response = await fetch("/api/auth/nonce", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ walletAddress }),
  });
  if (!response.ok) throw new Error("Failed to request nonce");
  return response.json();
}

export async function signMessage(message, walletAddress) {
  const { signedMessage: signature } = await sign(message, { address: walletAddress });
  return signature;
}

export async function getSessionToken(walletAddress, nonce, signature) {
  const response = await fetch("/api/auth/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ walletAddress, nonce, signature }),
  });
  if (!response.ok) throw new Error((await response.json()).error || "Authentication failed");
  return response.json();
}

export async function authenticate(wallet) {
  const { nonce, message } = await requestNonce(wallet.publicKey);
  const signature = await signMessage(message, wallet.publicKey);
  await getSessionToken(wallet.publicKey, nonce, signature);
}
