// Signs in with Stellar, is somebody, signs out, and is nobody.
//
//	node stellar.mjs URL ORIGIN base64|hex
//
// SEP-53 is a few lines on the SDK's Keypair, as its text has them; the SDK has
// no function for it.
import { Keypair, StrKey, hash } from "@stellar/stellar-sdk";
import { Browser, record } from "./browser.mjs";

const [url, origin, encoding] = process.argv.slice(2);
const browser = new Browser({ url, origin });
const key = Keypair.random();
const address = key.publicKey();
record({ step: "address", body: address });

const payload = (text) => hash(Buffer.from("Stellar Signed Message:\n" + text));
const sign = (text, by = key) => by.sign(payload(text)).toString(encoding);

const { message, nonce } = await browser.call("challenge", "POST", "/auth/challenge", { chain: "stellar", accountId: address });
const body = { accountId: address, signature: sign(message), nonce };
record({ step: "the SDK", body: { address: StrKey.isValidEd25519PublicKey(address), verifies: key.verify(payload(message), Buffer.from(body.signature, encoding)) } });
await browser.verify("the text without its prefix", { ...body, signature: key.sign(hash(Buffer.from(message))).toString(encoding) });
await browser.verify("another text", { ...body, signature: sign(message + " ") });
await browser.verify("another key", { ...body, signature: sign(message, Keypair.random()) });
await browser.me("before");
await browser.call("verify", "POST", "/auth/verify", body);
await browser.verify("the same again", body);
await browser.me("signed in");
await browser.call("session", "GET", "/auth/session");
const copy = browser.copy();
await browser.call("log out", "POST", "/auth/logout");
await browser.me("signed out");
await copy.me("a copy of the cookies");
