// Signs in with a front end that was written for another server.
//
//	node seeds.mjs URL ORIGIN seeds/NAME.mjs
import { Browser, record } from "./browser.mjs";
import { address, publicKey } from "./seeds/wallets.mjs";

const [url, origin, file] = process.argv.slice(2);
const browser = new Browser({ url, origin });
const { authenticate } = await import(`./${file}`);

// Where the front end runs: a page of the site, which has no tokens to keep.
const outside = globalThis.fetch;
globalThis.localStorage = { setItem: (name) => record({ step: "kept " + name }) };
globalThis.fetch = async (path, init) => {
  if (!path.startsWith("/")) return outside(path, init);
  const body = await browser.call(path, init.method, path, JSON.parse(init.body));
  return { ok: body?.code === undefined, json: async () => body };
};
record({ step: "wallets", body: { address, publicKey } });
try {
  await authenticate({ publicKey });
} catch (error) {
  record({ step: "failed", body: error.message });
}
await browser.call("me", "GET", "/api/me");
