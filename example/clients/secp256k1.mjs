// Signs in with a secp256k1 key. near-api-js signs as NEP-413 has it; what it and
// near-kit make of such signatures besides must not sign anybody in.
//
//	node secp256k1.mjs URL ORIGIN RPC near-api-js ACCOUNT
import { parseKey } from "near-kit";
import { record } from "./browser.mjs";
import { fromArguments, libraries } from "./person.mjs";

const { browser, library, wallet, accountId, rpc, callbackUrl } = await fromArguments("secp256k1");
const { flat, nested } = library.shapes;

// resigned is the answer with other bytes for its signature.
const resigned = (signed, bytes) => ({ ...signed, signature: Buffer.from(bytes).toString("base64") });

async function judge(step, signed, payload) {
  const verdicts = {};
  for (const [name, { verifies }] of Object.entries(libraries)) verdicts[name] = await verifies(signed, payload, rpc);
  record({ step, body: verdicts });
}

let challenge = await browser.challenge("challenge");
const signed = await wallet.signMessage(challenge);
const bytes = Buffer.from(signed.signature, "base64");
await judge("as issued", signed, challenge);
await judge("another recipient", signed, { ...challenge, recipient: "evil.example" });

// The last byte says which key has signed, and near-api-js reads the others.
const otherKey = resigned(signed, bytes.map((byte, i) => (i === 64 ? byte ^ 1 : byte)));
await judge("v of another key, judged", otherKey, challenge);
await browser.verify("v of another key", flat(otherKey, challenge));
await browser.verify("no v", flat(resigned(signed, bytes.subarray(0, 64)), challenge));

// near-kit signs the hash of the hash, and puts v first.
const { signature } = parseKey(wallet.secretKey).signNep413Message(accountId, challenge);
const theirs = Buffer.from(signature, "base64");
await browser.verify("near-kit's", flat(resigned(signed, theirs), challenge));
await browser.verify("near-kit's, v last", flat(resigned(signed, [...theirs.subarray(1), theirs[0]]), challenge));

await browser.me("still nobody");
await browser.verify("verify", flat(signed, challenge));
await browser.verify("the same again", flat(signed, challenge));
await browser.me("signed in");
await browser.call("session", "GET", "/auth/session");
await browser.call("log out", "POST", "/auth/logout");

challenge = await browser.challenge("challenge", { callbackUrl });
await browser.verify("with a callback", nested(await wallet.signMessage(challenge), challenge));
await browser.me("signed in");
