// The page of seed 001: the real near-connect-hooks, with a wallet of the test.
import { NearProvider, useNearWallet } from "near-connect-hooks";
import { createRoot } from "react-dom/client";
import { click, expect, show, signedInAs, until } from "/driver.js";
import { announce, walletObject } from "/wallet.js";
import { LoginButton } from "seed";

globalThis.Buffer = { from: (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) }; // bundlers for the browser have one
let alerted = "";
globalThis.alert = (text) => { alerted = text; };

function Connect() {
  const { signIn, signedAccountId } = useNearWallet();
  return <button id="connect" onClick={signIn}>{signedAccountId || "Connect"}</button>;
}

const config = { network: "testnet", autoConnect: false, manifest: { wallets: [], version: "1.0.0" } };

show(async () => {
  announce(await walletObject("hooks.testnet"));
  const root = document.body.appendChild(document.createElement("div"));
  createRoot(root).render(<NearProvider config={config}><Connect /><p id="login"><LoginButton /></p></NearProvider>);
  await click("#connect");
  await click('.connect-item[data-type="hooks.testnet"]');
  await until("the wallet is connected", () => document.querySelector("#connect").textContent === "hooks.testnet");
  await click("#login button");
  await until("an alert", () => alerted);
  expect("alert", alerted, "Successfully authenticated!");
  await signedInAs("hooks.testnet");
  expect("kept in the browser", localStorage.getItem("authToken"), null);
});
