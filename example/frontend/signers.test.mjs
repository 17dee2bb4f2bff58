// The signers of Ethereum and Stellar, and what the client does for them, with
// wallets of this file's own. Real libraries are in other-chains.page.mjs.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ethereum, ethereumWallets } from "../../handlers/client/ethereum.js";
import { freighter, freighterInstalled } from "../../handlers/client/stellar.js";
import { alice, asked, client as newClient, codeIs, failure, json, pause, signer as nearSigner } from "./rig.mjs";

const nonce = "07".repeat(32);
const address = "0xAbCdEf0000000000000000000000000000000001"; // as the server writes it
const lower = address.toLowerCase(); // as wallets do
const forEthereum = { ...asked, chain: "eip155:1", nonce, challenge: nonce, message: "site.example wants …", messageHex: "0x7369", address };
const ethereumSession = { account: "eip155:1:" + address, accountId: address, chain: "eip155:1", publicKey: address };
const G = "G" + "A".repeat(55);
const networkPassphrase = "Test SDF Network ; September 2015";
const forStellar = { ...asked, chain: "stellar:testnet", nonce, challenge: nonce, message: "site.example wants …", address: G, networkPassphrase };
const stellarSession = { account: "stellar:testnet:" + G, accountId: G, chain: "stellar:testnet", publicKey: G };

// The page, as far as these look at one.
const globals = ["addEventListener", "removeEventListener", "dispatchEvent", "postMessage", "window", "location"];
let posted;
beforeEach(() => {
  const events = new EventTarget();
  for (const f of globals.slice(0, 3)) globalThis[f] = events[f].bind(events);
  globalThis.window = globalThis;
  globalThis.location = new URL("https://site.example/");
  posted = [];
  globalThis.postMessage = (data, origin) => {
    posted.push({ ...data, origin });
    queueMicrotask(() => events.dispatchEvent(Object.assign(new Event("message"), { source: window, data })));
  };
});
const clients = [];
const client = (...args) => {
  const c = newClient(...args);
  clients.push(c.auth);
  return c;
};
afterEach(() => {
  for (const auth of clients.splice(0)) auth.close(); // and listens to the wallet no more
  for (const name of globals) delete globalThis[name];
});

// ---- Ethereum ---------------------------------------------------------------

// provider answers by a table, of which a function is called.
function provider(answers) {
  const calls = [];
  const listeners = new Set();
  return {
    calls, listeners,
    async request({ method, params }) {
      calls.push([method, params]);
      const answer = answers[method];
      return typeof answer === "function" ? answer() : answer;
    },
    on: (event, listener) => event === "accountsChanged" && listeners.add(listener),
    removeListener: (event, listener) => event === "accountsChanged" && listeners.delete(listener),
    move: (...accounts) => listeners.forEach((listener) => listener(accounts)),
  };
}

const usual = { eth_requestAccounts: [lower, "0xother"], personal_sign: "0x51" };
const onEthereum = { "POST /challenge": json(forEthereum), "POST /verify": json(ethereumSession) };

test("Ethereum: the account, the challenge for it, the signature", async () => {
  const wallet = provider(usual);
  const { auth, states, calls, paths } = client(onEthereum);
  assert.deepEqual(await auth.signIn(ethereum(wallet)), ethereumSession);
  assert.deepEqual(wallet.calls, [["eth_requestAccounts", undefined], ["personal_sign", ["0x7369", address]]]);
  assert.deepEqual(paths(), ["POST /auth/challenge", "POST /auth/verify"]);
  assert.deepEqual(calls[0].body, { accountId: lower, chain: "eip155" });
  assert.deepEqual(calls[1].body, { accountId: address, signature: "0x51", nonce });
  assert.deepEqual(states, ["loading", "waiting", "waiting", "verifying", `signed-in ${address}`]);
});

