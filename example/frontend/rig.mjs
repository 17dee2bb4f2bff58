// A client with a server of this file's own, for the tests of its states.
import { AuthError, createClient } from "../../handlers/client/nearauth.js";

export const nonce = Buffer.alloc(32, 7).toString("base64");
export const asked = { chain: "near:testnet", network: "testnet", nonce, challenge: nonce, message: "Sign in to site.example", recipient: "site.example", expiresIn: 300 };
export const alice = { account: "near:testnet:alice.testnet", accountId: "alice.testnet", publicKey: "ed25519:k" };
export const bob = { account: "near:testnet:bob.testnet", accountId: "bob.testnet", publicKey: "ed25519:b" };
export const signed = { accountId: "alice.testnet", publicKey: "ed25519:k", signature: "c2ln" };
export const signer = async () => signed;

export const json = (body, status = 200, headers) => new Response(status === 204 ? null : JSON.stringify(body), { status, headers });
export const failure = (status, code, headers) => json({ error: `It is ${code}.`, code }, status, headers);

// server answers each path by a list of answers, the last one again and again. A
// function is called; a promise is waited for.
function server(answers) {
  const calls = [];
  const lists = new Map(Object.entries(answers).map(([path, list]) => [path, [].concat(list)]));
  const fetch = async (url, init) => {
    calls.push({ url, ...init, body: init.body && JSON.parse(init.body) });
    const list = lists.get(`${init.method} ${new URL(url, "http://site.example").pathname.replace("/auth", "")}`);
    const answer = list.length > 1 ? list.shift() : list[0];
    const response = await (typeof answer === "function" ? answer() : answer);
    return response.clone();
  };
  return { calls, fetch, paths: () => calls.map(({ method, url }) => `${method} ${url}`) };
}

const usual = { "GET /session": json(null), "POST /challenge": json(asked), "POST /verify": json(alice), "POST /logout": json(null, 204) };

// client is one with the history of its states.
export function client(answers, options) {
  const s = server({ ...usual, ...answers });
  const auth = createClient({ fetch: s.fetch, ...options });
  const states = [];
  auth.subscribe(({ status, session, error }) => states.push([status, session?.accountId, error?.code].filter(Boolean).join(" ")));
  return { auth, states, ...s };
}

export const codeIs = (code) => (error) => error instanceof AuthError && error.code === code;
export const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
export const gate = () => {
  let open;
  const promise = new Promise((resolve) => (open = resolve));
  return { promise, open };
};
