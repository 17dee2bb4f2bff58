// The states of the client, with the server of rig.mjs. What it says over
// the wire to the real one, adapters.mjs and the pages show.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { AuthError, createClient, injected, myNearWallet, testKey } from "../../handlers/client/nearauth.js";
import { alice, asked, bob, client, codeIs, failure, gate, json, nonce, pause, signed, signer } from "./rig.mjs";

// Nothing that a test leaves behind may go unnoticed.
const loose = [];
process.on("unhandledRejection", (reason) => loose.push(reason));
afterEach(async () => {
  await pause();
  assert.deepEqual(loose.splice(0), []);
  for (const name of ["document", "window", "location", "history", "sessionStorage", "opener", "name"]) delete globalThis[name];
});

test("signs in, and out", async () => {
  const { auth, states, calls } = client();
  assert.equal(await auth.getSession(), null);
  assert.deepEqual(await auth.signIn(signer, { accountId: "alice.testnet", chain: "near" }), alice);
  assert.equal(auth.state.session.accountId, "alice.testnet");
  await auth.signOut();
  assert.deepEqual(states, ["loading", "signed-out", "preparing", "waiting", "verifying", "signed-in alice.testnet", "signed-out"]);
  assert.deepEqual(calls[1].body, { accountId: "alice.testnet", chain: "near" });
  assert.deepEqual(calls[2].body, { ...signed, nonce });
  assert.ok(calls.every(({ credentials }) => credentials === "include"));
  assert.equal(calls[0].headers, undefined);
});

test("the store's contract: at once, one object for one state, frozen, any number of listeners", async () => {
  const { auth } = client();
  const before = auth.state;
  assert.equal(auth.state, before);
  assert.ok(Object.isFrozen(before));
  let first = 0, second = 0;
  const listener = () => first++;
  const stop = auth.subscribe(listener);
  const stopAgain = auth.subscribe(listener);
  const bad = auth.subscribe(() => { throw new Error("of a listener"); });
  const stopSecond = auth.subscribe((state) => { second++; assert.equal(state, auth.state); });
  assert.equal(first, 2);
  assert.equal(second, 1);
  await auth.getSession();
  assert.notEqual(auth.state, before);
  assert.ok(Object.isFrozen(auth.state));
  assert.equal(first, 4);
  assert.equal(stop(), undefined);
  await auth.getSession();
  assert.equal(first, 5);
  assert.equal(second, 3);
  stopAgain(), stopSecond(), bad();
});

test("bytes and objects become text", async () => {
  const { auth, calls } = client();
  const publicKey = { toString: () => "ed25519:k" };
  for (const signature of [Buffer.from("sig"), new Uint8Array(Buffer.from("sig")), new Uint8Array(Buffer.from("sig")).buffer]) {
    await auth.signIn(async () => ({ accountId: "alice.testnet", publicKey, signature }));
    assert.deepEqual(calls.at(-1).body, { ...signed, nonce });
  }
});

test("the server's code, status and Retry-After", async () => {
  const { auth, states } = client({ "POST /challenge": failure(429, "rate_limited", { "Retry-After": "7" }) });
  await assert.rejects(auth.signIn(signer), (e) => codeIs("rate_limited")(e) && e.status === 429 && e.retryAfter === 7 && e.message === "It is rate_limited.");
  assert.equal(states.at(-1), "signed-out rate_limited");
});

test("what is no answer of the server", async () => {
  const { auth } = client({ "GET /session": [new Response("<html>"), new Response("<html>", { status: 502 }), () => Promise.reject(new TypeError("fetch failed"))] });
  await assert.rejects(auth.getSession(), (e) => codeIs("unknown")(e) && e.status === 200);
  await assert.rejects(auth.getSession(), (e) => codeIs("unknown")(e) && e.status === 502);
  await assert.rejects(auth.getSession(), (e) => codeIs("network")(e) && e.status === 0 && e.cause.message === "fetch failed");
  assert.equal(auth.state.session, undefined, "it is not known");
});

test("nobody is signed out by a server that cannot tell", async () => {
  const { auth } = client({ "GET /session": [json(alice), failure(503, "store_unavailable"), json(alice)] });
  await auth.getSession();
  await assert.rejects(auth.getSession(), codeIs("store_unavailable"));
  assert.equal(auth.state.status, "signed-in");
  assert.equal(auth.state.error, undefined);
});