test("Ethereum: another chain, and an account that is wanted", async () => {
  const { auth, calls } = client(onEthereum);
  await auth.signIn(ethereum(provider(usual), { chain: "eip155:8453" }));
  await auth.signIn(ethereum(provider(usual)), { accountId: "0xother", chain: "eip155:10" });
  assert.deepEqual(calls.filter(({ url }) => url.endsWith("/challenge")).map(({ body }) => body), [
    { accountId: lower, chain: "eip155:8453" }, { accountId: "0xother", chain: "eip155:10" },
  ]);
});

test("a challenge that is given is used for the account that it names, and no other", async () => {
  for (const [signer, given, used, accountId] of [
    [ethereum(provider(usual)), forEthereum, true],
    [ethereum(provider(usual)), { ...forEthereum, address: "0xother" }, false],
    [ethereum(provider(usual)), asked, false],
    [nearSigner, forEthereum, false],
    [nearSigner, asked, true],
    [nearSigner, asked, true, "alice.testnet"],
    [ethereum(provider(usual)), forEthereum, false, "0xother"],
  ]) {
    const { auth, paths } = client(onEthereum);
    await auth.signIn(signer, { challenge: given, accountId });
    assert.equal(paths().includes("POST /auth/challenge"), !used, JSON.stringify(given));
  }
});

test("Ethereum: what the wallet says instead", async () => {
  for (const [error, code, words] of [
    [{ code: 4001, message: "no" }, "rejected", /no/],
    [{ code: -32002, message: "Request of type …" }, "wallet", /has a request open/],
    [{ code: 4100, message: "…" }, "wallet", /has not opened that account/],
    [{ code: -32603, message: "Internal" }, "wallet", /^Internal$/],
    [undefined, "wallet", /./],
  ]) {
    for (const method of ["eth_requestAccounts", "personal_sign"]) {
      const { auth, paths } = client(onEthereum);
      const wallet = provider({ ...usual, [method]: () => { throw error; } });
      await assert.rejects(auth.signIn(ethereum(wallet)), (e) => codeIs(code)(e) && words.test(e.message));
      assert.equal(auth.state.status, "signed-out");
      assert.deepEqual(paths(), method === "personal_sign" ? ["POST /auth/challenge"] : []);
    }
  }
});

test("a sign-in is cancelled while the wallet asks for the account", async () => {
  const { auth, states, paths } = client(onEthereum);
  const controller = new AbortController();
  const signing = auth.signIn(ethereum(provider({ eth_requestAccounts: () => new Promise(() => {}) })), { signal: controller.signal });
  await pause();
  assert.equal(auth.state.status, "waiting");
  controller.abort();
  await assert.rejects(signing, codeIs("rejected"));
  assert.deepEqual(paths(), []);
  assert.equal(states.at(-1), "signed-out");
});

test("Ethereum: a wallet without an account", async () => {
  const { auth, paths } = client(onEthereum);
  await assert.rejects(auth.signIn(ethereum(provider({ eth_requestAccounts: [] }))), (e) => codeIs("wallet")(e) && /opened no account/.test(e.message));
  assert.deepEqual(paths(), []);
});

test("no challenge, no signature", async () => {
  const wallet = provider(usual);
  const { auth } = client({ "POST /challenge": failure(400, "unsupported_chain") });
  await assert.rejects(auth.signIn(ethereum(wallet)), codeIs("unsupported_chain"));
  assert.equal(wallet.calls.length, 1);
});

test("Ethereum: the wallet moves to another account, whatever the letter case", async () => {
  const wallet = provider(usual);
  const { auth } = client(onEthereum);
  await auth.signIn(ethereum(wallet));
  wallet.move(lower);
  assert.equal(auth.state.wallet, undefined);
  wallet.move("0xother", lower);
  assert.equal(auth.state.wallet, "0xother");
  wallet.move(lower);
  assert.equal(auth.state.wallet, undefined);
  wallet.move("0xother");
  wallet.move(); // locked
  assert.equal(auth.state.wallet, undefined);
  wallet.move("0xother");
  await auth.getSession();
  assert.equal(wallet.listeners.size, 0, "nobody is signed in");
  assert.equal(auth.state.wallet, undefined);
});

