// near-api-js answers with objects, and puts the callbackUrl where NEP-413 has
// the state. A front end that posts them unread must fail plainly, and without
// losing its challenge.
//
//	node objects.mjs URL ORIGIN RPC near-api-js ACCOUNT
import { asText, createWallet } from "./near-api-js.mjs";
import { fromArguments } from "./person.mjs";

const { browser, wallet, accountId, rpc, callbackUrl } = await fromArguments();

const challenge = await browser.challenge("challenge", { callbackUrl });
const nonce = Buffer.from(challenge.nonce).toString("base64");
const objects = await wallet.signObjects(challenge);
await browser.verify("objects", { ...objects, nonce });
await browser.verify("text, and the callbackUrl as state", { ...asText(objects), nonce });
await browser.verify("text, nested", { signedMessage: asText(objects), nonce, callbackUrl });
await browser.me("somebody");
await browser.call("log out", "POST", "/auth/logout");

// Keys of the type that the library makes and that do not sign in.
const quantum = await browser.challenge("challenge");
const signed = await createWallet(accountId, rpc, "ml-dsa-65").signMessage(quantum);
await browser.verify("ml-dsa-65", { ...signed, nonce: Buffer.from(quantum.nonce).toString("base64") });
await browser.me("nobody");