test("an error of the first look goes with the next one, an error of a sign-in stays", async () => {
  const { auth } = client({ "GET /session": [failure(503, "store_unavailable"), json(null)], "POST /verify": failure(401, "key_not_found") });
  await assert.rejects(auth.getSession());
  assert.equal(auth.state.error.code, "store_unavailable");
  await auth.getSession();
  assert.equal(auth.state.error, undefined);
  await assert.rejects(auth.signIn(signer));
  await auth.getSession();
  assert.equal(auth.state.error.code, "key_not_found");
  await auth.signOut();
  assert.equal(auth.state.error, undefined);
});

test("who says no is back where they were", async () => {
  for (const no of [new Error("User rejected"), Object.assign(new Error("no"), { code: 4001 }), new Error("User cancelled the action"), "Window closed"]) {
    const { auth, states } = client({ "GET /session": json(alice) });
    await auth.getSession();
    await assert.rejects(auth.signIn(async () => { throw no; }), codeIs("rejected"));
    assert.equal(states.at(-1), "signed-in alice.testnet");
  }
  const { auth, states } = client();
  await assert.rejects(auth.signIn(() => { throw new Error("Ledger is locked"); }), codeIs("wallet"));
  assert.equal(states.at(-1), "signed-out wallet");
  assert.equal(auth.state.session, undefined, "it has not been asked");
});

test("the same answer again where the server could not tell, more than once", async () => {
  let signatures = 0;
  const { auth, states, calls } = client({ "POST /verify": [failure(503, "chain_unavailable", { "Retry-After": "2" }), failure(503, "chain_unavailable"), json(alice)] });
  const error = await auth.signIn(async () => (signatures++, signed)).catch((e) => e);
  assert.equal(states.at(-1), "signed-out chain_unavailable");
  const again = await error.retry().catch((e) => e);
  assert.equal(again.code, "chain_unavailable");
  assert.deepEqual(await again.retry(), alice);
  assert.equal(signatures, 1);
  assert.equal(auth.state.error, undefined);
  assert.equal(states.filter((s) => s === "verifying").length, 3);
  assert.equal(states.at(-1), "signed-in alice.testnet");
  assert.deepEqual(new Set(calls.filter(({ url }) => url.endsWith("/verify")).map(({ body }) => body.nonce)), new Set([nonce]));
  const { auth: other } = client({ "POST /verify": failure(401, "invalid_signature") });
  await assert.rejects(other.signIn(signer), (e) => e.retry === undefined);
});

test("abort: before, while asking, while waiting", async () => {
  const { auth, states, calls } = client({ "POST /challenge": () => pause().then(() => json(asked)) });
  await assert.rejects(auth.signIn(signer, { signal: AbortSignal.abort() }), codeIs("rejected"));
  assert.equal(calls.length, 0);
  let opened = 0;
  const counted = async () => (opened++, signed);
  for (const when of ["preparing", "waiting"]) {
    const controller = new AbortController();
    const stop = auth.subscribe(({ status }) => status === when && controller.abort());
    const wallet = when === "waiting" ? () => new Promise(() => {}) : counted;
    await assert.rejects(auth.signIn(wallet, { signal: controller.signal }), codeIs("rejected"));
    stop();
    assert.equal(states.at(-1), "signed-out");
  }
  await pause();
  assert.equal(opened, 0, "the wallet is not asked any more");
});

test("another signIn abandons the one under way", async () => {
  const { auth, states } = client();
  let seen;
  const first = auth.signIn((_, { signal }) => new Promise(() => { seen = signal; }));
  await pause();
  const second = auth.signIn(signer);
  await assert.rejects(first, codeIs("rejected"));
  assert.ok(seen.aborted);
  assert.deepEqual(await second, alice);
  assert.deepEqual(states, ["loading", "preparing", "waiting", "preparing", "waiting", "verifying", "signed-in alice.testnet"]);
});

test("two challenges are asked one after the other, also after a failure", async () => {
  const { promise, open } = gate();
  const { auth, calls } = client({ "POST /challenge": [promise, json(asked)] });
  const both = [auth.challenge(), auth.challenge()];
  await pause();
  assert.equal(calls.length, 1);
  open(failure(503, "store_unavailable"));
  await assert.rejects(both[0], codeIs("store_unavailable"));
  assert.deepEqual(await both[1], asked);
});

test("a challenge that has been asked for is used", async () => {
  const { auth, paths } = client();
  await auth.signIn(signer, { challenge: asked });
  assert.deepEqual(paths(), ["POST /auth/verify"]);
});