test("a look at the session leaves the notice, and takes it away when it is past", async () => {
  const wallet = provider(usual);
  const moved = { ...ethereumSession, accountId: "0xOTHER" };
  const { auth } = client({ ...onEthereum, "GET /session": [json(ethereumSession), json(moved)] });
  await auth.signIn(ethereum(wallet));
  wallet.move("0xother");
  await auth.getSession();
  assert.equal(auth.state.wallet, "0xother");
  await auth.getSession();
  assert.equal(auth.state.wallet, undefined);
});

test("a provider without events is no worse", async () => {
  const { request } = provider(usual);
  const { auth } = client(onEthereum);
  await auth.signIn(ethereum({ request }));
  assert.equal(auth.state.status, "signed-in");
});

test("EIP-6963: wallets are heard, early and late, once each, until they are not", () => {
  const announce = (detail) => dispatchEvent(Object.assign(new Event("eip6963:announceProvider"), { detail }));
  const one = { info: { uuid: "1", name: "One" }, provider: provider({}) };
  const two = { info: { uuid: "2", name: "Two" }, provider: provider({}) };
  addEventListener("eip6963:requestProvider", () => announce(one));
  const heard = [];
  const stop = ethereumWallets((wallets) => heard.push(wallets.map(({ info }) => info.name).join()));
  assert.deepEqual(heard, ["One"]);
  announce(two);
  announce({ ...two });
  for (const bad of [undefined, null, {}, { info: {} }, { info: { uuid: "3" } }]) announce(bad);
  assert.deepEqual(heard, ["One", "One,Two", "One,Two"]);
  stop();
  announce({ ...two, info: { uuid: "4" } });
  assert.equal(heard.length, 3);
});

// ---- Stellar ----------------------------------------------------------------

const onStellar = { "POST /challenge": json(forStellar), "POST /verify": json(stellarSession) };

// api is what versions of @stellar/freighter-api have in common.
const api = (answer, more) => ({
  isConnected: async () => ({ isConnected: true }),
  requestAccess: async () => ({ address: G }),
  getAddress: async () => ({ address: G }),
  async signMessage(...args) {
    this.signed = args;
    return answer;
  },
  ...more,
});

test("Freighter by its module: text, bytes and what JSON makes of bytes", async () => {
  for (const [signedMessage, signerAddress, publicKey] of [
    ["c2ln", G, G], [Buffer.from("sig"), "", undefined], [new Uint8Array(Buffer.from("sig")), undefined, undefined],
    [JSON.parse(JSON.stringify(Buffer.from("sig"))), G, G],
  ]) {
    const module = api({ signedMessage, signerAddress });
    const { auth, calls } = client(onStellar);
    assert.deepEqual(await auth.signIn(freighter(module)), stellarSession);
    assert.deepEqual(module.signed, [forStellar.message, { address: G, networkPassphrase }]);
    assert.deepEqual(calls[0].body, { accountId: G, chain: "stellar" });
    assert.deepEqual(calls[1].body, { accountId: G, ...(publicKey && { publicKey }), signature: "c2ln", nonce });
  }
});

test("Freighter: what it says instead", async () => {
  const declined = { code: -4, message: "The user rejected this request." };
  for (const [module, code, words] of [
    [api({ error: declined }), "rejected", /rejected/],
    [api({ signedMessage: null, error: "User declined access" }), "rejected", /declined/], // version 1
    [api({ signedMessage: null }), "wallet", /did not sign/],
    [api({}, { requestAccess: async () => ({ address: "", error: declined }) }), "rejected", /rejected/],
    [api({}, { isConnected: async () => ({ isConnected: false }) }), "wallet", /not installed/],
    [api({ error: { code: -3, message: "Wrong network" } }), "wallet", /^Wrong network$/],
  ]) {
    const { auth } = client(onStellar);
    await assert.rejects(auth.signIn(freighter(module)), (e) => codeIs(code)(e) && words.test(e.message));
    assert.equal(auth.state.status, "signed-out");
  }
});

