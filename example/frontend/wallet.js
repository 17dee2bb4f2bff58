// A wallet of the test, as MyNearWallet is one: /sign-message on another origin,
// which signs at once. And, for pages that import it, one as near-connect has it.
import { testKey } from "/auth/client.js";

const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** Makes an account with a key on the test's chain, and returns what signs. */
export async function makeAccount(accountId) {
  const keys = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const sign = testKey(accountId, keys);
  const signText = async (request) => {
    const signed = await sign(request);
    return { ...signed, signature: base64(signed.signature) };
  };
  const { publicKey } = await signText({ message: "", recipient: "", nonce: new Uint8Array(32) });
  const response = await fetch("/faucet", { method: "POST", body: JSON.stringify({ accountId, publicKey }) });
  if (!response.ok) throw new Error("faucet: " + await response.text());
  return { accountId, publicKey, signText, keys };
}

/** A wallet object, as extensions announce it to near-connect. */
export async function walletObject(accountId, { together = true } = {}) {
  const { publicKey, signText } = await makeAccount(accountId);
  const listeners = new Set();
  const calls = [];
  let accounts = [];
  const connect = () => (accounts = [{ accountId, publicKey }]);
  return {
    manifest: {
      id: accountId, name: "Test wallet " + accountId, icon: "data:,", website: "https://wallet.example", description: "", version: "1.0.0",
      type: "injected", features: { signMessage: true, signInAndSignMessage: together, testnet: true, mainnet: true }, permissions: {},
    },
    calls,
    no: false,
    async signIn() { calls.push("signIn"); return connect(); },
    async signOut() { accounts = []; },
    async getAccounts() { return accounts; },
    async signMessage(params) {
      calls.push("signMessage");
      if (this.no) throw new Error("User rejected the request");
      return signText(params);
    },
    async signInAndSignMessage({ messageParams }) {
      calls.push("signInAndSignMessage");
      if (this.no) throw new Error("User rejected the request");
      connect();
      return [{ accountId, publicKey, signedMessage: await signText(messageParams) }];
    },
    on: (event, listener) => event === "accountsChanged" && listeners.add(listener),
    off: (event, listener) => listeners.delete(listener),
    move: (to) => listeners.forEach((listener) => listener({ accounts: [{ accountId: to }] })),
    listeners,
  };
}

/** Announces it, now and to whoever listens later. */
export function announce(wallet) {
  const tell = () => dispatchEvent(new CustomEvent("near-wallet-injected", { detail: wallet }));
  addEventListener("near-selector-ready", tell);
  tell();
}

if (location.pathname === "/sign-message") {
  const asked = Object.fromEntries(new URLSearchParams(location.search));
  const nonce = Uint8Array.from(atob(asked.nonce), (c) => c.charCodeAt(0));
  const { signText } = await makeAccount("web.testnet");
  const signedRequest = await signText({ ...asked, nonce });
  opener.postMessage({ status: "success", signedRequest, accountUrlState: asked.state }, new URL(asked.callbackUrl).origin);
}