test("an older answer does not undo a sign-in, nor a sign-out", async () => {
  const out = gate(), back = gate();
  const { auth } = client({ "GET /session": [out.promise, back.promise] });
  const slow = auth.getSession();
  await auth.signIn(signer);
  out.open(json(null));
  assert.deepEqual(await slow, alice);
  const slower = auth.getSession();
  await auth.signOut();
  back.open(json(alice));
  assert.equal(await slower, null);
  assert.equal(auth.state.status, "signed-out");
});

test("a look while the wallet is open changes who is signed in, not what is shown", async () => {
  const { promise, open } = gate();
  const { auth, states } = client({ "GET /session": [json(alice), json(null)] });
  await auth.getSession();
  const signing = auth.signIn(() => promise);
  await pause();
  await auth.getSession();
  assert.equal(states.at(-1), "waiting");
  assert.equal(auth.state.session, null);
  open(signed);
  await signing;
  assert.equal(auth.state.status, "signed-in");
});

test("signOut and its scopes, and a store that is down", async () => {
  for (const [options, answer, status] of [
    [{}, json(null, 204), "signed-out"], [{ scope: "all" }, json(null, 204), "signed-out"], [{ scope: "others" }, json(null, 204), "signed-in"],
    [{}, failure(503, "store_unavailable"), "signed-out"], [{ scope: "all" }, failure(503, "store_unavailable"), "signed-in"],
    [{}, () => Promise.reject(new TypeError("offline")), "signed-in"],
  ]) {
    const { auth, paths } = client({ "GET /session": json(alice), "POST /logout": answer });
    await auth.getSession();
    await auth.signOut(options).catch((e) => assert.ok(e instanceof AuthError));
    assert.equal(auth.state.status, status);
    assert.equal(paths().at(-1), "POST /auth/logout" + (options.scope ? "?scope=" + options.scope : ""));
  }
});

test("sessions: listed, and revoked", async () => {
  const list = [{ id: "a/b", current: true }];
  const { auth, paths } = client({ "GET /session": [json(alice), json(null)], "GET /sessions": json({ sessions: list }), "DELETE /sessions/a%2Fb": json(null, 204) });
  await auth.getSession();
  assert.deepEqual(await auth.listSessions(), list);
  await auth.revokeSession("a/b");
  assert.equal(auth.state.status, "signed-out", "it was this one");
  assert.deepEqual(paths().slice(-2), ["DELETE /auth/sessions/a%2Fb", "GET /auth/session"]);
});

test("a base on another host", async () => {
  const { auth, paths } = client({}, { baseURL: "https://api.site.example/auth/" });
  await auth.getSession();
  assert.deepEqual(paths(), ["GET https://api.site.example/auth/session"]);
});

test("the wallet moves to another account", async () => {
  const listeners = new Set();
  const wallet = {
    manifest: { features: {} }, signIn: async () => [], signMessage: async () => signed,
    on: (event, listener) => event === "accountsChanged" && listeners.add(listener), off: (event, listener) => listeners.delete(listener),
  };
  const move = (accountId) => listeners.forEach((l) => l({ accounts: accountId ? [{ accountId }] : [] }));
  const { auth } = client({ "POST /verify": [json(alice), json(bob)] });
  await auth.signIn(injected(wallet));
  assert.equal(listeners.size, 1);
  move("alice.testnet");
  assert.equal(auth.state.wallet, undefined);
  move("bob.testnet");
  assert.equal(auth.state.wallet, "bob.testnet");
  assert.equal(auth.state.session.accountId, "alice.testnet");
  move();
  assert.equal(auth.state.wallet, undefined);
  move("bob.testnet");
  await auth.signIn(injected(wallet));
  assert.equal(auth.state.session.accountId, "bob.testnet");
  assert.equal(auth.state.wallet, undefined);
  assert.equal(listeners.size, 1);
  await auth.signOut();
  assert.equal(listeners.size, 0);
  auth.watch(injected(wallet));
  assert.equal(listeners.size, 1);
  auth.close();
  assert.equal(listeners.size, 0);
});

// A page, as far as the client looks at one.
function page() {
  const seen = new Set();
  globalThis.document = {
    visibilityState: "visible",
    addEventListener: (_, listener) => seen.add(listener),
    removeEventListener: (_, listener) => seen.delete(listener),
  };
  return { seen, show: () => seen.forEach((listener) => listener()) };
}

