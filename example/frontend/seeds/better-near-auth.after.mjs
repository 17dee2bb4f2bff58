// After the calls of better-near-auth's client: it makes the nonce and the
// message, and its server answers with a user.
import { hex } from "@scure/base";
import { generateNonce } from "near-kit";

export async function signIn(near, $fetch, recipient) {
  const nonceBytes = Uint8Array.from(atob((await $fetch("/challenge", { method: "POST" })).data.nonce), (c) => c.charCodeAt(0));
  const nonce = hex.encode(nonceBytes);
  const message = `Sign in to ${recipient}`;
  const signedMessage = await near.signMessage({ message, recipient, nonce: nonceBytes });
  if (!signedMessage?.accountId) throw new Error("Wallet sign-in was cancelled or failed");
  const verified = await $fetch("/verify", {
    method: "POST",
    body: { signedMessage, message, recipient, nonce, accountId: signedMessage.accountId },
  });
  if (verified.error) throw new Error(verified.error.message || "Failed to verify signature");
  if (!verified.data?.accountId) throw new Error("Authentication verification failed");
  return verified.data;
}
