// The browser's side of nearauth: one file, no dependencies.
//
//   import { createClient, injected } from "/auth/client.js";
//   const auth = createClient();
//   auth.subscribe(({ status, session }) => …);
//   await auth.signIn(injected(wallet));
//
// A signer is a function from what must be signed to the wallet's answer:
//
//   async ({ message, recipient, nonce, callbackUrl, state, network, chain }) =>
//     ({ accountId, publicKey, signature })
//
// nonce is a Uint8Array of 32 bytes. Signers for the wallets of the field are at
// the end of this file. Types are in nearauth.d.ts.

/** An error with one of the stable codes of the server, or of this file:
 * "network", "rejected", "popup_blocked", "popup_closed", "no_wallet",
 * "redirect_lost", "unknown". */
export class AuthError extends Error {
  constructor(code, message, { status = 0, retryAfter, cause } = {}) {
    super(message, { cause });
    this.name = "AuthError";
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter; // seconds
  }
}

export function createClient({ baseURL = "/auth", fetch = globalThis.fetch.bind(globalThis), broadcast = true } = {}) {
  const base = baseURL.replace(/\/$/, "");
  const listeners = new Set();
  let state = { status: "loading", session: undefined, error: undefined, wallet: undefined };
  let unwatch; // the wallet that signed in last
  let asking; // the challenge that is being asked for

  const set = (changes) => {
    state = Object.freeze({ ...state, ...changes });
    for (const listener of [...listeners]) listener(state);
  };

  async function call(method, path, body) {
    let response;
    try {
      response = await fetch(base + path, {
        method,
        credentials: "include",
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (cause) {
      throw new AuthError("network", "The server cannot be reached.", { cause });
    }
    const answer = response.status === 204 ? null : await response.json().catch(() => undefined);
    if (response.ok && answer !== undefined) return answer;
    throw new AuthError(answer?.code ?? "unknown", answer?.error ?? "The server did not answer as expected.", {
      status: response.status,
      retryAfter: Number(response.headers.get("Retry-After")) || undefined,
    });
  }

  // Tabs of one browser share the session: they tell each other when it changes.
  const channel = broadcast && globalThis.BroadcastChannel ? new BroadcastChannel("nearauth " + base) : undefined;
  if (channel) channel.onmessage = () => getSession().catch(() => {});
  if (broadcast) globalThis.document?.addEventListener?.("visibilitychange", () => {
    if (document.visibilityState === "visible" && !busy()) getSession().catch(() => {});
  });
  const busy = () => ["preparing", "waiting", "verifying"].includes(state.status);

  function settle(session) {
    const before = state.session;
    if (!session) {
      unwatch?.();
      unwatch = undefined;
    }
    set({ session, status: session ? "signed-in" : "signed-out", error: undefined, wallet: session ? state.wallet : undefined });
    if (before !== undefined && before?.account !== session?.account) channel?.postMessage("changed");
    return session;
  }

  /** Who is signed in, or null. */
  async function getSession() {
    try {
      return settle(await call("GET", "/session"));
    } catch (error) {
      // It is not known: whoever was signed in stays so until it is.
      if (state.session === undefined) set({ status: "signed-out", error });
      throw error;
    }
  }

  /** Asks for what must be signed. Two at once are asked one after the other:
   * the browser's first two would make two cookies, of which one is lost. */
  function challenge(options = {}) {
    const mine = Promise.resolve(asking).catch(() => {}).then(() => call("POST", "/challenge", options));
    asking = mine;
    return mine;
  }

  /** Hands the wallet's answer to the server, which signs the browser in. */
  async function verify(challenge, signed) {
    return settle(await call("POST", "/verify", {
      accountId: signed.accountId,
      publicKey: String(signed.publicKey),
      signature: typeof signed.signature === "string" ? signed.signature : toBase64(signed.signature),
      nonce: challenge.nonce,
      state: challenge.state,
    }));
  }

  /** Signs in with a wallet. A challenge that has been asked for already can be
   * given. After the chain could not be asked, error.retry() sends the same
   * answer again: the wallet need not sign twice. */
  async function signIn(signer, { accountId, chain, callbackUrl = signer.callbackUrl, challenge: given, signal } = {}) {
    const session = state.session;
    let popup;
    try {
      signal?.throwIfAborted();
      popup = signer.open?.(); // right in the click, before anything is waited for
      set({ status: "preparing", error: undefined });
      const asked = given ?? await challenge({ accountId, chain, callbackUrl });
      set({ status: "waiting" });
      const signed = await abortable(signer(toSign(asked), { challenge: asked, signal, remember, popup }), signal);
      if (signed === undefined) return undefined; // the page is leaving for the wallet
      set({ status: "verifying" });
      const again = async () => {
        const signedIn = await verify(asked, signed);
        watch(signer);
        return signedIn;
      };
      try {
        return await again();
      } catch (error) {
        if (error.code === "chain_unavailable") error.retry = again;
        throw error;
      }
    } catch (error) {
      const said = asAuthError(error);
      popup?.close();
      set({ status: session ? "signed-in" : "signed-out", session: session ?? null, error: said.code === "rejected" ? undefined : said });
      throw said;
    }
  }

  // watch notices when the wallet has moved to another account: state.wallet is
  // that account's id, and it is for the application to say what to do.
  function watch(signer) {
    unwatch?.();
    unwatch = signer.watch?.((accountId) => set({ wallet: accountId && accountId !== state.session?.accountId ? accountId : undefined }));
  }

  /** Ends this session, or with scope "all" every one of the account, or with
   * "others" every other one. */
  async function signOut({ scope } = {}) {
    try {
      await call("POST", "/logout" + (scope ? "?scope=" + scope : ""));
    } catch (error) {
      // The cookie is gone, except where the others could not be ended.
      if (error.code === "store_unavailable" && !scope) settle(null);
      throw error;
    }
    if (scope !== "others") settle(null);
  }

  const key = "nearauth " + base;

  // remember keeps a challenge for when the browser is back from a wallet.
  function remember(challenge) {
    sessionStorage.setItem(key, JSON.stringify(challenge));
  }

  /** Call it when the page loads. If a wallet has sent the browser back, it
   * takes the answer out of the address bar and signs in; otherwise it asks who
   * is signed in. */
  async function handleRedirect() {
    const answer = new URLSearchParams(location.hash.slice(1));
    const back = answer.has("signature") && answer.has("publicKey") || answer.has("error");
    if (!back || opened()) return getSession();
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
    sessionStorage.removeItem(key);
    history.replaceState(history.state, "", location.pathname + location.search);
    const fail = async (error) => {
      await getSession().catch(() => {});
      if (error.code !== "rejected") set({ error });
      throw error;
    };
    if (answer.has("error")) return fail(new AuthError("rejected", answer.get("error")));
    if (!kept || answer.has("state") && answer.get("state") !== kept.state) {
      return fail(new AuthError("redirect_lost", "The wallet's answer belongs to no sign-in of this tab. Start again."));
    }
    set({ status: "verifying" });
    return verify(kept, {
      accountId: answer.get("accountId"),
      publicKey: answer.get("publicKey"),
      signature: answer.get("signature").replaceAll(" ", "+"),
    }).catch((error) => fail(asAuthError(error)));
  }

  return {
    get state() { return state; },
    /** Calls the listener with each new state, and returns how to stop that. */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    challenge, verify, signIn, signOut, getSession, handleRedirect,
    /** The account's sessions, the newest first. */
    listSessions: async () => (await call("GET", "/sessions")).sessions,
    /** Ends one of them. */
    async revokeSession(id) {
      await call("DELETE", "/sessions/" + encodeURIComponent(id));
      await getSession(); // it may have been this one
    },
    /** Stops listening to other tabs and to the wallet. */
    close() {
      unwatch?.();
      channel?.close();
      listeners.clear();
    },
  };
}

// A popup of ours that the wallet has sent home: the page that opened it has
// the answer already, and closes it.
const opened = () => Boolean(globalThis.opener) && globalThis.name === "nearauth-wallet";

const toSign = ({ message, recipient, nonce, callbackUrl, state, network, chain }) =>
  ({ message, recipient, nonce: fromBase64(nonce), callbackUrl, state, network, chain });

const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const toBase64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

function abortable(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    Promise.resolve(promise).then(resolve, reject);
  });
}

// Wallets say "no" in as many ways as there are wallets.
function asAuthError(error) {
  if (error instanceof AuthError) return error;
  const text = String(error?.message ?? error);
  const no = error?.name === "AbortError" || error?.code === 4001 || /reject|cancel|denied|declin|closed/i.test(text);
  return new AuthError(no ? "rejected" : "wallet", text, { cause: error });
}

// ---- Signers ----------------------------------------------------------------

/** A wallet object as near-connect and injected wallets have it. */
export function injected(wallet) {
  const signer = async ({ message, recipient, nonce, network }) => {
    const params = { message, recipient, nonce };
    if (wallet.manifest?.features?.signInAndSignMessage) {
      const [account] = await wallet.signInAndSignMessage({ network, messageParams: params });
      return account.signedMessage;
    }
    await wallet.signIn({ network });
    return wallet.signMessage({ ...params, network });
  };
  signer.watch = wallet.on && ((listener) => {
    const changed = ({ accounts } = {}) => listener(accounts?.[0]?.accountId);
    wallet.on("accountsChanged", changed);
    return () => wallet.off?.("accountsChanged", changed);
  });
  return signer;
}

/** Wallets that announce themselves on the page, as near-connect hears them.
 * Calls the listener with all of them whenever there is a new one. */
export function injectedWallets(listener) {
  const wallets = new Map();
  const announced = ({ detail }) => {
    if (!detail?.manifest?.id || wallets.has(detail.manifest.id)) return;
    wallets.set(detail.manifest.id, detail);
    listener([...wallets.values()]);
  };
  addEventListener("near-wallet-injected", announced);
  dispatchEvent(new Event("near-selector-ready"));
  return () => removeEventListener("near-wallet-injected", announced);
}

/** near-connect: a NearConnector, whose own picker asks for the wallet. */
export function nearConnect(connector) {
  const signer = async (request) => {
    const id = await connector.selectWallet({ features: { signMessage: true } });
    return injected(await connector.wallet(id))(request);
  };
  signer.watch = (listener) => {
    const signedIn = ({ accounts } = {}) => listener(accounts?.[0]?.accountId);
    connector.on("wallet:signIn", signedIn);
    return () => connector.off("wallet:signIn", signedIn);
  };
  return signer;
}

/** near-kit: a Near, with a wallet or a key. */
export const nearKit = (near) => ({ message, recipient, nonce }) => near.signMessage({ message, recipient, nonce });

/** near-api-js from version 7: an Account with its signer, and the library's
 * signMessage of "near-api-js/nep413". */
export const nearApiJs = (signerAccount, signMessage) => async ({ message, recipient, nonce }) => {
  const { accountId, publicKey, signature } = await signMessage({ signerAccount, payload: { message, recipient, nonce } });
  return { accountId: accountId ?? signerAccount.accountId, publicKey, signature };
};

/** MyNearWallet, and what speaks its protocol: url is "https://app.mynearwallet.com"
 * or "https://testnet.mynearwallet.com". mode is "popup", or "redirect", which
 * leaves the page and comes back to callbackUrl, for handleRedirect. Call signIn
 * right in the click: browsers let a popup open only there. */
export function myNearWallet({ url, callbackUrl, mode = "popup" }) {
  const origin = new URL(url).origin;
  const page = ({ message, recipient, nonce, callbackUrl, state }) => url.replace(/\/$/, "") + "/sign-message?" +
    new URLSearchParams({ message, recipient, nonce: toBase64(nonce), callbackUrl, ...(state && { state }) });
  const signer = async (request, { challenge, signal, remember, popup }) => {
    if (mode === "redirect") {
      remember(challenge);
      location.assign(page(request));
      return undefined;
    }
    popup.location.href = page(request);
    return answerOf(popup, origin, signal);
  };
  if (mode === "popup") signer.open = () => {
    const popup = window.open("", "nearauth-wallet", "popup,width=480,height=720");
    if (!popup) throw new AuthError("popup_blocked", "The browser has blocked the wallet's window.");
    return popup;
  };
  signer.callbackUrl = callbackUrl;
  return signer;
}

function answerOf(popup, origin, signal) {
  return new Promise((resolve, reject) => {
    const end = (f, value) => {
      clearInterval(timer);
      removeEventListener("message", answered);
      popup.close();
      f(value);
    };
    const answered = ({ source, origin: from, data }) => {
      if (source !== popup || from !== origin || !data?.status) return;
      if (data.status === "success" && data.signedRequest) end(resolve, data.signedRequest);
      else end(reject, new AuthError("rejected", "The wallet did not sign."));
    };
    const timer = setInterval(() => {
      if (popup.closed) end(reject, new AuthError("popup_closed", "The wallet's window was closed."));
    }, 300);
    addEventListener("message", answered);
    signal?.addEventListener("abort", () => end(reject, signal.reason), { once: true });
  });
}

/** A key pair of WebCrypto (Ed25519) as a wallet, for development and tests. */
export const testKey = (accountId, { publicKey, privateKey }) => async (request) => ({
  accountId,
  publicKey: "ed25519:" + base58(new Uint8Array(await crypto.subtle.exportKey("raw", publicKey))),
  signature: await crypto.subtle.sign("Ed25519", privateKey, await payloadHash(request)),
});

// payloadHash is what NEP-413 wallets sign: SHA-256 of the tag 2^31 + 413 and the
// Borsh encoding of message, nonce, recipient and no callback.
async function payloadHash({ message, nonce, recipient }) {
  const u32 = (n) => new Uint8Array(new Uint32Array([n]).buffer);
  const text = (s) => {
    const bytes = new TextEncoder().encode(s);
    return [...u32(bytes.length), ...bytes];
  };
  return crypto.subtle.digest("SHA-256", Uint8Array.from([...u32(2147484061), ...text(message), ...nonce, ...text(recipient), 0]));
}

function base58(bytes) {
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let n = bytes.reduce((n, b) => n * 256n + BigInt(b), 0n);
  let text = "";
  for (; n > 0n; n /= 58n) text = alphabet[Number(n % 58n)] + text;
  return "1".repeat(bytes.findIndex((b) => b !== 0)) + text;
}
