// Signs in to a running example with the code of its page and its demo wallet.
import { fromBase64 } from "../app/wallet/nep413.js";
import { createWallet, newKeys } from "../app/wallet/keys.js";

const base = process.argv[2];
const cookies = new Map();

async function call(method, path, body) {
  const response = await fetch(base + path, {
    method,
    headers: {
      Origin: base,
      Cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join("; "),
      ...(body && { "Content-Type": "application/json" }),
    },
    body: body && JSON.stringify(body),
  });
  for (const line of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    value ? cookies.set(name, value) : cookies.delete(name);
  }
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}

const wallet = await createWallet("node.demo", await newKeys());
await call("POST", "/demo/account", { accountId: wallet.accountId, publicKey: wallet.publicKey });
const { message, recipient, nonce } = await call("POST", "/auth/challenge", { accountId: wallet.accountId });
const signed = await wallet.signMessage({ message, recipient, nonce: fromBase64(nonce) });
await call("POST", "/auth/verify", { ...signed, nonce });
const { accountId } = await call("GET", "/api/me");
await call("POST", "/auth/logout");
if ((await call("GET", "/auth/session")) !== null) throw new Error("still signed in");
console.log(`signed in as ${accountId}, and out`);
