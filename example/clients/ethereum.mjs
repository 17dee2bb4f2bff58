// Signs in with Ethereum, is somebody, signs out, and is nobody.
//
//	node ethereum.mjs URL ORIGIN viem|ethers server|client
//
// server signs the text of the server, client one of the front end's own.
import { Browser, record } from "./browser.mjs";
import { libraries, ownText, toHex, verdicts } from "./eip155.mjs";

const [url, origin, library, style] = process.argv.slice(2);
const browser = new Browser({ url, origin });
const wallet = libraries[library]();
const { address } = wallet;
record({ step: "address", body: address });

async function answer() {
  if (style === "server") {
    const { message, messageHex, nonce } = await browser.call("challenge", "POST", "/auth/challenge", { chain: "ethereum", accountId: address.toLowerCase() });
    return { text: message, body: { accountId: address, signature: await wallet.sign(messageHex), nonce } };
  }
  const { nonce } = await browser.call("challenge", "POST", "/auth/challenge", { chain: "ethereum" });
  const message = ownText(origin, address, nonce, { statement: "Sign in with Ethereum to the app." });
  return { text: message, body: { message, signature: await wallet.sign(toHex(message)) } };
}

const { text, body } = await answer();
record({ step: "both libraries", body: await verdicts(text, address, body.signature) });
await browser.me("before");
await browser.call("verify", "POST", "/auth/verify", body);
await browser.verify("the same again", body);
await browser.me("signed in");
await browser.call("session", "GET", "/auth/session");
const copy = browser.copy();
await browser.call("log out", "POST", "/auth/logout");
await browser.me("signed out");
await copy.me("a copy of the cookies");
