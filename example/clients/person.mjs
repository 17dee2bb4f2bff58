// A person at one of the two libraries: an account on the chain, a wallet that
// holds its key, and a browser.
import { Browser } from "./browser.mjs";
import * as nearApiJs from "./near-api-js.mjs";
import * as nearKit from "./near-kit.mjs";

export const libraries = { "near-api-js": nearApiJs, "near-kit": nearKit };

// fromArguments makes the person that the command line describes:
//
//	node script.mjs URL ORIGIN RPC LIBRARY ACCOUNT …
//
// and returns the further arguments with it. Keys of other curves than ed25519
// are near-api-js's.
export async function fromArguments(curve) {
  const [url, origin, rpc, name, accountId, ...rest] = process.argv.slice(2);
  const library = libraries[name];
  const wallet = library.createWallet(accountId, rpc, curve);
  await addKey(rpc, accountId, wallet.publicKey);
  return { browser: new Browser({ url, origin }), library, wallet, accountId, rpc, callbackUrl: `${origin}/callback`, rest };
}

// addKey makes the key a full-access key of the account. The test's chain has
// a faucet, as test networks do.
async function addKey(rpc, accountId, publicKey) {
  const response = await fetch(`${rpc}/faucet`, { method: "POST", body: JSON.stringify({ accountId, publicKey }) });
  if (!response.ok) throw new Error(`faucet: ${response.status} ${await response.text()}`);
}