test("tabs tell each other, and look again when they are looked at", async () => {
  const { seen, show } = page();
  const here = client();
  const there = client({ "GET /session": [json(null), json(alice), json(null), failure(503, "store_unavailable")] });
  await there.auth.getSession();
  await here.auth.signIn(signer);
  while (there.auth.state.status !== "signed-in") await pause();
  await here.auth.signOut();
  while (there.auth.state.status !== "signed-out") await pause();
  assert.equal(here.paths().filter((p) => p === "GET /auth/session").length, 0, "who has told is not told");
  show();
  await pause();
  assert.equal(there.paths().length, 4);
  assert.equal(seen.size, 2);
  here.auth.close(), there.auth.close();
  assert.equal(seen.size, 0);
});

test("a server that renders opens nothing and listens to nobody", () => {
  const Channel = globalThis.BroadcastChannel;
  globalThis.BroadcastChannel = class { constructor() { throw new Error("opened"); } };
  try {
    createClient();
    page();
    createClient({ broadcast: false }).close();
  } finally {
    globalThis.BroadcastChannel = Channel;
  }
});

// ---- MyNearWallet -------------------------------------------------------------

const callbackUrl = "https://site.example/";
const forRedirect = { ...asked, callbackUrl, state: "st4te" };

function browser(url = callbackUrl) {
  const kept = new Map();
  globalThis.location = new URL(url);
  location.assign = (to) => (location.went = to);
  globalThis.history = { state: null, replaceState: (_, __, to) => (location.cleaned = to) };
  globalThis.sessionStorage = { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: (k) => kept.delete(k) };
  globalThis.addEventListener ??= () => {};
  return kept;
}

test("MyNearWallet by redirect: there", async () => {
  const kept = browser();
  const { auth, calls, states } = client({ "POST /challenge": json(forRedirect) });
  assert.equal(await auth.signIn(myNearWallet({ url: "https://testnet.mynearwallet.com/", callbackUrl, mode: "redirect" })), undefined);
  assert.deepEqual(calls[0].body, { callbackUrl });
  const to = new URL(location.went);
  assert.equal(to.origin + to.pathname, "https://testnet.mynearwallet.com/sign-message");
  assert.deepEqual(Object.fromEntries(to.searchParams), { message: asked.message, recipient: asked.recipient, nonce, callbackUrl, state: "st4te" });
  assert.deepEqual([...kept.values()].map((v) => JSON.parse(v)), [forRedirect]);
  assert.equal(states.at(-1), "waiting");
});

test("MyNearWallet by redirect: back", async () => {
  for (const [fragment, code, wants] of [
    ["accountId=alice.testnet&signature=a%2Bb%3D&publicKey=ed25519%3Ak&state=st4te&", undefined, "signed-in alice.testnet"],
    ["accountId=alice.testnet&signature=a+b=&publicKey=ed25519:k&", undefined, "signed-in alice.testnet"],
    ["accountId=alice.testnet&signature=a%2Bb%3D&publicKey=ed25519%3Ak&state=another&", "redirect_lost", "signed-out redirect_lost"],
    ["error=User%20rejected&", "rejected", "signed-out"],
  ]) {
    const kept = browser(`${callbackUrl}?a=1#${fragment}`);
    kept.set("nearauth /auth", JSON.stringify(forRedirect));
    const { auth, states, calls } = client();
    if (code) await assert.rejects(auth.handleRedirect(), codeIs(code));
    else {
      assert.deepEqual(await auth.handleRedirect(), alice);
      assert.deepEqual(calls[0].body, { accountId: "alice.testnet", publicKey: "ed25519:k", signature: "a+b=", nonce, state: "st4te" });
    }
    assert.equal(states.at(-1), wants);
    assert.equal(location.cleaned, "/?a=1", "the answer leaves the address bar");
    assert.equal(kept.size, 0);
  }
});

test("a fragment that is nobody's, or that this tab did not ask for", async () => {
  for (const [fragment, code, cleaned] of [["chapter-2", undefined, undefined], ["error=404", undefined, undefined], ["signature=s&publicKey=k&accountId=a", "redirect_lost", "/"]]) {
    browser(`${callbackUrl}#${fragment}`);
    const { auth, paths } = client();
    if (code) await assert.rejects(auth.handleRedirect(), codeIs(code));
    else assert.equal(await auth.handleRedirect(), null);
    assert.equal(location.cleaned, cleaned);
    assert.deepEqual(paths(), ["GET /auth/session"]);
  }
});

