// The real near-connect in a real browser, offline: a manifest without wallets,
// and one that has announced itself.
import { NearConnector } from "@hot-labs/near-connect";
import { click, expect, show, signedInAs, until } from "/driver.js";
import { announce, walletObject } from "/wallet.js";
import { createClient, injected, injectedWallets, nearConnect } from "/auth/client.js";

const auth = createClient();
const connector = new NearConnector({ network: "testnet", autoConnect: false, footerBranding: null, manifest: { wallets: [], version: "1.0.0" } });
// choose clicks a wallet in near-connect's picker, which goes slowly.
async function choose(id) {
  await click(`.connect-item[data-type="${id}"]`);
  await until("the picker is gone", () => !document.querySelector(".hot-connector-popup"));
}
const rejected = (promise) => promise.then(() => { throw new Error("it was signed"); }, ({ code }) => expect("code", code, "rejected"));

show(async () => {
  const both = await walletObject("both.testnet");
  const apart = await walletObject("apart.testnet", { together: false });
  announce(both);
  announce(apart);

  // In one step, and in two.
  for (const wallet of [both, apart]) {
    const { id } = wallet.manifest;
    const signing = auth.signIn(nearConnect(connector));
    await choose(id);
    expect("session", (await signing).accountId, id);
    await signedInAs(id);
    expect("connected", (await connector.getConnectedWallet()).accounts[0].accountId, id);
    await auth.signOut();
  }
  expect("calls", [both.calls, apart.calls], [["signInAndSignMessage"], ["signIn", "signMessage"]]);
  expect("listeners that are left", connector.events.events["wallet:signInAndSignMessage"].length, 0);

  // No in the wallet, and no in the picker.
  both.no = true;
  let no = rejected(auth.signIn(nearConnect(connector)));
  await choose("both.testnet");
  await no;
  both.no = false;
  no = rejected(auth.signIn(nearConnect(connector)));
  await until("the picker", () => document.querySelector(".connect-item"));
  document.querySelector(".modal-container").click();
  await no;
  await until("the picker is gone", () => !document.querySelector(".hot-connector-popup"));
  expect("state", [auth.state.status, auth.state.error], ["signed-out", undefined]);

  // The wallet is connected as somebody else later.
  const signing = auth.signIn(nearConnect(connector));
  await choose("both.testnet");
  await signing;
  await connector.connect({ walletId: "apart.testnet" });
  expect("moved", [auth.state.wallet, auth.state.session.accountId], ["apart.testnet", "both.testnet"]);
  await auth.signOut();

  // Without near-connect.
  let found = [];
  const stop = injectedWallets((wallets) => (found = wallets));
  expect("found", found.map(({ manifest }) => manifest.id).sort(), ["apart.testnet", "both.testnet"]);
  stop();
  for (const wallet of found) {
    expect("session", (await auth.signIn(injected(wallet))).accountId, wallet.manifest.id);
    wallet.move("third.testnet");
    expect("moved", auth.state.wallet, "third.testnet");
    await auth.signOut();
    expect("listeners that are left", wallet.listeners.size, 0);
  }
  expect("kept in the browser", [sessionStorage.length, JSON.stringify(localStorage).includes("signature")], [0, false]);
});
