// The sign-in page with the demo wallet.

import { AuthError, call } from "./client.js";
import { fromBase64 } from "./nep413.js";
import { createWallet, keysFor } from "./wallet.js";

const $ = (id) => document.getElementById(id);
const { next, network } = document.body.dataset;

function say(text, failed = false) {
  $("status").textContent = text;
  $("status").classList.toggle("error", failed);
}

function show(part) {
  for (const id of ["start", "approve", "signed-in"]) if ($(id)) $(id).hidden = id !== part;
}

// approve shows what will be signed, and resolves to the person's answer.
function approve(challenge, accountId) {
  $("message").textContent = challenge.message;
  $("recipient").textContent = challenge.recipient;
  $("network").textContent = challenge.network;
  $("signer").textContent = accountId;
  show("approve");
  say("Waiting for the wallet.");
  $("yes").focus();
  return new Promise((resolve) => {
    $("yes").onclick = () => resolve(true);
    $("no").onclick = () => resolve(false);
  });
}

async function signIn(accountId) {
  say("Preparing…");
  const wallet = await createWallet(accountId, await keysFor(accountId));
  await call("POST", "/demo/account", { accountId, publicKey: wallet.publicKey });
  const challenge = await call("POST", "/auth/challenge", { accountId });
  if (!(await approve(challenge, accountId))) return false;
  show(null);
  say("Verifying…");
  const { message, recipient, nonce } = challenge;
  const signed = await wallet.signMessage({ message, recipient, nonce: fromBase64(nonce) });
  await call("POST", "/auth/verify", { ...signed, nonce });
  return true;
}

async function submitted(event) {
  event.preventDefault();
  const button = $("start").querySelector("button");
  button.disabled = true;
  const accountId = $("account").value;
  try {
    if (await signIn(accountId)) {
      localStorage.setItem("nearauth-demo-account", accountId);
      location.assign(next);
      return;
    }
    say("Not signed in."); // the person said no: simply back
  } catch (error) {
    if (!(error instanceof AuthError)) console.error(error);
    say(error instanceof AuthError ? error.message : "This browser cannot run the demo wallet: it has no Ed25519.", true);
  }
  show("start");
  button.disabled = false;
}

async function begin() {
  let session;
  try {
    session = await call("GET", "/auth/session");
  } catch (error) {
    say(error.message, true);
  }
  if (session) {
    say(`Signed in as ${session.accountId} on ${session.network}.`);
    $("next").href = next;
    return show("signed-in");
  }
  if (session === null) say(`Not signed in. Network: ${network}.`);
  if (!$("start")) return;
  $("account").value = localStorage.getItem("nearauth-demo-account") ?? `guest${Math.floor(Math.random() * 9000) + 1000}.demo`;
  $("start").onsubmit = submitted;
  show("start");
  $("start").querySelector("button").disabled = false;
}

begin();
