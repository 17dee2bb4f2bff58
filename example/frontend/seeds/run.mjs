// Signs in with the front ends that hold a key in Node.
//
//	node seeds/run.mjs SITE RPC before|after
import { createFetch as betterFetch } from "@better-fetch/fetch";
import { Near, generateKey } from "near-kit";
import { createFetch, faucet } from "../jar.mjs";

const [site, rpc, version] = process.argv.slice(2);

async function person(accountId) {
  const key = generateKey();
  await faucet(site, accountId, key.publicKey);
  return new Near({ network: { networkId: "testnet", rpcUrl: rpc }, privateKey: key.secretKey, defaultSignerId: accountId });
}

const outside = globalThis.fetch;
const front = {
  async "002-near-kit"({ login }) {
    const near = await person("near-kit.testnet");
    await login(near);
  },
  async "better-near-auth"({ signIn }) {
    const near = await person("better-near-auth.testnet");
    const $fetch = betterFetch({ baseURL: site + "/auth", customFetchImpl: globalThis.fetch });
    await signIn(near, $fetch, new URL(site).host).catch((error) => console.error(error.message));
  },
};

for (const [name, run] of Object.entries(front)) {
  // A page of the site: its paths go there with its cookies.
  const page = createFetch(site, outside);
  globalThis.fetch = (url, init) => (String(url).startsWith("/") || String(url).startsWith(site + "/auth") ? page : outside)(url, init);
  await run(await import(`./${name}.${version}.mjs`));
  console.log(name, (await (await page("/api/me")).json()).accountId ?? "nobody");
}
