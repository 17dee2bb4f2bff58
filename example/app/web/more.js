// near-connect, for wallets that are neither injected nor a page of their own. It
// is loaded when a person chooses it, and only this version of it, by its hash.

import { AuthError, nearConnect } from "/auth/client.js";

// moreWallets returns a signer whose wallet is chosen in near-connect's own list.
export function moreWallets({ url, integrity, nonce, network }) {
  let signer;
  const more = async (request, context) => {
    if (!signer) {
      const { NearConnector } = await load(url, integrity);
      // Nothing connects by itself, and nothing of it is drawn before it is asked.
      signer = nearConnect(new NearConnector({ network, autoConnect: false, footerBranding: null, cspNonce: nonce }));
    }
    return signer(request, context);
  };
  more.watch = (listener) => signer.watch(listener);
  return more;
}

// load has the browser check the hash: import() cannot, but it takes the module
// that a script element has brought.
async function load(url, integrity) {
  const script = Object.assign(document.createElement("script"), { type: "module", src: url, integrity, crossOrigin: "anonymous" });
  try {
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  } catch (cause) {
    throw new AuthError("more_unavailable", "near-connect cannot be loaded.", { cause });
  } finally {
    script.remove();
  }
  return import(url);
}