test("the popup that a wallet sends home leaves the answer to the page that opened it", async () => {
  const kept = browser(`${callbackUrl}#accountId=a&signature=s&publicKey=k`);
  kept.set("nearauth /auth", JSON.stringify(forRedirect));
  globalThis.opener = {};
  globalThis.name = "nearauth-wallet1";
  const { auth, paths } = client();
  await auth.handleRedirect();
  assert.deepEqual(paths(), ["GET /auth/session"]);
});

// A window that the page may open, and how to post from it.
function popups() {
  const windows = [];
  const events = new EventTarget();
  for (const f of ["addEventListener", "removeEventListener"]) globalThis[f] = events[f].bind(events);
  globalThis.window = {
    open: (url, name) => {
      const popup = { name, closed: false, location: {}, close() { this.closed = true; } };
      windows.push(popup);
      return popup;
    },
  };
  const post = (source, origin, data) => events.dispatchEvent(Object.assign(new Event("message"), { source, origin, data }));
  return { windows, post };
}

test("MyNearWallet in a popup", async () => {
  browser();
  const { windows, post } = popups();
  const { auth, calls } = client({ "POST /challenge": json(forRedirect) });
  const signing = auth.signIn(myNearWallet({ url: "https://app.mynearwallet.com", callbackUrl }));
  assert.equal(windows.length, 1, "opened right in the click");
  while (!windows[0].location.href) await pause();
  const data = { status: "success", signedRequest: signed };
  post(windows[0], "https://evil.example", { ...data, signedRequest: { ...signed, accountId: "evil" } });
  post({}, "https://app.mynearwallet.com", { ...data, signedRequest: { ...signed, accountId: "evil" } });
  post(windows[0], "https://app.mynearwallet.com", { type: "something else" });
  post(windows[0], "https://app.mynearwallet.com", data);
  assert.deepEqual(await signing, alice);
  assert.equal(calls.at(-1).body.accountId, "alice.testnet", "the wallet's answer, and nobody else's");
  assert.ok(windows[0].closed);
});

test("a popup does not stay open without a challenge", async () => {
  browser();
  const { windows } = popups();
  const { auth } = client({ "POST /challenge": failure(503, "store_unavailable") });
  await assert.rejects(auth.signIn(myNearWallet({ url: "https://app.mynearwallet.com", callbackUrl })), codeIs("store_unavailable"));
  assert.ok(windows[0].closed);
});

test("MyNearWallet in a popup: no, closed, blocked, abandoned", async () => {
  browser();
  const { windows, post } = popups();
  const { auth, states } = client();
  const wallet = myNearWallet({ url: "https://app.mynearwallet.com", callbackUrl });
  const open = async () => {
    const signing = auth.signIn(wallet);
    signing.catch(() => {});
    while (!windows.at(-1).location.href) await pause();
    return signing;
  };
  const no = open();
  while (!windows[0]?.location.href) await pause();
  assert.equal(new URL(windows[0].location.href).searchParams.get("callbackUrl"), callbackUrl, "also where the challenge has none");
  post(windows[0], "https://app.mynearwallet.com", { status: "failure" });
  await assert.rejects(no, codeIs("rejected"));
  const closed = open();
  while (!windows[1]?.location.href) await pause();
  windows[1].closed = true;
  await assert.rejects(closed, codeIs("popup_closed"));
  assert.equal(states.at(-1), "signed-out popup_closed");
  const first = open();
  while (!windows[2]?.location.href) await pause();
  const second = auth.signIn(wallet);
  second.catch(() => {});
  await assert.rejects(first, codeIs("rejected"));
  assert.ok(windows[2].closed);
  assert.ok(!windows[3].closed);
  window.open = () => null;
  const third = auth.signIn(wallet);
  await Promise.all([assert.rejects(second, codeIs("rejected")), assert.rejects(third, codeIs("popup_blocked"))]);
  assert.equal(states.at(-1), "signed-out popup_blocked");
});

test("nothing but testKey needs WebCrypto", async () => {
  const saved = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  const keys = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  Object.defineProperty(globalThis, "crypto", { configurable: true, value: undefined });
  try {
    const { auth } = client();
    await auth.signIn(signer);
    await assert.rejects(auth.signIn(testKey("alice.testnet", keys)), codeIs("wallet"));
  } finally {
    Object.defineProperty(globalThis, "crypto", saved);
  }
});
