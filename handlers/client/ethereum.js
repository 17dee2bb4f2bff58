// Ethereum wallets for nearauth: found by EIP-6963, asked by EIP-1193.
//
//   import { ethereum, ethereumWallets } from "/auth/ethereum.js";
//   ethereumWallets((wallets) => …); // each has info.name and a provider
//   await auth.signIn(ethereum(wallet.provider));
//
// What is signed is the server's text by EIP-4361. It names the account, so the
// wallet is asked for that first. Types are in ethereum.d.ts.

/** Wallets that announce themselves on the page (EIP-6963). Calls the listener
 * with all of them whenever one has, and returns how to stop that. window.ethereum
 * is left alone: with several wallets in the browser it is whichever came last. For
 * a wallet that knows nothing else, ethereum(window.ethereum) is a signer too. */
export function ethereumWallets(listener) {
  const wallets = new Map();
  const announced = ({ detail }) => {
    if (!detail?.info?.uuid || !detail.provider) return;
    wallets.set(detail.info.uuid, detail);
    listener([...wallets.values()]);
  };
  addEventListener("eip6963:announceProvider", announced);
  dispatchEvent(new Event("eip6963:requestProvider"));
  return () => removeEventListener("eip6963:announceProvider", announced);
}

/** A provider by EIP-1193. chain is a CAIP-2 id, "eip155:8453", that the server is
 * configured for, or "eip155", the first of those: whoever holds a key is the same
 * on all of them, but a contract's account lives on one. */
export function ethereum(provider, { chain = "eip155" } = {}) {
  const signer = async ({ messageHex, address }) => ({
    accountId: address,
    // In hex, because wallets take some texts for hex themselves.
    signature: await ask(provider, "personal_sign", [messageHex, address]),
  });
  signer.account = async (wanted = {}) => {
    const [first] = await ask(provider, "eth_requestAccounts");
    if (!first) throw new Error("The wallet has opened no account to this site.");
    return { accountId: wanted.accountId ?? first, chain: wanted.chain ?? chain };
  };
  if (provider.on) signer.watch = (listener) => {
    const changed = ([first]) => listener(first);
    provider.on("accountsChanged", changed);
    return () => provider.removeListener?.("accountsChanged", changed);
  };
  return signer;
}

// What wallets say in a code, for people. A "no", 4001, the client knows.
const words = {
  4100: "The wallet has not opened that account to this site.",
  [-32002]: "The wallet has a request open already. Answer it there first.",
};

async function ask(provider, method, params) {
  try {
    return await provider.request({ method, params });
  } catch (cause) {
    const text = words[cause?.code];
    throw text ? Object.assign(new Error(text, { cause }), { code: cause.code }) : cause;
  }
}
