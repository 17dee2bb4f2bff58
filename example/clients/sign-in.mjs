// Signs in, is somebody, signs out, and is nobody.
//
//	node sign-in.mjs URL ORIGIN RPC LIBRARY ACCOUNT popup|redirect SHAPE
import { record } from "./browser.mjs";
import { answerURL, parseAnswer, signURL } from "./my-near-wallet.mjs";
import { fromArguments, libraries } from "./person.mjs";

const { browser, library, wallet, rpc, callbackUrl, rest } = await fromArguments();
const [style, shape] = rest;

let challenge, signed;
if (style === "popup") {
  challenge = await browser.challenge("challenge");
  signed = await wallet.signMessage(challenge);
} else {
  challenge = await browser.challenge("challenge", { callbackUrl });
  const home = await answerURL(signURL(challenge), wallet);
  record({ step: "fragment", body: home });
  signed = parseAnswer(home);
}

// Both libraries judge what either of them signed. A verdict that no change
// of the payload can turn would say nothing.
const nonce = Uint8Array.from(challenge.nonce, (byte) => byte ^ 1);
for (const [step, payload] of Object.entries({
  "as issued": challenge,
  "another message": { ...challenge, message: `${challenge.message}.` },
  "another recipient": { ...challenge, recipient: "evil.example" },
  "another nonce": { ...challenge, nonce },
  "another callback": { ...challenge, callbackUrl: "https://evil.example/" },
})) {
  const verdicts = {};
  for (const [name, { verifies }] of Object.entries(libraries)) verdicts[name] = await verifies(signed, payload, rpc);
  record({ step, body: verdicts });
}

const body = library.shapes[shape](signed, challenge);
await browser.me("before");
await browser.verify("verify", body);
await browser.verify("the same again", body);
await browser.me("signed in");
await browser.call("session", "GET", "/auth/session");
const copy = browser.copy();
await browser.call("log out", "POST", "/auth/logout");
await browser.me("signed out");
await copy.me("a copy of the cookies");
await browser.call("no session", "GET", "/auth/session");
await browser.verify("the same, signed out", body);
