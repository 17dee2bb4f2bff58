// near-api-js as a wallet, and what front ends that use it post.
import { Account, JsonRpcProvider, KeyPair } from "near-api-js";
import { signMessage, verifyMessage } from "near-api-js/nep413";

// createWallet makes a key for the account. signObjects answers with the
// library's objects; signMessage with text, as wallets do.
export function createWallet(accountId, rpcUrl, curve = "ed25519") {
  const key = KeyPair.fromRandom(curve);
  const signerAccount = new Account(accountId, new JsonRpcProvider({ url: rpcUrl }), key.toString());
  const signObjects = ({ message, recipient, nonce, callbackUrl }) =>
    signMessage({ signerAccount, payload: { message, recipient, nonce, callbackUrl } });
  return {
    publicKey: key.getPublicKey().toString(),
    secretKey: key.toString(),
    signObjects,
    async signMessage(challenge) {
      const { accountId, publicKey, signature } = asText(await signObjects(challenge));
      return { accountId, publicKey, signature };
    },
  };
}

// asText turns the objects into the text that NEP-413 and the library's
// documentation exchange, and leaves everything else as it is. That includes a
// state, in which version 7 returns the callbackUrl.
export function asText(signed) {
  return {
    ...signed,
    publicKey: signed.publicKey.toString(),
    signature: Buffer.from(signed.signature).toString("base64"),
  };
}

export const shapes = {
  flat: (signed, { nonce, state }) => ({ ...signed, nonce: Buffer.from(nonce).toString("base64"), state }),
  nested: (signed, { message, recipient, nonce, callbackUrl, state }) => ({
    signedMessage: signed,
    message,
    recipient,
    nonce: Buffer.from(nonce).toString("base64"),
    callbackUrl,
    state,
  }),
};

// verifies is the library's own verdict on a text answer, chain included. It
// throws where near-kit says false.
export async function verifies(signed, { message, recipient, nonce, callbackUrl }, rpcUrl) {
  try {
    await verifyMessage({
      signerAccountId: signed.accountId,
      signerPublicKey: signed.publicKey,
      signature: new Uint8Array(Buffer.from(signed.signature, "base64")),
      payload: { message, recipient, nonce, callbackUrl },
      provider: new JsonRpcProvider({ url: rpcUrl }),
    });
    return true;
  } catch (error) {
    // Only these two are a verdict; that the chain cannot be asked is none.
    if (/Signature verification failed|does not exist/.test(error.message)) return false;
    throw error;
  }
}