// extension answers as Freighter's content script does.
function extension(answers) {
  const answered = ({ source, data }) => {
    if (source !== window || data.source !== "FREIGHTER_EXTERNAL_MSG_REQUEST" || !answers[data.type]) return;
    postMessage({ source: "FREIGHTER_EXTERNAL_MSG_RESPONSE", messagedId: data.messageId, ...answers[data.type] }, location.origin);
  };
  addEventListener("message", answered);
}

test("Freighter without its module", async () => {
  extension({ REQUEST_CONNECTION_STATUS: { isConnected: true }, REQUEST_ACCESS: { publicKey: G }, SUBMIT_BLOB: { signedBlob: "c2ln", signerAddress: "GCOSIGNER" } });
  assert.equal(await freighterInstalled(), true);
  const { auth, calls } = client(onStellar);
  assert.deepEqual(await auth.signIn(freighter(undefined, { chain: "stellar:testnet" })), stellarSession);
  assert.deepEqual(calls[0].body, { accountId: G, chain: "stellar:testnet" });
  assert.deepEqual(calls[1].body, { accountId: G, publicKey: "GCOSIGNER", signature: "c2ln", nonce });
  const { messageId, ...blob } = posted.find(({ type }) => type === "SUBMIT_BLOB");
  assert.deepEqual(blob, {
    source: "FREIGHTER_EXTERNAL_MSG_REQUEST", type: "SUBMIT_BLOB", blob: forStellar.message, accountToSign: G, networkPassphrase,
    apiVersion: "6.0.1", origin: "https://site.example",
  });
  assert.equal(typeof messageId, "number");
});

test("Freighter without its module says no", async () => {
  extension({ REQUEST_CONNECTION_STATUS: { isConnected: true }, REQUEST_ACCESS: { apiError: { code: -4, message: "The user rejected this request." } } });
  await assert.rejects(client(onStellar).auth.signIn(freighter()), codeIs("rejected"));
});

test("Freighter is not there, or somebody else answers", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const installed = freighterInstalled();
  const { messageId } = posted[0];
  const fake = (source, data) => dispatchEvent(Object.assign(new Event("message"), { source, data }));
  const yes = { source: "FREIGHTER_EXTERNAL_MSG_RESPONSE", messagedId: messageId, isConnected: true };
  fake({}, yes); // another window
  fake(window, { ...yes, source: "another" });
  fake(window, { ...yes, messagedId: 1 });
  fake(window, undefined);
  t.mock.timers.tick(2000);
  assert.equal(await installed, false);
});

test("Freighter moves to another account: it is asked now and then", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let address = G;
  const module = api({ signedMessage: "c2ln" }, { getAddress: async () => ({ address }) });
  const { auth, states } = client(onStellar);
  await auth.signIn(freighter(module));
  const later = async () => {
    t.mock.timers.tick(2000);
    await pause();
    return auth.state.wallet;
  };
  assert.equal(await later(), undefined);
  address = "GOTHER";
  assert.equal(await later(), "GOTHER");
  const before = states.length;
  assert.equal(await later(), "GOTHER");
  assert.equal(states.length, before, "nothing new is told again");
  address = ""; // locked
  assert.equal(await later(), undefined);
  address = "GOTHER";
  assert.equal(await later(), "GOTHER");
  await auth.signOut();
  address = "GTHIRD";
  assert.equal(await later(), undefined);
});

test("a NEAR wallet is asked for no account", async () => {
  const { auth, calls, states } = client();
  assert.deepEqual(await auth.signIn(nearSigner), alice);
  assert.deepEqual(calls[0].body, {});
  assert.equal(states[1], "preparing");
});
