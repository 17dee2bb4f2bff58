// Freighter's own module, viem and ethers in a real browser, with the wallets of the
// demo: that they sign in shows that these speak the protocols as real ones do, and
// that the signers do is the same with the libraries and without.
import * as freighterApi from "@stellar/freighter-api";
import { BrowserProvider } from "ethers";
import { createWalletClient, custom } from "viem";
import { click, expect, show, signedInAs, until } from "/driver.js";
import { createClient } from "/auth/client.js";
import { ethereum, ethereumWallets } from "/auth/ethereum.js";
import { freighter, freighterInstalled } from "/auth/stellar.js";
import "/demo/extension.js";

const auth = createClient();
const passphrase = "Test SDF Network ; September 2015";

// reply answers the demo wallet's dialog, and returns the text it has shown.
async function reply(asks, value) {
  const dialog = await until(asks, () => {
    const shown = document.querySelector("dialog.extension");
    return shown?.innerText.includes(asks) ? shown : undefined;
  });
  const text = dialog.querySelector(".text").textContent;
  await click(`dialog.extension [value="${value}"]`);
  await until("the dialog is gone", () => !dialog.isConnected);
  return text;
}
const access = (value) => reply("wants to see your account", value);
const signature = (value) => reply("asks for your signature", value);
const rejected = (promise) => promise.then(() => { throw new Error("it was signed"); }, ({ code }) => expect("code", code, "rejected"));

// signsIn is a sign-in that the person approves, and its end.
async function signsIn(what, signing) {
  await signature("yes");
  const session = await signing;
  await signedInAs(session.accountId);
  await auth.signOut();
  await signedInAs(undefined);
  console.log(what);
  return session;
}

show(async () => {
  // Freighter, with its module.
  expect("installed", [await freighterInstalled(), await freighterInstalled(freighterApi), (await freighterApi.isConnected()).isConnected], [true, true, true]);
  expect("allowed", [await freighterApi.isAllowed(), await freighterApi.getAddress()], [{ isAllowed: false }, { address: "" }]);
  let signing = rejected(auth.signIn(freighter(freighterApi)));
  await access("no");
  await signing;
  signing = auth.signIn(freighter(freighterApi));
  await access("yes");
  const stellar = await signsIn("freighter-api", signing);
  expect("session", [stellar.chain, stellar.publicKey, stellar.account], ["stellar:testnet", stellar.accountId, "stellar:testnet:" + stellar.accountId]);
  expect("address", await freighterApi.getAddress(), { address: stellar.accountId });
  expect("network", (await freighterApi.getNetworkDetails()).networkPassphrase, passphrase);
  signing = rejected(auth.signIn(freighter(freighterApi)));
  await signature("no");
  await signing;
  const elsewhere = await freighterApi.signMessage("hi", { networkPassphrase: "another" });
  expect("another network", [elsewhere.signedMessage, elsewhere.error.message], [null, "The wallet is on another network."]);

  // And without: the same account.
  expect("session", (await signsIn("freighter", auth.signIn(freighter()))).accountId, stellar.accountId);
  signing = rejected(auth.signIn(freighter()));
  await signature("no");
  await signing;

  // Ethereum, by the signer.
  let found = [];
  ethereumWallets((wallets) => (found = wallets))();
  expect("found", found.map(({ info }) => info.name), ["Demo Ethereum wallet"]);
  const [{ provider }] = found;
  signing = auth.signIn(ethereum(provider));
  await access("yes");
  const session = await signsIn("ethereum", signing);
  expect("session", [session.chain, session.account], ["eip155:1", "eip155:1:" + session.accountId]);

  // Ethereum, by libraries, which sign the message of a challenge.
  const viem = createWalletClient({ transport: custom(provider) });
  const ethers = await new BrowserProvider(provider).getSigner();
  for (const [name, account, sign] of [
    ["viem", (await viem.requestAddresses())[0], (account, message) => viem.signMessage({ account, message })],
    ["ethers", await ethers.getAddress(), (_, message) => ethers.signMessage(message)],
  ]) {
    expect(name, account, session.accountId);
    const challenge = await auth.challenge({ accountId: account, chain: "ethereum" });
    const signed = sign(account, challenge.message);
    expect("what the wallet shows", await signature("yes"), challenge.message);
    await auth.verify(challenge, { accountId: account, signature: await signed });
    await signedInAs(session.accountId);
    await auth.signOut();
  }
  // viem's client, and so wagmi's, is a provider by EIP-1193 itself.
  expect("session", (await signsIn("viem's client", auth.signIn(ethereum(viem)))).accountId, session.accountId);
});
