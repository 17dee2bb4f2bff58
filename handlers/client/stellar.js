// Stellar's wallet Freighter for nearauth.
//
//   import { freighter, freighterInstalled } from "/auth/stellar.js";
//   if (await freighterInstalled()) await auth.signIn(freighter());
//
// What is signed is the server's text by SEP-53. It names the account, so the
// wallet is asked for that first. Types are in stellar.d.ts.

/** Freighter, or what speaks its protocol. An application that has the module
 * @stellar/freighter-api already can give it; without it the extension is spoken
 * to directly. chain is "stellar:pubnet", "stellar:testnet" or "stellar", the one
 * that the server is configured for. */
export function freighter(api = extension, { chain = "stellar" } = {}) {
  const signer = async ({ message, address, networkPassphrase }) => {
    const { signedMessage, signerAddress } = said(await api.signMessage(message, { address, networkPassphrase }));
    if (!signedMessage) throw new Error("Freighter did not sign.");
    return { accountId: address, publicKey: signerAddress || undefined, signature: base64(signedMessage) };
  };
  signer.account = async (wanted = {}) => {
    if (!(await freighterInstalled(api))) throw new Error("Freighter is not installed.");
    const { address } = said(await api.requestAccess());
    return { accountId: wanted.accountId ?? address, chain: wanted.chain ?? chain };
  };
  // Freighter does not tell, so it is asked now and then.
  signer.watch = (listener) => {
    let known;
    const timer = setInterval(async () => {
      const { address } = await api.getAddress();
      if (address !== known) listener((known = address) || undefined);
    }, 2000);
    return () => clearInterval(timer);
  };
  return signer;
}

/** Whether Freighter is there. It takes two seconds to say no. */
export async function freighterInstalled(api = extension) {
  return Boolean((await api.isConnected()).isConnected);
}

function said(answer) {
  const { error } = answer;
  if (error) throw Object.assign(new Error(error.message ?? error), { code: error.code });
  return answer;
}

// Versions before 4 answer with bytes, or what JSON has made of them.
const base64 = (answer) => (typeof answer === "string" ? answer : btoa(String.fromCharCode(...(answer.data ?? answer))));

// The extension, as @stellar/freighter-api 6 speaks to it.
const extension = {
  isConnected: () => post({ type: "REQUEST_CONNECTION_STATUS" }, 2000),
  requestAccess: async () => addressOf(await post({ type: "REQUEST_ACCESS" })),
  getAddress: async () => addressOf(await post({ type: "REQUEST_PUBLIC_KEY" }, 2000)),
  async signMessage(blob, { address, networkPassphrase }) {
    const { signedBlob, signerAddress, apiError } = await post({ type: "SUBMIT_BLOB", blob, accountToSign: address, networkPassphrase, apiVersion: "6.0.1" });
    return { signedMessage: signedBlob, signerAddress, error: apiError };
  },
};

const addressOf = ({ publicKey, apiError }) => ({ address: publicKey, error: apiError });

// post sends the extension a message and waits for the answer to it, some
// milliseconds or for ever.
function post(request, patience) {
  return new Promise((resolve) => {
    const messageId = Date.now() + Math.random();
    const end = (answer) => {
      clearTimeout(timer);
      removeEventListener("message", answered);
      resolve(answer);
    };
    const answered = ({ source, data }) => {
      // It is "messagedId" there.
      if (source === window && data?.source === "FREIGHTER_EXTERNAL_MSG_RESPONSE" && data.messagedId === messageId) end(data);
    };
    addEventListener("message", answered);
    const timer = patience && setTimeout(end, patience, {});
    postMessage({ source: "FREIGHTER_EXTERNAL_MSG_REQUEST", messageId, ...request }, location.origin);
  });
}
