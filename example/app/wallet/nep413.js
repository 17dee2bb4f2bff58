// NEP-413 in plain JavaScript: what a wallet hashes and signs, and NEAR's
// text form of a key. It needs nothing but WebCrypto.

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

export function base58(bytes) {
  let n = BigInt("0x" + ([...bytes].map((b) => b.toString(16).padStart(2, "0")).join("") || "0"));
  let text = "";
  for (; n > 0n; n /= 58n) text = alphabet[Number(n % 58n)] + text;
  for (const b of bytes) {
    if (b !== 0) break;
    text = "1" + text;
  }
  return text;
}

export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
export const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const u32 = (n) => new Uint8Array(new Uint32Array([n]).buffer);
const str = (s) => {
  const bytes = new TextEncoder().encode(s);
  return [...u32(bytes.length), ...bytes];
};

// payloadHash returns SHA-256 of the tag 2^31 + 413 and the Borsh encoding of
// {message, nonce, recipient, callbackUrl?}.
export async function payloadHash({ message, nonce, recipient, callbackUrl }) {
  const callback = callbackUrl === undefined ? [0] : [1, ...str(callbackUrl)];
  const payload = Uint8Array.from([...u32(2147484061), ...str(message), ...nonce, ...str(recipient), ...callback]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", payload));
}
