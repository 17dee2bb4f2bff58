// near-kit as a wallet, and what its documentation tells a front end to post.
import { Near, generateKey, verifyNep413Signature } from "near-kit";

function connect(rpcUrl, more) {
  return new Near({ network: { networkId: "testnet", rpcUrl }, ...more });
}

// createWallet makes a key for the account. The library answers with text:
// accountId, publicKey, and the signature in base64.
export function createWallet(accountId, rpcUrl) {
  const key = generateKey();
  const near = connect(rpcUrl, { privateKey: key.secretKey, defaultSignerId: accountId });
  return {
    publicKey: key.publicKey.toString(),
    signMessage: ({ message, recipient, nonce, callbackUrl }) =>
      near.signMessage({ message, recipient, nonce, callbackUrl }),
  };
}

// shapes are the bodies by name. signed is the answer of the wallet, which
// after a redirect has the state in it, and challenge is what was signed.
export const shapes = {
  // "Message Signing" in its documentation.
  hex: (signed, { message, recipient, nonce, callbackUrl, state }) => ({
    signedMessage: signed,
    message,
    recipient,
    nonce: Buffer.from(nonce).toString("hex"),
    callbackUrl,
    state,
  }),
  // Its book, which makes an array because JSON has no bytes.
  array: (signed, { nonce, callbackUrl, state }) => ({
    signedMessage: signed,
    nonce: Array.from(nonce),
    callbackUrl,
    state,
  }),
  // With a Buffer for the bytes, JSON.stringify makes an object of it.
  buffer: (signed, { nonce, state }) => ({ signedMessage: signed, nonce: Buffer.from(nonce), state }),
  // The comment on signMessage: the answer, and nothing else.
  alone: (signed) => signed,
};

// verifies is the library's own verdict on a text answer, chain included. Its
// default is to look for a time in the nonce, which only its own nonces have.
export function verifies(signed, { message, recipient, nonce, callbackUrl }, rpcUrl) {
  return verifyNep413Signature(
    signed,
    { message, recipient, nonce, callbackUrl },
    { near: connect(rpcUrl), nonceValidation: "none" },
  );
}
