// What a wallet may sign and the server must refuse.
//
//	node refused.mjs URL ORIGIN RPC LIBRARY ACCOUNT
import { fromArguments } from "./person.mjs";

const { browser, library, wallet, accountId, rpc, callbackUrl } = await fromArguments();
const [post] = Object.values(library.shapes);

// A key that the account does not have, and an account that does not exist.
const stranger = library.createWallet(accountId, rpc);
let challenge = await browser.challenge("challenge");
await browser.verify("a stranger's key", post(await stranger.signMessage(challenge), challenge));
await browser.verify("and then the right one", post(await wallet.signMessage(challenge), challenge));
const nobody = library.createWallet(`nobody.${accountId}`, rpc);
challenge = await browser.challenge("challenge");
await browser.verify("an account that does not exist", post(await nobody.signMessage(challenge), challenge));

// Signatures for something else than the challenge. The server takes nothing
// for them: the right signature still signs in.
challenge = await browser.challenge("challenge");
for (const [step, changed] of Object.entries({
  "signed for another site": { recipient: "evil.example" },
  "another message signed": { message: "Sign in to evil.example" },
  "another nonce signed": { nonce: Uint8Array.from(challenge.nonce, (byte) => byte ^ 1) },
  "a callback nobody asked for": { callbackUrl },
})) {
  await browser.verify(step, post(await wallet.signMessage({ ...challenge, ...changed }), challenge));
}
await browser.me("still nobody");
await browser.verify("as issued", post(await wallet.signMessage(challenge), challenge));
await browser.me("somebody");
await browser.call("log out", "POST", "/auth/logout");

// A redirect: the callback and the state are the ones of the challenge. In a
// popup MyNearWallet leaves the callback out, which is as good.
await browser.call("a callback elsewhere", "POST", "/auth/challenge", { callbackUrl: "https://evil.example/callback" });
challenge = await browser.challenge("challenge", { callbackUrl });
const signed = await wallet.signMessage(challenge);
const elsewhere = { ...challenge, callbackUrl: "https://evil.example/callback" };
await browser.verify("another callback signed", post(await wallet.signMessage(elsewhere), challenge));
await browser.verify("another state", { ...post(signed, challenge), state: "another" });
await browser.me("still nobody");
const { callbackUrl: _, ...popup } = challenge;
await browser.verify("without the callback", post(await wallet.signMessage(popup), challenge));
await browser.me("somebody");
