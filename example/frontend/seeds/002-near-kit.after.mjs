// After "Message Signing" in near-kit's book: the front end makes the nonce.
import { generateNonce } from "near-kit";

export async function login(near) {
  const asked = await (await fetch("/auth/challenge", { method: "POST" })).json(), nonce = Uint8Array.from(atob(asked.nonce), (c) => c.charCodeAt(0));
  const signedMessage = await near.signMessage({
    message: "Log in to MyApp",
    recipient: "myapp.com",
    ...asked, nonce,
  });
  return fetch("/auth/verify", { headers: { "Content-Type": "application/json" },
    method: "POST",
    body: JSON.stringify({ signedMessage, nonce: Array.from(nonce) }),
  });
}
