// The demo wallet: a page of another origin that speaks MyNearWallet's protocol,
// so that the site has one way to deal with both. For development only.
//
// The request is in the query. In a popup the answer goes to the page that has
// opened it, and the callbackUrl is not signed; otherwise the browser is sent
// there with the answer in the fragment, and it is.

import { accountsHere, createWallet, keysFor } from "./keys.js";
import { fromBase64 } from "./nep413.js";

const $ = (id) => document.getElementById(id);
const asked = Object.fromEntries(new URLSearchParams(location.search));
const popup = window.opener !== null;

function home(answer) {
  const fragment = Object.entries(answer).map(([name, value]) => `${name}=${encodeURIComponent(value)}&`).join("");
  location.assign(`${asked.callbackUrl}#${fragment}`);
}

function tell(message) {
  window.opener.postMessage({ ...message, accountUrlState: asked.state }, new URL(asked.callbackUrl).origin);
}

function reject() {
  if (popup) tell({ status: "failure", errorCode: "userRejected" });
  else home({ error: "User rejected" });
}

// onChain tells the demo chain of an account and its key.
async function onChain(path, { accountId, publicKey }) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ accountId, publicKey }),
  });
  if (!answer.ok) throw new Error((await answer.json()).error);
}

// remove takes a key off the chain, as a person does who has lost a device.
async function remove(accountId) {
  await onChain("/remove", await createWallet(accountId, await keysFor(accountId)));
  $("status").textContent = `The key of ${accountId} is removed. It signs nobody in any more.`;
}

async function approve(accountId) {
  const wallet = await createWallet(accountId, await keysFor(accountId));
  await onChain("/account", wallet);
  const { message, recipient, callbackUrl } = asked;
  const signed = await wallet.signMessage({
    message, recipient, nonce: fromBase64(asked.nonce), callbackUrl: popup ? undefined : callbackUrl,
  });
  localStorage.setItem("account", accountId);
  if (popup) tell({ status: "success", signedRequest: signed });
  else home({ ...signed, ...(asked.state && { state: asked.state }) });
}

async function begin() {
  for (const name of ["message", "recipient", "nonce", "callbackUrl"]) {
    if (!asked[name]) throw new Error(`The request has no ${name}.`);
  }
  if (fromBase64(asked.nonce).length !== 32) throw new Error("The nonce is not 32 bytes.");
  $("site").textContent = new URL(asked.callbackUrl).origin;
  $("message").textContent = asked.message;
  $("recipient").textContent = asked.recipient;
  const known = await accountsHere();
  $("accounts").replaceChildren(...known.map((account) => new Option(account)));
  $("account").value = localStorage.getItem("account") ?? `guest${Math.floor(Math.random() * 9000) + 1000}.demo`;
  $("request").onsubmit = async (event) => {
    event.preventDefault();
    $("approve").disabled = $("reject").disabled = true;
    $("status").textContent = "Signing…";
    $("status").className = "";
    await approve($("account").value).catch(failed);
    $("approve").disabled = $("reject").disabled = false;
  };
  $("reject").onclick = reject;
  $("remove").onclick = () => remove($("account").value).catch(failed);
  $("status").textContent = "A site asks for your signature.";
  $("request").hidden = false;
  $("approve").disabled = $("reject").disabled = false;
  $("approve").focus();
}

function failed(error) {
  $("status").textContent = error.message;
  $("status").className = "error";
}

begin().catch(failed);
