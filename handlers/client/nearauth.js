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
// nonce is a Uint8Array of 32 bytes. Where the text that is signed names the
// account, a signer has account() as well: it asks the wallet, and returns
// { accountId, chain } for the challenge. Signers for NEAR's wallets are at the
// end of this file; ethereum.js and stellar.js have theirs. Types are in
// nearauth.d.ts.

/** An error with one of the stable codes of the server, or of this file:
 * "network", "rejected", "wallet", "popup_blocked", "popup_closed",
 * "redirect_lost", "unknown". */
export class AuthError extends Error {
  constructor(code, message, { status = 0, retryAfter, cause } = {}) {
    super(message, { cause });
    Object.assign(this, { name: "AuthError", code, status, retryAfter }); // in seconds
  }
}

export function createClient({ baseURL = "/auth", fetch = (...request) => globalThis.fetch(...request), broadcast = true } = {}) {
  const base = baseURL.replace(/\/$/, "");
  const key = "nearauth " + base;
  const listeners = new Set();
  let state = Object.freeze({ status: "loading" });
  let unwatch; // the wallet that signed in last
  let asking; // the challenge that is being asked for
  let abandon; // the sign-in that is under way
  let era = 0; // grows with each sign-in and sign-out: older answers are void
  let unseen; // an error that the server's next word on the session ends

  const tell = (listener) => {
    try {
      listener(state);
    } catch (error) {
      console.error(error); // of a listener: no sign-in fails for that
    }
  };
  const set = (changes) => {
    state = Object.freeze({ ...state, ...changes });
    [...listeners].forEach(tell);
  };
  const busy = () => /preparing|waiting|verifying/.test(state.status);
  const rest = (session) => (session ? "signed-in" : "signed-out");

  async function call(method, path, body) {
    let response;
    try {
      response = await fetch(base + path, {
        method,
        credentials: "include",
        headers: body && { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
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

  // Tabs of one browser share the session: they tell each other when it changes,
  // and look again when somebody looks at them. A server that renders has none.
  const page = broadcast ? globalThis.document : undefined;
  const channel = page && globalThis.BroadcastChannel && new BroadcastChannel(key);
  const look = () => getSession().catch(() => {});
  const seen = () => document.visibilityState === "visible" && !busy() && look();
  if (channel) channel.onmessage = look;
  page?.addEventListener("visibilitychange", seen);

  // settle takes the server's word on who is signed in. A sign-in that is under
  // way, and what went wrong with the last one, are left to be shown.
  function settle(session, status = busy() ? state.status : rest(session), error = session || state.error === unseen ? undefined : state.error) {
    if (!session) watch({});
    set({ session, status, error, wallet: elsewhere(state.wallet, session) });
    return session;
  }

  // changed is settle after this tab's own doing.
  function changed(session) {
    era++;
    unseen = state.error; // and is past
    settle(session, rest(session));
    channel?.postMessage("changed");
    return session;
  }

  /** Who is signed in, or null. */
  async function getSession() {
    const before = era;
    try {
      const session = await call("GET", "/session");
      return before === era ? settle(session) : state.session;
    } catch (error) {
      // It is not known: whoever was signed in stays so until it is.
      if (state.session === undefined && !busy()) set({ status: "signed-out", error: (unseen = error) });
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
  async function verify({ nonce, state }, { accountId, publicKey, signature }) {
    return changed(await call("POST", "/verify", {
      accountId,
      publicKey: publicKey?.toString(),
      signature: typeof signature === "string" ? signature : toBase64(signature),
      nonce,
      state,
    }));
  }

  /** Signs in with a wallet. A challenge that has been asked for already can be
   * given; where the text names the account, it is used only if that is the
   * wallet's. Another signIn abandons this one. Where the wallet need not sign
   * twice, error.retry() sends the same answer again. */
  async function signIn(signer, { challenge: given, signal: outer, ...wanted } = {}) {
    abandon?.();
    const controller = new AbortController();
    const { signal } = controller;
    const mine = abandon = () => controller.abort(new AuthError("rejected", "Cancelled."));
    outer?.addEventListener("abort", mine);
    let popup;
    // What an abandoned sign-in has come to is not shown.
    const show = (changes) => mine === abandon && set(changes);
    try {
      if (outer?.aborted) mine();
      signal.throwIfAborted();
      popup = signer.open?.(); // right in the click, before anything is waited for
      set({ status: signer.account ? "waiting" : "preparing", error: undefined });
      wanted.callbackUrl ??= signer.callbackUrl;
      // Where the text names the account, the wallet says first which it is.
      Object.assign(wanted, await abortable(() => signer.account?.(wanted), signal));
      const fits = given && same(given.address, signer.account && wanted.accountId);
      const asked = fits ? given : await abortable(() => challenge(wanted), signal);
      show({ status: "waiting" });
      const signed = await abortable(() => signer({ ...asked, nonce: fromBase64(asked.nonce) }, { challenge: asked, signal, remember, popup }), signal);
      if (signed !== undefined) return await prove(signer, asked, signed, show);
      // The page is leaving for the wallet. Who comes back by the browser's own
      // button may find it as it was.
      addEventListener("pageshow", () => show({ status: rest(state.session) }), { once: true });
    } catch (error) {
      const said = asAuthError(error);
      popup?.close();
      show({ status: rest(state.session), error: said.code === "rejected" ? undefined : said });
      throw said;
    } finally {
      outer?.removeEventListener("abort", mine);
    }
  }

  // prove is verify with what is shown meanwhile. The challenge is still good
  // where the server could not be asked, or could not tell.
  async function prove(signer, asked, signed, show) {
    show({ status: "verifying", error: undefined });
    try {
      const session = await verify(asked, signed);
      watch(signer);
      return session;
    } catch (cause) {
      const error = asAuthError(cause);
      if (/chain_unavailable|network|rate_limited/.test(error.code)) error.retry = () => prove(signer, asked, signed, show);
      show({ status: rest(state.session), error });
      throw error;
    }
  }

  /** Notices when the wallet has moved to another account: state.wallet is that
   * account's id, and it is for the application to say what to do. signIn does
   * it; after a reload the application can. */
  function watch(signer) {
    unwatch?.();
    unwatch = signer.watch?.((accountId) => set({ wallet: elsewhere(accountId, state.session) }));
  }

  /** Ends this session, or with scope "all" every one of the account, or with
   * "others" every other one. */
  async function signOut({ scope } = {}) {
    try {
      await call("POST", "/logout" + (scope ? "?scope=" + scope : ""));
    } catch (error) {
      // The cookie is gone, except where the others could not be ended.
      if (error.code === "store_unavailable" && !scope) changed(null);
      throw error;
    }
    if (scope !== "others") changed(null);
  }

  // remember keeps a challenge for when the browser is back from a wallet.
  function remember(challenge) {
    sessionStorage.setItem(key, JSON.stringify(challenge));
  }

  /** Call it when the page loads. If a wallet has sent the browser back, it
   * takes the answer out of the address bar and signs in; otherwise it asks who
   * is signed in. */
  async function handleRedirect() {
    const { accountId, publicKey, signature, state: given, error: no } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    const signed = signature && publicKey;
    if (!signed && !no || opened()) return getSession();
    const kept = JSON.parse(sessionStorage.getItem(key));
    if (!signed && !kept) return getSession(); // the fragment is another's
    sessionStorage.removeItem(key);
    history.replaceState(history.state, "", location.pathname + location.search);
    try {
      if (!signed) throw new AuthError("rejected", no);
      if (!kept || given && given !== kept.state) {
        throw new AuthError("redirect_lost", "The wallet's answer belongs to no sign-in of this tab.");
      }
      return await prove({}, kept, { accountId, publicKey, signature: signature.replaceAll(" ", "+") }, set);
    } catch (error) {
      await look();
      if (error.code !== "rejected") set({ error });
      throw error;
    }
  }

  return {
    get state() { return state; },
    /** Calls the listener now and with each new state, and returns how to stop that. */
    subscribe(listener) {
      const own = (state) => listener(state);
      listeners.add(own);
      tell(own);
      return () => void listeners.delete(own);
    },
    challenge, verify, signIn, signOut, getSession, handleRedirect, watch,
    /** The account's sessions, the newest first. */
    listSessions: async () => (await call("GET", "/sessions")).sessions,
    /** Ends one of them. */
    async revokeSession(id) {
      await call("DELETE", "/sessions/" + encodeURIComponent(id));
      await look(); // it may have been this one
      channel?.postMessage("changed");
    },
    /** Stops listening to other tabs and to the wallet. */
    close() {
      abandon?.();
      unwatch?.();
      channel?.close();
      page?.removeEventListener("visibilitychange", seen);
      listeners.clear();
    },
  };
}

// A popup of ours that the wallet has sent home: the page that opened it has
// the answer already, and closes it.
const opened = () => globalThis.opener && /^nearauth-wallet/.test(globalThis.name);

// same says whether two ids are one account: wallets write Ethereum's addresses
// in lower case, the server in the mixed case of EIP-55.
const same = (a, b) => a?.toLowerCase() === b?.toLowerCase();

// elsewhere is the wallet's account if it is another one than the session's.
const elsewhere = (wallet, session) => (session && !same(wallet, session.accountId) ? wallet : undefined);

const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const toBase64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

// abortable is the promise that f makes, or the signal's no if that comes first.
const abortable = (f, signal) => new Promise((resolve, reject) => {
  signal.throwIfAborted();
  signal.addEventListener("abort", () => reject(signal.reason));
  Promise.resolve(f()).then(resolve, reject);
});

// Wallets say "no" in as many ways as there are wallets.
function asAuthError(error) {
  if (error instanceof AuthError) return error;
  const text = String(error?.message ?? error);
  const no = error?.code === 4001 || /reject|cancel|denied|declin|abort|closed/i.test(text);
  return new AuthError(no ? "rejected" : "wallet", text, { cause: error });
}

// ---- Signers ----------------------------------------------------------------

// What NEP-413 signs, without what only some wallets take.
const pick = ({ message, recipient, nonce }) => ({ message, recipient, nonce });

/** A wallet object as near-connect and injected wallets have it. */
export function injected(wallet) {
  const signer = async (request) => {
    const messageParams = pick(request);
    const { network } = request;
    if (wallet.manifest.features?.signInAndSignMessage) {
      return (await wallet.signInAndSignMessage({ network, messageParams }))[0].signedMessage;
    }
    await wallet.signIn({ network });
    return wallet.signMessage({ ...messageParams, network });
  };
  if (wallet.on) signer.watch = (listener) => heard(wallet, "accountsChanged", accountOf(listener));
  return signer;
}

// heard listens, and returns how to stop that.
function heard(emitter, event, listener) {
  emitter.on(event, listener);
  return () => emitter.off?.(event, listener);
}

const accountOf = (listener) => ({ accounts } = {}) => listener(accounts?.[0]?.accountId);

/** Wallets that announce themselves on the page, as near-connect hears them.
 * Calls the listener with all of them whenever one has. */
export function injectedWallets(listener) {
  const wallets = new Map();
  const announced = ({ detail }) => {
    if (!detail?.manifest?.id) return;
    wallets.set(detail.manifest.id, detail);
    listener([...wallets.values()]);
  };
  addEventListener("near-wallet-injected", announced);
  dispatchEvent(new Event("near-selector-ready"));
  return () => removeEventListener("near-wallet-injected", announced);
}

/** near-connect: a NearConnector, whose own picker asks for the wallet, and which
 * is connected to it from then on. */
export function nearConnect(connector) {
  const signer = async (request) => {
    const signMessageParams = pick(request);
    // connect would offer only the wallets that do both at once.
    const walletId = await connector.selectWallet({ features: { signMessage: true } });
    const wallet = await connector.wallet(walletId);
    if (!wallet.manifest.features?.signInAndSignMessage) {
      await connector.connect({ walletId });
      return wallet.signMessage(signMessageParams);
    }
    let signed;
    const stop = heard(connector, "wallet:signInAndSignMessage", ({ accounts }) => (signed = accounts[0].signedMessage));
    await connector.connect({ walletId, signMessageParams }).finally(stop);
    return signed;
  };
  signer.watch = (listener) => heard(connector, "wallet:signIn", accountOf(listener));
  return signer;
}

/** near-kit: a Near, with a wallet or a key. */
export const nearKit = (near) => (request) =>
  near.signMessage(pick(request)).catch((cause) => {
    // After a wallet's no, near-kit looks for a key of its own and misses that.
    throw near.wallet && cause.code === "NO_KEY_FOUND" ? new AuthError("rejected", "The wallet did not sign.", { cause }) : cause;
  });

/** near-api-js from version 7: an Account with its signer. */
export const nearApiJs = (account) => (request) => account.getSigner().signNep413Message(account.accountId, pick(request));

/** MyNearWallet, and what speaks its protocol: url is "https://app.mynearwallet.com"
 * or "https://testnet.mynearwallet.com". mode is "popup", or "redirect", which
 * leaves the page and comes back to callbackUrl, for handleRedirect. Call signIn
 * right in the click: browsers let a popup open only there. */
export function myNearWallet({ url, callbackUrl, mode = "popup" }) {
  const page = ({ nonce, callbackUrl: bound = callbackUrl, state = "", ...request }) => url.replace(/\/$/, "") + "/sign-message?" +
    new URLSearchParams({ ...pick(request), nonce: toBase64(nonce), callbackUrl: bound, state });
  const signer = async (request, { challenge, remember, popup }) => {
    if (!popup) {
      remember(challenge);
      location.assign(page(request));
      return;
    }
    popup.location.href = page(request);
    return answerOf(popup, new URL(url).origin);
  };
  if (mode === "popup") signer.open = () => {
    // Each has a name of its own: an abandoned one may still be closing.
    const popup = window.open("", "nearauth-wallet" + Date.now(), "popup,width=480,height=720");
    if (!popup) throw new AuthError("popup_blocked", "The browser has blocked the wallet's window.");
    return popup;
  };
  signer.callbackUrl = callbackUrl;
  return signer;
}

// answerOf waits for the popup's answer, or its end: signIn closes the one of a
// sign-in that is over.
function answerOf(popup, origin) {
  return new Promise((resolve, reject) => {
    const end = (f, value) => {
      clearInterval(timer);
      removeEventListener("message", answered);
      popup.close();
      f(value);
    };
    const answered = ({ source, origin: from, data }) => {
      if (source !== popup || from !== origin || !data?.status) return;
      if (data.signedRequest) end(resolve, data.signedRequest);
      else end(reject, new AuthError("rejected", "The wallet did not sign."));
    };
    let closed = 0; // seen twice: the answer may be under way still
    const timer = setInterval(() => {
      if (popup.closed && closed++) end(reject, new AuthError("popup_closed", "The wallet's window was closed."));
    }, 300);
    addEventListener("message", answered);
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
  return crypto.subtle.digest("SHA-256", new Uint8Array([...u32(2147484061), ...text(message), ...nonce, ...text(recipient), 0]));
}

function base58(bytes) {
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let n = bytes.reduce((n, b) => n * 256n + BigInt(b), 0n);
  let text = "";
  for (; n > 0n; n /= 58n) text = alphabet[Number(n % 58n)] + text;
  return "1".repeat(bytes.findIndex((b) => b !== 0)) + text;
}
