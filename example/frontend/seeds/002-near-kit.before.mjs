// After "Message Signing" in near-kit's book: the front end makes the nonce.
import { generateNonce } from "near-kit";

export async function login(near) {
  const nonce = generateNonce();
  const signedMessage = await near.signMessage({
    message: "Log in to MyApp",
    recipient: "myapp.com",
    nonce: nonce,
  });
  return fetch("/api/login", {
    method: "POST",
    body: JSON.stringify({ signedMessage, nonce: Array.from(nonce) }),
  });
}
