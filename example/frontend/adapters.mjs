// Signs in to the site with each library that holds a key in Node, and out.
//
//	node adapters.mjs SITE RPC
import assert from "node:assert/strict";
import { Account, JsonRpcProvider, KeyPair } from "near-api-js";
import { Near, generateKey } from "near-kit";
import { createClient, nearApiJs, nearKit, testKey } from "../../handlers/client/nearauth.js";
import { createFetch, faucet } from "./jar.mjs";

const [site, rpc] = process.argv.slice(2);

// Each makes an account with a key on the chain, and returns its signer.
const libraries = {
  async "near-kit"(accountId) {
    const key = generateKey();
    await faucet(site, accountId, key.publicKey);
    return nearKit(new Near({ network: { networkId: "testnet", rpcUrl: rpc }, privateKey: key.secretKey, defaultSignerId: accountId }));
  },
  async "near-api-js"(accountId) {
    const key = KeyPair.fromRandom("ed25519");
    await faucet(site, accountId, key.getPublicKey());
    return nearApiJs(new Account(accountId, new JsonRpcProvider({ url: rpc }), key.toString()));
  },
  async "a test key"(accountId) {
    const signer = testKey(accountId, await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]));
    await faucet(site, accountId, (await signer({ message: "", recipient: "", nonce: new Uint8Array(32) })).publicKey);
    return signer;
  },
};

for (const [name, library] of Object.entries(libraries)) {
  const accountId = name.replaceAll(" ", "-") + ".testnet";
  const signer = await library(accountId);
  const fetch = createFetch(site);
  const auth = createClient({ fetch });
  const me = async () => (await (await fetch("/api/me")).json()).accountId;

  assert.equal(await auth.getSession(), null);
  // Somebody else cannot redeem a challenge that was asked for by name.
  await assert.rejects(auth.signIn(signer, { accountId: "another.testnet" }), { code: "account_mismatch", status: 401 });
  assert.equal(auth.state.error.code, "account_mismatch");
  assert.equal((await auth.signIn(signer)).account, "near:testnet:" + accountId);
  assert.equal(await me(), accountId);
  assert.equal((await auth.getSession()).publicKey, auth.state.session.publicKey);

  // Another browser of the same account, and the end of it from here.
  const other = createClient({ fetch: createFetch(site) });
  await other.signIn(signer, { accountId });
  const [newest, oldest] = await auth.listSessions();
  assert.deepEqual([newest.current, oldest.current], [false, true]);
  await auth.revokeSession(newest.id);
  assert.equal(await other.getSession(), null);
  await assert.rejects(auth.revokeSession(newest.id), { code: "session_not_found", status: 404 });

  await auth.signOut();
  assert.equal(await me(), undefined);
  await assert.rejects(auth.listSessions(), { code: "unauthenticated" });
  console.log(name);
}

// near-kit with a wallet that says no, and near-kit without any key.
const wallet = { getAccounts: async () => [{ accountId: "a.testnet" }], signMessage: async () => { throw new Error("User rejected"); } };
const config = { network: { networkId: "testnet", rpcUrl: rpc } };
console.warn = () => {}; // near-kit's own word about it
await assert.rejects(createClient({ fetch: createFetch(site) }).signIn(nearKit(new Near({ ...config, wallet }))), { code: "rejected" });
await assert.rejects(createClient({ fetch: createFetch(site) }).signIn(nearKit(new Near({ ...config, defaultSignerId: "a.testnet" }))), { code: "wallet" });
